"""Who owns an object. Pure: the metadata of one object, and the owning objects that were read."""

from collections.abc import Mapping

from istiokit.cluster.decode import Metadata, WrittenMetadata
from istiokit.cluster.types import Ref
from istiokit.ownership import argocd, flux, others
from istiokit.ownership.argocd import application_owner, is_of_its_own, mark_of
from istiokit.ownership.flux import helm_release_owner, kustomization_owner
from istiokit.ownership.model import NO_OWNERS, NOBODY, Owner, Owners
from istiokit.ownership.others import helm_owner, kubectl_owner, operator_owner, zarf_owner
from istiokit.ownership.writers import written_owner

_LABELS = (*flux.LABELS, *others.LABELS)
_ANNOTATIONS = (*flux.ANNOTATIONS, *others.ANNOTATIONS)
_FIELDS = {"VirtualService": "gateways", "Gateway": "selector"}
"""The field of the spec that the suite changes, by kind: its writers count."""


_MARKS = frozenset((*_LABELS, *_ANNOTATIONS, *argocd.MARKS))


def marks(words: Mapping[str, str]) -> dict[str, str]:
    """Of labels or annotations those that `owner` looks at; of kubectl's manifest only that it is there."""
    return {
        key: word if key != others.APPLIED else ""
        for key, word in words.items()
        if key in _MARKS or others.ZARF in key
    }


def owner(metadata: Metadata, kind: str, owners: Owners = NO_OWNERS) -> Owner:
    """Name the owner of the object of this kind with this metadata.

    The first owner that applies wins: those that write again and again come before those that wrote once, and marks
    before the managers of fields.
    """
    ref = Ref(kind, metadata.name, metadata.namespace)
    mark = mark_of(metadata, kind, owners.applications)
    application = application_owner(mark, ref, owners) if mark else None
    sure = mark is not None and (mark.proof or (application and application.ref in owners.applications.read))
    return (
        kustomization_owner(metadata, owners)
        or helm_release_owner(metadata, owners)
        or (application if sure else None)
        or operator_owner(metadata)
        or helm_owner(metadata)
        or application
        or zarf_owner(metadata)
        or written_owner(metadata, _FIELDS.get(kind, ""))
        or kubectl_owner(metadata)
        or NOBODY
    )


class Finder:
    """The owners of thousands of objects: those with the same marks have the same owner, which is found once."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._known: dict[tuple[object, ...], Owner] = {}

    def of(self, metadata: Metadata, kind: str) -> Owner:
        """The same as `owner`."""
        if isinstance(metadata, WrittenMetadata):
            return owner(metadata, kind, self._owners)
        unmarked = _MARKS.isdisjoint(metadata.labels) and _MARKS.isdisjoint(metadata.annotations)
        if unmarked and not others.is_zarf(metadata):
            return NOBODY  # most of a mesh that people write by hand
        applications = self._owners.applications
        mark = mark_of(metadata, kind, applications)
        own = mark is not None and is_of_its_own(mark, applications)
        key = (
            kind,
            mark,
            (metadata.namespace, metadata.name) if own else None,
            others.is_zarf(metadata),
            *map(metadata.labels.get, _LABELS),
            *map(metadata.annotations.get, _ANNOTATIONS),
        )
        if key not in self._known:
            self._known[key] = owner(metadata, kind, self._owners)
        return self._known[key]
