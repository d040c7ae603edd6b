"""A plan of many objects as people read it before they say yes, and what stands in its way."""

from collections.abc import Callable, Collection, Sequence

from istiokit.errors import NotDone
from istiokit.findings import Finding, Severity
from istiokit.plan import render
from istiokit.plan.journal import Run, RunState
from istiokit.plan.model import Plan, Skip
from istiokit.plan.runner import Verdict
from istiokit.ui.context import Context
from istiokit.ui.findings import finding_lines
from istiokit.ui.output import API_VERSION, as_json, as_yaml, table

_MANY = 20
"""So many lines people read; a table with -o wide has them all."""


def shown(plan: Plan, output: str) -> str:
    """The plan for stdout: a line for each action (the first twenty), a table, a document."""
    if output in ("json", "yaml"):
        document = {"apiVersion": API_VERSION, "kind": "Plan", **render.plan_dict(plan)}
        return as_json(document) if output == "json" else as_yaml(document)
    actions = plan.actions()
    if output == "name":
        return "".join(f"{action.target()}\n" for action in actions)
    if output == "wide":
        return table(render.PLAN_HEADERS, render.plan_rows(plan.groups)) if actions else ""
    return "".join(f"{line}\n" for line in _first([f"{one.target()}  {one.change()}" for one in actions]))


def skipped_lines(skipped: Sequence[Skip], output: str) -> list[str]:
    """A line for each that stays as it is; of many the first ones, unless all are asked for."""
    lines = render.skipped_lines(skipped)
    return lines if output == "wide" else _first(lines)


def findings_lines(found: Sequence[Finding], output: str) -> list[str]:
    """Three lines for each."""
    shown_ones = found if output == "wide" else found[:_MANY]
    lines = [line for one in shown_ones for line in finding_lines(one)]
    rest = len(found) - len(shown_ones)
    return [*lines, f"and {rest} more findings (-o wide shows all)"] if rest else lines


def note_lines(notes: Sequence[str], output: str) -> list[str]:
    """What has to be known before the question; of many the first ones, unless all are asked for."""
    lines = [f"note: {note}" for note in notes]
    return lines if output == "wide" else _first(lines)


def many(number: int, noun: str) -> str:
    """`1 VirtualService`, `200 VirtualServices`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def refuse(plan: Plan, allowed: Collection[str]) -> None:
    """Raise NotDone where a finding stands in the way."""
    errors = [one for one in plan.findings if one.severity is Severity.ERROR and one.code not in allowed]
    if errors:
        codes = sorted({one.code for one in errors})
        stands = "findings stand" if len(errors) > 1 else "finding stands"
        raise NotDone(
            f"{len(errors)} {stands} in the way ({', '.join(codes)}); nothing was changed",
            f"mend what they say, or go on with {' '.join(f'--allow {code}' for code in codes)}",
        )


def tell_dry_run(
    context: Context, refusal: Callable[[], None], verdicts: Sequence[Verdict] | None = None
) -> None:
    """What a dry run ends with: what the server said, if it was asked, and what `refusal` would raise without it."""
    if verdicts is not None:
        refused = [one for one in verdicts if one.refusal]
        for line in render.verdict_lines(refused):
            context.say(line)
        context.say(f"the server would accept {len(verdicts) - len(refused)} of {len(verdicts)} changes")
    try:
        refusal()
    except NotDone as error:
        context.say(f"without --dry-run it would be refused: {error.what}")
    context.say("nothing was changed (--dry-run)")


def way_back(done: Run, earlier: Sequence[Run]) -> str:
    """The flag that undoes this run alone; empty where it is the only one."""
    before = [one for one in earlier if one.state is RunState.DONE and one.id != done.id]
    return f" --to {before[-1].id}" if before else ""


def _first(lines: list[str]) -> list[str]:
    rest = len(lines) - _MANY
    return lines if rest <= 0 else [*lines[:_MANY], f"and {rest} more (-o wide shows all)"]
