"""Owners that Flux marks with its labels. Pure.

Sources: kustomize-controller's and helm-controller's documentation of their labels and of the switches that an object
may carry; the HelmRelease decides by spec.driftDetection.
"""

from typing import TYPE_CHECKING

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.ownership.model import Owner, OwnerKind, Owners, Reverts

if TYPE_CHECKING:
    from istiokit.flux.model import HelmRelease, Kustomization

KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
_SWITCHES = (
    f"{KUSTOMIZE}/reconcile",
    f"{KUSTOMIZE}/ssa",
    f"{HELM}/driftdetection",
    f"{HELM}/driftDetection",
)
_NAMES = tuple(f"{group}/{word}" for group in (KUSTOMIZE, HELM) for word in ("name", "namespace"))

LABELS = (*_NAMES, *_SWITCHES)
ANNOTATIONS = _SWITCHES
"""All that decides here."""
LATER = "a later upgrade may overwrite it"
"""Measured with helm-controller 1.4 (Helm 3): one that changes the field does, one that changes others does not."""


def kustomization_owner(metadata: Metadata, owners: Owners) -> Owner | None:
    """The Kustomization that applies the object."""
    ref = _labelled(metadata, KUSTOMIZE, "Kustomization")
    if ref is None:
        return None
    reverts, why = _kustomization_reverts(metadata, ref, owners.kustomizations.get(ref))
    return Owner(OwnerKind.FLUX_KUSTOMIZATION, ref, reverts, why, str(ref))


def helm_release_owner(metadata: Metadata, owners: Owners) -> Owner | None:
    """The HelmRelease whose chart renders the object."""
    ref = _labelled(metadata, HELM, "HelmRelease")
    if ref is None:
        return None
    reverts, why = _helm_release_reverts(metadata, ref, owners)
    return Owner(OwnerKind.FLUX_HELM_RELEASE, ref, reverts, why, str(ref))


def _labelled(metadata: Metadata, group: str, kind: str) -> Ref | None:
    name = metadata.labels.get(f"{group}/name")
    return Ref(kind, name, metadata.labels.get(f"{group}/namespace")) if name else None


def _marked(metadata: Metadata, key: str, *values: str) -> bool:
    """kustomize-controller and helm-controller take their switches as annotations or labels, in any case."""
    texts = (metadata.annotations.get(key, ""), metadata.labels.get(key, ""))
    return any(text.lower() in values for text in texts)


def _kustomization_reverts(
    metadata: Metadata, ref: Ref, kustomization: "Kustomization | None"
) -> tuple[Reverts, str]:
    if _marked(metadata, f"{KUSTOMIZE}/reconcile", "disabled"):
        return Reverts.NO, f"{KUSTOMIZE}/reconcile: disabled keeps {ref} from applying it"
    if _marked(metadata, f"{KUSTOMIZE}/ssa", "ifnotpresent", "ignore"):
        return Reverts.NO, f"{KUSTOMIZE}/ssa keeps {ref} from changing it once it is there"
    if kustomization is not None and kustomization.spec.suspend:
        return (
            Reverts.NO,
            f"{ref} is suspended; when it is resumed it puts the object back as its source has it",
        )
    if _marked(metadata, f"{KUSTOMIZE}/ssa", "merge"):
        return Reverts.YES, f"{ref} puts back every field that its source sets"
    every = f" (every {kustomization.spec.interval})" if kustomization and kustomization.spec.interval else ""
    return Reverts.YES, f"{ref} applies it again at every interval{every}"


def _helm_release_reverts(metadata: Metadata, ref: Ref, owners: Owners) -> tuple[Reverts, str]:
    release = owners.releases.get(ref)
    if _marked(metadata, f"{HELM}/driftdetection", "disabled") or _marked(
        metadata, f"{HELM}/driftDetection", "disabled"
    ):
        return Reverts.NO, f"{HELM}/driftDetection: disabled excludes it, but {LATER}"
    if release is None:
        known = "may not be read" if "HelmRelease" in owners.hidden else "was not found"
        return Reverts.UNKNOWN, f"{ref} {known}, so its drift detection is not known"
    return _by_drift_detection(ref, release)


def _by_drift_detection(ref: Ref, release: "HelmRelease") -> tuple[Reverts, str]:
    drift = release.spec.drift_detection
    if drift is None or drift.mode != "enabled":
        return Reverts.NO, f"{ref} does not correct drift, but {LATER}"
    if release.spec.suspend:
        return Reverts.NO, f"{ref} is suspended; when it is resumed it corrects drift"
    ignored = sorted({path for rule in drift.ignore for path in rule.paths})
    but = f", except at {', '.join(ignored)}" if ignored else ""
    return Reverts.YES, f"{ref} corrects drift{but}"
