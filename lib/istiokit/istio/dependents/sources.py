"""Which gateways the rules of an AuthorizationPolicy are about: what they say of a request's source. Pure.

Source: pilot/pkg/security/authz/model/model.go of istio/istio (New): the fields of a source and all conditions (`when`)
must hold together, of a field's list one entry; a rule without `from` is for every source.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from istiokit.istio.dependents.identity import account_fits, any_account, namespace_fits
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


class Matcher:
    """Remembers what each entry comes to for each place: thousands of policies share a few entries."""

    def __init__(self, moves: Iterable[Move], domains: frozenset[str] | None) -> None:
        self._domains = domains
        self._moves = tuple(moves)
        self._known: dict[tuple[str, str, str], dict[Place, Verdict]] = {}
        self._telling: dict[tuple[str, str, str], bool] = {}

    def is_telling(self, constraint: Constraint, place: str) -> bool:
        """Whether old and new pods differ in one of its entries; `place` is the policy's namespace."""
        return any(self._tells(constraint.field, value, place) for value in constraint.values)

    def fits(self, constraint: Constraint, place: str, pods: Place) -> Verdict:
        """Whether requests of these pods fit."""
        found = some(self.entry(constraint.field, value, place)[pods] for value in constraint.values)
        return negated(found) if constraint.negative else found

    def alternative(self, one: Alternative, place: str, pods: Place) -> Verdict:
        """Whether they fit it altogether, as far as it is about identities."""
        return every(self.fits(constraint, place, pods) for constraint in one.constraints)

    def before(self, found: Iterable[Alternative], place: str, move: Move) -> Verdict:
        """Whether some of the old pods fit one of the alternatives."""
        each = list(found)
        return some(self.alternative(one, place, pods) for pods in move.before for one in each)

    def after(self, found: Iterable[Alternative], place: str, move: Move) -> Verdict:
        """Whether all of the new pods fit one of the alternatives."""
        each = list(found)
        return every(some(self.alternative(one, place, pods) for one in each) for pods in move.after)

    def entry(self, field: str, value: str, place: str) -> dict[Place, Verdict]:
        """What the entry of a list comes to for the pods of each place."""
        key = (field, value, place if field == ACCOUNTS else "")
        if key not in self._known:
            pods = {one for move in self._moves for one in (*move.before, *move.after)}
            self._known[key] = {one: self._entry(field, value, place, one) for one in pods}
        return self._known[key]

    def _tells(self, field: str, value: str, place: str) -> bool:
        key = (field, value, place if field == ACCOUNTS else "")
        found = self._telling.get(key)
        if found is None:
            verdicts = self.entry(field, value, place)
            found = self._telling[key] = any(
                len({verdicts[one] for one in (*move.before, *move.after)}) > 1 for move in self._moves
            )
        return found

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
