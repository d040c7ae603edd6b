"""The first round about owners: who there is that may own objects, beside all else that is read."""

from collections.abc import Iterable
from typing import TypeVar

from istiokit.cluster import kinds
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease, Kustomization
from istiokit.ownership.model import Applications, Owners
from istiokit.survey.reading import Reading

T = TypeVar("T", bound=Object)


class OwnerNames:
    """The first round, begun at once: HelmReleases, Kustomizations, and which Applications there are.

    Of Applications the server sends just the metadata; a list of them can be longer than that of VirtualServices.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._releases = reading.list(kinds.HELM_RELEASE, HelmRelease)
        self._kustomizations = reading.list(kinds.KUSTOMIZATION, Kustomization)
        self._applications = reading.list(kinds.APPLICATION, Object)

    def result(self) -> Owners:
        """Wait for all of them."""
        named: dict[str, tuple[Ref, ...]] = {}
        for item in self._applications.result():
            ref = Ref(kinds.APPLICATION.name, item.metadata.name, item.metadata.namespace)
            named[ref.name] = (*named.get(ref.name, ()), ref)
        releases, kustomizations = self._releases.result(), self._kustomizations.result()
        hidden = frozenset(one.kind for one in self._reading.unread if not one.missing)
        return Owners(
            by_ref(kinds.HELM_RELEASE.name, releases),
            by_ref(kinds.KUSTOMIZATION.name, kustomizations),
            Applications(named, all_named=kinds.APPLICATION.name not in hidden),
            hidden=hidden,
        )


def by_ref(kind: str, items: Iterable[T]) -> dict[Ref, T]:
    """The objects by their addresses."""
    return {Ref(kind, item.metadata.name, item.metadata.namespace): item for item in items}
