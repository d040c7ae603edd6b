"""How `touch` tells what it is about to do and how it ended."""

from collections import Counter
from collections.abc import Sequence

from istiokit.istio.mapping import Pair
from istiokit.plan.touching import Outcome, Result
from istiokit.ui.output import Column
from kubectl_vs_gateways.list_text import RESOURCE

COLUMNS: tuple[Column[Outcome], ...] = (
    Column("namespace", lambda one: one.namespace),
    Column("name", lambda one: one.name),
    Column("result", lambda one: one.result),
    Column("lacks", lambda one: one.lacks),
    Column("reason", lambda one: one.reason, wide=True),
)


def row_name(one: Outcome) -> str:
    """As `kubectl get -o name` spells it."""
    return f"{RESOURCE}/{one.name}"


def look(due: int, found: int, pairs: Sequence[Pair]) -> str:
    """What was found, before anything is done."""
    mapping = ", ".join(str(pair) for pair in pairs)
    if not due:
        return f"none of {count(found)} lacks a Gateway of {mapping}: nothing to touch"
    return f"{due} of {count(found)} {'lacks' if due == 1 else 'lack'} a Gateway of {mapping}"


def count(number: int) -> str:
    """`1 VirtualService`, `12 VirtualServices`."""
    return f"{number} VirtualService{'' if number == 1 else 's'}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """The counts, in one line."""
    counts = Counter(item.result for item in outcomes)
    touched = len(outcomes) - counts[Result.FAILED]
    return (
        f"{touched} touched: {counts[Result.CHANGED]} changed by the policy, {counts[Result.MISSING]} still missing"
        + (f"; {counts[Result.FAILED]} failed" if counts[Result.FAILED] else "")
    )


def still_missing(prog: str) -> str:
    """What to look at where the policy has not done its part."""
    return (
        f"is the policy there? `{prog} policy` prints it; it must be for the same mapping and direction, and acts "
        "a moment after it was applied"
    )
