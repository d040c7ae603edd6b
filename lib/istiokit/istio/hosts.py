"""Which external hosts are served through which Gateway, and which stop being served when Gateways go.

The rule is pilot's: the hosts of a VirtualService are intersected with the hosts of the servers of the
Gateways that it is bound to (https://istio.io/latest/docs/reference/config/networking/gateway/#Server).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from istiokit.istio.bindings import bound_to
from istiokit.istio.model import Gateway, VirtualService, full_name

_INSIDE = ".svc.cluster.local"


@dataclass(frozen=True, slots=True, order=True)
class ServedHost:
    """One external host that answers now; all three as `kubectl` would spell them."""

    host: str
    gateway: str
    virtual_service: str


def covers(pattern: str, host: str) -> bool:
    """Whether everything that `host` stands for is within `pattern`; both may start with `*`.

    `*.example.com` covers `a.example.com` and `*.a.example.com`, not `example.com`; `*` covers everything.
    """
    pattern, host = pattern.lower(), host.lower()
    if pattern.startswith("*"):
        return host.endswith(pattern[1:])
    return pattern == host


def intersection(one: str, other: str) -> str | None:
    """What two hosts have in common: the narrower of them, or None where they share nothing."""
    if covers(one, other):
        return other
    return one if covers(other, one) else None


def server_hosts(gateway: Gateway, namespace: str) -> tuple[str, ...]:
    """The hosts that the Gateway offers to VirtualServices of `namespace`, without their namespace part.

    `host` and `*/host` are for every namespace, `./host` for the Gateway's own, `ns/host` for that one.
    """
    offered = []
    for entry in dict.fromkeys(host for server in gateway.spec.servers or () for host in server.hosts):
        place, slash, host = entry.rpartition("/")
        own = place == "." and namespace == (gateway.metadata.namespace or "default")
        if not slash or place in ("*", namespace) or own:
            offered.append(host)
    return tuple(offered)


def visible_in(virtual_service: VirtualService, namespace: str) -> bool:
    """Whether `exportTo` lets the namespace see it; absent (or empty) means everybody."""
    exported = virtual_service.spec.export_to or ("*",)
    own = "." in exported and namespace == (virtual_service.metadata.namespace or "default")
    return "*" in exported or namespace in exported or own


def served_hosts(
    virtual_services: Iterable[VirtualService], gateways: Iterable[Gateway]
) -> tuple[ServedHost, ...]:
    """Every external host that answers through one of the Gateways, sorted.

    A Gateway's pods are taken to be in its own namespace (so it is with Big Bang's old and new gateways), and
    which of two Gateways on the same pods wins is not judged. Names inside the cluster are left out.
    """
    by_name = {full_name(gateway): gateway for gateway in gateways}
    return tuple(sorted({served for item in virtual_services for served in _served(item, by_name)}))


def stops_serving(
    virtual_services: Collection[VirtualService], gateways: Collection[Gateway], removed: Collection[str]
) -> tuple[str, ...]:
    """The hosts, sorted, that nothing serves once the Gateways in `removed` (`namespace/name`) are gone."""
    served = served_hosts(virtual_services, gateways)
    staying = {entry.host for entry in served if entry.gateway not in removed}
    wildcards = [host for host in staying if host.startswith("*")]
    going = {entry.host for entry in served if entry.gateway in removed} - staying
    return tuple(sorted(host for host in going if not any(covers(wild, host) for wild in wildcards)))


def _served(item: VirtualService, gateways: dict[str, Gateway]) -> Iterator[ServedHost]:
    namespace = item.metadata.namespace or "default"
    for name in bound_to(item) & gateways.keys():
        gateway = gateways[name]
        if not visible_in(item, gateway.metadata.namespace or "default"):
            continue
        for offered in server_hosts(gateway, namespace):
            for wanted in item.spec.hosts or ():
                host = intersection(offered, wanted)
                if host is not None and _is_external(host):
                    yield ServedHost(host, name, full_name(item))


def _is_external(host: str) -> bool:
    """A name that a client outside can use: no short Service name, no name of the cluster's own domain."""
    return host == "*" or ("." in host and not host.endswith(_INSIDE))
