"""The pods of each pair of old and new Gateway, as far as they are known. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from istiokit.istio.bindings import MESH, OLD_NAMESPACE, Sides
from istiokit.istio.dependents.facts import Dependents
from istiokit.istio.dependents.identity import likely_accounts
from istiokit.istio.dependents.labels import Labels, Verdict, every, some
from istiokit.istio.injection import COMPONENT, GATEWAY_COMPONENTS
from istiokit.istio.model import Gateway, full_name
from istiokit.istio.routing.facts import RouteFacts, Workload

_OF_OPERATOR = ("operator.istio.io/", "install.operator.istio.io/")
"""How the operator's labels begin."""
_INGRESS = "ingressgateway"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Gateway pods that policies cannot tell apart; there is one Place for them, however many pairs they serve."""

    name: str
    """`namespace/name` of the workload; where no pods were seen that of the Gateway."""
    namespace: str
    namespace_labels: Labels
    labels: Labels
    accounts: frozenset[str] | None
    """The service accounts that they run as; None where no pods were seen."""
    likely: frozenset[str]
    """Service accounts that they may run as, by the Gateway's name and labels, where no pods were seen."""
    services: Mapping[str, Labels] | None
    """The Services in front of them with their labels; None where no pods were seen."""

    @property
    def seen(self) -> bool:
        """Whether these are pods that were read, and not what a Gateway lets expect."""
        return self.accounts is not None


@dataclass(frozen=True, slots=True)
class Move:
    """One pair of Gateways, with the pods that serve before and those that will."""

    old: str
    new: str
    before: tuple[Place, ...]
    after: tuple[Place, ...]

    @property
    def seen(self) -> bool:
        """Whether the pods of both sides were read: only then is anything certain."""
        return all(one.seen for one in (*self.before, *self.after))

    @property
    def new_namespaces(self) -> tuple[str, ...]:
        """Where the new pods are, sorted."""
        return tuple(sorted({one.namespace for one in self.after}))


def any_before(move: Move, verdicts: Mapping[Place, Verdict]) -> Verdict:
    """Whether something holds for some of the old pods."""
    return some(verdicts[one] for one in move.before)


def all_after(move: Move, verdicts: Mapping[Place, Verdict]) -> Verdict:
    """Whether something holds for all of the new pods."""
    return every(verdicts[one] for one in move.after)


def find_moves(facts: RouteFacts, sides: Sides, dependents: Dependents) -> tuple[Move, ...]:
    """The moves of all pairs, sorted. A pair whose two Gateways are served by the same pods moves nothing.

    An old Gateway that is known not to exist is left out; a new one that does not exist yet has no pods.
    """
    gateways = {full_name(one): one for one in facts.gateways or ()}
    seen = {one.name: _seen(one, dependents) for one in facts.workloads or ()}
    expected: dict[str, Place] = {}
    found = []
    for old, new in sorted(sides.successors.items()):
        if old == MESH or (sides.known is not None and old not in sides.known):
            continue
        before, after = (
            tuple(seen[one.name] for one in part) or (_expected(name, gateways, dependents, expected),)
            for name, part in zip((old, new), _split(old, new, gateways, facts.workloads or ()), strict=True)
        )
        if set(before) != set(after):
            found.append(Move(old, new, before, after))
    return tuple(found)


def _split(
    old: str, new: str, gateways: Mapping[str, Gateway], workloads: Iterable[Workload]
) -> tuple[list[Workload], list[Workload]]:
    """The pods of the two sides. Selectors look across namespaces, so pods that both select go by their namespace."""
    before, after = [], []
    old_place, new_place = old.partition("/")[0], new.partition("/")[0]
    for one in workloads:
        by_old, by_new = (_selected(gateways.get(name), one) for name in (old, new))
        if not (by_old or by_new):
            continue
        moved = old_place != new_place and one.namespace == new_place
        if by_old and by_new and old_place == new_place:
            before.append(one)
            after.append(one)
        elif moved or not by_old:
            after.append(one)
        else:
            before.append(one)
    return before, after


def _selected(gateway: Gateway | None, workload: Workload) -> bool:
    if gateway is None or not gateway.spec.selector:
        return False
    return gateway.spec.selector.items() <= workload.labels.items()


def _seen(workload: Workload, dependents: Dependents) -> Place:
    return Place(
        name=workload.name,
        namespace=workload.namespace,
        namespace_labels=dependents.labels_of(workload.namespace),
        labels=Labels(workload.labels),
        accounts=workload.service_accounts or frozenset({"default"}),
        likely=frozenset(),
        services={name: Labels(labels) for name, labels in workload.services.items()},
    )


def _expected(
    name: str, gateways: Mapping[str, Gateway], dependents: Dependents, known: dict[str, Place]
) -> Place:
    """Without pods what the Gateway lets expect: some in its own namespace, with the labels that it selects.

    Big Bang calls the pods of Gateway `public` after `public-ingressgateway`. Its old gateways are made by the
    operator, which labels its pods; the charts of new ones do not.
    """
    if name not in known:
        gateway = gateways.get(name)
        selector = (gateway.spec.selector if gateway else None) or {}
        namespace, _, own = name.partition("/")
        kind = "egressgateway" if any("egress" in word for word in (own, *selector.values())) else _INGRESS
        release = own if own.endswith(kind) else f"{own}-{kind}"
        hints = {"istio": kind, "app": release}
        if is_old := namespace == OLD_NAMESPACE:
            hints[COMPONENT] = GATEWAY_COMPONENTS[kind != _INGRESS]
        known[name] = Place(
            name=name,
            namespace=namespace,
            namespace_labels=dependents.labels_of(namespace),
            labels=Labels(selector, complete=False, without=() if is_old else _OF_OPERATOR, likely=hints),
            accounts=None,
            likely=likely_accounts({own, release, kind, *selector.values()}),
            services=None,
        )
    return known[name]
