"""A rollback as people and programs read it before it is done."""

from typing import Protocol

from istiokit.errors import NotDone
from istiokit.plan import render
from istiokit.plan.listing import rollback_list
from istiokit.plan.rollback import RollbackPlan
from istiokit.ui.context import Context
from istiokit.ui.output import API_VERSION, as_json, as_yaml, table
from istiokit.ui.plans import skipped_lines


def shown(plan: RollbackPlan, output: str) -> str:
    """What will be undone, in one of options.FORMATS; an empty plan is a document, and nothing else."""
    if output in ("json", "yaml"):
        document = {"apiVersion": API_VERSION, "kind": "RollbackPlan", **render.rollback_dict(plan)}
        return as_json(document) if output == "json" else as_yaml(document)
    if output == "table":
        return rollback_list(plan)
    if output == "name":
        return "".join(f"{row[2]}\n" for row in render.rollback_rows(plan))
    return table(render.ROLLBACK_HEADERS, render.rollback_rows(plan)) if plan.groups else ""


class Wanted(Protocol):
    """What was asked of the rollback."""

    @property
    def to(self) -> str:
        """The state to go back to."""

    @property
    def output(self) -> str:
        """One of options.FORMATS."""

    @property
    def dry_run(self) -> str:
        """One of options.DRY_RUNS."""


def offered(plan: RollbackPlan, place: str, wanted: Wanted, context: Context) -> bool:
    """Show what will be undone and ask, if there is anything; False for a dry run.

    Args:
        place: where the journal is, for a sentence.

    Raises:
        NotDone: the answer was no.
    """
    context.write(shown(plan, wanted.output))
    for line in skipped_lines(plan.skipped, wanted.output):
        context.say(line)
    if not plan.runs:
        context.say(f"nothing to undo: the journal has no run after {wanted.to} ({place})")
    if wanted.dry_run != "none":
        context.say("nothing was changed (--dry-run)")
        return False
    if plan.runs and not context.confirm(render.rollback_question(plan)):
        raise NotDone("answered no; nothing was changed")
    return True
