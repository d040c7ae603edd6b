"""What an AuthorizationPolicy does with the old gateway's requests, and what with the new one's. Pure.

Source: pilot/pkg/model/authorization.go and pilot/pkg/security/authz/builder/builder.go of istio/istio. Of the ALLOW
policies of a workload one must match; a DENY or CUSTOM policy counts by itself. Policies apply to workloads of their
own namespace, those of the root namespace to all, narrowed by their selector.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from istiokit.istio.audit.model import Subject
from istiokit.istio.dependents.labels import Verdict, every, less, some
from istiokit.istio.dependents.moves import Move, Place
from istiokit.istio.dependents.policies import AccessRule, AuthorizationPolicy
from istiokit.istio.dependents.sources import (
    ACCOUNTS,
    PRINCIPALS,
    Alternative,
    Constraint,
    Matcher,
    alternatives,
)
from istiokit.istio.dependents.successors import names_account
from istiokit.istio.model import full_name

_DRY_RUN = "istio.io/dry-run"
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""What Go's strconv.ParseBool takes for true."""
_ACTIONS = {"0": "ALLOW", "1": "DENY", "2": "AUDIT", "3": "CUSTOM", "": "ALLOW"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One list of one rule that tells the new gateway from the old one."""

    policy: AuthorizationPolicy
    action: str
    path: str
    constraint: Constraint
    loses: bool
    """Whether the new gateway does not fit where the old one does; else the other way round."""
    moves: tuple[Move, ...]
    named: tuple[str, ...]
    """What means the old gateway, or (of a list that only excludes the new one) the new one."""
    certain: bool
    dry_run: bool
    partly: str = ""
    """Another policy that lets the new gateway in for some requests."""


class Access:
    """All policies of a reading, with what several of them need."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._matcher = Matcher(subject.moves, subject.dependents.trust_domains)
        self._by_place: dict[str, list[AuthorizationPolicy]] = {}
        for policy in subject.dependents.authorization_policies:
            self._by_place.setdefault(place_of(policy), []).append(policy)

    def judge(self, policy: AuthorizationPolicy) -> Iterator[Judgement]:
        """What tells the gateways apart, one for each rule and list; nothing where all of it means both or neither."""
        place = place_of(policy)
        for at, rule in enumerate(policy.spec.rules or ()):
            ways = alternatives(rule)
            constraints = (one for way in ways for one in way.constraints)
            if any(self._matcher.is_telling(one, place) for one in constraints):
                yield from self._rule(policy, at, rule, ways)

    def _rule(
        self, policy: AuthorizationPolicy, at: int, rule: AccessRule, ways: tuple[Alternative, ...]
    ) -> Iterator[Judgement]:
        found: dict[tuple[str, bool], Judgement] = {}
        for move in self._subject.moves:
            for one in (*self._lost(policy, rule, ways, move), *self._gained(policy, ways, move)):
                one = replace(one, path=f"spec.rules[{at}].{one.constraint.path}")
                key = (one.path, one.loses)
                found[key] = _joined(found[key], one) if key in found else one
        yield from found.values()

    def _lost(
        self, policy: AuthorizationPolicy, rule: AccessRule, ways: tuple[Alternative, ...], move: Move
    ) -> Iterator[Judgement]:
        """The ways that old pods can go and new ones cannot, unless these can go another one that asks no more."""
        place, told = place_of(policy), list[Alternative]()
        for way in ways:
            before, after = (
                self._matcher.before((way,), place, move),
                self._matcher.after((way,), place, move),
            )
            if not less(after, before) or any(one.others == way.others for one in told):
                continue
            covered, partly = self._cover(policy, rule, way, move)
            if covered:
                continue
            told.append(way)
            culprit = next(
                one
                for one in way.constraints
                if less(self._new(one, place, move), self._old(one, place, move))
            )
            certain = None not in (before, after) and partly is None
            yield self._judgement(policy, culprit, move, loses=True, certain=certain, partly=partly)

    def _gained(
        self, policy: AuthorizationPolicy, ways: tuple[Alternative, ...], move: Move
    ) -> Iterator[Judgement]:
        """The first way that is closed to old pods by a list that excludes them, and open to new ones.

        Where a list names the new gateway alone, people meant it so: nothing is wrong with that.
        """
        place = place_of(policy)
        before = self._matcher.before(ways, place, move)
        for way in ways:
            after = self._matcher.after((way,), place, move)
            closed = [one for one in way.constraints if self._old(one, place, move) is not True]
            if less(before, after) and closed and all(one.negative for one in closed):
                certain = None not in (before, after)
                yield self._judgement(policy, closed[0], move, loses=False, certain=certain)
                return

    def _judgement(
        self,
        policy: AuthorizationPolicy,
        constraint: Constraint,
        move: Move,
        *,
        loses: bool,
        certain: bool,
        partly: AuthorizationPolicy | None = None,
    ) -> Judgement:
        place = place_of(policy)
        named = self._entries(constraint, place, move.after if loses and constraint.negative else move.before)
        return Judgement(
            policy=policy,
            action=action_of(policy),
            path="",
            constraint=constraint,
            loses=loses,
            moves=(move,),
            named=named,
            certain=certain and move.seen and self._meant(constraint, named, policy),
            dry_run=is_dry_run(policy),
            partly="" if partly is None else f"AuthorizationPolicy {full_name(partly)}",
        )

    def _old(self, constraint: Constraint, place: str, move: Move) -> Verdict:
        return some(self._matcher.fits(constraint, place, pods) for pods in move.before)

    def _new(self, constraint: Constraint, place: str, move: Move) -> Verdict:
        return every(self._matcher.fits(constraint, place, pods) for pods in move.after)

    def _entries(self, constraint: Constraint, place: str, pods: Iterable[Place]) -> tuple[str, ...]:
        """The entries that fit one of the pods."""
        each = tuple(pods)
        return tuple(
            value
            for value in constraint.values
            if any(self._matcher.entry(constraint.field, value, place)[one] is not False for one in each)
        )

    def _meant(self, constraint: Constraint, named: Iterable[str], policy: AuthorizationPolicy) -> bool:
        """Whether the gateway itself is meant, and not something else in its namespace.

        It is if its account is named, or if VirtualServices of the policy's namespace are bound to it.
        """
        if constraint.field == ACCOUNTS or (
            constraint.field == PRINCIPALS and all(map(names_account, named))
        ):
            return True
        place = place_of(policy)
        return place == self._subject.root or place in self._subject.bound_namespaces

    def _cover(
        self, policy: AuthorizationPolicy, rule: AccessRule, way: Alternative, move: Move
    ) -> tuple[bool, AuthorizationPolicy | None]:
        """Whether some rule does for the new gateway all that this one does not; else one that does a part of it."""
        partly = None
        for other in self._beside(policy):
            for one in other.spec.rules or ():
                fitting = [each for each in alternatives(one) if self._fits_new(each, other, move)]
                if (
                    fitting
                    and _as_broad(one.to, rule.to)
                    and any(_asks_no_more(each, way) for each in fitting)
                ):
                    return True, None
                if fitting:
                    partly = other
        return False, partly

    def _fits_new(self, way: Alternative, policy: AuthorizationPolicy, move: Move) -> bool:
        return self._matcher.after((way,), place_of(policy), move) is True

    def _beside(self, policy: AuthorizationPolicy) -> Iterator[AuthorizationPolicy]:
        """All policies that do the same wherever this one does, itself included."""
        for place in sorted({place_of(policy), self._subject.root}):
            for other in self._by_place.get(place, ()):
                if applies_as_wide(other, policy):
                    yield other


def place_of(policy: AuthorizationPolicy) -> str:
    """Its namespace."""
    return policy.metadata.namespace or "default"


def action_of(policy: AuthorizationPolicy) -> str:
    """ALLOW, DENY, CUSTOM or AUDIT."""
    word = str(policy.spec.action)
    return _ACTIONS.get(word, word)


def is_dry_run(policy: AuthorizationPolicy) -> bool:
    """Whether it is only logged what it would do."""
    return policy.metadata.annotations.get(_DRY_RUN, "") in _TRUE


def applies_as_wide(other: AuthorizationPolicy, policy: AuthorizationPolicy) -> bool:
    """Whether `other`, of the same or the root namespace, does the same thing to all the workloads of `policy`."""
    same = (action_of(other), other.spec.provider, other.spec.targets, is_dry_run(other))
    if same != (action_of(policy), policy.spec.provider, policy.spec.targets, is_dry_run(policy)):
        return False
    return other.spec.wanted.items() <= policy.spec.wanted.items()


def _as_broad(to: object, than: object) -> bool:
    return not to or to == than


def _asks_no_more(way: Alternative, than: Alternative) -> bool:
    return not way.others or way.others == than.others


def _joined(one: Judgement, other: Judgement) -> Judgement:
    return replace(
        one,
        moves=(*one.moves, *other.moves),
        named=tuple(dict.fromkeys((*one.named, *other.named))),
        certain=one.certain or other.certain,
        partly=one.partly or other.partly,
    )
