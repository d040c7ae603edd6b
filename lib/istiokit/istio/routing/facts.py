"""Everything that decides which gateway pods answer for which host. All of `routing/` are functions of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from istiokit.istio.bindings import NEW_NAMESPACE, OLD_NAMESPACE
from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.workloads import Pod, Service, selects

PROXY = "istio-proxy"
_OF_ONE_POD = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    }
)
"""Labels that controllers add; they count only where a selector names them."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Gateway pods that istiod cannot tell apart: all in one namespace, with the same labels."""

    name: str
    """How people call them: the Deployment's or the pod's name, `namespace/name`."""
    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[int, int] = field(default_factory=dict)
    """Ports of their Services with the port behind each: a Gateway may mean either. A number not here is itself."""
    service_accounts: frozenset[str] = frozenset()
    """What the pods run as."""
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The labels of the Services in front of them, by name."""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """One reading of a cluster or of manifests."""

    where: str
    """How messages call what was read."""
    virtual_services: tuple[VirtualService, ...] = ()
    gateways: tuple[Gateway, ...] | None = ()
    """None where nobody can tell which Gateways exist (files without any)."""
    all_gateways: bool = True
    """Whether `gateways` are all that there are: files may hold only some, and then one that is missing is unknown."""
    all_virtual_services: bool = True
    """The same for `virtual_services`: a delegate that is not among those of files may be elsewhere."""
    workloads: tuple[Workload, ...] | None = ()
    """None where no pods could be read (files); then `assumed_workloads` stand for them."""
    root_namespace: str = OLD_NAMESPACE
    """The mesh's root namespace."""
    secrets: frozenset[str] | None = None
    """Names (`namespace/name`, never contents) of the Secrets beside the workloads; None where they were not read."""
    own_namespace_only: bool = False
    """istiod's PILOT_SCOPE_GATEWAY_TO_NAMESPACE: a Gateway selects pods of its own namespace only."""


def gateway_workloads(
    pods: Iterable[Pod], gateways: Iterable[Gateway], services: Iterable[Service] = ()
) -> tuple[Workload, ...]:
    """One Workload for each distinct namespace and set of labels among the pods that some Gateway selects, sorted.

    Selectors look across namespaces; one that is empty selects every gateway pod, but makes none of a pod. Pods
    that have run to their end, or that have containers but no Istio proxy, are left out.
    """
    selectors = [gateway.spec.selector or {} for gateway in gateways]
    named = {label for selector in selectors for label in selector}
    known = list(services)
    found: dict[tuple[str, frozenset[tuple[str, str]]], Workload] = {}
    for pod in sorted(pods, key=lambda pod: pod.metadata.address):
        if pod.finished or not _is_selected(pod, selectors):
            continue
        namespace = pod.metadata.namespace or "default"
        labels = {
            key: word for key, word in pod.metadata.labels.items() if key not in _OF_ONE_POD or key in named
        }
        key = (namespace, frozenset(labels.items()))
        if key in found:
            found[key] = _joined(found[key], pod)
        else:
            taken = {one.name for one in found.values()}
            name = f"{namespace}/{_owner(pod)}"
            unique = f"{namespace}/{pod.metadata.name}" if name in taken else name
            fronts = _services(pod, known)
            names = {service.metadata.name: service.metadata.labels for service in fronts}
            found[key] = Workload(unique, namespace, labels, dict(_ports(fronts)), _accounts(pod), names)
    return tuple(sorted(found.values(), key=lambda one: one.name))


def assumed_workloads(gateways: Iterable[Gateway]) -> tuple[Workload, ...]:
    """Where no pods can be read: for each Gateway pods in its own namespace with just the labels that it selects.

    So it is with Big Bang's old and new gateways. Two Gateways with the same selector then share pods, wherever
    they are, as they would on a cluster.
    """
    found: dict[tuple[str, str], Workload] = {}
    for gateway in gateways:
        namespace, selector = gateway.metadata.namespace or "default", gateway.spec.selector or {}
        words = ",".join(f"{key}={selector[key]}" for key in sorted(selector)) or "any"
        found.setdefault((namespace, words), Workload(f"{namespace}/pods with {words}", namespace, selector))
    return tuple(found[key] for key in sorted(found))


def is_new(workload: Workload) -> bool:
    """Whether the pods are those of the new gateways, by Big Bang's namespaces."""
    return workload.namespace == NEW_NAMESPACE


def _is_selected(pod: Pod, selectors: list[dict[str, str]]) -> bool:
    names = [container.name for container in pod.spec.containers]
    if names and PROXY not in names:
        return False
    if any(selects(selector, pod.metadata.labels) for selector in selectors):
        return True
    return names == [PROXY] and {} in selectors


def _owner(pod: Pod) -> str:
    """The name of what made the pod; a ReplicaSet's without its hash is the Deployment's."""
    name = next((owner.name for owner in pod.metadata.owner_references), pod.metadata.name)
    return name.removesuffix("-" + pod.metadata.labels.get("pod-template-hash", ""))


def _joined(workload: Workload, pod: Pod) -> Workload:
    """With the account of one more of its pods."""
    accounts = workload.service_accounts | _accounts(pod)
    return workload if accounts == workload.service_accounts else replace(workload, service_accounts=accounts)


def _accounts(pod: Pod) -> frozenset[str]:
    return frozenset({pod.spec.service_account_name or "default"})


def _services(pod: Pod, services: list[Service]) -> list[Service]:
    """The Services that select the pod, by name."""
    own = (
        service
        for service in services
        if service.metadata.namespace == pod.metadata.namespace
        and selects(service.spec.selector, pod.metadata.labels)
    )
    return sorted(own, key=lambda one: one.metadata.name)


def _ports(services: list[Service]) -> Iterator[tuple[int, int]]:
    """Their ports; where two have the same port the first by name counts."""
    for service in reversed(services):
        for port in reversed(service.spec.ports):
            if isinstance(port.target_port, int):
                yield port.port, port.target_port or port.port
