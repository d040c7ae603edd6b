"""What the owner of a VirtualService declares, as far as it left a copy of that. Pure.

Helm keeps what it has rendered; `kubectl apply` the manifest it was given, in an annotation, which kube-apiserver
brings up to date when `kubectl apply --server-side` follows (before any policy has changed the object; k8s.io/
apimachinery pkg/util/managedfields/internal/lastappliedupdater.go). Server-side apply alone keeps who owns which field,
and no values (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from istiokit.cluster.decode import FieldsV1, ManagedFields, Part
from istiokit.cluster.types import FIELD_MANAGER
from istiokit.istio.model import VirtualServiceSpec, WrittenVirtualService
from istiokit.ownership.model import Owner, OwnerKind
from istiokit.ownership.others import APPLIED

FIELD = "f:gateways"
_APPLY = "Apply"
_KUBECTL = "kubectl"
_BY_HAND = ("kubectl", "istioctl", "istio-migrate", "k9s", "node-fetch", "Mozilla")
"""How the field managers begin by which people change objects, at a terminal or in a window."""
_AGAIN = ("kubectl-replace",)
"""By hand, and from a manifest that may be used again."""
_CONTROLLERS = {
    OwnerKind.FLUX_HELM_RELEASE: ("helm-controller",),
    OwnerKind.HELM: ("helm", "Helm"),
    OwnerKind.FLUX_KUSTOMIZATION: ("kustomize-controller",),
    OwnerKind.ARGO_CD: ("argocd-controller", "argocd-application-controller"),
}
"""The field managers of owners that write the list as a whole, by apply or update."""
_COPIED = (OwnerKind.ARGO_CD, OwnerKind.KUBECTL_APPLY, OwnerKind.ZARF, OwnerKind.NONE)
"""Owners that may have written kubectl's annotation."""
_EMPTY = msgspec.Raw(b"{}")


class By(StrEnum):
    """What tells what the owner declares."""

    HELM = "helm-manifest"
    APPLIED = "last-applied"
    WRITER = "managed-fields"
    """The owner has written the list as it was before the policy appended to it; the values are not told."""
    FILE = "manifest"
    """A manifest that people have named as the source."""
    ITSELF = "live"
    """Nobody else declares it: the object is its own source, as far as the policy has not written it."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared; or, without a spec, what is known instead of it."""

    by: By
    where: str
    """In words: `revision 3 of Helm release shop/web`; for UNKNOWN why it is not known."""
    spec: VirtualServiceSpec | None = None


class DeclaredVirtualService(WrittenVirtualService, frozen=True, kw_only=True, gc=False):
    """A VirtualService with who wrote it, and (no field of the API) the spec in kubectl's annotation."""

    applied: VirtualServiceSpec | None = None


class _AppliedMetadata(Part, frozen=True):
    uid: str = ""
    resource_version: str = ""


class _Applied(Part, frozen=True):
    metadata: _AppliedMetadata = _AppliedMetadata()
    spec: VirtualServiceSpec = VirtualServiceSpec()


_APPLIED = msgspec.json.Decoder(_Applied)


def applied_spec(annotations: Mapping[str, str]) -> VirtualServiceSpec | None:
    """What kubectl's annotation holds; None without one, and where it is no VirtualService.

    One that was made of an object of the cluster (`kubectl get` and `apply`) is no source: it has what the policy gave.
    """
    text = annotations.get(APPLIED)
    if not text:
        return None
    try:
        found = _APPLIED.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if found.metadata.uid or found.metadata.resource_version else found.spec


def slim_writers(entries: tuple[ManagedFields, ...]) -> tuple[ManagedFields, ...]:
    """The writers of the spec with the names of its fields, and nothing of what is inside of these."""
    return tuple(
        msgspec.structs.replace(one, fields_v1=FieldsV1(spec=dict.fromkeys(one.fields_v1.spec, _EMPTY)))
        for one in entries
        if one.fields_v1 is not None and one.fields_v1.spec is not None
    )


def written_at(item: WrittenVirtualService) -> str:
    """When the spec was written last, in RFC 3339; empty where nobody says."""
    return max((one.time for one in item.metadata.managed_fields if _spec(one) is not None), default="")


def declared(item: DeclaredVirtualService, owner: Owner) -> Declared:
    """What the object itself tells of its source. Of Helm's releases Helm's record tells more."""
    holders = _holders(item)
    appliers = [one.manager for one in holders if one.operation == _APPLY]
    foreign = [name for name in appliers if name != _KUBECTL]
    if item.applied is not None and not foreign and owner.kind in _COPIED:
        return Declared(By.APPLIED, "the manifest that kubectl applied last", item.applied)
    if owner.kind in _CONTROLLERS:
        return _of_controller(owner, [one.manager for one in holders])
    if owner.kind is OwnerKind.NONE:
        return _of_nobody(item, holders)
    if owner.kind is OwnerKind.FIELD_MANAGER and appliers:
        return _written(_applier(holders))
    return Declared(By.UNKNOWN, f"{owner.title or owner.why} owns it, and left no copy of what it declares")


def rivals(item: DeclaredVirtualService, owner: Owner) -> tuple[Declared, ...]:
    """Who else declares the list, or has written it, so that what the owner declares is not the whole truth."""
    holders = _holders(item)
    own = _CONTROLLERS.get(owner.kind) or [_applier(holders)]
    others = [one for one in holders if one.manager not in own]
    is_of_helm = owner.kind in (OwnerKind.HELM, OwnerKind.FLUX_HELM_RELEASE)
    copy = (
        [Declared(By.APPLIED, "the manifest that kubectl applied last", item.applied)] if is_of_helm else []
    )
    return (
        *(one for one in copy if one.spec is not None),
        *(_written(one.manager) for one in others if _is_rival(one, owner.kind)),
    )


def _is_rival(entry: ManagedFields, owner: OwnerKind) -> bool:
    """What applies, applies again; what updates may, unless it is people's or (by whatever name) Helm's own hand."""
    if entry.operation == _APPLY:
        return owner is not OwnerKind.KUBECTL_APPLY or entry.manager != _KUBECTL
    return owner is not OwnerKind.HELM and not _is_by_hand(entry.manager)


def _of_controller(owner: Owner, names: list[str]) -> Declared:
    """The list is evidence only as its owner's controller has written it, and nobody else."""
    strange = [name for name in names if name not in _CONTROLLERS[owner.kind]]
    if names and not strange:
        return _written(names[0])
    by = (
        f"field manager {strange[0]} wrote its gateways"
        if strange
        else "nothing tells who wrote its gateways"
    )
    return Declared(By.UNKNOWN, f"{owner.title or owner.why} owns it, and {by}")


def _of_nobody(item: DeclaredVirtualService, holders: list[ManagedFields]) -> Declared:
    """Nothing marks an owner: what people wrote by hand is written by nobody else; of others that is not known."""
    if not item.metadata.managed_fields:
        return Declared(By.UNKNOWN, "nothing tells who wrote it: its managedFields were not read")
    if applier := _applier(holders):
        return _written(applier)
    names = [one.manager for one in holders]
    machines = [name for name in names if name in _AGAIN or not _is_by_hand(name)]
    if machines:
        return Declared(By.UNKNOWN, f"{machines[0]} wrote it; whether it does so again is not known")
    if names == [FIELD_MANAGER]:
        return Declared(By.ITSELF, "the object itself, which nobody else declares,", item.spec)
    who = names[0] if names else "somebody"
    return Declared(By.ITSELF, f"nobody else declares it, {who} wrote its gateways")


def _applier(holders: list[ManagedFields]) -> str:
    """Who applies the list; a pipeline before people, and empty where nobody does."""
    names = [one.manager for one in holders if one.operation == _APPLY]
    return next((name for name in names if name != _KUBECTL), _KUBECTL if names else "")


def _written(manager: str) -> Declared:
    return Declared(By.WRITER, f"field manager {manager} wrote its gateways")


def _is_by_hand(manager: str) -> bool:
    return manager.startswith(_BY_HAND)


def _holders(item: DeclaredVirtualService) -> list[ManagedFields]:
    return [one for one in item.metadata.managed_fields if _holds(one)]


def _spec(entry: ManagedFields) -> Mapping[str, msgspec.Raw] | None:
    return entry.fields_v1.spec if entry.fields_v1 is not None else None


def _holds(entry: ManagedFields) -> bool:
    """Whether the list of gateways, or a spec that was written as a whole, is this writer's."""
    spec = _spec(entry)
    return spec is not None and (not spec or FIELD in spec)
