"""The whole model: which Gateways apply to which workloads, in which orders, and what is asked about each host."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from math import perm

from istiokit.istio.model import Gateway, full_name
from istiokit.istio.routing.attached import Attached, Index
from istiokit.istio.routing.facts import RouteFacts, Workload, assumed_workloads
from istiokit.istio.routing.listeners import Landscape
from istiokit.istio.routing.names import HostSet, within
from istiokit.istio.routing.outcomes import Slot, agreed, slots
from istiokit.istio.routing.parts import Outcome
from istiokit.istio.routing.servers import hosts_for, merge, sanitized

_ORDERS = 24
"""So many orders of Gateways are tried at the most."""

Result = tuple[int, str, Outcome]
"""Port, protocol, outcome."""


@dataclass(slots=True, eq=False)
class Group:
    """Workloads that get the same from istiod; one landscape for each order in which Gateways may have been made."""

    gateways: frozenset[str]
    workloads: list[Workload]
    landscapes: list[Landscape]
    _slots: dict[tuple[str, ...], list[list[Slot]]] = field(default_factory=dict)

    def ask(self, item: Attached, host: str) -> list[Result]:
        """What the host gets on each port where a Gateway of the VirtualService has a server, sorted."""
        rows = self._slots.get(item.gateways)
        if rows is None:
            columns = [slots(land, item.gateways) for land in self.landscapes]
            rows = self._slots[item.gateways] = [list(row) for row in zip(*columns, strict=True)]
        if len(self.landscapes) == 1:
            return [(row[0].port, row[0].protocol, row[0].ask(item, host)) for row in rows]
        return [
            (row[0].port, row[0].protocol, agreed([slot.ask(item, host) for slot in row])) for row in rows
        ]


class Model:
    """Facts, indexed."""

    def __init__(self, facts: RouteFacts) -> None:
        self.facts = facts
        self.index = Index(facts.virtual_services, complete=facts.all_virtual_services)
        self.gateways = {full_name(gateway): gateway for gateway in facts.gateways or ()}
        self.workloads = facts.workloads
        if self.workloads is None:
            self.workloads = assumed_workloads(self.gateways.values())
        self.groups = self._groups(self.workloads)
        self._hosts: dict[tuple[tuple[str, ...], str], HostSet] = {}

    def hosts_of(self, item: Attached) -> list[str]:
        """The names to ask for: its hosts, and where one is a wildcard what its Gateways have of it.

        A wildcard stands for a name that nothing closer claims. SNI names of `tls` routes are asked for too.
        """
        found = set(item.hosts)
        names = {name for route in item.tls for match in route.match or () for name in match.sni_hosts or ()}
        wild = [host for host in found if host.startswith("*")]
        for host in wild:
            common = self._offered(item).common(host)
            if common and host not in common:
                found.discard(host)
            found.update(common)
            if not (item.http or item.tcp) and any(within(name, host) for name in names - {host}):
                found.discard(host)
        return sorted(found | names)

    def _offered(self, item: Attached) -> HostSet:
        """The hosts of all servers of its Gateways, as its namespace sees them."""
        key = (item.gateways, item.namespace)
        found = self._hosts.get(key)
        if found is None:
            hosts = (
                host
                for name in item.gateways
                if name in self.gateways
                for server in self.gateways[name].spec.servers or ()
                for host in hosts_for(sanitized(server, name.partition("/")[0]), item.namespace)
            )
            found = self._hosts[key] = HostSet(hosts)
        return found

    def _groups(self, workloads: Sequence[Workload]) -> list[Group]:
        groups: dict[object, Group] = {}
        for workload in sorted(workloads, key=lambda one: one.name):
            chosen = [one for one in self.gateways.values() if self._applies(one, workload)]
            key = self._key(chosen, workload)
            if key in groups:
                groups[key].workloads.append(workload)
                continue
            lands = [
                Landscape(merge(order, workload.ports), self.index, workload) for order in orders(chosen)
            ]
            groups[key] = Group(frozenset(map(full_name, chosen)), [workload], lands)
        return list(groups.values())

    def _applies(self, gateway: Gateway, workload: Workload) -> bool:
        """Selectors look across namespaces; an empty one selects all (`PushContext.mergeGateways`)."""
        if self.facts.own_namespace_only and (gateway.metadata.namespace or "default") != workload.namespace:
            return False
        return (gateway.spec.selector or {}).items() <= workload.labels.items()

    def _key(self, chosen: Sequence[Gateway], workload: Workload) -> object:
        """All that an outcome depends on."""
        names = tuple(full_name(gateway) for gateway in chosen)
        looks = self.index.by_source
        seen = workload.namespace if looks or workload.namespace in self.index.named else ""
        labels = tuple(sorted(workload.labels.items())) if looks else ()
        return names, tuple(sorted(workload.ports.items())), seen, labels


def orders(gateways: Sequence[Gateway]) -> Iterator[list[Gateway]]:
    """Gateways in istiod's order: by creation time, then name, then namespace (`sortConfigByCreationTime`).

    Where that time is not known (manifests have none) all orders come that may be: what holds in all of them is
    certain. Where these would be too many (five such Gateways on the same pods) those come in which the unknown ones
    are first, last, and each of them in front of all others; the first is by name.
    """

    def age(gateway: Gateway) -> tuple[str, str, str]:
        metadata = gateway.metadata
        return metadata.creation_timestamp or "", metadata.name, metadata.namespace or "default"

    ordered = sorted(gateways, key=age)
    unknown = [gateway for gateway in ordered if not gateway.metadata.creation_timestamp]
    known = ordered[len(unknown) :]
    if perm(len(ordered), len(unknown)) <= _ORDERS:
        yield from _interleaved(unknown, known)
        return
    yield ordered
    yield [*known, *reversed(unknown)]
    for first in unknown[1:-1]:
        yield [first, *(one for one in ordered if one is not first)]
    if known and len(unknown) > 1:
        yield [unknown[-1], *(one for one in ordered if one is not unknown[-1])]


def _interleaved(unknown: Sequence[Gateway], known: Sequence[Gateway]) -> Iterator[list[Gateway]]:
    """Every order that keeps the one of those that are known; first the one with the others in front."""
    for one in permutations(unknown):
        for places in combinations(range(len(unknown) + len(known)), len(unknown)):
            found = list(known)
            for place, gateway in zip(places, one, strict=True):
                found.insert(place, gateway)
            yield found
