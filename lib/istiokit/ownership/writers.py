"""Who wrote the fields of an object, as evidence of an owner that left no mark. Pure.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management. What is written by apply
is applied again; an update says only who was here. A field goes over to whoever changes it by an update, so an applier
that has the rest of the spec counts too: ours may be the last word on the lists.
"""

from istiokit.cluster.decode import ManagedFields, Metadata, WrittenMetadata
from istiokit.ownership.model import Owner, OwnerKind, Reverts

_APPLY = "Apply"
_BY_HAND = ("kubectl", "kubectl-client-side-apply")
"""People at a terminal, with `kubectl apply --server-side` and without."""
_OWNERS = {
    "kustomize-controller": (OwnerKind.FLUX_KUSTOMIZATION, "a Kustomization of Flux"),
    "helm-controller": (OwnerKind.FLUX_HELM_RELEASE, "a HelmRelease of Flux"),
    "argocd-controller": (OwnerKind.ARGO_CD, "an Application of Argo CD"),
}
"""The controllers that mark what they write, by apply or update; here somebody has removed the mark."""


def written_owner(metadata: Metadata, field: str) -> Owner | None:
    """The writer of `spec.FIELD` that may write it again; None where the writers were not read, or are people."""
    if not isinstance(metadata, WrittenMetadata):
        return None
    spec = [one for one in metadata.managed_fields if one.fields_v1 and one.fields_v1.spec is not None]
    spec = [one for one in spec if one.manager not in _BY_HAND]
    holders = [one for one in spec if _holds(one, field)]
    for entry in (*holders, *spec):
        if entry.manager in _OWNERS:
            return _controller(entry.manager)
        if entry.operation == _APPLY:
            return _applier(entry.manager, field if entry in holders else "")
    return None


def _holds(entry: ManagedFields, field: str) -> bool:
    """Whether the field, or a spec that was written as a whole, is this writer's."""
    spec = entry.fields_v1.spec if entry.fields_v1 else None
    return spec is not None and (not spec or f"f:{field}" in spec)


def _controller(manager: str) -> Owner:
    kind, what = _OWNERS[manager]
    why = f"{what} wrote it (field manager {manager}), and no label says which, so whether it puts it back is not known"
    return Owner(kind, None, Reverts.UNKNOWN, why, what)


def _applier(manager: str, field: str) -> Owner:
    part = f"spec.{field}" if field else "parts of its spec"
    why = f"field manager {manager} applies {part}; whether it does so again is not known"
    return Owner(OwnerKind.FIELD_MANAGER, None, Reverts.UNKNOWN, why, f"field manager {manager}")
