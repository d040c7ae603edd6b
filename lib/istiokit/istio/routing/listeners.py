"""What Envoy gets for one workload, and who has a part in it.

Sources: `buildGatewayListeners`, `buildGatewayHTTPRouteConfig` and the builders of TCP and TLS filters in
pilot/pkg/networking/core/gateway.go. Envoy takes the closest SNI and the closest domain.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from istiokit.istio.routing.attached import Attached, Index
from istiokit.istio.routing.chains import Chain, VirtualHost
from istiokit.istio.routing.facts import Workload
from istiokit.istio.routing.names import HostTable
from istiokit.istio.routing.parts import Part
from istiokit.istio.routing.passthrough import SniNames
from istiokit.istio.routing.servers import Kind, Placed

EVERYTHING = "*"
"""The chain that takes connections no other chain asks for."""


@dataclass(slots=True, eq=False)
class Listener:
    """One address and port."""

    chains: HostTable[Chain] = field(default_factory=HostTable)
    refused: tuple[str, str] | None = None
    """Two Gateways whose chains ask for the same connections: Envoy refuses all of the listener."""
    passthrough: dict[str, SniNames] = field(default_factory=dict)
    """By `bind`, as istiod looks for doubled names."""

    def add(self, names: tuple[str, ...], chain: Chain) -> None:
        """Add a chain for the SNI names; `*` among them takes everything."""
        for name in {EVERYTHING} if EVERYTHING in names else {name.lower() for name in names}:
            other = self.chains.get(name)
            if other is not None:
                self.refused = (other.gateway, chain.gateway)
            self.chains.set(name, chain)

    def rival(self, item: Attached, host: str) -> str | None:
        """The VirtualService of unknown age that decides who gets the connections for the host, if any does."""
        found = self.chains.closest(host)
        for names in self.passthrough.values():
            name = names.contested.closest(host)
            if name in names.contested and _is_as_close(name, found, host):
                return names.rival(item, host)
        return None


def _is_as_close(name: str, other: str, host: str) -> bool:
    return name == host or (other != host and len(name) >= len(other))


class Landscape:
    """Everything on one workload, for Gateways in one order."""

    def __init__(self, servers: list[Placed], index: Index, workload: Workload) -> None:
        self.by_gateway: dict[str, list[Placed]] = {}
        for server in servers:
            self.by_gateway.setdefault(server.gateway, []).append(server)
        self.workload = workload
        self.listeners: dict[tuple[int, str], Listener] = {}
        self._index = index
        plain: dict[tuple[int, str], Chain] = {}
        for number, server in enumerate(servers):
            if server.skipped is None:
                self._place(number, server, plain)
        for listener in self.listeners.values():
            for names in listener.passthrough.values():
                names.spread()

    def _place(self, number: int, server: Placed, plain: dict[tuple[int, str], Chain]) -> None:
        listener = self.listeners.setdefault(server.listener, Listener())
        if server.kind is Kind.HTTP:
            chain = plain.get((server.port, server.bind))
            if chain is None:
                chain = plain[server.port, server.bind] = Chain(server.kind, [])
                chain.servers.append(server)
                listener.add((EVERYTHING,), chain)
            else:
                chain.servers.append(server)
            self._route(number, server, chain)
        elif server.kind is Kind.HTTPS:
            chain = Chain(server.kind, [server])
            listener.add(_names(server), chain)
            self._route(number, server, chain)
        elif server.kind is Kind.PASSTHROUGH:
            self._pass(number, server, listener)
        elif server.kind in (Kind.TCP, Kind.TLS):
            takers = [part for part in self._parts(number, server) if _takes_tcp(part)]
            if takers:
                names = _names(server) if server.kind is Kind.TLS else (EVERYTHING,)
                listener.add(names, Chain(server.kind, [server], takers=takers))

    def _parts(self, number: int, server: Placed) -> Iterator[Part]:
        turns = [(number, group) for group in range(3)]
        for group, item in self._index.of(server.gateway, self.workload.namespace):
            yield item, server, turns[group]

    def _route(self, number: int, server: Placed, chain: Chain) -> None:
        """Give the chain the virtual hosts of a server."""
        for part in self._parts(number, server):
            item = part[0]
            if not (item.open or applies(item, server, self.workload)):
                continue
            common = server.hosts_for(item.namespace).common
            for wanted in item.hosts:
                for host in common(wanted):
                    self._join(chain, host, server).parts.append(part)
        if server.redirect:
            for host in server.hosts:
                self._join(chain, host, server)

    @staticmethod
    def _join(chain: Chain, host: str, server: Placed) -> VirtualHost:
        """The virtual host of the domain, new or not."""
        host = host.lower()
        found = chain.hosts.get(host)
        if found is None:
            found = VirtualHost([])
            chain.hosts.set(host, found)
        if server.redirect:
            found.redirect = found.redirect or server
        return found

    def _pass(self, number: int, server: Placed, listener: Listener) -> None:
        """One chain for each `tls` condition; one whose names are taken by an earlier one is skipped.

        `sniHosts` are not held against the server's hosts, only those of the VirtualService are.
        """
        names = listener.passthrough.setdefault(server.bind, SniNames())
        for part in self._parts(number, server):
            item = part[0]
            hosts = server.hosts_for(item.namespace)
            if not any(hosts.touches(host) for host in item.hosts):
                continue
            for wanted in item.sni_hosts(server.gateway, server.number):
                chain = names.claim(wanted, part)
                if chain is not None:
                    listener.add(wanted or (EVERYTHING,), chain)

    def passed_over(self, server: Placed, item: Attached, host: str) -> str | None:
        """The VirtualService because of which a `tls` condition of another one for the host is skipped."""
        if server.kind is not Kind.PASSTHROUGH or server.listener not in self.listeners:
            return None
        names = self.listeners[server.listener].passthrough.get(server.bind)
        return names.passed_over(item, host) if names else None


def applies(item: Attached, server: Placed, workload: Workload) -> bool:
    """Whether any of its HTTP routes counts at the server."""
    if item.open:
        return True
    return next(item.http_matches(server.gateway, server.number, workload), None) is not None


def _takes_tcp(part: Part) -> bool:
    item, server, _ = part
    hosts = server.hosts_for(item.namespace)
    return item.has_tcp(server.gateway, server.number) and any(hosts.touches(host) for host in item.hosts)


def _names(server: Placed) -> tuple[str, ...]:
    """The SNI names of its chain (`GetSNIHostsForServer`)."""
    return tuple(host.rpartition("/")[2] for host in server.hosts)
