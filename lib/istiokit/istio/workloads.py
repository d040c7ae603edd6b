"""The Kubernetes resources around a mesh: namespaces, pods, Deployments and Services.

What pods are made of is kept from the garbage collector (`gc=False`): it can be in no cycle, and there are tens of
thousands of it.
"""

from istiokit.cluster.decode import Condition, Metadata, Object, Part


class Namespace(Object, frozen=True, kw_only=True):
    """A Namespace: its labels decide about injection."""


class OwnerReference(Part, frozen=True, kw_only=True, gc=False):
    """Who made an object, as its metadata says."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    controller: bool = False
    """Whether it is the one that makes the object anew when it is gone."""


class PodMetadata(Metadata, frozen=True, kw_only=True, gc=False):
    """The metadata of a pod, with its owners."""

    owner_references: tuple[OwnerReference, ...] = ()


class Container(Part, frozen=True, kw_only=True, gc=False):
    """A container's name and image."""

    name: str = ""
    image: str = ""


class PodSpec(Part, frozen=True, kw_only=True, gc=False):
    """Containers, where a native sidecar is among the `init_containers`; an empty account is `default`."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    host_network: bool = False
    service_account_name: str = ""


class PodStatus(Part, frozen=True, kw_only=True, gc=False):
    """`phase` is Pending, Running, Succeeded, Failed, Unknown, or empty in a manifest."""

    phase: str = ""
    conditions: tuple[Condition, ...] = ()


class Pod(Object, frozen=True, kw_only=True, gc=False):
    """A Pod."""

    metadata: PodMetadata = PodMetadata()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        """Whether all of its containers answer."""
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)

    @property
    def leaving(self) -> bool:
        """Whether it is being deleted."""
        return self.metadata.deletion_timestamp is not None

    @property
    def finished(self) -> bool:
        """Whether it has run to its end: no process, no sidecar, nothing to restart."""
        return self.status.phase in ("Succeeded", "Failed")


class TemplateMetadata(Part, frozen=True, kw_only=True):
    """The labels of the pods to be (API servers write a null creationTimestamp beside them)."""

    labels: dict[str, str] | None = None


class PodTemplate(Part, frozen=True, kw_only=True):
    """What a Deployment makes pods from."""

    metadata: TemplateMetadata = TemplateMetadata()
    spec: PodSpec = PodSpec()


class DeploymentSpec(Part, frozen=True, kw_only=True):
    """`replicas` is None where nobody set it (one, then)."""

    replicas: int | None = None
    template: PodTemplate = PodTemplate()


class DeploymentStatus(Part, frozen=True, kw_only=True):
    """How many pods are ready."""

    ready_replicas: int = 0


class Deployment(Object, frozen=True, kw_only=True):
    """A Deployment, read for istiod and the Istio operator."""

    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()

    @property
    def ready(self) -> bool:
        """Whether at least one of its pods can answer."""
        return self.status.ready_replicas > 0

    @property
    def images(self) -> dict[str, str]:
        """Image by container name."""
        return {container.name: container.image for container in self.spec.template.spec.containers}


class ServicePort(Part, frozen=True, kw_only=True):
    """A port of a Service; `node_port` is 0 where it has none, `target_port` where it is the port itself."""

    name: str = ""
    port: int = 0
    target_port: int | str = 0
    """A number, or the name of a port of the pods."""
    node_port: int = 0


class ServiceSpec(Part, frozen=True, kw_only=True):
    """`type` is ClusterIP, NodePort, LoadBalancer or ExternalName."""

    type: str = "ClusterIP"
    selector: dict[str, str] | None = None
    ports: tuple[ServicePort, ...] = ()


class Ingress(Part, frozen=True, kw_only=True):
    """An external address: clouds give an IP or a host name."""

    ip: str = ""
    hostname: str = ""


class LoadBalancer(Part, frozen=True, kw_only=True):
    """The addresses that the cloud has assigned."""

    ingress: tuple[Ingress, ...] = ()


class ServiceStatus(Part, frozen=True, kw_only=True):
    """The status of a Service."""

    load_balancer: LoadBalancer = LoadBalancer()


class Service(Object, frozen=True, kw_only=True):
    """A Service."""

    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()

    @property
    def addresses(self) -> tuple[str, ...]:
        """External addresses, IP before host name; empty while a load balancer is pending."""
        return tuple(entry.ip or entry.hostname for entry in self.status.load_balancer.ingress)


def selects(selector: dict[str, str] | None, labels: dict[str, str] | None) -> bool:
    """Whether a Service's selector matches labels; one that is absent or empty selects nothing."""
    if not selector:
        return False
    return selector.items() <= (labels or {}).items()
