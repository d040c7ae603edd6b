"""The work of `restart`: plan, show, prove, ask, carry out, report."""

import sys
from dataclasses import dataclass, replace

from istiokit.cluster.mirror import Mirrors
from istiokit.errors import Forbidden, NotDone, SuiteError
from istiokit.istio.owners import FINITE, NODE
from istiokit.istio.sidecars import summary_of
from istiokit.plan.actions import codec
from istiokit.plan.beside import who
from istiokit.plan.engine import Pace
from istiokit.plan.journal import EntryState, JournalStore, Run
from istiokit.plan.lease import ClusterLease
from istiokit.plan.model import Plan, World
from istiokit.plan.patience import Patience, PatientLock, PatientStore
from istiokit.plan.recycle import MIGRATION, How
from istiokit.plan.recycle_resume import rest_of
from istiokit.plan.render import skipped_of
from istiokit.plan.runner import dry_run, run
from istiokit.plan.store_cluster import ClusterStore
from istiokit.ui import plans, unread
from istiokit.ui.context import Context
from kubectl_recycle_injected import list_text, outcomes, planning, restart_text, scope
from kubectl_recycle_injected.board import Board
from kubectl_recycle_injected.restart import Options
from kubectl_recycle_injected.unfinished import Unfinished, find

_LISTED = ("table", "wide")


@dataclass(frozen=True, slots=True)
class Restart:
    """One call of the command."""

    given: Options
    how: How
    context: Context

    def work(self) -> int:
        """0 where all that is stale was restarted, 1 where something is left to people; raises what is in the way."""
        store = ClusterStore(self.context.cluster, self.given.journal_namespace, codec())
        begun = self._begun(store)
        try:
            return self._go(begun, store)
        except NotDone as error:
            if begun is not None and begun.run.id not in f"{error}":
                error.hint += f"; {begun.run.id} is unfinished, and this closes it: {begun.closing}"
            raise

    def _go(self, begun: Unfinished | None, store: JournalStore) -> int:
        made = planning.plan(self.given, self.how, self.context)
        plan = made.plan
        if begun is not None:
            begun.refuse_another(self.given)
            plan = rest_of(begun.run, plan)
            begun.refuse_more(
                plan, scope.scope_of(self.given.scope, self.context).namespaces, self.given.scope
            )
        self._show(plan)
        if not plan.groups and begun is None:
            return self._nothing(plan, made)
        if self.given.dry_run != "client":
            plan = planning.proved(plan, made.facts, self.context)
        self._tell(plan, made)
        others = begun.tell(made.workloads, self.given) if begun is not None else 0
        if self.given.dry_run != "none":
            return self._dry(plan)
        self._refuse(plan)
        if not self.context.confirm(self._question(plan, begun)):
            raise NotDone("answered no; nothing was changed")
        return int(self._carry_out(plan, store) or others > 0)

    def _begun(self, store: JournalStore) -> Unfinished | None:
        """The run to go on with; a dry run looks for one only where it may."""
        try:
            return find(store, self.given.journal_namespace, self.context)
        except Forbidden:
            if self.given.dry_run == "none":
                raise
            return None

    def _show(self, plan: Plan) -> None:
        """The plan on stdout, or on stderr where stdout is for the result."""
        if self.given.dry_run != "none" or self.given.output in _LISTED:
            self.context.write(restart_text.shown(plan, self.given.output))
        elif not self.context.assume_yes:
            for line in restart_text.shown(plan, "table").splitlines():
                self.context.say(line)

    def _tell(self, plan: Plan, made: planning.Made) -> None:
        """What has to be known before the question."""
        for line in (
            *plans.findings_lines(plan.findings, self.given.output),
            *plans.skipped_lines(plan.skipped, self.given.output),
            *unread.lines(made.facts.unread),
            *list_text.doubt_lines(summary_of(made.workloads)),
        ):
            self.context.say(line)

    def _nothing(self, plan: Plan, made: planning.Made) -> int:
        self._tell(plan, made)
        if self.given.dry_run == "none" and self.given.output not in _LISTED:
            self.context.write(outcomes.shown([], skipped_of(plan.skipped), self.given.output))
        what = "no namespace to move" if self.given.relabel else "nothing to restart"
        self.context.say(f"{what}: {plans.many(len(made.workloads), 'workload')} of the mesh looked at")
        if self.given.dry_run != "none":
            self.context.say("nothing was changed (--dry-run)")
            return int(self.given.fail_if_none)
        return int(self.given.fail_if_none or left_to_people(plan))

    def _question(self, plan: Plan, begun: Unfinished | None) -> str:
        actions = plan.actions()
        final = sum(action.irreversible for action in actions)
        moves = sum(not action.irreversible and not action.passive for action in actions)
        relabel = f"relabel {plans.many(moves, 'namespace')} and " if moves else ""
        which = f"go on with {begun.run.id}: " if begun else ""
        return f"{which}{relabel}restart {plans.many(final, 'workload')}? A restart cannot be undone."

    def _dry(self, plan: Plan) -> int:
        """A dry run gives 0, whatever stands in the way: it says so."""
        verdicts = None
        if self.given.dry_run == "server":
            with self._mirrors() as mirrors:
                verdicts = dry_run(plan, World(self.context.cluster, self.context.say, mirrors=mirrors))
        plans.tell_dry_run(self.context, lambda: self._refuse(plan), verdicts)
        return 0

    def _refuse(self, plan: Plan) -> None:
        """Raise NotDone where a finding stands in the way."""
        plans.refuse(replace(plan, findings=planning.refusing(plan.findings)), self.given.allow)

    def _carry_out(self, plan: Plan, store: JournalStore) -> int:
        context, given = self.context, self.given
        failure: SuiteError | None = None
        with context.progress() as progress, self._mirrors() as mirrors, Board(progress) as board:
            world = World(context.cluster, progress.say, given.timeout, tell=board.tell, mirrors=mirrors)
            try:
                done: Run | None = self._run(plan, world, store, board)
            except SuiteError as error:
                done, failure = board.run, error
        if done is not None:
            self._report(done, board)
        if failure is not None:
            raise failure
        return int(left_to_people(plan))

    def _run(self, plan: Plan, world: World, store: JournalStore, board: Board) -> Run:
        given, patience = self.given, Patience(self.given.timeout, world.stop)
        lease = ClusterLease(
            self.context.cluster, given.journal_namespace, MIGRATION, who(), say=self.context.say
        )
        return run(
            plan,
            world,
            PatientStore(store, patience),
            PatientLock(lease, patience),
            who=who(),
            command=sys.argv,
            allowed=given.allow,
            observer=board.observe,
            pace=Pace(given.per_namespace, given.max_failures),
        )

    def _mirrors(self) -> Mirrors:
        return Mirrors(self.context.cluster, scope.scope_of(self.given.scope, self.context).places)

    def _report(self, done: Run, board: Board) -> None:
        """What the journal says, and where it could not be written any more what was seen."""
        latest = done.latest()
        unwritten = [one for one in board.entries if latest[one.index].state is EntryState.STARTED]
        run = done.with_entries(unwritten)
        found = outcomes.outcomes(run, board.seconds)
        if self.given.output not in _LISTED:
            self.context.write(outcomes.shown(found, skipped_of(run.skipped), self.given.output))
        moved = outcomes.moved(run)
        told = f"moved {plans.many(moved, 'namespace')}, " if moved else ""
        self.context.say(f"{told}{outcomes.summary_line(found, len(run.skipped))} (journal {run.id})")


def run_restart(given: Options, how: How, context: Context) -> int:
    """Restart what is stale; returns 0 or 1, raises what is in the way."""
    return Restart(given, how, context).work()


def left_to_people(plan: Plan) -> bool:
    """Whether something stale was left alone that does not end by itself."""
    return any(skip.object.partition(" ")[0] not in (*FINITE, NODE) for skip in plan.skipped)
