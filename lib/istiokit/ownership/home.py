"""Where an owning object itself comes from: a HelmRelease lies in Git too, or another one renders it. Pure."""

from collections.abc import Sequence

from istiokit.argocd.model import Application
from istiokit.cluster.decode import Object
from istiokit.flux.git import GitPlace, git_source, reference_target
from istiokit.flux.model import Kustomization
from istiokit.ownership.find import owner
from istiokit.ownership.model import Owner, OwnerKind, Owners

_MOST = 5
_MAKERS = (OwnerKind.FLUX_HELM_RELEASE, OwnerKind.HELM)


def holder_of(item: Object, kind: str, owners: Owners) -> Owner:
    """Who owns the owning object."""
    return owner(item.metadata, kind, owners)


def git_place(item: Object, kind: str, owners: Owners) -> GitPlace | None:
    """The repository and folder that the owning object lies in, where Flux applies it from there."""
    found = holder_of(item, kind, owners)
    kustomization = owners.kustomizations.get(found.ref) if found.ref else None
    return git_source(kustomization, owners.sources) if kustomization else None


def home(item: Object, kind: str, owners: Owners, it: str = "it") -> str:
    """In parentheses, with a space before; empty where nothing is known: ` (it is in https://..., folder apps)`."""
    if isinstance(item, Application):
        made = [one.name for one in item.metadata.owner_references if one.kind == "ApplicationSet"]
        if made:
            return f" (ApplicationSet {item.metadata.namespace}/{made[0]} makes {it})"
    found = holder_of(item, kind, owners)
    kustomization = owners.kustomizations.get(found.ref) if found.ref else None
    application = owners.applications.read.get(found.ref) if found.ref else None
    if kustomization is not None:
        return f" ({it} is in {folder_of(kustomization, owners)})"
    if application is not None:
        return f" ({it} is in {application.words})"
    if found.kind in _MAKERS:
        return f" ({found.title} renders {it})"
    return f" ({found.ref} has {it} from its source)" if found.ref else ""


def folder_of(kustomization: Kustomization, owners: Owners) -> str:
    """The folder of a Kustomization: with the repository's URL, or at least the name of the source."""
    place = git_source(kustomization, owners.sources)
    if place is not None:
        return str(place)
    path = kustomization.spec.path.removeprefix("./").strip("/") or "."
    if kustomization.spec.source_ref is None:
        return f"folder {path}"
    return (
        f"{reference_target(kustomization.spec.source_ref, kustomization.metadata.namespace)}, folder {path}"
    )


def listed(words: Sequence[str]) -> str:
    """`a, b and 3 more`: so that one line stays one."""
    rest = len(words) - _MOST
    return ", ".join(words[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
