"""The servers of all Gateways that apply to the same pods, merged as istiod does: oldest first, some are skipped.

Source: `mergeGateways` in pilot/pkg/model/gateway.go (1.26 to 1.31; 1.25 differs only where a plain server comes after
a TLS server on the same port: it never gets routes there, from 1.26 on it does).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from istiokit.istio.model import Gateway, Server, full_name
from istiokit.istio.routing.names import HostSet
from istiokit.istio.routing.reasons import Reason

_HTTP = frozenset({"http", "http2", "grpc", "grpc-web", "http_proxy"})
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - the name of Envoy's listener, nothing is bound here


class Kind(StrEnum):
    """What a server does with connections."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    """Ends TLS and routes by host."""
    PASSTHROUGH = "TLS"
    """Routes by SNI, TLS untouched."""
    AUTO_PASSTHROUGH = "AUTO_PASSTHROUGH"
    """Routes by istiod's own SNI names between clusters; no VirtualService has a part in it."""
    TLS = "TLS-TERMINATED"
    """Ends TLS and passes bytes on."""
    TCP = "TCP"

    @property
    def protocol(self) -> str:
        """How answers call it: HTTP, HTTPS, TLS or TCP."""
        return "TLS" if self in (Kind.TLS, Kind.AUTO_PASSTHROUGH) else self.value


def kind_of(server: Server) -> Kind:
    """Source: pkg/config/gateway/gateway.go; an absent TLS mode is PASSTHROUGH, the enum's zero value."""
    protocol = server.port.protocol.lower()
    if protocol in _HTTP:
        return Kind.HTTP
    if server.tls is None:
        return Kind.TCP
    if server.tls.mode == Kind.AUTO_PASSTHROUGH:
        return Kind.AUTO_PASSTHROUGH
    if server.tls.mode in ("", "PASSTHROUGH"):
        return Kind.PASSTHROUGH
    return Kind.HTTPS if protocol == "https" else Kind.TLS


@dataclass(slots=True, eq=False)
class Placed:
    """One server of one Gateway on one workload."""

    gateway: str
    number: int
    """The port as the Gateway spells it: conditions of routes mean this one."""
    port: int
    """The port that the pods listen on."""
    bind: str
    kind: Kind
    hosts: tuple[str, ...]
    """As istiod keeps them: `host`, or `namespace/host`."""
    redirect: bool
    skipped: Reason | None = None
    by: str = ""
    """The Gateway because of which it is skipped."""
    _seen: dict[str, HostSet] = field(default_factory=dict)

    @property
    def listener(self) -> tuple[int, str]:
        """Servers with the same one share a listener of Envoy."""
        return self.port, self.bind or ANY_ADDRESS

    def hosts_for(self, namespace: str) -> HostSet:
        """What it offers to VirtualServices of the namespace (`NamesForNamespace`)."""
        found = self._seen.get(namespace)
        if found is None:
            found = self._seen[namespace] = HostSet(hosts_for(self.hosts, namespace))
        return found


def hosts_for(hosts: Iterable[str], namespace: str) -> Iterator[str]:
    """Of hosts as istiod keeps them those for the namespace, without their namespace part."""
    for host in hosts:
        place, slash, name = host.rpartition("/")
        if not slash or place in (namespace, "*"):
            yield name


def sanitized(server: Server, namespace: str) -> tuple[str, ...]:
    """Hosts as istiod keeps them: `./host` becomes `namespace/host`, `*/host` becomes `host`."""
    hosts = []
    for host in server.hosts:
        place, slash, name = host.rpartition("/")
        if not slash or place == "*":
            hosts.append(name)
        else:
            hosts.append(f"{namespace if place == '.' else place}/{name}")
    return ("*",) if "*/*" in server.hosts else tuple(hosts)


def merge(gateways: Iterable[Gateway], ports: Mapping[int, int]) -> list[Placed]:
    """All servers of the Gateways, in the order given (istiod's: oldest first), with those skipped marked.

    `ports` are the Services' ports of the pods with the port behind each; a number that is not there is itself.
    """
    merging = _Merging()
    return [
        merging.add(gateway, server, ports)
        for gateway in gateways
        for server in gateway.spec.servers or ()
        if server.port.number
    ]


class _Merging:
    """What `mergeGateways` remembers from server to server."""

    def __init__(self) -> None:
        self._hosts: dict[int, dict[str, tuple[str, str]]] = {}
        """By port and host: the bind address and the Gateway that have it, of servers with TLS settings."""
        self._plain: dict[int, tuple[str, str, str]] = {}
        """By port: protocol, bind address and Gateway of the plain server there."""
        self._routes: set[tuple[str, int, str, str]] = set()

    def add(self, gateway: Gateway, server: Server, ports: Mapping[int, int]) -> Placed:
        number, name = server.port.number, full_name(gateway)
        placed = Placed(
            gateway=name,
            number=number,
            port=ports.get(number, number),
            bind=server.bind,
            kind=kind_of(server),
            hosts=sanitized(server, name.partition("/")[0]),
            redirect=server.tls is not None and server.tls.https_redirect,
        )
        owner = self._duplicate(placed) if server.tls is not None else ""
        if owner:
            placed.skipped, placed.by = Reason.OLDER_GATEWAY, owner
            return placed
        conflict = self._conflict(placed, server)
        if conflict:
            placed.skipped, placed.by = Reason.PORT_CONFLICT, conflict
        return placed

    def _duplicate(self, placed: Placed) -> str:
        """The Gateway that has one of the hosts with the same bind address (`CheckDuplicates`).

        Hosts are kept before the port is checked, also those of a server that is skipped for it later.
        """
        known = self._hosts.setdefault(placed.port, {})
        for host in placed.hosts:
            bind, owner = known.get(host, ("", ""))
            if owner and bind == placed.bind:
                return owner
        known.update(dict.fromkeys(placed.hosts, (placed.bind, placed.gateway)))
        return ""

    def _conflict(self, placed: Placed, server: Server) -> str:
        protocol, port = server.port.protocol.lower(), placed.port
        is_plain = placed.kind in (Kind.HTTP, Kind.TCP)
        current = self._plain.get(port)
        if current is None:
            if is_plain:
                self._plain[port] = (protocol, placed.bind, placed.gateway)
                return ""
            return self._same_route_name(placed, server)
        plain_protocol, bind, owner = current
        if bind != placed.bind:
            if is_plain:
                self._plain[port] = (protocol, placed.bind, placed.gateway)
            return ""
        both_http = plain_protocol in _HTTP and placed.kind is Kind.HTTP
        return "" if both_http else owner

    def _same_route_name(self, placed: Placed, server: Server) -> str:
        """Two HTTPS servers of one Gateway need port names that differ: they name the routes."""
        if placed.kind is not Kind.HTTPS:
            return ""
        key = (placed.gateway, placed.number, server.port.name, placed.bind)
        if key in self._routes:
            return placed.gateway
        self._routes.add(key)
        return ""
