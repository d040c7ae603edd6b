"""A plan and a rollback as numbered lists for people: a change can be too long for a row of any terminal."""

import itertools
import textwrap
from collections.abc import Sequence

from istiokit.plan.model import Action, Group
from istiokit.plan.rollback import RollbackPlan

_INDENT = "     "
_WIDTH = 79
_ARROW = "\N{NO-BREAK SPACE}->\N{NO-BREAK SPACE}"


def plan_list(groups: Sequence[Group]) -> str:
    """What each action touches, what it changes there, and why."""
    actions = [action for group in groups for action in group.actions]
    return "".join(
        _item(number, action.target(), action.change(), action.why, _final(action))
        for number, action in enumerate(actions, 1)
    )


def rollback_list(plan: RollbackPlan) -> str:
    """What will be undone, in that order, under the run that did it."""
    numbers = itertools.count(1)
    parts: list[str] = []
    for run_id, groups in itertools.groupby(plan.groups, lambda group: group.run_id):
        parts.append(f"undo what {run_id} did:\n")
        for undo in (undo for group in groups for undo in group.undos):
            doubt = "" if undo.certain else "it was begun, and may not have been done"
            parts.append(_item(next(numbers), undo.action.target(), undo.action.change(), doubt))
    return "".join(parts)


def _item(number: int, what: str, *told: str) -> str:
    """`1. what`, and below it what is told about it, long lines wrapped between words."""
    lines = [f"{number}. {what}", *(part for line in told for part in _wrapped(line))]
    return "".join(f"{line}\n" for line in lines)


def _wrapped(line: str) -> Sequence[str]:
    """Words stay whole, since they are paths, names and flags that people copy, and so does `a -> b`."""
    whole = " ".join(line.split()).replace(" -> ", _ARROW)
    wrapped = textwrap.wrap(
        whole,
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_ARROW, " -> ") for part in wrapped]


def _final(action: Action) -> str:
    return "this cannot be undone" if action.irreversible else ""
