"""Reads what the owners of VirtualServices declare: from Helm's records, manifests that people named, the objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from istiokit.bigbang.facts import Unread
from istiokit.cluster import kinds
from istiokit.cluster.files import FilesCluster
from istiokit.cluster.types import Cluster
from istiokit.istio.model import VirtualService, VirtualServiceSpec
from istiokit.ownership.declared import By, Declared, DeclaredVirtualService, declared
from istiokit.ownership.model import Owner, OwnerKind, Owners
from istiokit.ownership.others import helm_release_of
from istiokit.survey.helm_releases import HelmRecords, read_records
from istiokit.survey.usable import usable

Manifests = Mapping[tuple[str, str], tuple[VirtualServiceSpec, str]]
"""The specs of VirtualServices by namespace and name, each with its place in a file."""

_OF_HELM = (OwnerKind.HELM, OwnerKind.FLUX_HELM_RELEASE)
_VAGUE = (By.WRITER, By.ITSELF, By.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Sources:
    """What is declared of each VirtualService that was asked for."""

    _owners: Owners
    _records: HelmRecords
    _manifests: Manifests

    @property
    def unread(self) -> tuple[Unread, ...]:
        """That Secrets may not be read, if so."""
        return self._records.unread

    def of(self, item: DeclaredVirtualService, owner: Owner) -> Declared:
        """A copy of what its owner declares, else the manifest that people named, else what the object tells."""
        found = self._told(item, owner)
        named = self._manifests.get(_key(item)) if found.by in _VAGUE else None
        if named is not None:
            return Declared(By.FILE, named[1], named[0])
        return found

    def _told(self, item: DeclaredVirtualService, owner: Owner) -> Declared:
        """Where Helm's record does not tell, the object itself may, and the reason is told with it."""
        if owner.kind not in _OF_HELM:
            return declared(item, owner)
        found = self._records.declared(_release(item, owner, self._owners), _key(item))
        if found.by is not By.UNKNOWN:
            return found
        own = declared(item, owner)
        return Declared(own.by, f"{own.where} ({found.where})") if own.by is By.WRITER else found


def read_sources(
    cluster: Cluster,
    owned: Sequence[tuple[DeclaredVirtualService, Owner]],
    owners: Owners,
    manifests: Manifests,
) -> Sources:
    """Read the records of just those Helm releases that own one of these VirtualServices."""
    releases = {_release(item, owner, owners) for item, owner in owned if owner.kind in _OF_HELM}
    return Sources(owners, read_records(cluster, releases), manifests)


def manifests_in(files: FilesCluster) -> tuple[Manifests, int]:
    """The VirtualServices of files that have a namespace, and how many have none: nobody can tell which they become."""
    found, _ = usable(files, kinds.VIRTUAL_SERVICE, VirtualService)
    placed = {_key(item): (item.spec, place) for item, place in found if item.metadata.namespace}
    return placed, sum(not item.metadata.namespace for item, _ in found)


def _release(item: DeclaredVirtualService, owner: Owner, owners: Owners) -> tuple[str, str]:
    """The release by the namespace of its record: Flux may keep it elsewhere than what it installs."""
    namespace, name = helm_release_of(item.metadata)
    flux = owners.releases.get(owner.ref) if owner.ref else None
    if flux is not None:
        return flux.spec.storage_namespace or flux.metadata.namespace or namespace, name or flux.helm_name
    return (owner.ref.namespace or namespace if owner.ref else namespace), name


def _key(item: VirtualService) -> tuple[str, str]:
    return item.metadata.namespace or "default", item.metadata.name
