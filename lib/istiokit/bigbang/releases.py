"""Which HelmReleases the umbrella renders for the Istio packages.

Source: chart/templates/istio*/helmrelease.yaml and the helper enabledGateways of the Big Bang chart, 2.49.0 to 3.0.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from istiokit.bigbang.switches import CORE, CRDS, GATEWAY, ISTIOD, OLD, OPERATOR, truthy
from istiokit.bigbang.versions import Family

_RELEASES = {
    OPERATOR: "istio-operator",
    OLD: "istio",
    CORE: "istio-core",
    CRDS: "istio-crds",
    ISTIOD: "istiod",
}
_DEFAULT_GATEWAYS = ("passthrough", "public")
"""Rendered unless the values disable them; each is an ingress gateway."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The Istio releases that have to exist, and those that have to be gone, sorted."""

    present: tuple[str, ...]
    absent: tuple[str, ...]


def gateways(values: Mapping[str, Any], family: Family) -> dict[str, str]:
    """The gateways that istioGateway renders, each with its type: `{"public": "ingressgateway"}`.

    An entry that is an empty mapping, or none, disables a gateway. An entry without a type takes the default's
    if there is one of that name, else it is "", and the chart refuses it.
    """
    given = _mapping(_mapping(_mapping(values.get("istioGateway")).get("values")).get("gateways"))
    named = dict.fromkeys(_DEFAULT_GATEWAYS, "ingressgateway")
    for name, gateway in given.items():
        if isinstance(gateway, Mapping) and gateway:
            named[name] = _type(gateway, family) or named.get(name, "")
        else:
            named.pop(name, None)
    return dict(sorted(named.items()))


def expected(switches: Mapping[str, bool], values: Mapping[str, Any], family: Family) -> Expected:
    """The releases that go with these switches (dotted path: on)."""
    names = {path: [_RELEASES[path]] for path in switches if path in _RELEASES}
    names[GATEWAY] = [f"{name}-{type_}" for name, type_ in gateways(values, family).items() if type_]
    present = {name for path, found in names.items() if switches.get(path) for name in found}
    absent = {name for path, found in names.items() if not switches.get(path) for name in found}
    return Expected(tuple(sorted(present)), tuple(sorted(absent - present)))


def is_gateway_release(name: str) -> bool:
    """Whether a release of that name is one of the new gateways."""
    return name.endswith(("-ingressgateway", "-egressgateway"))


def _type(gateway: Mapping[str, Any], family: Family) -> str:
    """2.49 and 2.50 have the labels at the top, later versions under `upstream`."""
    holder = gateway if family is Family.CORE else _mapping(gateway.get("upstream"))
    type_ = _mapping(holder.get("labels")).get("istio", "")
    return str(type_) if truthy(type_) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
