"""What speaks against taking the policy away, or pairs of it: judged before the question, and again under the Lease."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from istiokit.cluster.unread import Unread
from istiokit.errors import NotDone
from istiokit.findings import Finding, Severity
from istiokit.istio.bindings import resolve
from istiokit.istio.mapping import Mapping, Pair
from istiokit.kyverno.dependents import DependentRow
from istiokit.kyverno.removal import LEAVES, NO_REPORTS, STRANGE
from istiokit.survey.dependence import read_dependence
from istiokit.survey.evidence import Question
from istiokit.survey.removal import findings_of
from istiokit.ui.context import Context
from istiokit.ui.sources import manifests_of
from kubectl_istio_migrate.policy import Options

_OF_ALL = (STRANGE.code, LEAVES.code, NO_REPORTS.code)
"""What only matters where policies go as a whole."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Gate:
    """The question, who is asked, and which codes people let pass."""

    context: Context
    question: Question | None
    """None where nothing goes: then there is nothing to ask."""
    allow: tuple[str, ...] = ()
    partly: bool = False
    """Whether only some pairs go: what else a policy gives is then no matter."""

    def judged(self) -> tuple[tuple[Finding, ...], tuple[Unread, ...]]:
        """What is found now, and what could not be read."""
        if self.question is None:
            return (), ()
        read = read_dependence(self.context.cluster, self.question, datetime.now(UTC))
        if not self.partly:
            return findings_of(read), read.unread
        # Who has not got what goes cannot lose it; and what else the policies give stays.
        going = frozenset(pair.new for pair in read.mapping.pairs)
        rows = tuple(one for one in read.rows if one.reached or _has(one, going))
        found = findings_of(replace(read, rows=rows))
        return tuple(one for one in found if one.code not in _OF_ALL), read.unread

    def check(self) -> None:
        """Raise NotDone where something stands in the way that was not allowed."""
        errors = [
            one for one in self.judged()[0] if one.severity is Severity.ERROR and one.code not in self.allow
        ]
        if not errors:
            return
        names = ", ".join(f"{one.object} ({one.code})" for one in errors[:_SHOWN])
        more = f" and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        raise NotDone(
            f"meanwhile {names}{more} came to stand in the way; nothing was changed",
            "run the same command again",
        )


def _has(row: DependentRow, going: frozenset[str]) -> bool:
    """Whether it is bound to one of them, though not to all that a policy would give it."""
    return any(resolve(name, row.namespace) in going for name in row.gateways)


def gate_of_pairs(pairs: Sequence[Pair], given: Options, context: Context) -> Gate:
    """The gate for pairs that a policy serves and will not any more."""
    if not pairs:
        return Gate(context, None)
    question = Question(mapping=Mapping(tuple(pairs)), manifests=manifests_of(given.sources, context))
    return Gate(context, question, given.allow, partly=True)


def gate_of_policies(names: Sequence[str], given: Options, context: Context) -> Gate:
    """The gate for policies that go as a whole."""
    if not names:
        return Gate(context, None)
    question = Question(policies=tuple(names), manifests=manifests_of(given.sources, context))
    return Gate(context, question, given.allow)
