"""An istioCore installation of Big Bang 2.49 or 2.50, and what has to happen when 2.51 splits it in two. Pure.

One HelmRelease, istio-core, holds Istio's CRDs and istiod; from 2.51 on they are istio-crds and istiod, and the schema
of either version refuses the keys of the other, so that version and values change in one commit. The upgrade takes
the HelmRelease istio-core away, and helm-controller uninstalls what its Helm release has on record: istiod, and every
CRD without `helm.sh/resource-policy: keep`, whoever owns them by then. A HelmRelease that is suspended when it goes
is not uninstalled, and releases that are installed take over what is there.

Sources: chart/templates/istio-core, istio-crds and istiod and chart/values.schema.json of Big Bang 2.50.0 and 2.51.0;
reconcileDelete and disableTakeOwnership of helm-controller 1.2.0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from istiokit.bigbang.facts import Facts, Source
from istiokit.bigbang.layers import Layer, where
from istiokit.bigbang.releases import Expected
from istiokit.bigbang.switches import CORE, CRDS, GATEWAY, ISTIOD, OLD, OPERATOR, defaults, truthy
from istiokit.bigbang.versions import SPLIT_SINCE, Family, parse_version
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import UsageError
from istiokit.flux.model import HelmRelease

RELEASE = "istio-core"
GOAL = Expected(present=("istio-crds", "istiod"), absent=(RELEASE,))
"""What the upgrade brings and takes. Gateways may change with it, so they are not part of this."""
_PACKAGE = "istioCore"
_NEW_HOMES = {
    "values": "istiod.values (what Istio's own chart takes: istiod.values.upstream) and istioCRDs.values",
    "flux": "istioCRDs.flux and istiod.flux",
    "postRenderers": "istioCRDs.postRenderers and istiod.postRenderers",
}


def release_of(facts: Facts) -> HelmRelease | None:
    """The HelmRelease istio-core; None where there is none (any more)."""
    return next((one for one in facts.releases if one.metadata.name == RELEASE), None)


def carried(values: Mapping[str, Any]) -> dict[str, bool]:
    """The switches after the upgrade: the new packages for istioCore, all others as these values have them."""
    usual = defaults(Family.CORE)
    found = {path: read_at(values, tuple(path.split("."))) for path in (OPERATOR, OLD, GATEWAY)}
    others = {path: truthy(value) if given else usual[path] for path, (given, value) in found.items()}
    return {**others, CORE: False, CRDS: True, ISTIOD: True}


def guarded(facts: Facts) -> Facts:
    """The facts as they are once istio-core is suspended: what the checks of the whole way have to judge."""
    return replace(facts, releases=tuple(_suspended(one) for one in facts.releases))


def is_split(version: str) -> bool:
    """Whether this Big Bang has istioCRDs and istiod; False where it is no version."""
    try:
        return parse_version(version) >= SPLIT_SINCE
    except UsageError:
        return False


def edit_to_make(layers: Sequence[Layer]) -> list[str]:
    """The change of values that goes with the upgrade, as lines for the people who make it."""
    lines = [line for layer in layers for line in _taken_out(layer)]
    decider = where(layers, tuple(CORE.split(".")))
    place = _place(decider) if decider else "values"
    return [*lines, f"{place}: add istioCRDs.enabled: true and istiod.enabled: true"]


def left_behind(release: HelmRelease) -> list[str]:
    """What nothing removes afterwards, and the commands that do."""
    place, name = release.metadata.namespace or "default", release.helm_name
    return [
        f"left behind: Helm's record of {name} in namespace {place}. Do not `helm uninstall` it: that would delete "
        "istiod and the CRDs. Delete the record itself:",
        f"  -> kubectl -n {place} delete secret -l owner=helm,name={name}",
        f"left behind: HelmChart {place}/{place}-{RELEASE}, which source-controller still fetches:",
        f"  -> kubectl -n {place} delete helmchart.source.toolkit.fluxcd.io {place}-{RELEASE}",
    ]


def _suspended(release: HelmRelease) -> HelmRelease:
    if release.metadata.name != RELEASE:
        return release
    return msgspec.structs.replace(release, spec=msgspec.structs.replace(release.spec, suspend=True))


def _taken_out(layer: Layer) -> Iterable[str]:
    """The keys of one layer that 2.51 refuses or looks for elsewhere."""
    package = layer.values.get(_PACKAGE)
    if _PACKAGE in layer.values:
        yield f"{_place(layer)}: take out {_PACKAGE}"
    settings = sorted(package) if isinstance(package, Mapping) else []
    for key in settings:
        if key in _NEW_HOMES:
            yield f"  {_PACKAGE}.{key} goes to {_NEW_HOMES[key]}"
    gateways = read_at(layer.values, ("istioGateway", "values", "gateways"))[1]
    for name, gateway in gateways.items() if isinstance(gateways, Mapping) else ():
        if isinstance(gateway, Mapping) and "labels" in gateway:
            path = f"istioGateway.values.gateways.{name}"
            yield f"{_place(layer)}: move {path}.labels to {path}.upstream.labels"


def _place(layer: Layer) -> str:
    place = layer.address.place if isinstance(layer.address, Source) else None
    return f"{layer.origin}, from {place}" if place else layer.origin
