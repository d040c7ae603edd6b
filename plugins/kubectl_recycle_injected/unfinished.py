"""The run that was begun and not finished: whether it is what was asked for now, and how people get rid of it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from istiokit.errors import NotDone
from istiokit.istio.sidecars import Workload
from istiokit.plan.actions.relabel import RelabelNamespace
from istiokit.plan.journal import JournalStore, Run, RunState
from istiokit.plan.model import Plan
from istiokit.plan.recycle import MIGRATION
from istiokit.plan.recycle_resume import beside, outside
from istiokit.plan.relabel import NAME as RELABEL
from istiokit.plan.relabel import parse_relabel
from istiokit.plan.resume import unfinished
from istiokit.ui import plans
from istiokit.ui.context import Context
from kubectl_recycle_injected import scope
from kubectl_recycle_injected.restart import Options


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An unfinished run, in the eyes of a command."""

    run: Run
    closing: str
    """The command that closes it and leaves the runs before it as they are."""
    context: Context

    def refuse_another(self, given: Options) -> None:
        """Raise NotDone where it is about something else than what was asked for now."""
        if self.run.state is RunState.ROLLING_BACK:
            raise NotDone(f"the rollback of {self.run.id} is not finished", f"finish it: {self.closing}")
        moves = [action.after for action in self.run.actions() if isinstance(action, RelabelNamespace)]
        wanted = parse_relabel(given.relabel).after if given.relabel else None
        if (self.run.name == RELABEL) != (wanted is not None) or (wanted and moves and wanted not in moves):
            raise self._refusal("it is about something else")

    def refuse_more(self, rest: Plan, namespaces: Sequence[str], given: scope.Given) -> None:
        """Raise NotDone where its rest is about more than was asked for now."""
        if other := outside(rest, namespaces, given.names):
            raise self._refusal(f"it is about {plans.many(len(other), 'workload')} more")
        if given.selector and scope.notes(given) != self.run.notes:
            raise self._refusal("it is about other labels")

    def tell(self, workloads: Sequence[Workload], given: Options) -> int:
        """Say what is gone on with, and return how many stale workloads it is not about."""
        others = beside(self.run, workloads)
        rest = f"this is the rest of {self.run.id}, begun {self.run.started[:19]}Z by {self.run.who}"
        if others:
            rest += f"; {plans.many(len(others), 'stale workload')} beside it: run the same command once more after it"
        self.context.say(rest)
        if (
            given.strategy != "rollout"
            or given.bare_pods
            or given.undo_failed
            or given.wave_by[0]
            or given.order
        ):
            self.context.say(
                "it goes on as it was planned: --strategy, --bare-pods, --undo-failed, --wave-by, --order and "
                "--pause-between count for a new run only"
            )
        return len(others)

    def _refusal(self, what: str) -> NotDone:
        typed = f"{self.context.prog} {shlex.join(self.run.command[1:])}"
        hint = f"finish it first: {typed}; or close it: {self.closing}"
        return NotDone(f"{self.run.id} is not finished, and {what}", hint)


def find(store: JournalStore, journal_namespace: str, context: Context) -> Unfinished | None:
    """The unfinished run of the journal, if there is one."""
    runs = store.list(MIGRATION)
    run = unfinished(runs)
    if run is None:
        return None
    back = plans.way_back(run, runs)
    return Unfinished(run, f"{context.prog} rollback{back} --journal-namespace {journal_namespace}", context)
