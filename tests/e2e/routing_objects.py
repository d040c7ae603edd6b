"""Gateways and VirtualServices for questions about routing, in short words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

OLD_PODS = {"app": "public-ingressgateway", "operator.istio.io/component": "IngressGateways"}
NEW_PODS = {"app": "public-ingressgateway", "istio": "ingressgateway"}
PRIVATE_PODS = {"app": "private-ingressgateway", "istio": "ingressgateway"}
APP = {"app": "public-ingressgateway"}
"""What both the old and the new pods carry."""

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
WILD, WEB = "*.example.com", "web.example.com"

PORTED_PODS = {"app": "ported-ingressgateway"}
PORTS = {80: 8080, 443: 8443}
"""Of a Service, which only the ported pods have."""

Lists = Sequence[list[str] | Object | None]
"""One for each condition of a route: its list of gateways, or its fields; None for neither."""
NO_LISTS: Lists = (None,)
GREEDY: tuple[Object, ...] = ({"prefix": "/"},)
"""The `uri` of a VirtualService that leaves nothing."""

BACKENDS = {19000 + number: f"backend-{number}" for number in range(6)}
"""What stands behind TLS and TCP routes: a port says its word. The hosts are of the same names."""
BACKEND_DOMAIN = "backend.test"


@dataclass(frozen=True)
class Case:
    """One configuration. What is in a later step is created in a later second."""

    name: str
    steps: tuple[tuple[Object, ...], ...]
    hosts: tuple[str, ...] = ()
    """Asked besides those that the objects name."""
    same_second: bool = False
    """Whether a step's objects must have one and the same creation time."""

    @property
    def objects(self) -> tuple[Object, ...]:
        return tuple(item for step in self.steps for item in step)


def http(port: int, *hosts: str, protocol: str = "HTTP", redirect: bool = False) -> Object:
    """A server without TLS; its hosts are `*` where none is given."""
    server = _server(port, hosts, protocol)
    return {**server, "tls": {"httpsRedirect": True}} if redirect else server


def https(port: int, *hosts: str, mode: str = "SIMPLE", protocol: str = "HTTPS", name: str = "") -> Object:
    """A server with TLS, by default terminated with a certificate that every gateway has."""
    certificate = {} if mode == "PASSTHROUGH" else {"credentialName": "cert"}
    return {**_server(port, hosts, protocol, name), "tls": {"mode": mode, **certificate}}


def tcp(port: int, *hosts: str) -> Object:
    """A server for plain TCP."""
    return _server(port, hosts, "TCP")


def gateway(ref: str, *servers: Object, selector: dict[str, str] | None = None) -> Object:
    """The Gateway `namespace/name`; it selects the old and the new pods unless told otherwise."""
    spec = {"selector": APP if selector is None else selector, "servers": list(servers)}
    return _object("Gateway", ref, spec)


def vs(
    ref: str,
    hosts: list[str],
    gateways: list[str] | None,
    *,
    match: Lists | None = None,
    uris: Sequence[Object] | None = None,
    **more: Any,
) -> Object:
    """The VirtualService `namespace/name` that answers `/is/namespace/name`, and everything else, with its name.

    URIS are conditions on paths, one route for each, instead of these. MATCH gives all conditions lists of gateways.
    MORE are further fields of the spec.
    """
    answer = {"directResponse": {"status": 200, "body": {"string": ref}}}
    own: tuple[Object, ...] = ({"exact": f"/is/{ref}"}, *GREEDY)
    routes = [
        {"match": [_narrowed(entry, uri=uri) for entry in match or NO_LISTS], **answer} for uri in uris or own
    ]
    return _virtual_service(ref, hosts, gateways, {"http": routes, **more})


def tls_vs(
    ref: str,
    hosts: list[str],
    gateways: list[str] | None,
    backend: int,
    *,
    sni: list[str] | None = None,
    match: Lists | None = None,
    **more: Any,
) -> Object:
    """A VirtualService that sends TLS for the names SNI (its hosts, if not given) on to BACKEND."""
    conditions = [_narrowed(entry, sniHosts=sni or hosts) for entry in match or NO_LISTS]
    return _virtual_service(ref, hosts, gateways, {"tls": [{"match": conditions, **_to(backend)}], **more})


def tcp_vs(
    ref: str,
    hosts: list[str],
    gateways: list[str] | None,
    backend: int,
    *,
    match: Lists | None = None,
    **more: Any,
) -> Object:
    """A VirtualService that sends TCP on to BACKEND."""
    conditions = {"match": [_narrowed(entry) for entry in match]} if match else {}
    return _virtual_service(ref, hosts, gateways, {"tcp": [{**conditions, **_to(backend)}], **more})


def both_servers(ref: str, *hosts: str, selector: dict[str, str] | None = None) -> Object:
    """A Gateway as Big Bang renders it: http and https for the same hosts."""
    wanted = hosts or (WILD,)
    return gateway(ref, http(8080, *wanted), https(8443, *wanted), selector=selector)


def web(*gateways: str) -> Object:
    """One VirtualService for one host."""
    return vs("shop/web", [WEB], list(gateways))


def ref_of(item: Object) -> str:
    """`namespace/name`."""
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def paths_of(item: Object, services: Sequence[Object]) -> list[str]:
    """Paths that the http routes of a VirtualService, or of those it delegates to, are for, or just one."""
    found = [path for route in item["spec"].get("http", ()) for path in _paths(route, services)]
    return sorted(set(found)) or ["/or-longer"]


def answers_of(item: Object) -> list[str]:
    """What a VirtualService's answers say: its own name, those it delegates to, the words of its backends."""
    spec = item["spec"]
    if not spec.get("hosts"):
        return []
    delegates = (route["delegate"] for route in spec.get("http", ()) if "delegate" in route)
    routes = (route for kind in ("tls", "tcp") for route in spec.get(kind, ()))
    hosts = (str(route["route"][0]["destination"]["host"]) for route in routes)
    return [
        ref_of(item),
        *(f"{one['namespace']}/{one['name']}" for one in delegates),
        *(host.removesuffix(f".{BACKEND_DOMAIN}") for host in hosts),
    ]


def _paths(route: Object, services: Sequence[Object]) -> Iterator[str]:
    if "delegate" in route:
        for item in services:
            if ref_of(item) == f"{route['delegate']['namespace']}/{route['delegate']['name']}":
                yield from paths_of(item, ())
        return
    conditions: list[Object] = route.get("match") or [{}]
    for match in conditions:
        uri = match.get("uri", {})
        yield uri.get("exact") or f"{uri.get('prefix', '/').rstrip('/')}/or-longer"


def _server(port: int, hosts: tuple[str, ...], protocol: str, name: str = "") -> Object:
    named = {"number": port, "name": name or f"{protocol.lower()}-{port}", "protocol": protocol}
    return {"port": named, "hosts": list(hosts or ("*",))}


def _virtual_service(ref: str, hosts: list[str], gateways: list[str] | None, fields: Object) -> Object:
    named = {} if gateways is None else {"gateways": gateways}
    return _object("VirtualService", ref, {"hosts": hosts, **named, **fields})


def _object(kind: str, ref: str, spec: Object) -> Object:
    namespace, name = ref.split("/")
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _narrowed(entry: list[str] | Object | None, **conditions: Any) -> Object:
    return {**conditions, **({"gateways": entry} if isinstance(entry, list) else entry or {})}


def _to(backend: int) -> Object:
    destination = {"host": f"backend-{backend}.{BACKEND_DOMAIN}", "port": {"number": 19000 + backend}}
    return {"route": [{"destination": destination}]}
