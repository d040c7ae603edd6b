"""Owners as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from istiokit.cluster.types import Ref

if TYPE_CHECKING:  # a list that shows no sources needs none of them
    from istiokit.argocd.model import Application
    from istiokit.flux.model import HelmRelease, Kustomization, Reconciled
    from istiokit.flux.values import DataObject


class OwnerKind(StrEnum):
    """What kind of owner; NONE is nobody that we can tell."""

    FLUX_HELM_RELEASE = "FluxHelmRelease"
    FLUX_KUSTOMIZATION = "FluxKustomization"
    ARGO_CD = "ArgoCD"
    HELM = "Helm"
    OPERATOR = "Operator"
    ZARF = "Zarf"
    FIELD_MANAGER = "FieldManager"
    """Something that only metadata.managedFields names."""
    KUBECTL_APPLY = "KubectlApply"
    NONE = "None"


class Reverts(StrEnum):
    """Whether the owner undoes changes by others without being asked."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Owner:
    """The answer; `why` is a sentence for people, without the full stop."""

    kind: OwnerKind
    ref: Ref | None
    """The owning object where it can be named."""
    reverts: Reverts
    why: str
    title: str = ""
    """In a word or two, for a table: `HelmRelease bigbang/shop`; empty for nobody."""
    chart: str = ""
    """Of a Helm release without Flux: its chart with the version, as the label helm.sh/chart has it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an owner has its objects from; what does not apply or is not known is empty."""

    text: str
    """All of it in words, for a table."""
    edit: str
    """Where people make an edit, with the preposition: `in https://git.example.com/x (branch main), folder apps`."""
    url: str = ""
    """The repository with the manifests, or with the HelmRelease or Application that holds the values. Masked."""
    revision: str = ""
    path: str = ""
    chart: str = ""
    version: str = ""
    values: tuple[str, ...] = ()
    """The values, parameters and patches that name the Gateways in question, each with the object that holds it."""


NOBODY = Owner(OwnerKind.NONE, None, Reverts.NO, "nothing says that anybody manages it")


@dataclass(frozen=True, slots=True)
class Applications:
    """The Applications of Argo CD: which there are, and those that were read as a whole."""

    named: Mapping[str, tuple[Ref, ...]] = field(default_factory=dict)
    """By name, whatever namespaces they are in."""
    read: Mapping[Ref, "Application"] = field(default_factory=dict)
    all_named: bool = False
    """Whether `named` has all that this cluster has."""


@dataclass(frozen=True, slots=True)
class Owners:
    """The owning objects that were read; without them the answer is often `unknown`."""

    releases: Mapping[Ref, "HelmRelease"] = field(default_factory=dict)
    kustomizations: Mapping[Ref, "Kustomization"] = field(default_factory=dict)
    applications: Applications = Applications()
    sources: Mapping[Ref, "Reconciled"] = field(default_factory=dict)
    """Flux' sources of the owners that occur."""
    config_maps: Mapping[Ref, "DataObject"] = field(default_factory=dict)
    """ConfigMaps with values of HelmReleases that occur. Secrets are never read for this."""
    hidden: frozenset[str] = frozenset()
    """The kinds of owners that we were not allowed to read."""


NO_OWNERS = Owners()
