"""Applications of Argo CD as owners. Pure.

Sources in argoproj/argo-cd: util/argo/resource_tracking.go and argo.go (the tracking id is
`application:group/kind:namespace/name`, and an Application outside of Argo CD's own namespace is `namespace_name`),
controller/state.go (an id that names another object was copied, and does not count), controller/appcontroller.go
(autoSync: without self-heal only a new revision or another spec makes it sync again).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.cluster.decode import Metadata
from istiokit.cluster.kinds import KINDS
from istiokit.cluster.types import Ref
from istiokit.ownership.model import Applications, Owner, OwnerKind, Owners, Reverts

if TYPE_CHECKING:  # where none was read it is not needed
    from istiokit.argocd.model import Application

TRACKING = "argocd.argoproj.io/tracking-id"
INSTANCE = "argocd.argoproj.io/instance"
COMMON_INSTANCE = "app.kubernetes.io/instance"
"""The label of Argo CD before 3.0, unless another was set. Charts write it too, so it is no proof."""
INSTALLATION = "argocd.argoproj.io/installation-id"
MARKS = (TRACKING, INSTANCE, COMMON_INSTANCE, INSTALLATION)
"""The labels and annotations that are looked at here."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an object says of its Application."""

    instance: str
    """`name`, or `namespace_name`."""
    proof: bool
    """Whether only Argo CD writes this mark."""
    installation: str = ""
    """Which Argo CD it was, where several share a cluster."""


def mark_of(metadata: Metadata, kind: str, applications: Applications) -> Mark | None:
    """The mark that counts; the common label only where there is an Application of this name."""
    if tracking := metadata.annotations.get(TRACKING, ""):
        instance, _, tracked = tracking.partition(":")
        own = f"{KINDS[kind].group}/{kind}:{metadata.namespace or ''}/{metadata.name}"
        return Mark(instance, True, metadata.annotations.get(INSTALLATION, "")) if tracked == own else None
    if instance := metadata.labels.get(INSTANCE, ""):
        return Mark(instance, True)
    instance = metadata.labels.get(COMMON_INSTANCE, "")
    return Mark(instance, False) if instance and _plain(instance) in applications.named else None


def candidates(mark: Mark, applications: Applications) -> tuple[Ref, ...]:
    """The Applications that the mark may mean; none where it is not on this cluster, or may not be read."""
    namespace, underscore, _ = mark.instance.partition("_")
    found = applications.named.get(_plain(mark.instance), ())
    return tuple(one for one in found if one.namespace == namespace) if underscore else found


def is_of_its_own(mark: Mark, applications: Applications) -> bool:
    """Whether the answer depends on which object carries the mark, and not on the mark alone."""
    return not mark.proof or len(candidates(mark, applications)) > 1


def application_owner(mark: Mark, ref: Ref, owners: Owners) -> Owner | None:
    """The Application, and whether it puts the object back; None where the mark is not Argo CD's after all."""
    found = candidates(mark, owners.applications)
    read = [owners.applications.read[one] for one in found if one in owners.applications.read]
    listed = [one for one in read if _manages(one, ref)]
    if not mark.proof and not listed and (read or not found):
        return None
    chosen = [ref_of(one) for one in listed] if len(listed) == 1 else list(found)
    if len(chosen) != 1:
        return _unsure(mark, chosen, owners)
    application = owners.applications.read.get(chosen[0])
    reverts, why = (
        _verdict(application) if application else (Reverts.UNKNOWN, f"{chosen[0]} was not read as a whole")
    )
    return Owner(OwnerKind.ARGO_CD, chosen[0], reverts, why, str(chosen[0]))


def ref_of(application: "Application") -> Ref:
    """The address of an Application."""
    return Ref("Application", application.metadata.name, application.metadata.namespace)


def _verdict(application: "Application") -> tuple[Reverts, str]:
    ref = ref_of(application)
    if application.is_skipped:
        return (
            Reverts.NO,
            f"{ref} is not reconciled ({application.SKIP_RECONCILE}); once it is again it may put it back",
        )
    if application.heals:
        return Reverts.YES, f"{ref} puts it back: its self-heal is on"
    if application.automated is not None:
        return (
            Reverts.NO,
            f"{ref} does not heal itself, but its next sync, when its source changes, overwrites it",
        )
    return Reverts.NO, f"{ref} is synced by people; its next sync overwrites it"


def _unsure(mark: Mark, chosen: list[Ref], owners: Owners) -> Owner:
    namespace, _, name = mark.instance.rpartition("_")
    ref = Ref("Application", name, namespace or None)
    if chosen:
        names = ", ".join(f"{one.namespace}/{one.name}" for one in chosen)
        what = f"there are several Applications {name} ({names})"
    elif owners.applications.all_named:
        of = f" of installation {mark.installation}" if mark.installation else ""
        what = f"{ref} is not on this cluster (an Argo CD{of} elsewhere has it)"
    else:
        what = f"{ref} {'may not be' if 'Application' in owners.hidden else 'was not'} read"
    why = f"{what}, so whether it heals itself is not known"
    return Owner(OwnerKind.ARGO_CD, ref, Reverts.UNKNOWN, why, str(ref))


def _manages(application: "Application", ref: Ref) -> bool:
    return application.manages(KINDS[ref.kind].group, ref.kind, ref.name, ref.namespace or "")


def _plain(instance: str) -> str:
    return instance.rpartition("_")[2]
