"""Where people make an edit instead of in the cluster. Pure."""

from istiokit.ownership.argo_places import application_origin
from istiokit.ownership.flux_places import helm_release_origin, kustomization_origin
from istiokit.ownership.model import Origin, Owner, OwnerKind, Owners
from istiokit.ownership.spots import Wanted

_ORIGINS = {
    OwnerKind.FLUX_KUSTOMIZATION: kustomization_origin,
    OwnerKind.FLUX_HELM_RELEASE: helm_release_origin,
    OwnerKind.ARGO_CD: application_origin,
}


def origin(found: Owner, owners: Owners, wanted: Wanted) -> Origin | None:
    """Where the owner has the object from, and where the edit belongs; None where nothing is known of it.

    `wanted` are the Gateways to look for in the owner's values and parameters.
    """
    if found.kind is OwnerKind.HELM:
        return _helm(found)
    make = _ORIGINS.get(found.kind)
    return make(found, owners, wanted) if make else None


def edit_place(found: Owner, known: Origin | None) -> str:
    """Where to make an edit, with the preposition, as well as it can be told."""
    if known is not None:
        return known.edit
    return f"where {found.ref} has it from" if found.ref else "at its source"


def relief(found: Owner, pointer: str) -> str:
    """What else would help against an owner that puts things back: telling it to ignore the field."""
    if found.kind is OwnerKind.FLUX_HELM_RELEASE:
        return f", or let its drift detection ignore {pointer}"
    if found.kind is OwnerKind.ARGO_CD:
        return f", or let its ignoreDifferences name {pointer}, with the sync option RespectIgnoreDifferences=true"
    return ""


def _helm(found: Owner) -> Origin:
    """Helm's own record of the values is in a Secret, which is not read."""
    chart = f"chart {found.chart}" if found.chart else "a chart whose name it does not say"
    return Origin(
        text=chart,
        edit=f"in the values of {found.title} ({chart}), with `helm upgrade`",
        chart=found.chart,
    )
