"""The plan that gives stale pods the sidecars they should have. Pure: a reading in, a plan out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from istiokit.cluster.types import Ref
from istiokit.istio.controllers import Controller
from istiokit.istio.owners import POD, ROLLED, Owner, Way, left_reason
from istiokit.istio.sidecars import Workload, reasons_of
from istiokit.istio.staleness import Reason
from istiokit.plan.actions.evict import EvictPods
from istiokit.plan.actions.pause import Pause
from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.actions.restart import RestartWorkload
from istiokit.plan.model import Action, Group, Plan, Skip
from istiokit.plan.waves import WaveBy, in_waves

MIGRATION, NAME = "recycle", "restart"


class Strategy(StrEnum):
    """How pods are replaced."""

    ROLLOUT = "rollout"
    """By their owners where these can, else by eviction."""
    EVICT = "evict"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class How:
    """What was asked of the run."""

    mark: str
    """The moment of the plan, RFC 3339 in UTC: what the owners are marked with."""
    concurrency: int = 10
    strategy: Strategy = Strategy.ROLLOUT
    bare_pods: str = ""
    """`evict` or `delete`; empty leaves them."""
    waves: WaveBy = field(default_factory=WaveBy)
    first: tuple[str, ...] = ()
    """The names of waves, namespaces or workloads that go first."""
    pause: float = 0.0
    """Seconds between two waves."""
    undo_failed: bool = False


def plan_recycle(workloads: Sequence[Workload], controllers: Mapping[Owner, Controller], how: How) -> Plan:
    """The restarts of what is stale, wave by wave; what is left alone is among the skipped, with its reason."""
    stale = [one for one in workloads if one.stale]
    skipped = [
        Skip(str(one.owner), _unserved_reason(one)) for one in workloads if one.unserved and not one.stale
    ]
    chosen: dict[Owner, Action] = {}
    for workload in stale:
        made = _action(workload, controllers.get(workload.owner), how)
        if isinstance(made, Skip):
            skipped.append(made)
        else:
            chosen[workload.owner] = made
    waves = in_waves([one for one in stale if one.owner in chosen], how.waves, how.first)
    groups = [[Group(tuple(chosen[one.owner] for one in wave), how.concurrency)] for wave in waves]
    return Plan(MIGRATION, NAME, joined(groups, how.pause), skipped=tuple(sorted(skipped, key=_order)))


def joined(waves: Sequence[Sequence[Group]], pause: float) -> tuple[Group, ...]:
    """The groups of all waves, with a pause (seconds) between any two waves."""
    found: list[Group] = []
    for number, wave in enumerate(waves):
        if number and pause:
            found.append(Group((Pause(why="let the wave before prove itself", seconds=pause, wave=number),)))
        found += wave
    return tuple(found)


def is_outage(workload: Workload, owner: Controller | None) -> bool:
    """Whether nothing of the workload answers while it is restarted by its owner's own strategy."""
    if owner is None:
        return False
    rolling = owner.update.rolling_update
    no_surge = rolling is not None and str(rolling.max_surge).rstrip("%") == "0"
    return owner.update.type == "Recreate" or (len(workload.pods) == 1 and no_surge)


def _action(workload: Workload, owner: Controller | None, how: How) -> Recycle | Skip:
    way = workload.owner.way
    if workload.unserved:
        return Skip(str(workload.owner), _unserved_reason(workload))
    if way is Way.LEFT:
        if workload.owner.kind == POD and how.bare_pods:
            return _evict(workload, delete=how.bare_pods == "delete", replaced=False)
        return Skip(str(workload.owner), left_reason(workload.owner))
    if how.strategy is not Strategy.ROLLOUT:
        return _evict(workload, delete=how.strategy is Strategy.DELETE)
    if way is Way.EVICT or owner is None:
        return _evict(workload)
    if owner.spec.paused:
        reason = "is paused, so that a restart would not begin: resume it, or take --strategy evict"
        return Skip(str(workload.owner), reason)
    if _needs_eviction(owner):
        return _evict(workload)
    return _restart(workload, owner, how)


def _needs_eviction(owner: Controller) -> bool:
    """Whether its strategy replaces no pod by itself, or not all of them."""
    rolling = owner.update.rolling_update
    partition = rolling.partition if rolling else None
    return owner.update.type == "OnDelete" or str(partition or 0).rstrip("%") != "0"


def _restart(workload: Workload, owner: Controller, how: How) -> RestartWorkload:
    why = reasons_of(workload.stale)
    return RestartWorkload(
        why=f"{why}; nothing of it answers meanwhile" if is_outage(workload, owner) else why,
        uid=owner.metadata.uid,
        mark=how.mark,
        before=owner.restarted_at,
        undo_failed=how.undo_failed,
        **_renewal(workload),
    )


def _evict(workload: Workload, *, delete: bool = False, replaced: bool = True) -> EvictPods:
    return EvictPods(why=reasons_of(workload.stale), delete=delete, replaced=replaced, **_renewal(workload))


def _renewal(workload: Workload) -> dict[str, Any]:
    """What has to go and what must come, as the fields of `Recycle`: the same whichever way it happens."""
    judgement = workload.stale[0].judgement
    injected = judgement.reason is not Reason.UNWANTED
    return {
        "ref": Ref(workload.owner.kind, workload.owner.name, workload.owner.namespace),
        "pods": {one.pod.metadata.name: one.pod.metadata.uid for one in workload.stale},
        "injected": injected,
        "revision": judgement.revision if injected else "",
        "version": str(judgement.version or "") if injected else "",
        "count": len(workload.pods),
    }


def _unserved_reason(workload: Workload) -> str:
    detail = next(one.judgement.detail for one in workload.pods if one.judgement.detail)
    return f"{detail}: a restart would start it without a sidecar"


def _order(skip: Skip) -> str:
    return skip.object


def rolled_kinds(workloads: Sequence[Workload]) -> list[str]:
    """The kinds of owners that have to be read before anything is planned, sorted."""
    return sorted({one.owner.kind for one in workloads if one.stale and one.owner.kind in ROLLED})
