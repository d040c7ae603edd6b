"""What becomes of a request for one host on one port of one workload, asked on behalf of one VirtualService."""

from collections.abc import Sequence

from istiokit.istio.routing.attached import Attached
from istiokit.istio.routing.chains import Chain
from istiokit.istio.routing.listeners import EVERYTHING, Landscape, Listener, applies
from istiokit.istio.routing.parts import Outcome
from istiokit.istio.routing.reasons import RANK, Reason
from istiokit.istio.routing.servers import Kind, Placed
from istiokit.istio.routing.shadows import shared, who_is_first

_L4 = (Kind.PASSTHROUGH, Kind.TLS, Kind.TCP)


class Slot:
    """One port and protocol of a workload on which the Gateways of some VirtualServices have servers."""

    __slots__ = ("_land", "_listeners", "_plain", "port", "protocol", "servers")

    def __init__(self, land: Landscape, port: int, protocol: str, servers: Sequence[Placed]) -> None:
        self.port, self.protocol, self.servers = port, protocol, servers
        self._land = land
        self._plain = protocol in (Kind.HTTP, Kind.TCP)
        places = dict.fromkeys(server.listener for server in servers)
        self._listeners = [land.listeners[place] for place in places if place in land.listeners]

    def ask(self, item: Attached, host: str) -> Outcome:
        """What the host gets here."""
        for listener in self._listeners:
            if listener.refused is not None:
                return Reason.REJECTED, *listener.refused
            found = self._answer(listener, item, host)
            if found is not None:
                return self._doubted(listener, item, host) or found
        return min((self._why(server, item, host) for server in self.servers), key=_rank)

    def _answer(self, listener: Listener, item: Attached, host: str) -> Outcome | None:
        """An answer, or that another VirtualService has taken it; None where it must be looked for why."""
        name = host.lower()
        chain = listener.chains.get(EVERYTHING) if self._plain else listener.chains.find(name)
        if chain is None or chain.protocol != self.protocol:
            return None
        if chain.kind in _L4:
            return self._taken(chain, item)
        found = chain.hosts.find(name)
        if found is None:
            return None
        if found.redirect is not None and self._plain:
            return Reason.REDIRECTS, found.redirect.gateway, ""
        parts = found.parts
        if len(parts) == 1:
            return (Reason.ANSWERS, parts[0][1].gateway, "") if parts[0][0] is item else None
        if all(part[0] is item for part in parts):
            return (Reason.ANSWERS, parts[0][1].gateway, "") if parts else None
        if found.shares is None:
            found.shares = shared(parts, self._land.workload)
        return found.shares.get(id(item))

    @staticmethod
    def _taken(chain: Chain, item: Attached) -> Outcome | None:
        if not any(part[0] is item for part in chain.takers):
            return None
        return who_is_first(chain.takers, item)

    def _why(self, server: Placed, item: Attached, host: str) -> Outcome:
        """Why nothing comes of one server of its Gateways."""
        if not _has_routes(server.kind, item):
            return self._without_routes(server, item, Reason.NO_ROUTE)
        passed = self._land.passed_over(server, item, host)
        if passed is not None:
            doubted = self._doubted(self._land.listeners[server.listener], item, host)
            return doubted or (Reason.OLDER_VIRTUAL_SERVICE, server.gateway, passed)
        if not server.hosts_for(item.namespace).touches(host):
            return Reason.NOT_ADMITTED, server.gateway, ""
        if server.skipped is not None:
            return server.skipped, server.gateway, server.by
        if item.place(self._land.workload.namespace) is None:
            return Reason.HIDDEN, server.gateway, ""
        if not self._counts(server, item):
            return self._without_routes(server, item, Reason.NARROWED)
        listener = self._land.listeners[server.listener]
        return self._doubted(listener, item, host) or self._closer(listener, server, host)

    def _doubted(self, listener: Listener, item: Attached, host: str) -> Outcome | None:
        """That ages which are not known decide whose passthrough chain has the host."""
        if self._plain or not listener.passthrough:
            return None
        rival = listener.rival(item, host.lower())
        return (Reason.UNKNOWN_ORDER, self.servers[0].gateway, rival) if rival else None

    def _without_routes(self, server: Placed, item: Attached, reason: Reason) -> Outcome:
        """None of its routes counts; one of a delegate that was not read may."""
        if server.kind in (Kind.HTTP, Kind.HTTPS):
            unread = item.unread(server.gateway, server.number, self._land.workload)
            if unread:
                return Reason.DELEGATE_UNKNOWN, server.gateway, unread
        return reason, server.gateway, ""

    def _counts(self, server: Placed, item: Attached) -> bool:
        """Whether any of its routes counts at the server."""
        if server.kind is Kind.PASSTHROUGH:
            return bool(item.sni_hosts(server.gateway, server.number))
        if server.kind in _L4:
            return item.has_tcp(server.gateway, server.number)
        return applies(item, server, self._land.workload)

    def _closer(self, listener: Listener, server: Placed, host: str) -> Outcome:
        """All is well with the server, so something else is closer to the host."""
        chain = listener.chains.get(EVERYTHING) if self._plain else listener.chains.find(host.lower())
        if chain is None:
            return Reason.NO_SNI, server.gateway, ""
        if server not in chain.servers:
            return Reason.CLOSER_SERVER, server.gateway, chain.gateway
        if chain.kind in _L4:
            return Reason.NO_SNI, server.gateway, ""
        found = chain.hosts.find(host.lower())
        other = found.parts[0][0].name if found is not None and found.parts else server.gateway
        return Reason.CLOSER_HOST, server.gateway, other


def _has_routes(kind: Kind, item: Attached) -> bool:
    if kind in (Kind.HTTP, Kind.HTTPS):
        return item.open or bool(item.http)
    if kind is Kind.PASSTHROUGH:
        return bool(item.tls)
    return kind is not Kind.AUTO_PASSTHROUGH and bool(item.tcp)


def slots(land: Landscape, gateways: Sequence[str]) -> list[Slot]:
    """The ports and protocols on which any of the Gateways has a server, sorted."""
    found: dict[tuple[int, str], list[Placed]] = {}
    for gateway in gateways:
        for server in land.by_gateway.get(gateway, ()):
            found.setdefault((server.port, server.kind.protocol), []).append(server)
    return [Slot(land, *key, found[key]) for key in sorted(found)]


def agreed(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome for all orders in which the Gateways may have been made; unknown where they differ."""
    first = outcomes[0]
    if all(one == first for one in outcomes):
        return first
    good = [one for one in outcomes if one[0] in (Reason.ANSWERS, Reason.REDIRECTS)]
    if len(good) == len(outcomes):
        reason, gateway, _ = good[0]
        return reason, gateway, next((one[1] for one in good if one[1] != gateway), "")
    bad = [one for one in outcomes if one not in good]
    if not good:
        return min(bad, key=_rank)
    return Reason.UNKNOWN_ORDER, bad[0][1], bad[0][2]


def _rank(one: Outcome) -> int:
    return RANK[one[0]]
