"""Owners of pods, whichever kind, and pods with what tells why they are not Ready, as far as restarts look at them."""

from istiokit.cluster.decode import Condition, Metadata, Object, Part
from istiokit.istio.workloads import Pod, PodStatus

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""What `kubectl rollout restart` sets on the template, and so do we."""


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


class WatchedStatus(PodStatus, frozen=True, kw_only=True, gc=False):
    """The status of a pod that is waited for."""

    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()


class WatchedPod(Pod, frozen=True, kw_only=True, gc=False):
    """A pod with what tells why it is not Ready."""

    status: WatchedStatus = WatchedStatus()
