"""VirtualServices that nothing tells apart: the model is run for one of each kind and holds for the others.

Most VirtualServices of a mesh have hosts that nobody else names, under the same few domains. What answers for such a
host depends on the Gateways, the namespace, `exportTo`, and on which wildcards are around it, not on its first label.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from istiokit.istio.model import VirtualService
from istiokit.istio.routing.attached import is_open
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.routing.names import full_host, within


def alike(facts: RouteFacts) -> list[Sequence[VirtualService]]:
    """All VirtualServices, those together that get the same answers, each for its own hosts in `sorted_hosts`' order.

    None of them has a part in what the others get: taking all but one away changes nothing for that one.
    """
    surroundings = _Surroundings(facts)
    found: dict[object, list[VirtualService]] = {}
    for item in facts.virtual_services:
        key = surroundings.key(item)
        found.setdefault(id(item) if key is None else key, []).append(item)
    return list(found.values())


def sorted_hosts(item: VirtualService) -> list[str]:
    """Its hosts in full, each once."""
    place = item.metadata.namespace or "default"
    return sorted({full_host(host, place) for host in item.spec.hosts or ()})


class _Surroundings:
    """All names that a host may meet."""

    def __init__(self, facts: RouteFacts) -> None:
        self._counts = Counter(chain.from_iterable(_hosts(item) for item in facts.virtual_services))
        others = set(chain(_server_hosts(facts), _sni_hosts(facts)))
        self._taken = {name.lower() for name in others}
        self._odd = tuple(
            name
            for name in (others | self._counts.keys())
            if name.startswith("*") and name[1:2] not in ("", ".")
        )
        """Wildcards that do not end at a dot: they may hold one of two neighbours and not the other."""

    def key(self, item: VirtualService) -> object | None:
        """What its answers depend on; None where it is not sure that nothing else counts."""
        spec = item.spec
        if not (spec.hosts and spec.http) or spec.tls or spec.tcp or not is_open(spec.http[0]):
            return None
        domains = [
            self._domain(host) for host in (spec.hosts if len(spec.hosts) == 1 else sorted_hosts(item))
        ]
        if None in domains:
            return None
        return item.metadata.namespace, spec.gateways, spec.export_to, *domains

    def _domain(self, host: str) -> object | None:
        """What a host that only one VirtualService names lies in."""
        at = host.find(".")
        if at <= 0 or self._counts[host] != 1 or host[0] == "*" or host in self._taken:
            return None
        if not self._odd:
            return host[at:]
        return host[at:], tuple(name for name in self._odd if within(host, name))


def _hosts(item: VirtualService) -> Iterator[str]:
    """In lower case, as Envoy compares them: a name with a capital letter is not found, so it is never alike."""
    place = item.metadata.namespace or "default"
    return (full_host(host, place).lower() for host in item.spec.hosts or ())


def _server_hosts(facts: RouteFacts) -> Iterator[str]:
    for gateway in facts.gateways or ():
        for server in gateway.spec.servers or ():
            yield from (host.rpartition("/")[2] for host in server.hosts)


def _sni_hosts(facts: RouteFacts) -> Iterator[str]:
    for item in facts.virtual_services:
        for route in item.spec.tls or ():
            for match in route.match or ():
                yield from match.sni_hosts or ()
