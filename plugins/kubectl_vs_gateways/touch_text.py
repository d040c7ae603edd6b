"""How `touch` tells what it is about to do and how it ended."""

from collections import Counter
from collections.abc import Mapping, Sequence

from istiokit.istio.mapping import Pair
from istiokit.ui.output import table
from kubectl_vs_gateways.touching import Lacker, Outcome, Result


def look(due: int, found: int, pairs: Sequence[Pair]) -> str:
    """What was found, before anything is done."""
    mapping = ", ".join(str(pair) for pair in pairs)
    if not due:
        return f"none of {count(found)} lacks a Gateway of {mapping}: nothing to touch"
    return f"{due} of {count(found)} {'lacks' if due == 1 else 'lack'} a Gateway of {mapping}"


def count(number: int) -> str:
    """`1 VirtualService`, `12 VirtualServices`."""
    return f"{number} VirtualService{'' if number == 1 else 's'}"


def waiting(due: Sequence[Lacker]) -> str:
    """The VirtualServices to touch, with what each lacks."""
    rows = [[*item.name.split("/"), item.gateways] for item in due]
    return table(["namespace", "name", "lacks"], rows) if rows else ""


def judged(due: Sequence[Lacker], errors: Mapping[str, str]) -> str:
    """The same with what the server said to a dry run."""
    rows = [[*item.name.split("/"), item.gateways, "no" if item.name in errors else "yes"] for item in due]
    return table(["namespace", "name", "lacks", "accepted"], rows)


def ended(outcomes: Sequence[Outcome]) -> str:
    """How it ended for each; what is still lacking is named."""
    rows = [[*item.name.split("/"), item.result, item.gateways] for item in outcomes]
    return table(["namespace", "name", "result", "lacks"], rows)


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
