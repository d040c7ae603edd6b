"""The plan of a step on values files: which switches go into which file. Pure: layers in, plan out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from istiokit.bigbang.edit import Blocked, LayerEdit, plan_edits
from istiokit.bigbang.layers import Layer
from istiokit.bigbang.switches import GATEWAY, Step, switches, wanted
from istiokit.bigbang.versions import Family
from istiokit.plan.actions.text import EditText
from istiokit.plan.bigbang import MIGRATION
from istiokit.plan.fileedit import edit_action
from istiokit.plan.model import Group, Plan, Skip

_OUTAGE = (
    "When step 1 reaches the cluster, its old gateways are removed at once: nothing is served from outside until "
    "the gateways of step 2 are Ready."
)
_BACKWARDS = (
    "istioGateway.enabled is on in these values and step 1 turns it off: where step 2 was done, nothing is served "
    "from outside then, and the way back is `rollback`, not step 1."
)


@dataclass(frozen=True, slots=True)
class FilesPlan:
    """What a step does to values files. If a switch cannot be written there are no edits at all."""

    plan: Plan
    edits: tuple[LayerEdit, ...]
    """The same as the plan's actions, in their order."""
    blocked: tuple[Blocked, ...]
    unknown: tuple[Layer, ...]
    """Files that nobody can look into, and that would win if they set one of the switches."""


def plan_files(layers: Sequence[Layer], step: Step, family: Family) -> FilesPlan:
    """The plan that makes every switch of the step explicit in the files; without actions if all is so already.

    The layers come with the `Address` of an absolute path, or of `-`. Raises UsageError for Big Bang 3.0, and where
    a text does not allow the edit.
    """
    found = plan_edits(layers, wanted(step, family))
    actions = tuple(edit_action(edit, f"step{step} of the migration") for edit in found.edits)
    plan = Plan(
        MIGRATION,
        f"step{step}",
        (Group(actions),) if actions else (),
        skipped=tuple(Skip(_origin(one), f"{one.path}: {one.reason}") for one in found.blocked),
        notes=_notes(layers, family) if step == 1 and actions else (),
    )
    return FilesPlan(plan, found.edits, found.blocked, found.unknown)


def without_file(plan: Plan, path: str) -> Plan:
    """The plan without the edits of this file: what comes by stdin is not written by an action."""
    kept = [
        tuple(
            action
            for action in group.actions
            if not (isinstance(action, EditText) and action.place.file == path)
        )
        for group in plan.groups
    ]
    return replace(plan, groups=tuple(Group(actions) for actions in kept if actions))


def _notes(layers: Sequence[Layer], family: Family) -> tuple[str, ...]:
    """What to know before step 1."""
    return (_OUTAGE, _BACKWARDS) if switches(layers, family).states[GATEWAY].on else (_OUTAGE,)


def _origin(blocked: Blocked) -> str:
    return blocked.layer.origin if blocked.layer else "values"
