"""Which control planes a cluster has, and what installed each of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from istiokit.cluster.decode import Object
from istiokit.istio.injection import DEFAULT_REVISION, REVISION
from istiokit.istio.model import IstioOperator, full_name
from istiokit.istio.versions import Version, of_image
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment

OPERATOR_FINALIZER = "istio-finalizer.install.istio.io"
"""The in-cluster operator puts it on the IstioOperators that it carries out; istioctl never does."""
OWNING_RESOURCE = "install.operator.istio.io/owning-resource"
OWNING_NAMESPACE = "install.operator.istio.io/owning-resource-namespace"
NO_OWNER = "unknown"
"""What istioctl writes for OWNING_RESOURCE where its input has no name."""
TAG = "istio.io/tag"

_FLUX_NAME = "helm.toolkit.fluxcd.io/name"
_FLUX_NAMESPACE = "helm.toolkit.fluxcd.io/namespace"
_HELM_RELEASE = "meta.helm.sh/release-name"
_HELM_NAMESPACE = "meta.helm.sh/release-namespace"


class Installer(StrEnum):
    """What made a control plane."""

    OPERATOR = "operator"
    FLUX = "flux"
    HELM = "helm"
    OTHER = "other"
    """istioctl, plain manifests, another vendor's operator."""


class MeshKind(StrEnum):
    """What a cluster's control planes are, taken together."""

    OPERATOR = "operator"
    HELM = "helm"
    """Helm, by itself or through Flux."""
    MIXED = "mixed"
    PLAIN = "plain"
    """Neither the operator nor Helm made any of them."""
    NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class ControlPlane:
    """One istiod Deployment."""

    namespace: str
    name: str
    revision: str
    version: Version | None
    """None where its image does not tell."""
    ready: bool
    installer: Installer
    owner: str
    """IstioOperator, HelmRelease or Helm release as `namespace/name`; empty where nothing says."""

    @property
    def title(self) -> str:
        """The Deployment as messages spell it."""
        return f"Deployment {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Mesh:
    """The control planes of a cluster, sorted, and the operators (`namespace/name`) that run beside them."""

    kind: MeshKind
    control_planes: tuple[ControlPlane, ...]
    operators: tuple[str, ...]

    @property
    def newest(self) -> Version | None:
        """The newest version among the control planes: what sidecars should be at."""
        return max((plane.version for plane in self.control_planes if plane.version), default=None)


def is_operator(deployment: Deployment) -> bool:
    """Whether it is the Istio operator: `istio-operator`, or `istio-operator-<revision>`."""
    name = deployment.metadata.name
    return name == "istio-operator" or name.startswith("istio-operator-")


def is_istiod(deployment: Deployment) -> bool:
    """Whether it is a control plane, which every way of installing Istio labels `app: istiod`."""
    return deployment.metadata.labels.get("app") == "istiod"


def mesh(deployments: Iterable[Deployment], operators: Collection[IstioOperator] = ()) -> Mesh:
    """The summary of a cluster, from its Deployments and IstioOperators of all namespaces."""
    deployments = list(deployments)
    running = tuple(sorted(full_name(item) for item in deployments if is_operator(item)))
    operated = bool(running) or any(OPERATOR_FINALIZER in item.metadata.finalizers for item in operators)
    planes = tuple(sorted(_control_plane(item, operated) for item in deployments if is_istiod(item)))
    return Mesh(kind=_kind({plane.installer for plane in planes}), control_planes=planes, operators=running)


def helm_release(item: Object) -> tuple[Installer, str] | None:
    """The release that owns an object, as `namespace/name`: Flux's HelmRelease or Helm's own; None without one.

    The operator renders charts by itself and leaves neither mark.
    """
    labels, annotations = item.metadata.labels, item.metadata.annotations
    if _FLUX_NAME in labels:
        return Installer.FLUX, f"{labels.get(_FLUX_NAMESPACE, '')}/{labels[_FLUX_NAME]}"
    if _HELM_RELEASE in annotations:
        return Installer.HELM, f"{annotations.get(_HELM_NAMESPACE, '')}/{annotations[_HELM_RELEASE]}"
    return None


def tags(webhooks: Iterable[WebhookConfiguration]) -> dict[str, str]:
    """The revision that each revision tag points at; a tag is a mutating webhook labelled `istio.io/tag`."""
    labels = (webhook.metadata.labels for webhook in webhooks)
    return {found[TAG]: found.get(REVISION, DEFAULT_REVISION) for found in labels if TAG in found}


def responsible(revision: str, mesh: Mesh, tags: Mapping[str, str]) -> ControlPlane | None:
    """The control plane that injects for a revision or tag; None where nobody does."""
    wanted = tags.get(revision, revision)
    return next((plane for plane in mesh.control_planes if plane.revision == wanted), None)


def _control_plane(deployment: Deployment, operated: bool) -> ControlPlane:
    installer, owner = _installer(deployment, operated)
    return ControlPlane(
        namespace=deployment.metadata.namespace or "default",
        name=deployment.metadata.name,
        revision=deployment.metadata.labels.get(REVISION, DEFAULT_REVISION),
        version=of_image(deployment.images.get("discovery", "")),
        ready=deployment.ready,
        installer=installer,
        owner=owner,
    )


def _installer(deployment: Deployment, operated: bool) -> tuple[Installer, str]:
    """What made the Deployment. Helm's mark goes first: a release that adopts it leaves the operator's mark on.

    istioctl leaves the operator's mark too, so that mark counts only where an operator is or has been at work.
    """
    labels = deployment.metadata.labels
    if released := helm_release(deployment):
        return released
    if operated and OWNING_RESOURCE in labels:
        return Installer.OPERATOR, f"{labels.get(OWNING_NAMESPACE, '')}/{labels[OWNING_RESOURCE]}"
    return Installer.OTHER, ""


def _kind(installers: set[Installer]) -> MeshKind:
    helm = bool(installers & {Installer.FLUX, Installer.HELM})
    families = helm + (Installer.OPERATOR in installers) + (Installer.OTHER in installers)
    if families > 1:
        return MeshKind.MIXED
    if helm:
        return MeshKind.HELM
    if Installer.OPERATOR in installers:
        return MeshKind.OPERATOR
    return MeshKind.PLAIN if installers else MeshKind.NONE
