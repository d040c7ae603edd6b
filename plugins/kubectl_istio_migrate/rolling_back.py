"""The work of `rollback`: showing, driving, and waiting for Flux to follow."""

from istiokit.bigbang.layers import merge
from istiokit.bigbang.place import known_release, switches_of
from istiokit.bigbang.releases import expected
from istiokit.plan import render
from istiokit.plan.actions.text import EditText
from istiokit.plan.bigbang import converge as convergence
from istiokit.plan.bigbang import is_converged
from istiokit.plan.listing import rollback_list
from istiokit.plan.rollback import RollbackPlan
from istiokit.survey.facts import survey
from istiokit.ui.context import Context
from istiokit.ui.output import API_VERSION, as_json, as_yaml, table
from kubectl_istio_migrate.driving import Drive


def show(plan: RollbackPlan, output: str, context: Context) -> None:
    """What will be undone, on stdout; what cannot be, on stderr."""
    if output in ("json", "yaml"):
        document = {"apiVersion": API_VERSION, "kind": "RollbackPlan", **render.rollback_dict(plan)}
        context.write(as_json(document) if output == "json" else as_yaml(document))
    elif output == "table":
        context.write(rollback_list(plan))
    elif output == "name":
        context.write("".join(f"{row[2]}\n" for row in render.rollback_rows(plan)))
    elif plan.groups:
        context.write(table(render.ROLLBACK_HEADERS, render.rollback_rows(plan)))
    for line in render.skipped_lines(plan.skipped):
        context.say(line)


def left_to_git(plan: RollbackPlan) -> tuple[str, ...]:
    """The files of a clone that the rollback restored: somebody has to commit and push them."""
    undone = (undo.action for group in plan.groups for undo in group.undos)
    return tuple(action.place.file for action in undone if isinstance(action, EditText) and action.place.file)


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
