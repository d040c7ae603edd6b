"""Whether an owner puts back a change of certain fields. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from istiokit.argocd import ignoring
from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.flux import drift
from istiokit.ownership.find import owner
from istiokit.ownership.flux import LATER
from istiokit.ownership.model import Owner, OwnerKind, Owners, Reverts


def judged(metadata: Metadata, kind: str, pointers: Sequence[str], owners: Owners) -> Owner:
    """The owner, with the verdict on a change of just these fields (JSON pointers) of the object.

    One that undoes changes may have been told to leave them alone; then it says NO, and what puts them back later.
    """
    found = owner(metadata, kind, owners)
    if found.reverts is not Reverts.YES or found.kind not in _LEFT:
        return found
    ref = Ref(kind, metadata.name, metadata.namespace)
    left = _LEFT[found.kind](found, ref, pointers, owners)
    return replace(found, reverts=Reverts.NO, why=left) if left else found


def _left_by_drift(found: Owner, ref: Ref, pointers: Iterable[str], owners: Owners) -> str:
    """Why the HelmRelease, which corrects drift, leaves these fields of the object alone; empty where it does not."""
    release = owners.releases.get(found.ref) if found.ref else None
    if release is None or not drift.ignores(release, ref, pointers):
        return ""
    return f"the drift detection of {found.ref} ignores these fields, but {LATER}"


def _left_by_comparison(found: Owner, ref: Ref, pointers: Iterable[str], owners: Owners) -> str:
    """Why the Application, which heals itself, leaves these fields alone; empty where it does not."""
    application = owners.applications.read.get(found.ref) if found.ref else None
    if application is None or not ignoring.ignores(application, ref, pointers):
        return ""
    if ignoring.keeps(application):
        return f"{found.ref} ignores differences there, and its syncs leave them alone"
    return (
        f"{found.ref} ignores differences there, but its next sync, when its source changes, overwrites them:"
        f" it lacks the sync option {ignoring.RESPECT}"
    )


_LEFT = {OwnerKind.FLUX_HELM_RELEASE: _left_by_drift, OwnerKind.ARGO_CD: _left_by_comparison}
