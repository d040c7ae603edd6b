"""Reads what decides which gateway serves which VirtualService: routes, Gateways, gateway pods, owners."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from istiokit.cluster import kinds
from istiokit.cluster.types import Cluster, Where
from istiokit.cluster.unread import Unread
from istiokit.istio.model import (
    Gateway,
    VirtualService,
    VirtualServiceSpec,
    WrittenGateway,
    WrittenVirtualService,
    full_name,
)
from istiokit.istio.naming import named
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.sharing import shared
from istiokit.istio.unusable import Unusable
from istiokit.ownership.model import Owners
from istiokit.survey.gateway_pods import read_secrets, read_workloads
from istiokit.survey.owners import OwnerNames
from istiokit.survey.reading import Reading
from istiokit.survey.usable import broken, usable

if TYPE_CHECKING:  # a reading of a cluster needs nothing of what reads files
    from istiokit.cluster.files import FilesCluster
    from istiokit.cluster.kustomize import Patch


@dataclass(frozen=True, slots=True)
class RouteReading:
    """One reading: the facts, who owns what, and what could not be read."""

    facts: RouteFacts
    owners: Owners
    unread: tuple[Unread, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    """Where what findings name stands in files: `apps/web.yaml:12` for `VirtualService shop/web`."""
    unusable: tuple[Unusable, ...] = ()
    """What the facts could not hold."""
    patches: "tuple[Patch, ...]" = ()
    """Parts of VirtualServices, which nobody can judge before kustomize has put them together."""
    files: "FilesCluster | None" = None
    """The manifests, where it is a reading of files."""

    def inside(self, namespace: str) -> "RouteReading":
        """Just the VirtualServices of one namespace."""
        found = (one for one in self.facts.virtual_services if one.metadata.namespace == namespace)
        return replace(self, facts=replace(self.facts, virtual_services=tuple(found)))

    def only(self, names: Sequence[str], namespace: str | None) -> "RouteReading":
        """Just the VirtualServices of these names (`name` means one in `namespace`, or anywhere without one).

        Raises NotDone, with all of them, for names that are not there.
        """
        files = not self.facts.all_virtual_services
        found = named(self.facts.virtual_services, names, namespace, files=files)
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


FILE_KINDS = (kinds.VIRTUAL_SERVICE, kinds.GATEWAY)
"""What `read_files` asks of files."""


def read_files(files: "FilesCluster", where: Where, others: Cluster | None = None) -> RouteReading:
    """The same from manifests (made `lenient`), and Gateways from `others` too.

    Without others there may be more elsewhere, so no Gateway counts as missing. A delegate may always be elsewhere.
    """
    found, wrong = usable(files, kinds.VIRTUAL_SERVICE, VirtualService, where)
    own, wrong_gateways = usable(files, kinds.GATEWAY, Gateway)
    given, wrong_others = other_gateways(others)
    gateways = {full_name(gateway): gateway for gateway in (*given, *(one for one, _ in own))}
    facts = RouteFacts(
        where=files.name,
        virtual_services=tuple(sorted((shared(one) for one, _ in found), key=full_name)),
        gateways=tuple(gateways.values()),
        all_gateways=others is not None and not wrong_others,
        all_virtual_services=False,
        workloads=None,
    )
    # The same folder may be read for both.
    unusable = tuple(dict.fromkeys((*wrong, *wrong_gateways, *broken(files), *wrong_others)))
    places = {f"{kinds.VIRTUAL_SERVICE} {full_name(item)}": place for item, place in found}
    places |= {one.object: one.place for one in unusable}
    return RouteReading(facts, Owners(), (), places, unusable, tuple(files.patches), files)


def other_gateways(others: Cluster | None) -> tuple[Sequence[Gateway], list[Unusable]]:
    """The Gateways of the place that --gateways names, and what keeps these from being all that it has."""
    from istiokit.cluster.files import FilesCluster

    if isinstance(others, FilesCluster):
        found, wrong = usable(others, kinds.GATEWAY, Gateway)
        twice = {one.place for one in others.skipped if one.twice}
        return [one for one, _ in found], [
            *wrong,
            *(one for one in broken(others) if one.place not in twice),
        ]
    return others.list(kinds.GATEWAY, Gateway) if others and others.served(kinds.GATEWAY) else (), []


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
