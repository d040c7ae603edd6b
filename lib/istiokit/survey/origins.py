"""The second round about owners: what those that occur have their objects from. Only where it is shown."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace

from istiokit.argocd.model import Application
from istiokit.cluster import kinds
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Cluster, Ref
from istiokit.cluster.unread import Unread
from istiokit.flux.model import Reconciled, SourceReference
from istiokit.flux.repositories import HelmChart
from istiokit.flux.sources import SOURCE_KINDS
from istiokit.flux.values import DataObject, reference_ref, values_references
from istiokit.ownership.argocd import candidates, mark_of
from istiokit.ownership.find import Finder
from istiokit.ownership.model import Owners
from istiokit.survey.owners import by_ref
from istiokit.survey.reading import Reading
from istiokit.survey.routes import RouteReading

_SINGLY = 32
"""So many Applications are asked for one by one; of more the whole list is quicker, though it is long."""


def with_origins(
    cluster: Cluster, reading: RouteReading, items: Iterable[tuple[str, Object]], *, values: bool = False
) -> RouteReading:
    """The reading with all that tells where the owners of these objects (kind and object) have them from.

    With `values` the ConfigMaps with values of HelmReleases are read too. What may not be read joins `unread`.
    """
    owners, unread = with_sources(cluster, reading.owners, items, values=values)
    return replace(reading, owners=owners, unread=tuple(dict.fromkeys((*reading.unread, *unread))))


def with_sources(
    cluster: Cluster, owners: Owners, items: Iterable[tuple[str, Object]], *, values: bool = False
) -> tuple[Owners, tuple[Unread, ...]]:
    """The owners with what those of these objects have them from, and what was forbidden."""
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
        every = by_ref(kinds.APPLICATION.name, listed)
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
        ref: item for name, future in futures.items() for ref, item in by_ref(name, future.result()).items()
    }


def _begin_config_maps(
    reading: Reading, occurring: Iterable[Ref], owners: Owners
) -> "dict[Ref, Future[DataObject | None]]":
    """The ConfigMaps with values; of Secrets not even the metadata is asked for."""
    releases = [owners.releases[ref] for ref in occurring if ref in owners.releases]
    refs = {reference_ref(entry, release) for release in releases for entry in values_references(release)}
    wanted = sorted((ref for ref in refs if ref.kind == kinds.CONFIG_MAP.name), key=str)
    return {ref: reading.get(kinds.CONFIG_MAP, ref, DataObject) for ref in wanted}
