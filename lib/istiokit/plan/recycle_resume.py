"""Going on with a run of restarts: what it has left, and whether that is what was asked for now. Pure."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from istiokit.istio.sidecars import Workload
from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.actions.relabel import RelabelNamespace
from istiokit.plan.journal import Run
from istiokit.plan.model import Action, Plan
from istiokit.plan.resume import remaining


def rest_of(run: Run, plan: Plan) -> Plan:
    """The plan of what the run has left, in place of `plan`, whose findings stay.

    Nothing is added to it: what has become stale since is for another run, and a pod that was made since the first
    one began is in neither.
    """
    left = remaining(run)
    groups = []
    for group, numbered in run.numbered():
        actions = tuple(action for index, action in numbered if index in left)
        groups += [msgspec.structs.replace(group, actions=actions)] if actions else []
    return replace(plan, name=run.name, groups=tuple(groups), skipped=run.skipped)


def beside(run: Run, workloads: Sequence[Workload]) -> tuple[Workload, ...]:
    """The stale workloads that the run is not about."""
    known = {action.owner for action in run.actions() if isinstance(action, Recycle)}
    return tuple(one for one in workloads if one.stale and not one.unserved and one.owner not in known)


def outside(plan: Plan, namespaces: Sequence[str], names: Sequence[str]) -> tuple[Action, ...]:
    """The actions that are about something else than was asked for; none of the two means everything."""
    return tuple(one for one in plan.actions() if not _is_inside(one, namespaces, names))


def _is_inside(action: Action, namespaces: Sequence[str], names: Sequence[str]) -> bool:
    if isinstance(action, RelabelNamespace):
        return (not namespaces or action.namespace in namespaces) and not names
    if not isinstance(action, Recycle):
        return True
    owner = action.owner
    return (not namespaces or owner.namespace in namespaces) and (
        not names or f"{owner.kind}/{owner.name}" in names
    )
