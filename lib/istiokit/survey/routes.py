"""Reads what decides which gateway serves which VirtualService: routes, Gateways, gateway pods, owners."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from istiokit.bigbang.facts import Unread
from istiokit.cluster import kinds
from istiokit.cluster.decode import Object
from istiokit.cluster.files import FilesCluster
from istiokit.cluster.manifests import ref_of
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.errors import NotDone
from istiokit.istio.model import (
    Gateway,
    VirtualService,
    VirtualServiceSpec,
    WrittenGateway,
    WrittenVirtualService,
    full_name,
)
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.sharing import shared
from istiokit.istio.unusable import Unusable
from istiokit.ownership.model import Owners
from istiokit.survey.gateway_pods import read_secrets, read_workloads
from istiokit.survey.owners import OwnerNames
from istiokit.survey.reading import Reading


@dataclass(frozen=True, slots=True)
class RouteReading:
    """One reading: the facts, who owns what, and what could not be read."""

    facts: RouteFacts
    owners: Owners
    unread: tuple[Unread, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each VirtualService of files stands, by `namespace/name`: `apps/web.yaml:12`."""
    unusable: tuple[Unusable, ...] = ()
    """What the facts could not hold."""
    files: FilesCluster | None = None
    """The manifests, where it is a reading of files."""

    def inside(self, namespace: str) -> "RouteReading":
        """Just the VirtualServices of one namespace."""
        found = (one for one in self.facts.virtual_services if one.metadata.namespace == namespace)
        return replace(self, facts=replace(self.facts, virtual_services=tuple(found)))

    def only(self, names: Sequence[str], namespace: str | None) -> "RouteReading":
        """Just the VirtualServices of these names (`name` means one in `namespace`, or anywhere without one).

        Raises NotDone, with all of them, for names that are not there.
        """
        found = [item for item in self.facts.virtual_services if _is_named(item, names, namespace)]
        there = {full_name(item) for item in found} | {item.metadata.name for item in found}
        missing = [name for name in names if name not in there]
        if missing:
            where = f" in namespace {namespace}" if namespace else ""
            raise NotDone(
                f"no VirtualService {', '.join(missing)}{where}", "look with -A, or check the spelling"
            )
        return replace(self, facts=replace(self.facts, virtual_services=tuple(found)))


def read_routes(
    cluster: Cluster, where: Where, *, fast: bool = False, pods: bool = False, writers: bool = False
) -> RouteReading:
    """Read the VirtualServices of `where`, all Gateways, and who owns them.

    Gateways that may not be read are None in the facts: then nobody can tell which exist. With `fast` only hosts and
    the top-level gateways are read, from the server's Table; raises UsageError where nobody renders one. With `pods`
    the gateways' pods are read too, with `writers` who wrote which field.
    """
    with Reading(cluster) as reading:
        routes = _begun(reading, where, fast=fast, writers=writers)
        gateways = reading.list(kinds.GATEWAY, WrittenGateway if writers else Gateway)
        names = OwnerNames(reading)
        found = tuple(sorted(routes.result(), key=full_name))
        known: tuple[Gateway, ...] | None = gateways.result()
        owners = names.result()
        unread = reading.unread
    if any(item.kind == kinds.GATEWAY.name and not item.missing for item in unread):
        known = None
    workloads = read_workloads(cluster, known) if pods and known is not None else None
    secrets = read_secrets(cluster, workloads) if workloads is not None else None
    return RouteReading(
        RouteFacts(cluster.name, found, known, workloads=workloads, secrets=secrets), owners, unread
    )


def read_files(files: FilesCluster, where: Where, others: Cluster | None = None) -> RouteReading:
    """The same from manifests (made `lenient`), and Gateways from `others` too.

    Without others there may be more elsewhere, so no Gateway counts as missing.
    """
    found, unusable = _usable(files, where)
    gateways = [gateway for place in (others, files) if place for gateway in _gateways(place)]
    known = {full_name(gateway): gateway for gateway in gateways}
    facts = RouteFacts(
        where=files.name,
        virtual_services=tuple(sorted(found, key=full_name)),
        gateways=tuple(known.values()),
        all_gateways=others is not None,
        workloads=None,
    )
    broken = (Unusable(one.place, one.reason, file=True) for one in files.skipped if one.broken)
    places = {full_name(item): files.origin(_ref(item)) for item in found}
    return RouteReading(facts, Owners(), (), places, (*unusable, *broken), files)


def _usable(files: FilesCluster, where: Where) -> tuple[list[VirtualService], list[Unusable]]:
    """The VirtualServices, and those that are none by the types of their fields."""
    found: list[VirtualService] = []
    unusable: list[Unusable] = []
    kind = kinds.VIRTUAL_SERVICE
    manifests = files.list(kind, dict[str, Any], where) if files.served(kind) else ()
    for manifest in manifests:
        try:
            if not isinstance(manifest.get("spec"), dict):
                raise msgspec.ValidationError("it has no spec - at `$.spec`")
            if not manifest.get("metadata", {}).get("name"):
                raise msgspec.ValidationError("it has no name - at `$.metadata.name`")
            found.append(msgspec.convert(manifest, VirtualService))
        except msgspec.ValidationError as error:
            reason, _, path = str(error).rpartition(" - at `$.")
            unusable.append(Unusable(str(ref_of(manifest)), reason or str(error), path.rstrip("`")))
    return found, unusable


def _gateways(cluster: Cluster) -> Sequence[Gateway]:
    return cluster.list(kinds.GATEWAY, Gateway) if cluster.served(kinds.GATEWAY) else ()


def _ref(item: Object) -> Ref:
    return Ref(kinds.VIRTUAL_SERVICE.name, item.metadata.name, item.metadata.namespace)


def _begun(
    reading: Reading, where: Where, *, fast: bool, writers: bool
) -> "Future[tuple[VirtualService, ...]]":
    if writers:
        return reading.list(kinds.VIRTUAL_SERVICE, WrittenVirtualService, where, shared)
    if not fast:
        return reading.list(kinds.VIRTUAL_SERVICE, VirtualService, where, shared)
    none: tuple[VirtualService, ...] = ()
    return reading.start(kinds.VIRTUAL_SERVICE, lambda: _from_table(reading.cluster, where), none)


def _from_table(cluster: Cluster, where: Where) -> tuple[VirtualService, ...]:
    """VirtualServices without their routes. The cells are lists in JSON (the CRD's printer columns), or null."""
    columns, rows = cluster.table(kinds.VIRTUAL_SERVICE, where)
    gateways, hosts = columns.index("Gateways"), columns.index("Hosts")
    return tuple(
        VirtualService(
            metadata=row.object.metadata,
            spec=VirtualServiceSpec(hosts=_names(row.cells[hosts]), gateways=_names(row.cells[gateways])),
        )
        for row in rows
    )


def _names(cell: str | None) -> tuple[str, ...] | None:
    return msgspec.json.decode(cell, type=tuple[str, ...]) if cell else None


def _is_named(item: VirtualService, names: Sequence[str], namespace: str | None) -> bool:
    here = namespace is None or item.metadata.namespace == namespace
    return full_name(item) in names or (here and item.metadata.name in names)
