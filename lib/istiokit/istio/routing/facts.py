"""Everything that decides which gateway pods answer for which host. All of `routing/` are functions of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from istiokit.istio.bindings import NEW_NAMESPACE, OLD_NAMESPACE
from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.workloads import Pod


@dataclass(frozen=True, slots=True)
class Workload:
    """Gateway pods that istiod cannot tell apart: all in one namespace, with the same labels."""

    name: str
    """How people call them: the Deployment's or the pod's name, `namespace/name`."""
    namespace: str
    labels: Mapping[str, str]


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
    workloads: tuple[Workload, ...] | None = ()
    """None where no pods could be read (files)."""
    root_namespace: str = OLD_NAMESPACE
    """The mesh's root namespace."""


def gateway_workloads(pods: Iterable[Pod], gateways: Iterable[Gateway]) -> tuple[Workload, ...]:
    """One Workload for each distinct namespace and set of labels among the pods that some Gateway selects."""
    raise NotImplementedError


def is_new(workload: Workload) -> bool:
    """Whether the pods are those of the new gateways, by Big Bang's namespaces."""
    return workload.namespace == NEW_NAMESPACE
