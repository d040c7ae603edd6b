"""Who owns an object, and whether that owner would put back a change made by hand. Pure.

The marks are those that the owners document: Flux' and Helm's labels and annotations, Argo CD's tracking, the
Istio operator's owning-resource labels, Zarf's agent, and kubectl's last-applied annotation.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease, Kustomization

_KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
_HELM = "helm.toolkit.fluxcd.io"
_TRACKING, _INSTANCE = "argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"
_OWNING_RESOURCE = "install.operator.istio.io/owning-resource"
_OWNING_NAMESPACE = "install.operator.istio.io/owning-resource-namespace"
_RELEASE_NAME, _RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ZARF = "zarf.dev/"


class OwnerKind(StrEnum):
    """What kind of owner; NONE is nobody that we can tell."""

    FLUX_HELM_RELEASE = "FluxHelmRelease"
    FLUX_KUSTOMIZATION = "FluxKustomization"
    ARGO_CD = "ArgoCD"
    HELM = "Helm"
    OPERATOR = "Operator"
    ZARF = "Zarf"
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

    @property
    def title(self) -> str:
        """In a word or two, for a table: `HelmRelease bigbang/shop`; empty for nobody."""
        return str(self.ref) if self.ref else _TITLES.get(self.kind, self.why.partition(" overwrites")[0])


_TITLES = {
    OwnerKind.NONE: "",
    OwnerKind.ARGO_CD: "an Argo CD Application",
    OwnerKind.KUBECTL_APPLY: "kubectl apply",
    OwnerKind.ZARF: "Zarf",
}


@dataclass(frozen=True, slots=True)
class Owners:
    """The owning objects that were read; without them the answer is often `unknown`."""

    releases: Mapping[Ref, HelmRelease] = field(default_factory=dict)
    kustomizations: Mapping[Ref, Kustomization] = field(default_factory=dict)


NO_OWNERS = Owners()


def owner(metadata: Metadata, managers: Collection[str] = (), owners: Owners = NO_OWNERS) -> Owner:
    """Name the owner of the object with this metadata.

    `managers` are the names in metadata.managedFields. The first owner that applies wins: those that write
    again and again come before those that wrote once.
    """
    return (
        _kustomization(metadata, owners)
        or _helm_release(metadata, owners)
        or _argo_cd(metadata, managers)
        or _operator(metadata)
        or _helm(metadata)
        or _zarf(metadata)
        or _kubectl(metadata)
        or Owner(OwnerKind.NONE, None, Reverts.NO, "nothing says that anybody manages it")
    )


_MARKS = frozenset(
    {
        *(f"{group}/{word}" for group in (_KUSTOMIZE, _HELM) for word in ("name", "namespace")),
        *(f"{_KUSTOMIZE}/{word}" for word in ("reconcile", "ssa")),
        *(f"{_HELM}/{word}" for word in ("driftdetection", "driftDetection")),
        _TRACKING,
        _INSTANCE,
        _OWNING_RESOURCE,
        _OWNING_NAMESPACE,
        _RELEASE_NAME,
        _RELEASE_NAMESPACE,
        _MANAGED_BY,
        _LAST_APPLIED,
    }
)


def marks(words: Mapping[str, str]) -> dict[str, str]:
    """Of labels or annotations those that `owner` looks at; of kubectl's manifest only that it is there."""
    return {
        key: word if key != _LAST_APPLIED else ""
        for key, word in words.items()
        if key in _MARKS or key.startswith(_ZARF)
    }


def _labelled(metadata: Metadata, group: str, kind: str) -> Ref | None:
    name = metadata.labels.get(f"{group}/name")
    return Ref(kind, name, metadata.labels.get(f"{group}/namespace")) if name else None


def _marked(metadata: Metadata, key: str, *values: str) -> bool:
    """kustomize-controller and helm-controller take their switches as annotations or labels, in any case."""
    texts = (metadata.annotations.get(key, ""), metadata.labels.get(key, ""))
    return any(text.lower() in values for text in texts)


def _kustomization(metadata: Metadata, owners: Owners) -> Owner | None:
    ref = _labelled(metadata, _KUSTOMIZE, "Kustomization")
    if ref is None:
        return None
    reverts, why = _kustomization_reverts(metadata, ref, owners.kustomizations.get(ref))
    return Owner(OwnerKind.FLUX_KUSTOMIZATION, ref, reverts, why)


def _kustomization_reverts(
    metadata: Metadata, ref: Ref, kustomization: Kustomization | None
) -> tuple[Reverts, str]:
    if _marked(metadata, f"{_KUSTOMIZE}/reconcile", "disabled"):
        return Reverts.NO, f"{_KUSTOMIZE}/reconcile: disabled keeps {ref} from applying it"
    if _marked(metadata, f"{_KUSTOMIZE}/ssa", "ifnotpresent", "ignore"):
        return Reverts.NO, f"{_KUSTOMIZE}/ssa keeps {ref} from changing it once it is there"
    if kustomization is not None and kustomization.spec.suspend:
        return (
            Reverts.NO,
            f"{ref} is suspended; when it is resumed it puts the object back as its source has it",
        )
    if _marked(metadata, f"{_KUSTOMIZE}/ssa", "merge"):
        return Reverts.YES, f"{ref} puts back every field that its source sets"
    every = f" (every {kustomization.spec.interval})" if kustomization and kustomization.spec.interval else ""
    return Reverts.YES, f"{ref} applies it again at every interval{every}"


def _helm_release(metadata: Metadata, owners: Owners) -> Owner | None:
    ref = _labelled(metadata, _HELM, "HelmRelease")
    if ref is None:
        return None
    reverts, why = _helm_release_reverts(metadata, ref, owners.releases.get(ref))
    return Owner(OwnerKind.FLUX_HELM_RELEASE, ref, reverts, why)


def _helm_release_reverts(metadata: Metadata, ref: Ref, release: HelmRelease | None) -> tuple[Reverts, str]:
    if _marked(metadata, f"{_HELM}/driftdetection", "disabled") or _marked(
        metadata, f"{_HELM}/driftDetection", "disabled"
    ):
        return (
            Reverts.NO,
            f"{_HELM}/driftDetection: disabled excludes it; the next upgrade of {ref} overwrites it",
        )
    if release is None:
        return Reverts.UNKNOWN, f"{ref} was not found, so its drift detection is not known"
    drift = release.spec.drift_detection
    if drift is None or drift.mode != "enabled":
        return Reverts.NO, f"{ref} does not correct drift, but its next upgrade overwrites the change"
    if release.spec.suspend:
        return Reverts.NO, f"{ref} is suspended; when it is resumed it corrects drift"
    ignored = sorted({path for rule in drift.ignore for path in rule.paths})
    but = f", except at {', '.join(ignored)}" if ignored else ""
    return Reverts.YES, f"{ref} corrects drift{but}"


def _argo_cd(metadata: Metadata, managers: Collection[str]) -> Owner | None:
    """The tracking id is `application:group/kind:namespace/name`; application may be `namespace_name`."""
    tracking = metadata.annotations.get(_TRACKING, "").partition(":")[0]
    name = tracking or metadata.labels.get(_INSTANCE, "")
    if not name and "argocd-controller" not in managers:
        return None
    namespace, _, plain = name.rpartition("_")
    ref = Ref("Application", plain, namespace or None) if plain else None
    which = f"Argo CD Application {name}" if name else "an Argo CD Application"
    return Owner(OwnerKind.ARGO_CD, ref, Reverts.UNKNOWN, f"{which} reverts changes if its self-heal is on")


def _operator(metadata: Metadata) -> Owner | None:
    name = metadata.labels.get(_OWNING_RESOURCE)
    if not name:
        return None
    ref = Ref("IstioOperator", name, metadata.labels.get(_OWNING_NAMESPACE))
    return Owner(
        OwnerKind.OPERATOR, ref, Reverts.YES, f"the Istio operator keeps it as {ref} says, while it runs"
    )


def _helm(metadata: Metadata) -> Owner | None:
    release = metadata.annotations.get(_RELEASE_NAME)
    if not release or metadata.labels.get(_MANAGED_BY) != "Helm":
        return None
    namespace = metadata.annotations.get(_RELEASE_NAMESPACE, "")
    where = f"Helm release {namespace}/{release}" if namespace else f"Helm release {release}"
    return Owner(OwnerKind.HELM, None, Reverts.NO, f"{where} overwrites it at its next upgrade, not before")


def _zarf(metadata: Metadata) -> Owner | None:
    """The mark `zarf-agent: patched` says that Zarf's agent rewrote an image, not who owns it: no matter."""
    marks = (*metadata.labels, *metadata.annotations)
    managed = metadata.labels.get(_MANAGED_BY) == "zarf"
    if not managed and not any(mark.startswith(_ZARF) for mark in marks):
        return None
    why = "Zarf wrote it; the next deploy of its package overwrites it"
    return Owner(OwnerKind.ZARF, None, Reverts.NO, why)


def _kubectl(metadata: Metadata) -> Owner | None:
    if _LAST_APPLIED not in metadata.annotations:
        return None
    why = "kubectl apply wrote it; who applies that manifest again puts it back"
    return Owner(OwnerKind.KUBECTL_APPLY, None, Reverts.NO, why)
