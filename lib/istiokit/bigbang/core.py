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

from istiokit.bigbang.facts import Facts, home_of
from istiokit.bigbang.layers import Layer, merge, where
from istiokit.bigbang.releases import Expected
from istiokit.bigbang.switches import CORE, CRDS, GATEWAY, ISTIOD, OLD, OPERATOR, defaults, truthy
from istiokit.bigbang.versions import SPLIT_SINCE, Family, parse_version
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import UsageError
from istiokit.flux.model import HelmRelease

RELEASE = "istio-core"
GOAL = Expected(present=("istio-crds", "istiod"), absent=(RELEASE,))
"""What the upgrade brings and takes. Gateways may change with it, so they are not part of this."""
LEAVE = (
    "leave it so, or the upgrade uninstalls istiod and CRDs: kubectl istio-migrate carry-core goes on with it"
)
"""What to do about a HelmRelease istio-core that is suspended."""
_PACKAGE = "istioCore"
_HELM_NAME = "istio-system-istio-core"
"""The HelmRelease has no releaseName, so Helm's name begins with its targetNamespace."""
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


def has_successors(facts: Facts) -> bool:
    """Whether the values have the two packages on that take over from istioCore."""
    values = merge(facts.layers)
    return all(read_at(values, tuple(path.split(".")))[1] is True for path in (CRDS, ISTIOD))


def edit_to_make(layers: Sequence[Layer]) -> list[str]:
    """The change of values that goes with the upgrade, as lines for the people who make it; none if it is made."""
    lines = [line for layer in layers for line in _taken_out(layer)]
    decider = where(layers, tuple(CORE.split(".")))
    if decider is None:
        return lines
    return [*lines, f"{home_of(decider)}: add istioCRDs.enabled: true and istiod.enabled: true"]


def left_behind(namespace: str) -> list[str]:
    """What nothing removes afterwards, and the commands that do; `namespace` is the umbrella's."""
    return [
        f"left behind: Helm's record of {_HELM_NAME} in namespace {namespace}. Do not `helm uninstall` it: that would "
        "delete istiod and the CRDs. Delete the record itself:",
        f"  -> kubectl -n {namespace} delete secret -l owner=helm,name={_HELM_NAME}",
        f"left behind: HelmChart {namespace}/{namespace}-{RELEASE}, which source-controller still fetches:",
        f"  -> kubectl -n {namespace} delete helmchart.source.toolkit.fluxcd.io {namespace}-{RELEASE}",
    ]


def _suspended(release: HelmRelease) -> HelmRelease:
    if release.metadata.name != RELEASE:
        return release
    return msgspec.structs.replace(release, spec=msgspec.structs.replace(release.spec, suspend=True))


def _taken_out(layer: Layer) -> Iterable[str]:
    """The keys of one layer that 2.51 refuses or looks for elsewhere."""
    package = layer.values.get(_PACKAGE)
    if _PACKAGE in layer.values:
        yield f"{home_of(layer)}: take out {_PACKAGE}"
    settings = sorted(package) if isinstance(package, Mapping) else []
    for key in settings:
        if key in _NEW_HOMES:
            yield f"  {_PACKAGE}.{key} goes to {_NEW_HOMES[key]}"
    gateways = read_at(layer.values, ("istioGateway", "values", "gateways"))[1]
    for name, gateway in gateways.items() if isinstance(gateways, Mapping) else ():
        if isinstance(gateway, Mapping) and "labels" in gateway:
            path = f"istioGateway.values.gateways.{name}"
            yield f"{home_of(layer)}: move {path}.labels to {path}.upstream.labels"
        if isinstance(gateway, Mapping) and "tls" in gateway:
            path = f"istioGateway.values.gateways.{name}"
            certs = f"{path}.gatewayCerts, a list: name: {name}-cert, tls: as it was"
            yield f"{home_of(layer)}: for 2.54 and later move {path}.tls to {certs}"
