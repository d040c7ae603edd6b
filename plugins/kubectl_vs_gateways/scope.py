"""Which VirtualServices a command is about: the flags that all of this plugin's commands share, and what they read."""

import argparse
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.cluster.types import Kind, Where
    from istiokit.cluster.unread import Unread
    from istiokit.istio.unusable import Unusable
    from istiokit.survey.routes import RouteReading


@dataclass(frozen=True, slots=True)
class Scope:
    """Which VirtualServices: of a cluster or of files."""

    names: tuple[str, ...]
    """`name` in the namespace, or `namespace/name`; none means all."""
    namespace: str
    all_namespaces: bool
    selector: str
    field_selector: str
    filenames: tuple[str, ...]
    recursive: bool
    gateways: str
    """Where Gateways are read from beside the files: a file, `cluster`, or empty for the files alone."""


GATEWAYS_DETAILS = (
    "With `-f` a Gateway that is not in the files is unknown, unless `--gateways` says where they all are."
)
"""What the help of --gateways has no room for."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """NAME..., -n, -A, -l, --field-selector, -f, -R, and how to connect."""
    names = parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="VirtualServices: name, namespace/name, or vs/name; none means all.",
    )
    completed_by(names, Source.VIRTUAL_SERVICES)
    options.add_scope(parser)
    add_source_flags(parser)


def add_source_flags(parser: argparse.ArgumentParser) -> None:
    """-f, -R, --gateways, and how to connect: which cluster or which files."""
    options.add_files(parser)
    gateways = parser.add_argument(
        "--gateways",
        metavar="FILE|cluster",
        default="",
        help="With -f: where all Gateways are (file, folder or the cluster).",
    )
    completed_by(gateways, "cluster", Source.FILES)
    options.add_connection(parser)


def parse_scope(namespace: argparse.Namespace) -> Scope:
    """The flags of `add_flags`, or of `add_source_flags` and -n; raises UsageError for contradicting ones."""
    all_namespaces = getattr(namespace, "all_namespaces", False)
    if namespace.filenames and all_namespaces:
        raise UsageError("-A is about a cluster, and -f reads files", "leave one of them out")
    if namespace.gateways and not namespace.filenames:
        raise UsageError("--gateways goes with -f; a cluster has its own", "leave it out")
    from istiokit.istio.naming import plain

    return Scope(
        names=tuple(plain(name) for name in getattr(namespace, "names", ())),
        namespace=namespace.namespace,
        all_namespaces=all_namespaces,
        selector=getattr(namespace, "selector", ""),
        field_selector=getattr(namespace, "field_selector", ""),
        filenames=tuple(namespace.filenames),
        recursive=namespace.recursive,
        gateways=namespace.gateways,
    )


def read_scope(
    scope: Scope, context: Context, *, fast: bool = False, pods: bool = False, writers: bool = False
) -> "RouteReading":
    """Read the VirtualServices of the scope and all that they are judged by; raises NotDone for unknown names.

    `fast` leaves their routes on the server; `pods` reads the gateways' pods too, `writers` who wrote which field.
    """
    expect(scope, context, fast=fast, writers=writers)
    place = place_of(scope, context)
    from istiokit.survey.routes import read_files, read_routes

    where = where_of(scope, place)
    if scope.filenames:
        from kubectl_vs_gateways.scope_files import files_of, other_place

        reading = read_files(files_of(scope, context), where, other_place(scope, context))
    else:
        reading = read_routes(context.cluster, where, fast=fast, pods=pods, writers=writers)
    return reading.only(scope.names, place) if scope.names else reading


def expect(scope: Scope, context: Context, *, fast: bool = False, writers: bool = False) -> None:
    """Ask a cluster for the longest answer now: the server works on it while the rest is imported."""
    if scope.filenames:
        return
    from istiokit.cluster.kinds import VIRTUAL_SERVICE

    where = where_of(scope, place_of(scope, context))
    if fast:
        context.cluster.expect_table(VIRTUAL_SERVICE, where)
        return
    from istiokit.istio.model import VirtualService, WrittenVirtualService
    from istiokit.istio.sharing import shared

    as_ = WrittenVirtualService if writers else VirtualService
    context.cluster.expect(VIRTUAL_SERVICE, as_, where, shared)


def with_origins(reading: "RouteReading", context: Context, *, values: bool = False) -> "RouteReading":
    """The reading of a cluster with where the owners of its VirtualServices have them from."""
    from istiokit.survey.origins import with_origins as read

    items = (("VirtualService", one) for one in reading.facts.virtual_services)
    return read(context.cluster, reading, items, values=values)


def everywhere(scope: Scope) -> Scope:
    """The same place, whole: what answers for one VirtualService depends on all others."""
    return replace(
        scope, names=(), namespace="", selector="", field_selector="", all_namespaces=not scope.filenames
    )


def read_whole(
    scope: Scope, context: Context, *, writers: bool = False, kinds: "Sequence[Kind]" = ()
) -> tuple["RouteReading", "RouteReading"]:
    """Everything that decides what answers, with the gateways' pods, and what of it the scope is about.

    Who may read one namespace only gets just that, twice; the rest is among what was not read. Of files those `kinds`
    are kept too.
    """
    if scope.filenames:
        from kubectl_vs_gateways.scope_files import read_manifests

        everything, chosen = read_manifests(scope, place_of(scope, context), context, kinds)
        return everything, _within(chosen, scope, context)
    everything = read_scope(everywhere(scope), context, pods=True, writers=writers)
    if any(item.kind == "VirtualService" and not item.missing for item in everything.unread):
        part = read_scope(scope, context, pods=True, writers=writers)
        return replace(part, unread=everything.unread), part
    if scope.selector or scope.field_selector:
        # The server knows its labels and fields.
        return everything, read_scope(scope, context, writers=writers)
    return everything, _within(everything, scope, context)


def _within(reading: "RouteReading", scope: Scope, context: Context) -> "RouteReading":
    """What of a reading the names or the namespace of the scope leave."""
    place = place_of(scope, context)
    if scope.names:
        return reading.only(scope.names, place)
    return reading if place is None else reading.inside(place)


def place_of(scope: Scope, context: Context) -> str | None:
    """The namespace that a name without one means; None for any."""
    return context.namespace_of(scope.namespace, everywhere=scope.all_namespaces, files=bool(scope.filenames))


def unread_lines(reading: "RouteReading", told: "Collection[Unread]" = ()) -> list[str]:
    """A line for each kind that we were not allowed to read: what hangs on it is unknown. Without those of `told`."""
    from istiokit.ui.unread import lines

    return lines(reading.unread, told)


def skipped_of(reading: "RouteReading") -> list[dict[str, str]]:
    """What was left out, as a document's `skipped` has it: object (or kind) and reason."""
    from istiokit.ui.unread import skips

    return skips(reading.unread) + [
        {"object": item.object, "reason": told(item)} for item in reading.unusable
    ]


def told(item: "Unusable") -> str:
    """Why something was left out, with the field, and what to do where that is not plain."""
    reason = f"{item.path}: {item.reason}" if item.path else item.reason
    return f"{reason}; {item.remedy}" if item.remedy else reason


def left_out(item: "Unusable") -> str:
    """The same in a line, with the object and its place."""
    place = f" ({item.place})" if item.place not in ("", item.object) else ""
    return f"{item.object}{place}: {told(item)}"


def where_of(scope: Scope, namespace: str | None) -> "Where":
    """What to ask for in `place_of` the scope: a name with a namespace of its own may be anywhere."""
    from istiokit.cluster.types import Where

    anywhere = any("/" in name for name in scope.names)
    return Where(None if anywhere else namespace, scope.selector, scope.field_selector)
