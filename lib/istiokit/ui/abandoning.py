"""`rollback --abandon`: close a run that can be neither finished nor undone, and leave what it changed as it is."""

import sys

from istiokit.errors import NotDone
from istiokit.plan.beside import who
from istiokit.plan.journal import JournalStore
from istiokit.plan.lease import Lock
from istiokit.plan.resume import unfinished
from istiokit.plan.rollback import abandon, standing
from istiokit.ui.context import Context


def run_abandon(migration: str, store: JournalStore, lock: Lock, context: Context, *, dry_run: bool) -> int:
    """Show what stays, ask, close the run; raises NotDone for a no."""
    run = unfinished(store.list(migration))
    if run is None:
        context.say(f"nothing to abandon: no run is unfinished ({store.place})")
        return 0
    left = standing(run)
    for action in left:
        context.say(f"stays as it is: {action.target()}: {action.change()}")
    if dry_run:
        context.say("nothing was changed (--dry-run)")
        return 0
    if not context.confirm(f"abandon {run.id} ({run.state}): leave {len(left)} as they are, for good?"):
        raise NotDone("answered no; nothing was changed")
    abandon(run, store, lock, who=who(), command=sys.argv)
    context.say(f"{run.id} is abandoned: no rollback undoes it any more")
    return 0
