"""Gateways, VirtualServices and gateway pods to judge, in few words."""

from collections.abc import Iterable
from typing import Any

import msgspec

from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.routing.facts import RouteFacts, Workload
from istiokit.istio.routing.reasons import Reason
from istiokit.istio.routing.served import Answer, answers

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
OLD_PODS, NEW_PODS = "istio-system/public-ingressgateway", "istio-gateway/public-ingressgateway"
LABELS = {"app": "public-ingressgateway"}
HOST = "shop.example.com"
WILD = "*.example.com"

HTTP_SERVER = {"port": {"number": 8080, "name": "http", "protocol": "HTTP"}}
HTTPS_SERVER = {
    "port": {"number": 8443, "name": "https", "protocol": "HTTPS"},
    "tls": {"mode": "SIMPLE", "credentialName": "public-cert"},
}
TLS_SERVER = {"port": {"number": 8443, "name": "tls", "protocol": "TLS"}, "tls": {"mode": "PASSTHROUGH"}}
TCP_SERVER = {"port": {"number": 9000, "name": "tcp", "protocol": "TCP"}}
REDIRECT_SERVER = {**HTTP_SERVER, "tls": {"httpsRedirect": True}}


def server(base: dict[str, Any], *hosts: str, **changes: Any) -> dict[str, Any]:
    """One of the servers above with hosts; `number` and `protocol` are of its port."""
    port = {
        **base["port"],
        **{key: changes.pop(key) for key in ("number", "protocol", "name") if key in changes},
    }
    return {**base, "port": port, "hosts": list(hosts), **changes}


def web(*hosts: str) -> list[dict[str, Any]]:
    """An HTTP and an HTTPS server, as Big Bang's Gateways have them."""
    return [server(base, *(hosts or (WILD,))) for base in (HTTP_SERVER, HTTPS_SERVER)]


def gateway(
    name: str, *servers: dict[str, Any], selector: dict[str, str] | None = None, made: str | None = "2024"
) -> Gateway:
    """A Gateway, `namespace/name`; without servers it has `web()`. `made` is a year, None for a manifest's."""
    spec = {"selector": LABELS if selector is None else selector, "servers": list(servers) or web()}
    return msgspec.convert({"metadata": _metadata(name, made), "spec": spec}, Gateway)


def virtual_service(
    name: str = "web/shop",
    hosts: Iterable[str] = (HOST,),
    gateways: Iterable[str] = (OLD,),
    made: str | None = "2024",
    **spec: Any,
) -> VirtualService:
    """A VirtualService with one HTTP route for everything, unless `spec` brings routes."""
    if not spec.keys() & {"http", "tls", "tcp"}:
        spec["http"] = [{"route": []}]
    fields = {"hosts": list(hosts), "gateways": list(gateways), **spec}
    return msgspec.convert({"metadata": _metadata(name, made), "spec": fields}, VirtualService)


def pods(name: str = OLD_PODS, labels: dict[str, str] | None = None, **changes: Any) -> Workload:
    """Gateway pods; the labels are those of both deployments of Big Bang unless given."""
    return Workload(name, name.partition("/")[0], LABELS if labels is None else labels, **changes)


def facts(
    gateways: Iterable[Gateway] | None,
    virtual_services: Iterable[VirtualService],
    workloads: Iterable[Workload] | None = (pods(),),
    **changes: Any,
) -> RouteFacts:
    """Facts; without workloads the old deployment's pods alone."""
    return RouteFacts(
        "test",
        tuple(virtual_services),
        None if gateways is None else tuple(gateways),
        workloads=None if workloads is None else tuple(workloads),
        **changes,
    )


def outcome(
    found: RouteFacts,
    name: str = "web/shop",
    host: str | None = None,
    workload: str | None = None,
) -> dict[str, str]:
    """By protocol and port what the answers say: `through GATEWAY`, or the reason (and what is in the way)."""
    rows = [one for one in answers(found) if one.virtual_service == name]
    rows = [one for one in rows if host in (None, one.host) and workload in (None, one.workload)]
    said = {f"{one.protocol} {one.port}": say(one) for one in rows}
    assert len(said) == len(rows), "name the host or the workload"
    return said


def say(one: Answer) -> str:
    if one.reason is Reason.ANSWERS:
        return f"through {one.gateway}"
    return f"{one.reason} {one.other}".rstrip()


def _metadata(name: str, made: str | None) -> dict[str, Any]:
    namespace, _, short = name.partition("/")
    moment = None if made is None else f"{made}-01-01T00:00:00Z"
    return {"name": short, "namespace": namespace, "creationTimestamp": moment}
