"""Reads who owns VirtualServices and Gateways, in two rounds: names beside all else, sources where they matter."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from istiokit.argocd.model import Application
from istiokit.bigbang.facts import Unread
from istiokit.cluster import kinds
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Cluster, Ref
from istiokit.flux.model import HelmRelease, Kustomization, Reconciled, SourceReference
from istiokit.flux.repositories import HelmChart
from istiokit.flux.sources import SOURCE_KINDS
from istiokit.flux.values import DataObject, reference_ref, values_references
from istiokit.ownership.argocd import candidates, mark_of
from istiokit.ownership.find import Finder
from istiokit.ownership.model import Applications, Owners
from istiokit.survey.reading import Reading

T = TypeVar("T", bound=Object)

_SINGLY = 32
"""So many Applications are asked for one by one; of more the whole list is quicker, though it is long."""


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
            _by_ref(kinds.HELM_RELEASE.name, releases),
            _by_ref(kinds.KUSTOMIZATION.name, kustomizations),
            Applications(named, all_named=kinds.APPLICATION.name not in hidden),
            hidden=hidden,
        )


def with_sources(
    cluster: Cluster, owners: Owners, items: Iterable[tuple[str, Object]], *, values: bool = False
) -> tuple[Owners, tuple[Unread, ...]]:
    """The second round: what the owners of these objects (kind and object) have them from; and what was forbidden.

    With `values` the ConfigMaps that hold values of their HelmReleases are read too.
    """
    with Reading(cluster) as reading:
        owners, occurring = _chain(reading, owners, items)
        maps = _begin_config_maps(reading, occurring, owners) if values else {}
        sources = _read_sources(reading, occurring, owners)
        texts = {ref: item for ref, future in maps.items() if (item := future.result()) is not None}
        return replace(owners, sources=sources, config_maps=texts), reading.unread


def _chain(reading: Reading, owners: Owners, items: Iterable[tuple[str, Object]]) -> tuple[Owners, list[Ref]]:
    """The owners of these objects, their owners, and so on; with the Applications among them as a whole."""
    found: set[Ref] = set()
    level = list(items)
    while level:
        owners = _with_applications(reading, owners, level)
        finder = Finder(owners)
        above = {ref for kind, item in level if (ref := finder.of(item.metadata, kind).ref)} - found
        found |= above
        level = list(_owning(above, owners))
    return owners, sorted(found, key=str)


def _with_applications(reading: Reading, owners: Owners, items: Iterable[tuple[str, Object]]) -> Owners:
    """The Applications that these objects may belong to, as a whole."""
    known = owners.applications
    wanted: set[Ref] = set()
    for kind, item in items:
        mark = mark_of(item.metadata, kind, known)
        wanted.update(candidates(mark, known) if mark else ())
    missing = sorted(wanted - known.read.keys(), key=str)
    if not missing:
        return owners
    if len(missing) > _SINGLY:
        listed = reading.list(kinds.APPLICATION, Application).result()
        every = _by_ref(kinds.APPLICATION.name, listed)
        read = {ref: every[ref] for ref in missing if ref in every}
    else:
        futures = {ref: reading.get(kinds.APPLICATION, ref, Application) for ref in missing}
        read = {ref: found for ref, future in futures.items() if (found := future.result()) is not None}
    return replace(owners, applications=replace(known, read={**known.read, **read}))


def _owning(refs: Iterable[Ref], owners: Owners) -> Iterator[tuple[str, Object]]:
    """The owning objects that were read, with their kinds."""
    known: tuple[Mapping[Ref, Object], ...] = (
        owners.releases,
        owners.kustomizations,
        owners.applications.read,
    )
    for ref in sorted(refs, key=str):
        yield from ((ref.kind, one[ref]) for one in known if ref in one)


def _sources_of(ref: Ref, owners: Owners) -> Iterable[SourceReference]:
    release, kustomization = owners.releases.get(ref), owners.kustomizations.get(ref)
    if kustomization is not None and kustomization.spec.source_ref is not None:
        yield kustomization.spec.source_ref
    if release is not None and release.spec.chart_ref is not None:
        yield release.spec.chart_ref
    elif release is not None and release.spec.chart is not None and release.spec.chart.spec.source_ref:
        yield release.spec.chart.spec.source_ref


def _read_sources(reading: Reading, occurring: Iterable[Ref], owners: Owners) -> dict[Ref, Reconciled]:
    """All sources of the kinds that the owners name; where a HelmChart is one, those of its kind of repository too."""
    found = _listed(reading, {one.kind for ref in occurring for one in _sources_of(ref, owners)})
    charts = [item for item in found.values() if isinstance(item, HelmChart)]
    behind = {one.spec.source_ref.kind for one in charts if one.spec.source_ref}
    return found | _listed(reading, behind - {ref.kind for ref in found})


def _listed(reading: Reading, names: Iterable[str]) -> dict[Ref, Reconciled]:
    chosen = [SOURCE_KINDS[name] for name in sorted(names) if name in SOURCE_KINDS]
    futures = {kind.name: reading.list(kind, as_) for kind, as_ in chosen}
    return {
        ref: item for name, future in futures.items() for ref, item in _by_ref(name, future.result()).items()
    }


def _begin_config_maps(
    reading: Reading, occurring: Iterable[Ref], owners: Owners
) -> "dict[Ref, Future[DataObject | None]]":
    """The ConfigMaps with values; of Secrets not even the metadata is asked for."""
    releases = [owners.releases[ref] for ref in occurring if ref in owners.releases]
    refs = {reference_ref(entry, release) for release in releases for entry in values_references(release)}
    wanted = sorted((ref for ref in refs if ref.kind == kinds.CONFIG_MAP.name), key=str)
    return {ref: reading.get(kinds.CONFIG_MAP, ref, DataObject) for ref in wanted}


def _by_ref(kind: str, items: Iterable[T]) -> dict[Ref, T]:
    return {Ref(kind, item.metadata.name, item.metadata.namespace): item for item in items}
