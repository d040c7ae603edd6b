"""How far a restart has come, judged by the pods and what their owner says. Pure.

When a rollout is complete: kubectl's own rules (staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from istiokit.istio.controllers import Controller, WatchedPod
from istiokit.istio.injection import is_injected, proxy_version, revision_of
from istiokit.istio.staleness import has_own_image
from istiokit.istio.workloads import Pod

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the new pods must be."""

    old: frozenset[str]
    """The UIDs of the pods that have to go."""
    injected: bool
    """Whether they must have a sidecar, or must have none."""
    revision: str = ""
    """Empty where any will do."""
    version: str = ""
    settled: bool = True
    """Whether the owner's own rollout must have come to its end; one that is left half done on purpose never does."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How it stands."""

    done: bool
    words: str
    """`1 of 3 new pods Ready, 2 old ones left`."""
    count: int = 0
    """How many pods there have to be."""
    wrong: str = ""
    """What will not become right by waiting: a pod came without the sidecar that it should have."""


def progress(owner: Controller | None, pods: Collection[WatchedPod], wanted: Wanted, count: int) -> Progress:
    """How far the restart has come.

    Args:
        owner: as it is now; None where it has no field that restarts it.
        pods: all pods of the owner that exist now.
        wanted: what is to become of them.
        count: how many there have to be where the owner does not say.
    """
    old = [pod for pod in pods if pod.metadata.uid in wanted.old]
    new = [pod for pod in pods if pod.metadata.uid not in wanted.old and not (pod.finished or pod.leaving)]
    desired = _desired(owner, count)
    ready = sum(pod.ready for pod in new)
    wrong = next(filter(None, (_wrong(pod, wanted) for pod in new)), "")
    settled = owner is None or not wanted.settled or is_settled(owner)
    done = not old and ready >= desired and ready == len(new) and settled
    left = f", {len(old)} old left" if old else ""
    return Progress(done and not wrong, f"{ready} of {desired} new pods Ready{left}", desired, wrong)


def is_settled(owner: Controller) -> bool:
    """Whether no rollout is going on, by what the owner says of itself."""
    status, spec = owner.status, owner.spec
    if int(status.observed_generation or 0) < owner.metadata.generation:
        return False
    if status.desired_number_scheduled or status.updated_number_scheduled:
        wanted = status.desired_number_scheduled
        return status.updated_number_scheduled >= wanted and status.number_available >= wanted
    if status.update_revision:  # a StatefulSet
        return status.update_revision == status.current_revision
    replicas = 1 if spec.replicas is None else spec.replicas
    updated = status.updated_replicas
    return updated >= replicas and status.replicas <= updated <= status.available_replicas


def troubles(owner: Controller | None, pods: Iterable[WatchedPod]) -> list[str]:
    """Why it does not go on, in Kubernetes' own words; each thing once."""
    found = _owner_troubles(owner)
    for pod in pods:
        if pod.leaving:
            found.append(f"pod {pod.metadata.name}: is being deleted, and not gone yet")
        elif not pod.ready:
            found += _pod_troubles(pod)
    return list(dict.fromkeys(found))


def _desired(owner: Controller | None, count: int) -> int:
    if owner is None:
        return count
    if owner.status.desired_number_scheduled:
        return owner.status.desired_number_scheduled
    return count if owner.spec.replicas is None else owner.spec.replicas


def _wrong(pod: Pod, wanted: Wanted) -> str:
    """What is wrong with the sidecar of a new pod for good; empty where it is as it should be."""
    name = pod.metadata.name
    if is_injected(pod) != wanted.injected:
        return f"pod {name} was made {'without' if wanted.injected else 'with'} a sidecar"
    if not wanted.injected:
        return ""
    revision, version = revision_of(pod), proxy_version(pod)
    if wanted.revision and revision and revision != wanted.revision:
        return f"pod {name} has a sidecar of revision {revision}, not {wanted.revision}"
    if wanted.version and version and str(version) != wanted.version and not has_own_image(pod):
        return f"pod {name} runs {version}, not {wanted.version}"
    return ""


def _owner_troubles(owner: Controller | None) -> list[str]:
    conditions = (owner.status.conditions or ()) if owner else ()
    bad = {("ReplicaFailure", "True"), ("Progressing", "False"), ("FailedCreate", "True")}
    return [_told(one.reason, one.message) for one in conditions if (one.type, one.status) in bad]


def _pod_troubles(pod: WatchedPod) -> list[str]:
    status, name = pod.status, pod.metadata.name
    found = [
        f"pod {name}: {_told(one.reason, one.message)}"
        for one in status.conditions
        if (one.type, one.status) == ("PodScheduled", "False")
    ]
    for container in (*status.init_container_statuses, *status.container_statuses):
        stuck = container.state.waiting or container.state.terminated
        if stuck is not None and stuck.reason not in ("Completed", "PodInitializing", ""):
            found.append(f"pod {name}, {container.name}: {_told(stuck.reason, stuck.message)}")
    waiting = [one.name for one in status.container_statuses if not one.ready]
    return found or [f"pod {name}: not Ready: {', '.join(waiting) or status.phase or 'not started'}"]


def _told(reason: str, message: str) -> str:
    words = " ".join(f"{reason}: {message}".split()) if message else reason
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."
