"""Carrying out a plan about the mutation policy: journal, Lease, progress, and what stands in the way."""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from istiokit.cluster.types import nothing
from istiokit.errors import NotDone, OperationFailed
from istiokit.plan.actions import codec
from istiokit.plan.actions.touch import TouchVirtualService
from istiokit.plan.beside import who
from istiokit.plan.engine import Moment, Pace
from istiokit.plan.engine import Progress as RunProgress
from istiokit.plan.guarded import Guarded
from istiokit.plan.journal import Run, RunState
from istiokit.plan.lease import ClusterLease
from istiokit.plan.model import Plan, World
from istiokit.plan.policy import MIGRATION, TOUCH, is_change
from istiokit.plan.resume import unfinished
from istiokit.plan.rollback import RollbackPlan, abandon, rollback
from istiokit.plan.runner import dry_run, run
from istiokit.plan.store_cluster import ClusterStore
from istiokit.ui import plans
from istiokit.ui.context import Context
from istiokit.ui.counting import Counter
from istiokit.ui.progress import Progress
from kubectl_istio_migrate.driving import follow, tell
from kubectl_istio_migrate.policy import Options

_WEBHOOK_FAILED = "failed calling webhook"
"""How the API server begins to tell that a webhook that fails closed has not answered."""


@dataclass(frozen=True)
class PolicyDrive:
    """Who drives what, and how it is shown."""

    given: Options
    context: Context

    @property
    def command(self) -> str:
        """`kubectl istio-migrate policy`."""
        return f"{self.context.prog} policy"

    @cached_property
    def store(self) -> ClusterStore:
        """The journal."""
        return ClusterStore(self.context.cluster, self.given.journal_namespace, codec())

    def lease(self) -> ClusterLease:
        """A Lease for one sitting."""
        context = self.context
        return ClusterLease(context.cluster, self.given.journal_namespace, MIGRATION, who(), say=context.say)

    def show(self, plan: Plan) -> None:
        """The plan on stdout; what has to be known, on stderr."""
        context, output = self.context, self.given.output
        context.write(plans.shown(plan, output))
        for line in (*plans.findings_lines(plan.findings, output), *plans.note_lines(plan.notes, output)):
            context.say(line)

    def dry(self, plan: Plan) -> int:
        """A dry run gives 0, whatever stands in the way: it says so."""
        world = World(self.context.cluster, self.context.say)
        verdicts = dry_run(plan, world) if self.given.dry_run == "server" else None
        plans.tell_dry_run(self.context, lambda: plans.refuse(plan, self.given.allow), verdicts)
        return 0

    def carry_out(self, plan: Plan, question: str, ready: Callable[[], None] = nothing) -> bool:
        """Ask (unless there is no question), then do it, or what an unfinished run has left of it.

        Where nothing is to be changed it only waits and proves, without a journal; False then. `ready` is asked once
        the Lease is held, and raises what has come to stand in the way since the plan was made.
        """
        plans.refuse(plan, self.given.allow)
        earlier = self.store.list(MIGRATION)
        waiting = unfinished(earlier)
        self._refuse_unfinished(waiting, plan.name)
        is_resumed = waiting is not None and waiting.name == plan.name
        if not is_change(plan) and not is_resumed:
            self.follow(plan)
            return False
        if question and is_change(plan) and not self.context.confirm(question):
            raise NotDone("answered no; nothing was changed")
        if waiting is not None and not is_resumed:
            self._close(waiting)
        done = self._run(plan, ready)
        self._say_done(done, earlier)
        return True

    def follow(self, plan: Plan) -> None:
        """Wait and prove, without a journal: nothing is changed."""
        with self._told() as progress:
            follow(plan.actions(), self._world(progress), progress)

    def roll_back(self, plan: RollbackPlan, ready: Callable[[], None]) -> None:
        """Undo what the plan says; raises what stops it."""
        with self._told() as progress:
            rollback(
                plan,
                self._world(progress),
                self.store,
                Guarded(self.lease(), ready),
                who=who(),
                command=sys.argv,
                observer=lambda event: tell(event, progress, undoing=True),
            )

    def _run(self, plan: Plan, ready: Callable[[], None]) -> Run:
        with self._told() as progress:
            return run(
                plan,
                self._world(progress),
                self.store,
                Guarded(self.lease(), ready),
                who=who(),
                command=sys.argv,
                allowed=self.given.allow,
                observer=Watcher(progress, plan.name),
                # What cannot be touched keeps nothing else from being touched.
                pace=Pace(max_failures=0) if plan.name == TOUCH else Pace(),
            )

    @property
    def abandoning(self) -> str:
        """The command that closes a run which can be neither finished nor undone."""
        place = ("--journal-namespace", self.given.journal_namespace)
        return shlex.join([*self.command.split(), "rollback", *place, "--abandon"])

    def refuse_missing(self, name: str) -> None:
        """Raise NotDone, with the ways out, where a run that is not finished is about a policy that is gone."""
        waiting = unfinished(self.store.list(MIGRATION))
        if waiting is None or waiting.name == TOUCH:
            return
        if waiting.name == name and waiting.state is not RunState.ROLLING_BACK:
            told = f"there is no policy of ours to {name}, and {_begun(waiting)} is not finished"
            raise NotDone(told, f"`{self.command} rollback` undoes it; {self._leaving}")
        self._refuse_unfinished(waiting, name)

    def _refuse_unfinished(self, waiting: Run | None, name: str) -> None:
        """Raise NotDone, with the ways out, where another action has to be finished or undone first."""
        if waiting is None:
            return
        if waiting.state is RunState.ROLLING_BACK:
            told = f"the rollback of {_begun(waiting)} is not finished"
            raise NotDone(told, f"run `{self.command} rollback` again; {self._leaving}")
        if waiting.name not in (name, TOUCH):
            ways = f"run `{self.command} {waiting.name}` again to finish it, or `{self.command} rollback` to undo it"
            raise NotDone(f"{_begun(waiting)} is not finished", f"{ways}; {self._leaving}")

    @property
    def _leaving(self) -> str:
        return f"where neither is possible `{self.abandoning}` leaves it all as it is"

    def _close(self, waiting: Run) -> None:
        """Close a touch that was not finished: what was touched stays so, and the rest is harmed by nothing."""
        abandon(waiting, self.store, self.lease(), who=who(), command=sys.argv)
        self.context.say(f"{waiting.id} was not finished; it is closed, and what it touched stays as it is")

    def _say_done(self, done: Run, earlier: Sequence[Run]) -> None:
        place = self.given.journal_namespace
        back = plans.way_back(done, earlier)
        self.context.say(f"{done.name} is done (journal {done.id} in namespace {place})")
        self.context.say(f"The way back: {self.command} rollback{back} --journal-namespace {place}")

    def _world(self, progress: Progress) -> World:
        return World(
            self.context.cluster,
            progress.say,
            timeout=self.given.timeout,
            tell=lambda action, standing: progress.say(f"waits  {action.target()}: {standing}"),
        )

    @contextmanager
    def _told(self) -> Iterator[Progress]:
        """The progress display; of a webhook that does not answer the next step is told."""
        try:
            with self.context.progress() as progress:
                yield progress
        except OperationFailed as error:
            if _WEBHOOK_FAILED in error.what:
                error.hint = (
                    "see whether Kyverno is up (kubectl -n kyverno get pods); then run the same command again to go "
                    f"on, or `{self.command} rollback`"
                )
            raise


def _begun(run: Run) -> str:
    return f"{run.name}, begun {run.started} by {run.who} ({run.id}),"


class Watcher:
    """An observer of the engine: a number for what is touched, a line for everything else."""

    def __init__(self, progress: Progress, word: str) -> None:
        self._progress, self._counter = progress, Counter(progress, word)

    def __call__(self, event: RunProgress) -> None:
        """Tell what has happened, if it is worth a line."""
        if isinstance(event.action, TouchVirtualService) or event.moment is Moment.GROUP:
            self._counter(event)
        else:
            tell(event, self._progress)
