"""The plans of the Big Bang migration: what step 1 and step 2 do on a cluster. Pure: `Facts` in, `Plan` out."""

from collections.abc import Sequence
from dataclasses import dataclass

from istiokit.bigbang.edit import Blocked, LayerEdit, plan_edits
from istiokit.bigbang.embedded import Address
from istiokit.bigbang.facts import Facts, Source, Umbrella
from istiokit.bigbang.layers import Layer, merge
from istiokit.bigbang.releases import Expected, expected, is_gateway_release
from istiokit.bigbang.switches import Step, wanted
from istiokit.bigbang.versions import Family
from istiokit.flux.order import release_ref
from istiokit.flux.readiness import State, readiness
from istiokit.istio.bindings import NEW_NAMESPACE, OLD_NAMESPACE
from istiokit.plan.actions.addresses import AwaitAddresses
from istiokit.plan.actions.bigbang import AwaitSwitches
from istiokit.plan.actions.flux import ReconcileReleases, WaitForReleases
from istiokit.plan.actions.namespaces import AwaitNamespaces
from istiokit.plan.actions.objects import SetField, set_field
from istiokit.plan.actions.text import EditText, TextPlace, edit_diff
from istiokit.plan.fileedit import edit_action
from istiokit.plan.model import Action, Group, Plan, Skip

MIGRATION = "bigbang"
_NAMESPACES = ("istio-operator", OLD_NAMESPACE, NEW_NAMESPACE)
"""Those that come and go with the Istio packages."""


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A plan, and the switches that it cannot write: then it has no actions, for half a step is worse than none."""

    plan: Plan
    blocked: tuple[Blocked, ...]


def plan_step(
    facts: Facts, umbrella: Umbrella, step: Step, family: Family, clone: Sequence[Layer] = ()
) -> StepPlan:
    """The plan that brings the cluster to the end of the step.

    `clone` are the layers of `facts` with files of a clone in place of those that Git owns; Flux has to bring the
    edits of files before anything is reconciled. A cluster that is there already gets an empty plan. Raises
    UsageError for Big Bang 3.0 and where a values text does not allow the edit.
    """
    switches = wanted(step, family)
    edit = plan_edits(clone or facts.layers, switches)
    name = f"step{step}"
    if edit.blocked:
        return StepPlan(Plan(MIGRATION, name, ()), edit.blocked)
    groups = _edits(edit.edits, f"{name} of the migration")
    if clone and len(plan_edits(facts.layers, switches).already) < len(switches):
        why = "commit and push the edit; Flux brings it"
        groups.append(Group((AwaitSwitches(why=why, umbrella=umbrella.ref, switches=switches),)))
    goal = expected(switches, merge(facts.layers), family)
    if groups or not is_converged(facts, goal):
        groups += converge(umbrella, goal)
    return StepPlan(Plan(MIGRATION, name, tuple(groups), skipped=_skipped(facts)), ())


def converge(umbrella: Umbrella, goal: Expected) -> list[Group]:
    """Reconcile the umbrella, then its releases, and wait until all are Ready and the right ones are there."""
    namespace, name = umbrella.namespace, umbrella.ref.name
    actions: list[Action] = [
        AwaitNamespaces(why="what is being deleted cannot be installed into", names=_NAMESPACES),
        ReconcileReleases(why="render the packages from the new values", namespace=namespace, names=(name,)),
        ReconcileReleases(why="let every package see its values", namespace=namespace, but=(name,)),
        WaitForReleases(
            why="the umbrella being Ready proves nothing about its packages",
            namespace=namespace,
            expected=goal.present,
            absent=goal.absent,
        ),
    ]
    if any(is_gateway_release(release) for release in goal.present):
        actions.append(AwaitAddresses(why="clients need an address", namespace=NEW_NAMESPACE))
    return [Group((action,)) for action in actions]


def is_converged(facts: Facts, goal: Expected) -> bool:
    """Whether every release is Ready, those that have to be there are, and those that have to be gone are.

    A suspended release counts as Ready, as it does in waiting: Flux leaves it alone, whatever is asked.
    """
    names = {release.metadata.name for release in facts.releases}
    settled = all(readiness(one).state in (State.READY, State.SUSPENDED) for one in facts.releases)
    return settled and names.issuperset(goal.present) and names.isdisjoint(goal.absent)


def _edits(edits: Sequence[LayerEdit], why: str) -> list[Group]:
    """The edits of the cluster, then those of files in a clone."""
    in_cluster = [edit for edit in edits if isinstance(edit.layer.address, Source)]
    in_clone = [edit for edit in edits if isinstance(edit.layer.address, Address)]
    written = [action for edit in in_cluster for action in _written(edit, why)]
    groups: tuple[Sequence[Action], ...] = (written, [edit_action(edit, why) for edit in in_clone])
    return [Group(tuple(actions)) for actions in groups if actions]


def _written(edit: LayerEdit, why: str) -> list[Action]:
    """The actions that write one layer of the cluster: an edit of its text, or of fields of the HelmRelease."""
    source = edit.layer.address
    assert isinstance(source, Source), "layers of a cluster come with their source"
    if edit.layer.text is None:
        return [_field(edit, source, dotted, value, why) for dotted, value in edit.switches.items()]
    place = TextPlace(ref=source.ref, key=source.key)
    before, after = edit.layer.text, edit.text or ""
    shown = edit_diff(before, after, str(place), edit.changes, private=place.secret)
    return [EditText(why=why, place=place, changes=edit.changes, shown=shown)]


def _field(edit: LayerEdit, source: Source, dotted: str, value: bool, why: str) -> SetField:
    """One switch in spec.values of the HelmRelease; the maps on the way may have to be made."""
    manifest = {
        "kind": source.ref.kind,
        "metadata": {"name": source.ref.name, "namespace": source.ref.namespace},
        "spec": {"values": edit.layer.values},
    }
    return set_field(manifest, "/spec/values/" + dotted.replace(".", "/"), value, why=why)


def _skipped(facts: Facts) -> tuple[Skip, ...]:
    return tuple(
        Skip(str(release_ref(release)), "suspended: Flux leaves it alone until it is resumed")
        for release in facts.releases
        if release.spec.suspend
    )
