"""VirtualServices for the mutation policies, and what a policy is to make of each, worked out on manifests."""

import copy
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from istiokit.istio.bindings import resolve
from istiokit.istio.mapping import Mapping, mapping_of, parse_flag
from istiokit.istio.model import VirtualService
from istiokit.kyverno.grants import Grant

PUBLIC, NEW_PUBLIC = "istio-system/public", "istio-gateway/public-ingressgateway"
PASS, NEW_PASS = "istio-system/passthrough", "istio-gateway/passthrough-ingressgateway"
ONE = (f"{PUBLIC}={NEW_PUBLIC}",)
TWO = (*ONE, f"{PASS}={NEW_PASS}")

Manifest = dict[str, Any]


def mapping(*pairs: str) -> Mapping:
    return mapping_of(parse_flag(pair) for pair in pairs)


def manifest(namespace: str = "shop", name: str = "web", **spec: Any) -> Manifest:
    spec = {"hosts": ["web.example.com"], **spec}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }


def decoded(item: Manifest) -> VirtualService:
    return msgspec.convert(item, VirtualService)


def conditions(item: Manifest) -> list[Manifest]:
    """All route conditions of a VirtualService, in the order http, tls, tcp."""
    spec = item["spec"]
    routes = [route for kind in ("http", "tls", "tcp") for route in spec.get(kind) or ()]
    return [match for route in routes for match in route.get("match") or ()]


def gateway_lists(item: Manifest) -> list[list[str] | None]:
    """The top-level list, then those of the conditions."""
    return [item["spec"].get("gateways"), *(match.get("gateways") for match in conditions(item))]


def mutated(item: Manifest, grants: Sequence[Grant]) -> Manifest:
    """What a policy with these grants makes of the VirtualService."""
    item = copy.deepcopy(item)
    spec, namespace = item["spec"], item["metadata"]["namespace"]
    if spec.get("hosts") and spec.get("gateways"):
        append(spec["gateways"], grants, namespace, None)
        for match in conditions(item):
            append(match.get("gateways") or [], grants, namespace, spec["gateways"])
    return item


def append(names: list[str], grants: Sequence[Grant], namespace: str, top: list[str] | None) -> None:
    full = [resolve(name, namespace) for name in names]
    above = full if top is None else [resolve(name, namespace) for name in top]
    for grant in grants:
        if grant.gateway not in full and any(name in full and name in above for name in grant.holders):
            names.append(grant.gateway)


def _ways(gateway: str) -> list[str]:
    namespace, _, name = gateway.partition("/")
    return [gateway, f"{name}.{namespace}", f"{name}.{namespace}.svc.cluster.local", name, f"./{name}"]


_NAMES = ("mesh", "shop/own", *(way for name in (PUBLIC, NEW_PUBLIC, PASS, NEW_PASS) for way in _ways(name)))
_LISTS = st.lists(st.sampled_from(_NAMES), max_size=4)
_CONDITIONS = st.fixed_dictionaries({"port": st.just(443)}, optional={"gateways": _LISTS})


def _routes(kind: str) -> st.SearchStrategy[list[Manifest]]:
    # TLS conditions need a host to look for (SNI), by the schema of VirtualService.
    condition = _CONDITIONS.map(
        lambda match: {**match, "sniHosts": ["a.example.com"]} if kind == "tls" else match
    )
    matches = st.lists(condition, max_size=3)
    # Routes and conditions that are the same twice are as likely as not: places must count, not contents.
    optional = {} if kind == "tls" else {"match": matches}
    required = {"match": matches} if kind == "tls" else {}
    route = st.fixed_dictionaries(
        {"route": st.just([{"destination": {"host": "web"}}]), **required}, optional=optional
    )
    return st.lists(route, max_size=3)


MANIFESTS: st.SearchStrategy[Manifest] = st.builds(
    lambda namespace, spec: manifest(namespace, **spec),
    st.sampled_from(("shop", "istio-system", "istio-gateway")),
    st.fixed_dictionaries(
        {},
        optional={
            "hosts": st.sampled_from((None, ["web.example.com"])),
            "gateways": _LISTS,
            "http": _routes("http"),
            "tls": _routes("tls"),
            "tcp": _routes("tcp"),
        },
    ),
)
"""Any VirtualService with references to two pairs of Gateways in all their spellings."""
