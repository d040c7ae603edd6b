"""Reads what the owners of VirtualServices declare: from Helm's records, manifests that people named, the objects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from istiokit.cluster.files_text import Stored
from istiokit.cluster.types import Cluster
from istiokit.cluster.unread import Unread
from istiokit.flux.readiness import State, readiness
from istiokit.istio.model import VirtualService, VirtualServiceSpec
from istiokit.ownership.declared import By, Declared, DeclaredVirtualService, declared, rivals
from istiokit.ownership.model import Owner, OwnerKind, Owners
from istiokit.ownership.others import helm_release_of
from istiokit.survey.helm_releases import HelmRecords, read_records

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
        named = self._manifests.get(item.metadata.address) if found.by in _VAGUE else None
        if named is not None:
            return Declared(By.FILE, named[1], named[0])
        return found

    def rivals(self, item: DeclaredVirtualService, owner: Owner) -> tuple[Declared, ...]:
        """What else declares it, or is about to."""
        return (*rivals(item, owner), *_unsettled(owner, self._owners))

    def _told(self, item: DeclaredVirtualService, owner: Owner) -> Declared:
        """Where Helm's record does not tell, the object itself may, and the reason is told with it."""
        if owner.kind not in _OF_HELM:
            return declared(item, owner)
        found = self._records.declared(_release(item, owner, self._owners), item.metadata.address)
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


def manifests_in(found: Iterable[Stored]) -> tuple[Manifests, tuple[str, ...]]:
    """The VirtualServices of files by namespace and name, and a line for each that is no source.

    Without a namespace nobody can tell which it becomes; a dump of the cluster has what the policy gave; and of several
    that differ none counts.
    """
    kept: dict[tuple[str, str], tuple[VirtualServiceSpec, str]] = {}
    lost: dict[tuple[str, str], str] = {}
    lines = []
    for one in found:
        item, key = one.decoded(VirtualService), (one.ref.namespace or "", one.ref.name)
        if not one.ref.namespace:
            lines.append(f"{one.place}: {one.ref} has no namespace")
        elif item.metadata.uid or item.metadata.resource_version:
            lines.append(f"{one.place}: {one.ref} is from the cluster, not from its source")
        elif key in kept and kept[key][0] != item.spec:
            lost[key] = f"{one.place}: {one.ref} is otherwise in {kept[key][1]}; neither counts"
        else:
            kept.setdefault(key, (item.spec, one.place))
    placed = {key: value for key, value in kept.items() if key not in lost}
    return placed, (*lines, *lost.values())


def _unsettled(owner: Owner, owners: Owners) -> tuple[Declared, ...]:
    """That its owner in Flux is about to make something else of its source, as far as its status tells."""
    if owner.ref is None:
        return ()
    if owner.ref.kind in owners.hidden:
        return (Declared(By.UNKNOWN, f"{owner.ref} may not be read, so what it makes next is not known"),)
    item = owners.releases.get(owner.ref) or owners.kustomizations.get(owner.ref)
    found = readiness(item) if item is not None else None
    if found is None or found.state is State.READY:
        return ()
    word = "suspended" if found.state is State.SUSPENDED else f"not Ready ({found.reason})"
    return (Declared(By.UNKNOWN, f"{owner.ref} is {word}: what it makes of its source next is not known"),)


def _release(item: DeclaredVirtualService, owner: Owner, owners: Owners) -> tuple[str, str]:
    """The release by the namespace of its record: Flux may keep it elsewhere than what it installs."""
    namespace, name = helm_release_of(item.metadata)
    flux = owners.releases.get(owner.ref) if owner.ref else None
    if flux is not None:
        return flux.spec.storage_namespace or flux.metadata.namespace or namespace, name or flux.helm_name
    return (owner.ref.namespace or namespace if owner.ref else namespace), name
