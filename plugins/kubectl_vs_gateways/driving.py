"""Carrying out a plan on the cluster, with journal, Lease and progress; and what stands in the way of one."""

import sys
from dataclasses import dataclass

from istiokit.errors import NotDone
from istiokit.plan.actions import codec
from istiokit.plan.beside import who
from istiokit.plan.journal import EntryState, Run
from istiokit.plan.lease import ClusterLease
from istiokit.plan.model import Plan, World
from istiokit.plan.rebind import MIGRATION
from istiokit.plan.resume import unfinished
from istiokit.plan.runner import dry_run, run
from istiokit.plan.store_cluster import ClusterStore
from istiokit.ui.context import Context
from istiokit.ui.counting import Counter
from istiokit.ui.plans import many, refuse, tell_dry_run, way_back


@dataclass(frozen=True, slots=True)
class Drive:
    """How a plan is carried out on the cluster."""

    context: Context
    journal_namespace: str
    allow: tuple[str, ...]
    noun: str = "VirtualService"
    """What one action is about."""

    def carry_out(self, plan: Plan, question: str) -> bool:
        """Ask, then do it, or what an unfinished run has left of it; False where there is nothing to do."""
        context, place = self.context, self.journal_namespace
        store = ClusterStore(context.cluster, place, codec())
        earlier = store.list(MIGRATION)
        waiting = unfinished(earlier)
        if not plan.groups and (waiting is None or waiting.name != plan.name):
            return False
        if plan.groups and not context.confirm(question):
            raise NotDone("answered no; nothing was changed")
        done = self._run(plan, store)
        skipped = sum(last.state is EntryState.SKIPPED for last in done.latest().values())
        number = many(len(done.actions()) - skipped, self.noun)
        already = f", {skipped} by somebody else meanwhile" if skipped else ""
        context.say(f"{plan.name} is done: {number}{already} (journal {done.id} in namespace {place})")
        back = way_back(done, earlier)
        context.say(f"The way back: {context.prog} rollback{back} --journal-namespace {place}")
        return True

    def dry(self, plan: Plan, *, server: bool) -> int:
        """A dry run gives 0, whatever stands in the way: it says so."""
        world = World(self.context.cluster, self.context.say)
        verdicts = dry_run(plan, world) if server else None
        tell_dry_run(self.context, lambda: refuse(plan, self.allow), verdicts)
        return 0

    def _run(self, plan: Plan, store: ClusterStore) -> Run:
        context = self.context
        lease = ClusterLease(context.cluster, self.journal_namespace, MIGRATION, who(), say=context.say)
        with context.progress() as progress:
            return run(
                plan,
                World(context.cluster, progress.say),
                store,
                lease,
                who=who(),
                command=sys.argv,
                allowed=self.allow,
                observer=Counter(progress, plan.name),
            )
