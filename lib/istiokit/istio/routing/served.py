"""Which VirtualService answers where: for each host and workload, on which ports, through which Gateway, or why not.

A model of what istiod 1.25 to 1.31 makes of Gateways and VirtualServices for gateway pods. What it leaves out:
Gateways of the Kubernetes Gateway API, EnvoyFilters, what conditions on headers say, whether TLS Secrets exist.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

import msgspec

from istiokit.istio.bindings import is_generated
from istiokit.istio.model import VirtualService, full_name
from istiokit.istio.routing.alike import alike, sorted_hosts
from istiokit.istio.routing.attached import Attached, Index
from istiokit.istio.routing.facts import RouteFacts, assumed_workloads
from istiokit.istio.routing.model import Group, Model
from istiokit.istio.routing.reasons import INTENDED, UNKNOWN, Reason

Pods = Mapping[str, tuple[bool, bool]]
"""By workload: whether it is old, whether it is new."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What requests for one host of one VirtualService get on one port of one workload."""

    virtual_service: str
    """`namespace/name`."""
    host: str
    """A wildcard stands for a name that nothing closer claims. Empty for a delegate."""
    workload: str
    """Its name; empty where no pods come into question."""
    port: int
    """The port that the pods listen on (a Service may lead another one there); 0 without pods."""
    protocol: str
    """HTTP, HTTPS (TLS ends here), TLS (by SNI, or ended and passed on as bytes), TCP; empty without pods."""
    gateway: str
    """The Gateway through which it answers, or that does not serve it; empty where there is none."""
    answers: bool
    """Not a 404 and not a refused connection: 301 to https counts as an answer."""
    reason: Reason
    other: str = ""
    """What is in the way: a Gateway or VirtualService. Where it answers: the Gateway that perhaps does it instead."""

    @property
    def known(self) -> bool:
        """Whether `answers` is certain."""
        return self.reason not in UNKNOWN

    @property
    def sentence(self) -> str:
        """The reason for people."""
        return self.reason.sentence.format(gateway=self.gateway, other=self.other)


class Verdict(StrEnum):
    """Where one host of one VirtualService is served."""

    OLD = "old"
    NEW = "new"
    BOTH = "both"
    NEITHER = "neither"
    """On no side is all of it served; one protocol of two may well be."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Served:
    """VirtualServices that get the same answers, each for its own hosts."""

    items: Sequence[VirtualService]
    found: tuple[Answer, ...]
    """The answers of the first."""

    def answers(self) -> Iterator[Answer]:
        """Those of all of them, one VirtualService after the other."""
        yield from self.found
        asked = sorted_hosts(self.items[0])
        for item in self.items[1:]:
            name, hosts = full_name(item), dict(zip(asked, sorted_hosts(item), strict=True))
            for one in self.found:
                yield Answer(
                    name, hosts[one.host], one.workload, one.port, one.protocol, one.gateway,
                    one.answers, one.reason, one.other,
                )  # fmt: skip


def answers(facts: RouteFacts) -> list[Answer]:
    """All answers, sorted by VirtualService, host, workload, port and protocol.

    A workload appears where some Gateway of the VirtualService selects it, with the ports on which those Gateways
    have servers. Each host of each VirtualService has at least one Answer; without pods, it says why there are none.
    """
    found = [one for served in served_alike(facts) for one in served.answers()]
    return sorted(found, key=lambda one: one.virtual_service)


def served_alike(facts: RouteFacts) -> Iterator[Served]:
    """The same without saying it again for each VirtualService that nothing tells apart from another one."""
    kinds = {full_name(items[0]): items for items in alike(facts)}
    model = Model(replace(facts, virtual_services=tuple(items[0] for items in kinds.values())))
    plans: dict[tuple[str, ...], _Plan] = {}
    for item in model.index.by_name:
        plan = plans.get(item.gateways)
        if plan is None:
            plan = plans[item.gateways] = _Plan(model, item.gateways)
        yield Served(kinds[item.name], tuple(plan.answers(model, item)))


def lookup(facts: RouteFacts, virtual_service: str) -> list[Answer]:
    """The answers of one VirtualService (`namespace/name`), also for workloads that none of its Gateways selects."""
    model = Model(facts)
    found: list[Answer] = []
    for item in model.index.by_name:
        if item.name == virtual_service:
            plan = _Plan(model, item.gateways)
            found += plan.answers(model, item)
            if item.gateways and item.hosts:
                found += plan.elsewhere(model, item)
    return sorted(found, key=lambda one: (one.host, one.workload, one.port, one.protocol))


def sides(
    facts: RouteFacts, mapping: Mapping[str, str], found: Iterable[Answer] | None = None
) -> dict[tuple[str, str], Verdict]:
    """The verdict for each VirtualService (`namespace/name`) and host.

    A workload is old if it is in the namespace of an old Gateway (a key of `mapping`), new if in that of a new one (a
    value); where that says both, it is old if an old Gateway selects it, new if a new one does. A side serves a host
    if it answers there for every protocol for which it is meant to answer on either side. `found` are the answers of
    the same facts, if they are at hand.
    """
    pods = _pods(facts, mapping)
    unread = _unread(facts, mapping)
    rows = answers(facts) if found is None else found
    verdicts = {}
    for key, group in groupby(rows, key=lambda one: (one.virtual_service, one.host)):
        verdicts[key] = Verdict.UNKNOWN if key[0] in unread else verdict(list(group), pods)
    return verdicts


def verdict(rows: list[Answer], pods: Pods) -> Verdict:
    """The verdict of the answers for one host; UNKNOWN where it hangs on what nobody can tell."""
    if any(not one.workload and not one.known for one in rows):
        return Verdict.UNKNOWN
    worst, best = (_judged(rows, pods, doubt) for doubt in (False, True))
    return worst if worst is best else Verdict.UNKNOWN


class _Plan:
    """Where VirtualServices with the same list of Gateways are to be looked for."""

    def __init__(self, model: Model, gateways: Sequence[str]) -> None:
        self._groups: list[Group] = [one for one in model.groups if not one.gateways.isdisjoint(gateways)]
        places = [(one.name, at) for at, group in enumerate(self._groups) for one in group.workloads]
        self._places = sorted(places)

    def answers(self, model: Model, item: Attached) -> Iterator[Answer]:
        if not (item.hosts and self._places):
            yield from _nowhere(model, item)
            return
        name = item.name
        for host in model.hosts_of(item):
            results = [group.ask(item, host) for group in self._groups]
            for workload, at in self._places:
                for port, protocol, (reason, gateway, other) in results[at]:
                    good = reason is Reason.ANSWERS or reason is Reason.REDIRECTS
                    yield Answer(name, host, workload, port, protocol, gateway, good, reason, other)

    def elsewhere(self, model: Model, item: Attached) -> Iterator[Answer]:
        """The workloads that none of its Gateways selects."""
        here = {name for name, _ in self._places}
        for host in model.hosts_of(item):
            for workload in model.workloads or ():
                if workload.name not in here:
                    yield Answer(item.name, host, workload.name, 0, "", "", False, Reason.NOT_SELECTED)


def _nowhere(model: Model, item: Attached) -> Iterator[Answer]:
    """Why no pods come into question, once for each host."""
    reason, gateway = _why_nowhere(model, item)
    for host in sorted(set(item.hosts)) or [""]:
        yield Answer(item.name, host, "", 0, "", gateway, False, reason)


def _why_nowhere(model: Model, item: Attached) -> tuple[Reason, str]:
    if not item.hosts:
        return Reason.DELEGATE, ""
    if not item.gateways:
        return Reason.MESH_ONLY, ""
    there = [name for name in item.gateways if name in model.gateways]
    if there:
        return Reason.NO_PODS, there[0]
    generated = [name for name in item.gateways if is_generated(name)]
    if generated:
        return Reason.KUBERNETES_GATEWAY, generated[0]
    if model.facts.gateways is None or not model.facts.all_gateways:
        return Reason.GATEWAYS_UNKNOWN, item.gateways[0]
    return Reason.GATEWAY_MISSING, item.gateways[0]


def _judged(rows: list[Answer], pods: Pods, doubt: bool) -> Verdict:
    meant = [one for one in rows if one.reason in INTENDED and any(pods.get(one.workload, ()))]
    protocols = {one.protocol for one in meant}
    old, new = (
        bool(protocols) and protocols == _served([one for one in meant if pods[one.workload][side]], doubt)
        for side in (0, 1)
    )
    if old and new:
        return Verdict.BOTH
    if old or new:
        return Verdict.OLD if old else Verdict.NEW
    return Verdict.NEITHER


def _served(rows: list[Answer], doubt: bool) -> set[str]:
    """The protocols on which all of the answers are good; `doubt` is what an uncertain one counts as."""
    bad = {one.protocol for one in rows if not (one.answers if one.known else doubt)}
    return {one.protocol for one in rows} - bad


def _pods(facts: RouteFacts, mapping: Mapping[str, str]) -> Pods:
    old, new = set(mapping), set(mapping.values())
    places = [{name.partition("/")[0] for name in side} for side in (old, new)]
    found = {}
    workloads = assumed_workloads(facts.gateways or ()) if facts.workloads is None else facts.workloads
    for workload in workloads:
        is_old, is_new = (workload.namespace in place for place in places)
        if is_old and is_new:
            selecting = {
                full_name(one)
                for one in facts.gateways or ()
                if (one.spec.selector or {}).items() <= workload.labels.items()
            }
            is_old, is_new = not selecting.isdisjoint(old), not selecting.isdisjoint(new)
        found[workload.name] = (is_old, is_new)
    return found


def _unread(facts: RouteFacts, mapping: Mapping[str, str]) -> set[str]:
    """VirtualServices that refer to a Gateway of the mapping of which nobody can tell whether it exists."""
    if facts.gateways is not None and facts.all_gateways:
        return set()
    known = {full_name(gateway) for gateway in facts.gateways or ()}
    missing = (set(mapping) | set(mapping.values())) - known
    index = Index(facts.virtual_services)
    return {item.name for item in index.by_name if not missing.isdisjoint(item.gateways)}
