"""Everything that was read for one migration. Status, checks and plans are functions of `Facts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from istiokit.bigbang.layers import Layer
from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import HELM_RELEASE
from istiokit.cluster.types import Ref
from istiokit.cluster.unread import Unread
from istiokit.errors import OperationFailed
from istiokit.flux.git import GitPlace
from istiokit.flux.model import HelmRelease, Reconciled
from istiokit.istio.model import Gateway, IstioOperator, VirtualService
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment, Namespace, Pod, Service
from istiokit.ownership.model import Owner

GATEWAY_SECRETS = "Secrets of the new gateways"
"""The `Unread.kind` of `MeshFacts.gateway_secrets`: other Secrets may be readable where these are not."""


@dataclass(frozen=True, slots=True)
class Umbrella:
    """The Big Bang release: a HelmRelease of Flux, or a plain Helm release (`release` is None then)."""

    ref: Ref
    """The HelmRelease; for plain Helm the Secret that holds the newest release."""
    version: str
    """The chart version that is deployed: `2.54.0`; empty where nothing tells."""
    release: HelmRelease | None

    @property
    def namespace(self) -> str:
        """Where its HelmReleases, values and journal live."""
        return self.ref.namespace or "bigbang"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a layer of values lives in the cluster, and who would put back a change to it."""

    ref: Ref
    key: str
    """The key of the ConfigMap or Secret; empty for spec.values of the HelmRelease."""
    owner: Owner
    place: GitPlace | None = None
    """The repository and folder to edit, where Git owns it and its source could be read."""


def home_of(layer: Layer) -> str:
    """Where people find a layer of values: its object or file, and the repository that it comes from if Git owns it."""
    place = layer.address.place if isinstance(layer.address, Source) else None
    return f"{layer.origin}, from {place}" if place else layer.origin


@dataclass(frozen=True, slots=True)
class CustomResource:
    """A CustomResourceDefinition, as far as upgrades care: is it there, and in which versions is it stored?"""

    name: str
    stored_versions: tuple[str, ...]
    served_versions: tuple[str, ...]
    kept: bool
    """Whether `helm.sh/resource-policy: keep` guards it against the removal of its release."""
    release: str = ""
    """The Helm release that it is part of, as `namespace/name`; empty where Helm does not own it."""
    uid: str = ""
    """Another one means that it was deleted and made again, and its objects with it."""


@dataclass(frozen=True, slots=True)
class MeshFacts:
    """Istio and what is around it, in all namespaces."""

    namespaces: tuple[Namespace, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    """Deployments of istiod, of the Istio operator, of gateways and of the Flux controllers."""
    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    virtual_services: tuple[VirtualService, ...] = ()
    operators: tuple[IstioOperator, ...] = ()
    mutating: tuple[WebhookConfiguration, ...] = ()
    validating: tuple[WebhookConfiguration, ...] = ()
    crds: tuple[CustomResource, ...] = ()
    gateway_secrets: tuple[Object, ...] = ()
    """Names (never contents) of the Secrets in the new gateways' namespace."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One reading of a cluster, or of values files (then only `layers` is filled)."""

    where: str
    """How messages call what was read: the context, or the files."""
    server_version: str | None = None
    umbrella: Umbrella | None = None
    layers: tuple[Layer, ...] = ()
    """The umbrella's values in merge order; on a cluster the `address` of each is a `Source`."""
    problems: tuple[str, ...] = ()
    """Entries of valuesFrom that stop the umbrella, a sentence each."""
    releases: tuple[HelmRelease, ...] = ()
    """All HelmReleases of the umbrella's namespace, the umbrella included."""
    flux_sources: Mapping[Ref, Reconciled] = field(default_factory=dict)
    """The repositories and charts that the releases come from, with their status."""
    mesh: MeshFacts = MeshFacts()
    zarf_packages: tuple[str, ...] = ()
    """Names of deployed Zarf packages that bring Big Bang; their next deploy overwrites its values."""
    denied: tuple[str, ...] = ()
    """Verbs that a step needs and that we lack: `patch configmaps in namespace bigbang`."""
    unread: tuple[Unread, ...] = ()

    def refuse_blindness(self) -> None:
        """Raise OperationFailed where no umbrella was found because HelmReleases could not be read."""
        unread = [item for item in self.unread if item.kind == HELM_RELEASE.name and not item.missing]
        if self.umbrella is None and unread:
            hint = "ask for the role in docs/rbac/, or name its namespace with -n"
            raise OperationFailed(f"the umbrella cannot be looked for: {unread[0].reason}", hint)
