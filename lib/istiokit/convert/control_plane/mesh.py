"""What is so for the whole mesh: meshConfig, tracing, images, revision, mutual TLS.

Sources: chart/values.yaml and chart/templates/controlplane.yaml of istio-controlplane 1.23.6-bb.1;
chart/templates/istio/values.yaml and istiod/values.yaml of Big Bang 2.51.0 to 3.0.0. In an IstioOperator
spec.values.global stands over spec.hub and spec.tag (TranslateHelmValues of Istio 1.23.6).
"""

import re
from typing import Any

from istiokit.bigbang.layers import ENCRYPTED
from istiokit.convert.control_plane.draft import Draft
from istiokit.convert.control_plane.new_defaults import AUTHSERVICE_SINCE, is_on
from istiokit.convert.control_plane.passing import KNOWN_GLOBAL, old_image, pass_on
from istiokit.convert.control_plane.places import (
    BASE,
    EACH_GATEWAY,
    GLOBAL,
    ISTIOD,
    MESH,
    OLD_VALUES,
    PROXY,
    UPSTREAM,
)
from istiokit.convert.model import Path, Problem, Values, at, dotted

_VALUES: Path = (*OLD_VALUES, "values")
_TETRATE = "registry1.dso.mil/ironbank/tetrate/istio"
_TETRATE_TAG = "set istiod.values.upstream.global.tag to Tetrate's FIPS build of the new Istio"
_TRACING: Path = (*OLD_VALUES, "tracing")
_ONLY_WITH = "it counted only with enterprise: true"
_OLD_NAME = (
    "it is named after the old Istio: a new name goes with the label istio.io/rev of namespaces and pods"
)
_ZIPKIN: Path = (*PROXY, "tracing", "zipkin", "address")
_SAMPLING: Path = (*PROXY, "tracing", "sampling")
_PROVIDER = {
    "name": "authservice",
    "envoyExtAuthzGrpc": {"service": "authservice.authservice.svc.cluster.local", "port": "10003"},
}


def images(draft: Draft) -> None:
    """values.global and what the old chart made of hub, tag and enterprise."""
    pass_on(draft, (*_VALUES, "global"), GLOBAL, KNOWN_GLOBAL)
    enterprise = _enterprise(draft)
    hubs, tags = ("tidHub", "hub"), ("tidTag", "tag")
    for used, key in ((enterprise, 0), (not enterprise, 1)):
        hub, tag = (*OLD_VALUES, hubs[key]), (*OLD_VALUES, tags[key])
        if used:
            draft.carry(hub, (*GLOBAL, "hub"))
            if draft.has(tag):
                old_image(draft, tag, (*GLOBAL, "tag"))
            continue
        why = "enterprise: true overrides it" if enterprise else _ONLY_WITH
        for path in (hub, tag):
            if draft.has(path):
                draft.ledger.default(path, why)


def pulling(draft: Draft) -> None:
    """Pull policy and pull secrets, for istiod and the sidecars and for the gateways' pods."""
    draft.carry((*OLD_VALUES, "imagePullPolicy"), (*GLOBAL, "imagePullPolicy"), _gateway("imagePullPolicy"))
    path = (*OLD_VALUES, "imagePullSecrets")
    names: Any = [_secret_name(entry, (*path, number)) for number, entry in enumerate(draft.items(path))]
    named: Any = [{"name": name} for name in names]
    if not isinstance(at(draft.values, path), list):
        names = named = at(draft.values, path)
    if draft.has(path):
        todo = "the Secrets have to be in the namespace istio-gateway too"
        draft.write(
            path, {(*GLOBAL, "imagePullSecrets"): names, _gateway("imagePullSecrets"): named}, todo=todo
        )


def revision(draft: Draft) -> None:
    """The revision is istiod's, every gateway's, and that of the webhook that the base chart makes."""
    path, default = (*OLD_VALUES, "revision"), (*_VALUES, "defaultRevision")
    draft.carry(default, (*BASE, "defaultRevision"))
    name = draft.text(path)
    if not draft.has(path):
        return
    places = {(*UPSTREAM, "revision"): name, _gateway("revision"): name}
    if name and not draft.has(default) and not draft.has((*BASE, "defaultRevision")):
        places[(*BASE, "defaultRevision")] = name
    draft.write(path, places, todo=_OLD_NAME if re.match(r"v?1[-.](1\d|2[0-3])\b", name or "") else "")


def mesh_config(draft: Draft) -> None:
    """meshConfig as it is, then defaultConfig, which the old chart wrote into it."""
    draft.below((*OLD_VALUES, "meshConfig", "defaultConfig"))
    draft.carry_all((*OLD_VALUES, "meshConfig"), MESH)
    draft.carry_all((*OLD_VALUES, "defaultConfig"), PROXY)


def tracing(draft: Draft) -> None:
    """Address and port become one; who only switched tracing on means the old chart's address too."""
    given = draft.below(_TRACING)
    tempo = is_on(draft.values, "tempo", "enabled", usual=True)
    places = {
        _ZIPKIN: _address(given, tempo=tempo),
        _SAMPLING: given.get("sampling") or (100 if tempo else 10),
    }
    if draft.flag((*_TRACING, "enabled")):
        free = {place: value for place, value in places.items() if draft.fits(place, value)}
        draft.write((*_TRACING, "enabled"), {(*MESH, "enableTracing"): True, **free})
    else:
        draft.carry((*_TRACING, "enabled"), (*MESH, "enableTracing"))
    for key in ("address", "port"):
        if given.get(key) is not None:
            draft.write((*_TRACING, key), {_ZIPKIN: places[_ZIPKIN]})
    draft.carry((*_TRACING, "sampling"), _SAMPLING)
    if "max_path_tag_length" in given:
        draft.ledger.default((*_TRACING, "max_path_tag_length"), "the old chart did not read it")


def _address(given: Values, *, tempo: bool) -> str:
    """Where the old chart had proxies send their traces to."""
    host = given.get("address") or ("tempo-tempo.tempo.svc" if tempo else "jaeger-collector.jaeger.svc")
    port = given.get("port") or 9411
    for key, value in (("address", host), ("port", port)):
        if not isinstance(value, str | int):
            path = (*_TRACING, key)
            raise Problem(path, f"{dotted(path)} has to be a text", "correct the values")
    return ENCRYPTED if ENCRYPTED in (host, port) else f"{host}:{port}"


def authservice(draft: Draft) -> None:
    """The switch made an extension provider and a network policy; now addons.authservice.enabled does."""
    path = (*OLD_VALUES, "authservice", "enabled")
    wanted = draft.flag(path)
    if not draft.has(path):
        return
    usual = is_on(draft.values, "addons", "authservice", "enabled")
    if wanted is None or wanted == usual:
        draft.ledger.default(path, "it is what addons.authservice.enabled says")
    elif usual:
        todo = "set addons.authservice.enabled: false if nothing needs it"
        draft.ledger.lost(path, "istiod gets its provider wherever addons.authservice.enabled is true", todo)
    else:
        _provider(draft, path)


def _provider(draft: Draft, path: Path) -> None:
    """Lists are not merged: where providers are named already, this one has to be added by hand."""
    place = (*MESH, "extensionProviders")
    alone = draft.fits(place, [_PROVIDER])
    places: dict[Path, Any] = {place: [_PROVIDER]} if alone else {}
    if draft.release.version >= AUTHSERVICE_SINCE:
        places[(*ISTIOD, "authservice", "enabled")] = True
    todo = f"add the provider authservice to {dotted(place)}"
    if places:
        draft.write(path, places, todo="" if alone else todo)
    else:
        draft.ledger.lost(path, "other providers are named there, and a list is one value", todo)


def mutual_tls(draft: Draft) -> None:
    """The old chart's policy was for the whole mesh; now istiod's package and each gateway have one."""
    for path in ((*OLD_VALUES, "mtls", "mode"), ("istio", "mtls", "mode")):
        draft.text(path)
        draft.carry(path, (*ISTIOD, "mtls", "mode"), (*EACH_GATEWAY, "mtls", "mode"))


def _enterprise(draft: Draft) -> bool:
    """Whether Tetrate's images are used: istio.values.enterprise has the last word."""
    decided: bool | None = None
    for path in ((*OLD_VALUES, "enterprise"), ("istio", "enterprise")):
        value = draft.flag(path)
        if not draft.has(path):
            continue
        if draft.hidden(path):
            draft.write(path, {(*GLOBAL, "hub"): at(draft.values, path)})
        elif decided is not None and decided is not bool(value):
            draft.ledger.default(path, "istio.values.enterprise overrides it")
        elif value:
            hub = draft.text((*OLD_VALUES, "tidHub")) or _TETRATE
            draft.write(path, {(*GLOBAL, "hub"): hub}, todo=_TETRATE_TAG)
        else:
            draft.ledger.default(path, "it is off")
        decided = bool(value) if decided is None else decided
    return bool(decided)


def _secret_name(entry: Any, path: Path) -> Any:
    """The name of a pull secret: the old chart took names, people also write {name: …}."""
    name = entry.get("name") if isinstance(entry, dict) else entry
    if not isinstance(name, str):
        raise Problem(path, f"{dotted(path)} has to be the name of a Secret", "correct the values")
    return name


def _gateway(key: str) -> Path:
    return (*EACH_GATEWAY, "upstream", key)
