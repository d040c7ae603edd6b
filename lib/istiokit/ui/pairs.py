"""--map and --map-file: which Gateway takes over from which, as given, or as found on the cluster."""

import argparse
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import NotDone
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.values import checked, file_name

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.cluster.types import Cluster
    from istiokit.istio.mapping import Mapping
    from istiokit.istio.model import Gateway, VirtualService

_STDIN = "-"


@dataclass(frozen=True, slots=True)
class Given:
    """The pairs as they were typed; none means that they are to be found."""

    maps: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether there are any."""
        return bool(self.maps or self.filenames)


DETAILS = (
    "`--map OLD=NEW` names an old Gateway and the one that takes over, each as NAMESPACE/NAME, and is repeated "
    "for several pairs. Without it and `--map-file` the pairs are those that are found on the cluster."
)
"""What the help of --map has no room for."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """--map as `maps`, --map-file as `map_files`; both are lists."""
    pair = parser.add_argument(
        "--map",
        dest="maps",
        metavar="OLD=NEW",
        action="append",
        default=[],
        help="Old Gateway and its successor, NAMESPACE/NAME each (default: found).",
    )
    completed_by(pair, Source.PAIRS)
    file = parser.add_argument(
        "--map-file",
        dest="map_files",
        metavar="FILE",
        type=checked(file_name),
        action="append",
        default=[],
        help="YAML or JSON file with OLD: NEW lines, - for stdin (repeatable).",
    )
    completed_by(file, Source.FILES)


def parse(namespace: argparse.Namespace) -> Given:
    """The flags as a value. What they hold is read when the command runs."""
    return Given(tuple(namespace.maps), tuple(namespace.map_files))


def given_mapping(given: Given, context: Context) -> "Mapping":
    """The pairs that were named; raises UsageError for what is none, or contradicts itself."""
    from istiokit.cluster.files_read import read_stdin, read_text, utf8
    from istiokit.istio.mapping import mapping_of, parse_file, parse_flag

    pairs = [parse_flag(text) for text in given.maps]
    for name in given.filenames:
        text = utf8(read_stdin(context.stdin), "stdin") if name == _STDIN else read_text(name)
        pairs += parse_file(text, "stdin" if name == _STDIN else name)
    return mapping_of(pairs)


def told_mapping(given: Given, context: Context) -> "Mapping | None":
    """The pairs that were named as a mapping; None where none were."""
    return given_mapping(given, context) if given.named else None


def say_found(
    gateways: "Collection[Gateway] | None", virtual_services: "Iterable[VirtualService]", context: Context
) -> None:
    """Tell the pairs that Gateways and references speak for, with their reasons."""
    from istiokit.istio.mapping import found_mapping

    for pair in found_mapping(gateways, virtual_services).pairs:
        context.say(f"pair: {pair} ({pair.why})")


def live_mapping(
    given: Given, cluster: "Cluster", virtual_services: "Iterable[VirtualService]", context: Context
) -> "Mapping":
    """The pairs that were named, else those that are found with the cluster's Gateways (`chosen_mapping`)."""
    if given.named:
        return given_mapping(given, context)
    from istiokit.cluster.kinds import GATEWAY
    from istiokit.istio.model import Gateway

    return chosen_mapping(given, cluster.list(GATEWAY, Gateway), virtual_services, context)


def strangers(
    mapping: "Mapping",
    gateways: "Collection[Gateway] | None",
    virtual_services: "Iterable[VirtualService]",
    *,
    complete: bool = True,
) -> list[str]:
    """A line for each Gateway of the mapping that nobody knows: a slip of the pen looks like nothing to do.

    Where the Gateways are not `complete` (files) one that was not seen may well be elsewhere.
    """
    from istiokit.istio.bindings import MESH, references
    from istiokit.istio.model import full_name

    seen = {full_name(one) for one in gateways or ()}
    unseen = [pair.old for pair in mapping.pairs if pair.old not in (MESH, *seen)]
    named = {name for item in virtual_services for name in references(item)} if unseen else set()
    where = "there is no such Gateway" if complete and gateways is not None else "no such Gateway was read"
    lines = [f"nothing is bound to {old}, and {where}" for old in unseen if old not in named]
    if complete:
        return lines  # that of a new one is a finding
    news = dict.fromkeys(pair.new for pair in mapping.pairs)
    told = "whether it exists was not judged: --gateways FILE|cluster says"
    return lines + [f"no Gateway {new} was read; {told}" for new in news if new not in seen]


def chosen_mapping(
    given: Given,
    gateways: "Collection[Gateway] | None",
    virtual_services: "Iterable[VirtualService]",
    context: Context,
    *,
    complete: bool = True,
) -> "Mapping":
    """The pairs that were named, else those that are found, each told with its reason.

    A pair that is found and whose new Gateway does not exist is only told, where the Gateways are `complete`: to bind
    ahead of time is for people to decide. Raises NotDone where there is no pair.
    """
    from istiokit.istio.mapping import Mapping, found_mapping
    from istiokit.istio.model import full_name

    if given.named:
        return given_mapping(given, context)
    if gateways is None:
        raise NotDone(
            "no pair can be found where Gateways may not be read",
            "name the pairs with --map OLD=NEW, or ask for the role in docs/rbac/",
        )
    known = {full_name(one) for one in gateways} if complete else None
    taken = []
    for pair in found_mapping(gateways, virtual_services).pairs:
        if known is None or pair.new in known:
            taken.append(pair)
            context.say(f"pair: {pair} ({pair.why})")
        else:
            context.say(
                f"left out: {pair}: there is no Gateway {pair.new}; --map {pair} takes it all the same"
            )
    if not taken:
        raise NotDone("no old Gateway with a successor was found", "name the pairs with --map OLD=NEW")
    return Mapping(tuple(taken))
