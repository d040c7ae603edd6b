"""The work of `rollback` on a cluster: what is left to Git, and waiting for Flux to follow."""

from collections.abc import Sequence

from istiokit.bigbang.core import is_split
from istiokit.bigbang.layers import merge
from istiokit.bigbang.place import known_release, switches_of
from istiokit.bigbang.releases import expected
from istiokit.errors import NotDone
from istiokit.plan.actions.text import EditText
from istiokit.plan.bigbang import converge as convergence
from istiokit.plan.bigbang import is_converged
from istiokit.plan.core import NAME
from istiokit.plan.journal import Run
from istiokit.plan.rollback import RollbackPlan
from istiokit.survey.facts import survey
from istiokit.ui.context import Context
from kubectl_istio_migrate.driving import Drive


def left_to_git(plan: RollbackPlan) -> tuple[str, ...]:
    """The files of a clone that the rollback restored: somebody has to commit and push them."""
    undone = (undo.action for group in plan.groups for undo in group.undos)
    return tuple(action.place.file for action in undone if isinstance(action, EditText) and action.place.file)


def refuse_past_upgrade(plan: RollbackPlan, runs: Sequence[Run], namespace: str, context: Context) -> None:
    """Raise NotDone where the steps to undo were made on a Big Bang that has been upgraded since.

    Their values had istioCore, which the newer schema refuses: half of them would be put back, and no more. The
    upgrade's own run alone may be undone, which ends it.
    """
    names = {run.id: run.name for run in runs}
    undone = [names[run_id] for run_id in plan.runs]
    if NAME not in undone or undone == [NAME]:
        return
    umbrella = survey(context.cluster, namespace or None).umbrella
    if umbrella is not None and is_split(umbrella.version):
        earlier = next((name for name in undone if name != NAME), "start")
        raise NotDone(
            f"{earlier} was made before the upgrade to Big Bang {umbrella.version}, and does not fit it any more",
            f"revert the upgrade in Git first; {context.prog} rollback --to {earlier} ends {NAME} alone",
        )


def converge(drive: Drive, namespace: str) -> None:
    """Let Flux bring the cluster to the switches as they are now, and wait until it has.

    This has no journal entry: it changes nothing by itself, and running it again is harmless.
    """
    facts = survey(drive.context.cluster, namespace or None)
    if facts.umbrella is None or facts.umbrella.release is None:
        return
    found = switches_of(facts.layers, known_release(facts.umbrella.version))
    states = {path: bool(state.on) for path, state in found.states.items()}
    goal = expected(states, merge(facts.layers), found.family)
    if not is_converged(facts, goal):
        drive.follow(convergence(facts.umbrella, goal))
