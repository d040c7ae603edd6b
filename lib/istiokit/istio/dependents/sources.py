"""Which gateways the rules of an AuthorizationPolicy are about: what they say of a request's source. Pure.

Source: pilot/pkg/security/authz/model/model.go of istio/istio (New): the fields of a source and all conditions (`when`)
must hold together, of a field's list one entry; a rule without `from` is for every source.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from istiokit.istio.dependents.identity import PARTS, account_fits, any_account, namespace_fits
from istiokit.istio.dependents.labels import Verdict, every, negated, some
from istiokit.istio.dependents.moves import Move, Place
from istiokit.istio.dependents.policies import AccessRule, Names, Source, When

PRINCIPALS, NAMESPACES, ACCOUNTS = "principals", "namespaces", "serviceAccounts"
_FIELDS: tuple[tuple[str, str, str], ...] = (
    (PRINCIPALS, "principals", "not_principals"),
    (NAMESPACES, "namespaces", "not_namespaces"),
    (ACCOUNTS, "service_accounts", "not_service_accounts"),
)
_KEYS = {"source.principal": PRINCIPALS, "source.namespace": NAMESPACES, "source.serviceAccount": ACCOUNTS}
_UNNAMED = dict.fromkeys(name for _, *names in _FIELDS for name in names)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One list of a rule that a gateway fits or does not."""

    path: str
    """Within the rule: `from[0].source.principals`, `when[1].values`."""
    field: str
    values: tuple[str, ...]
    negative: bool
    """Whether none of them may fit (`notPrincipals`)."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to fit a rule."""

    constraints: tuple[Constraint, ...]
    others: tuple[Any, ...]
    """What it asks for besides, such as addresses or tokens; empty where it asks for nothing else."""


def alternatives(rule: AccessRule) -> tuple[Alternative, ...]:
    """Every source of the rule with its conditions."""
    conditions = list(rule.when or ())
    named = [one for at, when in enumerate(conditions) for one in _of_condition(at, when)]
    others = tuple(one for one in conditions if one.key not in _KEYS)
    found = []
    for at, entry in enumerate(rule.sources or ()):
        source = entry.source or Source()
        left = msgspec.structs.replace(source, **_UNNAMED)
        rest = others if left == Source() else (left, *others)
        found.append(Alternative((*_of_source(at, source), *named), rest))
    return tuple(found) or (Alternative(tuple(named), others),)


@dataclass(frozen=True, slots=True)
class Sides:
    """What a way comes to for one pair of Gateways."""

    before: Verdict
    """Whether some of the old pods can go it."""
    after: Verdict
    """Whether all of the new pods can."""


class Matcher:
    """Remembers what lists and ways come to: thousands of policies share a few."""

    def __init__(self, moves: Sequence[Move], domains: frozenset[str] | None) -> None:
        self._domains = domains
        self._moves = moves
        self._pods = tuple({one: None for move in moves for one in (*move.before, *move.after)})
        self._spaces = {one.namespace for one in self._pods}
        self._nobody: dict[Place, Verdict] = dict.fromkeys(self._pods, False)
        self._never = (Sides(False, False),) * len(moves)
        self._entries: dict[tuple[str, str, str], dict[Place, Verdict]] = {}
        self._ways: dict[object, tuple[Sides, ...]] = {}

    def sides(self, way: Alternative, place: str) -> tuple[Sides, ...]:
        """What the way of a policy in namespace `place` comes to for each move."""
        if any(self._is_for_others(one) for one in way.constraints):
            return self._never
        key = self.key(way, place)
        found = self._ways.get(key)
        if found is None:
            fits = {
                pods: every(self.fits(one, place, pods) for one in way.constraints) for pods in self._pods
            }
            found = self._ways[key] = tuple(
                Sides(some(fits[one] for one in move.before), every(fits[one] for one in move.after))
                for move in self._moves
            )
        return found

    def key(self, way: Alternative, place: str) -> object:
        """What ways have in common that come to the same."""
        own = place if any(one.field == ACCOUNTS for one in way.constraints) else ""
        return (own, *((one.field, one.values, one.negative) for one in way.constraints))

    def fits(self, constraint: Constraint, place: str, pods: Place) -> Verdict:
        """Whether requests of these pods fit the list."""
        found = some(self.entry(constraint.field, value, place)[pods] for value in constraint.values)
        return negated(found) if constraint.negative else found

    def entry(self, field: str, value: str, place: str) -> dict[Place, Verdict]:
        """What one entry of a list comes to for the pods of each place."""
        key = (field, value, place if field == ACCOUNTS else "")
        found = self._entries.get(key)
        if found is None:
            far = field == PRINCIPALS and self._is_far(value)
            found = self._entries[key] = (
                self._nobody if far else {one: self._entry(field, value, place, one) for one in self._pods}
            )
        return found

    def _is_for_others(self, constraint: Constraint) -> bool:
        """Whether it is for accounts of other namespaces alone: so are most."""
        one_by_one = constraint.field == PRINCIPALS and not constraint.negative
        return one_by_one and all(map(self._is_far, constraint.values))

    def _is_far(self, principal: str) -> bool:
        """Whether it is one account of a namespace in which no gateway is."""
        parts = principal.split("/")
        return len(parts) == PARTS and "*" not in principal and parts[2] not in self._spaces

    def _entry(self, field: str, value: str, place: str, pods: Place) -> Verdict:
        if field == NAMESPACES:
            return namespace_fits(value, pods.namespace)
        if field == PRINCIPALS:
            return any_account(value, pods.namespace, pods.accounts, pods.likely, self._domains)
        if pods.accounts is None:
            likely = (account_fits(value, place, pods.namespace, one) for one in pods.likely)
            return None if any(likely) else False
        fits = [account_fits(value, place, pods.namespace, one) for one in pods.accounts]
        return all(fits) or (None if any(fits) else False)


def _of_source(at: int, source: Source) -> Iterator[Constraint]:
    for field, name, opposite in _FIELDS:
        values: Names = getattr(source, name)
        if values:
            yield Constraint(f"from[{at}].source.{field}", field, values, negative=False)
        values = getattr(source, opposite)
        if values:
            path = f"from[{at}].source.not{field[0].upper()}{field[1:]}"
            yield Constraint(path, field, values, negative=True)


def _of_condition(at: int, when: When) -> Iterator[Constraint]:
    field = _KEYS.get(when.key)
    if field and when.values:
        yield Constraint(f"when[{at}].values", field, when.values, negative=False)
    if field and when.not_values:
        yield Constraint(f"when[{at}].notValues", field, when.not_values, negative=True)
