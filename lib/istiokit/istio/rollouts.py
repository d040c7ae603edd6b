"""How far a restart has come, judged by the pods and what their owner says. Pure.

When a rollout is complete: kubectl's own rules (staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from istiokit.cluster.decode import Condition, Metadata, Object, Part
from istiokit.istio.injection import is_injected, proxy_version, revision_of
from istiokit.istio.staleness import has_own_image
from istiokit.istio.workloads import Pod, PodStatus

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""What `kubectl rollout restart` sets on the template, and so do we."""
_LONGEST = 200


class Annotated(Part, frozen=True, kw_only=True):
    """The metadata of a template."""

    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class Template(Part, frozen=True, kw_only=True):
    """What pods are made from."""

    metadata: Annotated = Annotated()


class RollingUpdate(Part, frozen=True, kw_only=True):
    """The parameters of a strategy."""

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None
    partition: int | str | None = None


class Strategy(Part, frozen=True, kw_only=True):
    """`strategy` of a Deployment, `updateStrategy` of the others."""

    type: str = ""
    rolling_update: RollingUpdate | None = None


class ControllerSpec(Part, frozen=True, kw_only=True):
    """What an owner of pods wants, whichever kind it is."""

    replicas: int | None = None
    paused: bool = False
    strategy: Strategy | None = None
    update_strategy: Strategy | None = None
    template: Template = Template()
    restart_at: str = ""
    """Of an Argo Rollout."""


class ControllerStatus(Part, frozen=True, kw_only=True):
    """What it has."""

    observed_generation: int | str = 0
    """Argo writes it as text."""
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: tuple[Condition, ...] | None = None


class Controller(Object, frozen=True, kw_only=True):
    """Any owner of pods that can be restarted by a field."""

    metadata: Metadata = Metadata()
    spec: ControllerSpec = ControllerSpec()
    status: ControllerStatus = ControllerStatus()

    @property
    def update(self) -> Strategy:
        """How it replaces pods."""
        return self.spec.update_strategy or self.spec.strategy or Strategy()

    @property
    def restarted_at(self) -> str | None:
        """The mark of the last restart, by whichever field the kind has."""
        return (self.spec.template.metadata.annotations or {}).get(RESTARTED_AT) or (
            self.spec.restart_at or None
        )


class Stuck(Part, frozen=True, kw_only=True):
    """Why a container waits or has ended."""

    reason: str = ""
    message: str = ""
    exit_code: int = 0


class ContainerState(Part, frozen=True, kw_only=True):
    """One of the two is set where it does not run."""

    waiting: Stuck | None = None
    terminated: Stuck | None = None


class ContainerStatus(Part, frozen=True, kw_only=True):
    """How a container is."""

    name: str = ""
    ready: bool = False
    state: ContainerState = ContainerState()


class WatchedStatus(PodStatus, frozen=True, kw_only=True):
    """The status of a pod that is waited for."""

    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()


class WatchedPod(Pod, frozen=True, kw_only=True):
    """A pod with what tells why it is not Ready."""

    status: WatchedStatus = WatchedStatus()


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


@dataclass(frozen=True, slots=True)
class Progress:
    """How it stands."""

    done: bool
    words: str
    """`1 of 3 new pods Ready, 2 old ones left`."""
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
    done = not old and ready >= desired and ready == len(new) and (owner is None or is_settled(owner))
    left = f", {len(old)} old left" if old else ""
    return Progress(done and not wrong, f"{ready} of {desired} new pods Ready{left}", wrong)


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


def names_of(pods: Sequence[Pod]) -> str:
    """Pods in a few words: `web-1, web-2 and 3 more`."""
    names = sorted(pod.metadata.name for pod in pods)
    rest = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + rest
