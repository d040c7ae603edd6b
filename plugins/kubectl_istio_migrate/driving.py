"""Carrying out a plan or a rollback on the cluster: journal, Lease, live table."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from istiokit.cluster.types import Cluster
from istiokit.flux.progress import Progress as ReleaseProgress
from istiokit.flux.readiness import State
from istiokit.plan.beside import who
from istiokit.plan.bigbang import MIGRATION
from istiokit.plan.engine import Moment
from istiokit.plan.engine import Progress as RunProgress
from istiokit.plan.journal import JournalStore, Run
from istiokit.plan.lease import ClusterLease, Lock
from istiokit.plan.model import Action, Group, Plan, World
from istiokit.plan.rollback import RollbackPlan, rollback
from istiokit.plan.runner import run
from istiokit.ui.context import Context
from istiokit.ui.progress import Progress, Row

_GOOD = {State.READY: True, State.FAILED: False}


class Table:
    """Shows HelmReleases that are waited for in the command-line kit's live table."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def update(self, rows: Sequence[ReleaseProgress]) -> None:
        """Draw these rows."""
        self._progress.update([_row(row) for row in rows])


@dataclass(frozen=True, slots=True)
class Drive:
    """Who drives what: everything that running and rolling back have in common."""

    context: Context
    cluster: Cluster
    store: JournalStore
    lock: Lock
    timeout: float
    """Seconds that one action may wait."""

    def run(self, plan: Plan, allowed: Sequence[str]) -> Run:
        """Carry the plan out, or what an unfinished run has left of it; raises what stops it."""
        with self.context.progress() as progress:
            return run(
                plan,
                self._world(progress),
                self.store,
                self.lock,
                who=who(),
                command=sys.argv,
                allowed=allowed,
                observer=lambda event: tell(event, progress),
            )

    def rollback(self, plan: RollbackPlan) -> Sequence[Run]:
        """Undo what the plan says; raises what stops it."""
        with self.context.progress() as progress:
            return rollback(
                plan,
                self._world(progress),
                self.store,
                self.lock,
                who=who(),
                command=sys.argv,
                observer=lambda event: tell(event, progress, undoing=True),
            )

    def follow(self, groups: Sequence[Group]) -> None:
        """Carry out actions that only ask and wait, without a journal; raises what stops them."""
        with self.context.progress() as progress:
            follow((action for group in groups for action in group.actions), self._world(progress), progress)

    def _world(self, progress: Progress) -> World:
        return World(self.cluster, progress.say, timeout=self.timeout, observer=Table(progress))


def lease(cluster: Cluster, namespace: str, context: Context) -> ClusterLease:
    """The migration's Lease in the namespace of its journal."""
    return ClusterLease(cluster, namespace, MIGRATION, who(), say=context.say)


def _row(row: ReleaseProgress) -> Row:
    good = _GOOD.get(row.state)
    detail = "" if good else " ".join(row.message.split())
    return Row(row.name, str(row.state).capitalize(), row.reason, detail, row.seconds, good)


def follow(actions: Iterable[Action], world: World, progress: Progress) -> None:
    """Carry out actions that only ask and wait, and tell of each; raises what stops them."""
    for action in actions:
        progress.say(f"begin  {_what(action)}")
        action.do(world)
        progress.say(f"done   {_what(action)}")


def tell(event: RunProgress, progress: Progress, *, undoing: bool = False) -> None:
    """One line when an action begins and when it ends."""
    if event.action is None:
        return
    what = _what(event.action)
    if event.moment is Moment.BEGIN:
        progress.say(f"{'undoing' if undoing else 'begin'}  {what}")
    elif event.moment is Moment.END:
        progress.say(f"done   {what}" + (f" ({event.message})" if event.message else ""))


def _what(action: Action) -> str:
    return f"{action.target()}: {action.change()}"
