"""What an AuthorizationPolicy does with the old gateway's requests, and what with the new one's. Pure.

Source: pilot/pkg/model/authorization.go and pilot/pkg/security/authz/builder/builder.go of istio/istio. Of the ALLOW
policies of a workload one must match; a DENY or CUSTOM policy counts by itself. Policies apply to workloads of their
own namespace, those of the root namespace to all, narrowed by their selector.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from istiokit.istio.audit.model import Subject
from istiokit.istio.dependents.labels import Verdict, every, less, some
from istiokit.istio.dependents.moves import Move
from istiokit.istio.dependents.policies import AccessRule, AuthorizationPolicy
from istiokit.istio.dependents.sources import (
    ACCOUNTS,
    PRINCIPALS,
    Alternative,
    Constraint,
    Matcher,
    Sides,
    alternatives,
)
from istiokit.istio.dependents.successors import names_account
from istiokit.istio.model import full_name


@dataclass(frozen=True, slots=True)
class Judgement:
    """One list of one rule that tells the new gateway from the old one."""

    policy: AuthorizationPolicy
    path: str
    constraint: Constraint
    loses: bool
    """Whether the new gateway does not fit where the old one does; else the other way round."""
    moves: tuple[Move, ...]
    named: tuple[str, ...]
    """What means the old gateway, or (of a list that only excludes the new one) the new one."""
    certain: bool
    partly: str = ""
    """Another policy that lets the new gateway in for some requests."""


@dataclass(frozen=True, slots=True)
class _Open:
    """One way of a rule that new pods can go, for some pair."""

    policy: AuthorizationPolicy
    rule: AccessRule
    way: Alternative
    sides: tuple[Sides, ...]


class Access:
    """All policies of a reading, with what several of them need."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._moves = subject.moves
        self._matcher = Matcher(subject.moves, subject.dependents.trust_domains)
        self._by_place: dict[str, list[AuthorizationPolicy]] = {}
        for policy in subject.dependents.authorization_policies:
            self._by_place.setdefault(policy.place, []).append(policy)
        self._open: dict[str, list[_Open]] = {}
        self._known: dict[object, list[tuple[int, int]]] = {}

    def judge(self, policy: AuthorizationPolicy) -> Iterator[Judgement]:
        """What tells the gateways apart, one for each rule and list; nothing where all of it means both or neither."""
        for at, rule in enumerate(policy.spec.rules or ()):
            ways = alternatives(rule)
            sides = [self._matcher.sides(way, policy.place) for way in ways]
            if all(one.before is one.after for each in sides for one in each):
                continue
            for one in self._lost(policy, rule, ways, sides):
                yield replace(one, path=f"spec.rules[{at}].{one.constraint.path}")
            if any(one.negative for way in ways for one in way.constraints):
                for one in self._gained(policy, ways, sides):
                    yield replace(one, path=f"spec.rules[{at}].{one.constraint.path}")

    def _lost(
        self,
        policy: AuthorizationPolicy,
        rule: AccessRule,
        ways: Sequence[Alternative],
        sides: Sequence[tuple[Sides, ...]],
    ) -> Iterator[Judgement]:
        """The ways that old pods can go and new ones cannot, unless these can go another one that asks no more.

        Of ways that ask for the same besides, the first one that concerns a pair is told.
        """
        told: list[tuple[object, int]] = []
        for way, each in zip(ways, sides, strict=True):
            found: dict[Constraint, list[tuple[int, bool, str]]] = {}
            for at, number in self._losses(way, policy.place, each):
                if len(ways) > 1 and (way.others, at) in told:
                    continue
                covered, partly = self._cover(policy, rule, way, at)
                if not covered:
                    told.append((way.others, at))
                    sure = None not in (each[at].before, each[at].after) and not partly
                    found.setdefault(way.constraints[number], []).append((at, sure, partly))
            for constraint, cases in found.items():
                yield self._judgement(policy, constraint, cases, loses=True)

    def _losses(self, way: Alternative, place: str, sides: tuple[Sides, ...]) -> list[tuple[int, int]]:
        """The moves with which it is lost, by their number, and the number of the list that is why."""
        key = self._matcher.key(way, place)
        if key not in self._known:
            self._known[key] = [
                (
                    at,
                    next(number for number, one in enumerate(way.constraints) if self._drops(one, place, at)),
                )
                for at, one in enumerate(sides)
                if less(one.after, one.before)
            ]
        return self._known[key]

    def _drops(self, constraint: Constraint, place: str, at: int) -> bool:
        """Whether new pods fit the list less surely than old ones."""
        after = every(self._matcher.fits(constraint, place, pods) for pods in self._moves[at].after)
        return less(after, self._old(constraint, place, at))

    def _gained(
        self,
        policy: AuthorizationPolicy,
        ways: Sequence[Alternative],
        sides: Sequence[tuple[Sides, ...]],
    ) -> Iterator[Judgement]:
        """The first way that is closed to old pods by a list that excludes them, and open to new ones.

        Where a list names the new gateway alone, people meant it so: nothing is wrong with that.
        """
        found: dict[Constraint, list[tuple[int, bool, str]]] = {}
        for at in range(len(self._moves)):
            for way, each in zip(ways, sides, strict=True):
                wider = (other for one, other in zip(ways, sides, strict=True) if _asks_no_more(one, way))
                before = some(one[at].before for one in wider)
                if not less(before, each[at].after):
                    continue
                closed = [one for one in way.constraints if self._old(one, policy.place, at) is not True]
                if closed and all(one.negative for one in closed):
                    sure = None not in (before, each[at].after)
                    found.setdefault(closed[0], []).append((at, sure, ""))
                    break
        for constraint, cases in found.items():
            yield self._judgement(policy, constraint, cases, loses=False)

    def _judgement(
        self,
        policy: AuthorizationPolicy,
        constraint: Constraint,
        cases: Sequence[tuple[int, bool, str]],
        *,
        loses: bool,
    ) -> Judgement:
        """Of cases: the number of the move, whether it is sure, and who does a part of it."""
        moves = tuple(self._moves[at] for at, _, _ in cases)
        new = loses and constraint.negative
        pods = {one for move in moves for one in (move.after if new else move.before)}
        named = tuple(
            value
            for value in constraint.values
            if any(
                self._matcher.entry(constraint.field, value, policy.place)[one] is not False for one in pods
            )
        )
        meant = self._meant(constraint, named, policy)
        return Judgement(
            policy=policy,
            path="",
            constraint=constraint,
            loses=loses,
            moves=moves,
            named=named,
            certain=meant and any(sure and self._moves[at].seen for at, sure, _ in cases),
            partly=next((partly for _, _, partly in cases if partly), ""),
        )

    def _old(self, constraint: Constraint, place: str, at: int) -> Verdict:
        return some(self._matcher.fits(constraint, place, pods) for pods in self._moves[at].before)

    def _meant(self, constraint: Constraint, named: Iterable[str], policy: AuthorizationPolicy) -> bool:
        """Whether the gateway itself is meant, and not something else in its namespace.

        It is if its account is named, or if VirtualServices of the policy's namespace are bound to it.
        """
        if constraint.field == ACCOUNTS or (
            constraint.field == PRINCIPALS and all(map(names_account, named))
        ):
            return True
        return policy.place == self._subject.root or policy.place in self._subject.bound_namespaces

    def _cover(
        self, policy: AuthorizationPolicy, rule: AccessRule, way: Alternative, at: int
    ) -> tuple[bool, str]:
        """Whether some rule does for the new gateway all that this one does not; else who does a part of it.

        `at` is the number of the move.
        """
        partly = ""
        for place in sorted({policy.place, self._subject.root}):
            for one in self._open_in(place):
                if one.sides[at].after is not True or not _applies_as_wide(one.policy, policy):
                    continue
                if _as_broad(one.rule.to, rule.to) and _asks_no_more(one.way, way):
                    return True, ""
                partly = f"AuthorizationPolicy {full_name(one.policy)}"
        return False, partly

    def _open_in(self, place: str) -> list[_Open]:
        """The ways of the namespace's policies that new pods can go."""
        if place not in self._open:
            self._open[place] = [
                _Open(policy, rule, way, sides)
                for policy in self._by_place.get(place, ())
                for rule in policy.spec.rules or ()
                for way in alternatives(rule)
                for sides in (self._matcher.sides(way, place),)
                if any(one.after is True for one in sides)
            ]
        return self._open[place]


def _applies_as_wide(other: AuthorizationPolicy, policy: AuthorizationPolicy) -> bool:
    """Whether `other`, of the same or the root namespace, does the same thing to all the workloads of `policy`."""
    return other.does_as(policy) and other.spec.wanted.items() <= policy.spec.wanted.items()


def _as_broad(to: object, than: object) -> bool:
    return not to or to == than


def _asks_no_more(way: Alternative, than: Alternative) -> bool:
    return not way.others or way.others == than.others
