"""How the gateways of one VirtualService change: add the new ones, swap old for new, remove the old ones. Pure.

Both levels change together: the top-level list says where a VirtualService is attached, and the list of a route
condition only narrows that (bindings.py). Entries that no pair of the mapping names keep order and spelling.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from istiokit.istio.bindings import MESH, is_generated, resolve
from istiokit.istio.mapping import Mapping, Pair
from istiokit.istio.model import Match, Route, VirtualService, VirtualServiceSpec

Entries = tuple[str, ...]
TOP = "/spec/gateways"
_KINDS = ("http", "tls", "tcp")


class Operation(StrEnum):
    """What is done with each pair OLD=NEW."""

    ADD = "add"
    """Whatever names OLD names NEW as well."""
    SWAP = "swap"
    """NEW takes the place of OLD."""
    REMOVE = "remove"
    """OLD goes where NEW is beside it."""

    @property
    def takes_away(self) -> bool:
        """Whether references go, so that something might stop answering."""
        return self is not Operation.ADD


@dataclass(frozen=True, slots=True)
class ListChange:
    """One list of gateways, by its JSON pointer: `/spec/gateways`, `/spec/http/0/match/1/gateways`."""

    pointer: str
    before: Entries | None
    """None where there is no list."""
    after: Entries | None


@dataclass(frozen=True, slots=True)
class VirtualServiceEdit:
    """What changes in one VirtualService; at least one list does."""

    changes: tuple[ListChange, ...]


@dataclass(frozen=True, slots=True)
class Untouched:
    """A VirtualService that stays as it is."""

    reason: str
    concerned: bool
    """Whether the mapping is about it all the same: then people should see the reason."""
    left: bool = False
    """Whether something has to be done about it before the operation makes sense here."""


def rebind(item: VirtualService, mapping: Mapping, operation: Operation) -> VirtualServiceEdit | Untouched:
    """What the operation comes to in this VirtualService; nothing where all is so already.

    A pair with `mesh` as OLD is for `add` alone: what routes for the mesh, by name or for lack of a list, gets NEW
    as well. `remove` leaves a VirtualService alone where a list names OLD without NEW: a part of it would be cut off.
    """
    lists = dict(gateway_lists(item))
    named = [pair for pair in mapping.pairs if any(_has(one, pair.old, item) for one in lists.values())]
    if not item.spec.hosts:
        return _delegate(lists, [pair for pair in named if pair.old != MESH], item)
    if not named:
        return Untouched(_unconcerned(lists, mapping), concerned=False)
    if operation is Operation.REMOVE and (alone := _alone(lists, named, item)):
        return Untouched(alone, concerned=True, left=True)
    changes = tuple(
        ListChange(pointer, before, after)
        for pointer, before in lists.items()
        if (after := _changed(before, named, operation, item)) != before
    )
    if not changes:
        return Untouched("it is so already", concerned=False)
    return VirtualServiceEdit(changes)


def _delegate(lists: dict[str, Entries | None], named: Sequence[Pair], item: VirtualService) -> Untouched:
    """It is served by the gateways of those who route to it; only a condition of its own narrows that."""
    olds = [pair.old for pair in named]
    places = [pointer for pointer, entries in lists.items() if any(_has(entries, old, item) for old in olds)]
    if not places or TOP in places:
        why = "a delegate: it has no hosts, and Istio refuses one that names gateways"
        return Untouched(why, concerned=bool(places))
    why = (
        f"a delegate, and {', '.join(map(field, places))} names {', '.join(olds)}: edit the condition by hand"
    )
    return Untouched(why, concerned=True, left=True)


def gateway_lists(item: VirtualService) -> Iterator[tuple[str, Entries | None]]:
    """The top-level list (None where it is absent), then that of each route condition that has one."""
    yield TOP, item.spec.gateways
    for kind in _KINDS:
        routes: Sequence[Route] = getattr(item.spec, kind) or ()
        for at, route in enumerate(routes):
            for number, match in enumerate(route.match or ()):
                if match.gateways:
                    yield f"/spec/{kind}/{at}/match/{number}/gateways", match.gateways


def applied(item: VirtualService, changes: Iterable[ListChange]) -> VirtualService:
    """The VirtualService after the changes, for those who judge what it would be."""
    wanted = {change.pointer: change.after for change in changes}

    def match_of(kind: str, at: int, number: int, match: Match) -> Match:
        pointer = f"/spec/{kind}/{at}/match/{number}/gateways"
        return msgspec.structs.replace(match, gateways=wanted[pointer]) if pointer in wanted else match

    spec = _with_matches(item.spec, match_of)
    top = wanted.get(TOP, spec.gateways)
    return msgspec.structs.replace(item, spec=msgspec.structs.replace(spec, gateways=top))


def _with_matches(
    spec: VirtualServiceSpec, match_of: Callable[[str, int, int, Match], Match]
) -> VirtualServiceSpec:
    changed = {}
    for kind in _KINDS:
        routes: Sequence[Route] = getattr(spec, kind) or ()
        changed[kind] = tuple(
            msgspec.structs.replace(
                route, match=tuple(match_of(kind, at, n, one) for n, one in enumerate(route.match))
            )
            if route.match
            else route
            for at, route in enumerate(routes)
        )
    return msgspec.structs.replace(spec, **{kind: routes for kind, routes in changed.items() if routes})


def _changed(
    before: Entries | None, pairs: Sequence[Pair], operation: Operation, item: VirtualService
) -> Entries | None:
    for pair in pairs:
        if _has(before, pair.old, item):
            before = _STEPS[operation](before or (MESH,), pair, item)
    return before


def _add(entries: Entries, pair: Pair, item: VirtualService) -> Entries:
    return entries if _has(entries, pair.new, item) else (*entries, pair.new)


def _swap(entries: Entries, pair: Pair, item: VirtualService) -> Entries:
    """NEW stands where the first OLD stood, unless it is there already."""
    found = _has(entries, pair.new, item)
    kept: list[str] = []
    for entry in entries:
        if resolve(entry, _namespace(item)) != pair.old:
            kept.append(entry)
        elif not found:
            kept.append(pair.new)
            found = True
    return tuple(kept)


def _remove(entries: Entries, pair: Pair, item: VirtualService) -> Entries:
    return tuple(entry for entry in entries if resolve(entry, _namespace(item)) != pair.old)


_STEPS = {Operation.ADD: _add, Operation.SWAP: _swap, Operation.REMOVE: _remove}


def _alone(lists: dict[str, Entries | None], pairs: Sequence[Pair], item: VirtualService) -> str:
    """Where OLD is named without NEW, in words; empty where that is nowhere."""
    for pair in pairs:
        for pointer, entries in lists.items():
            if _has(entries, pair.old, item) and not _has(entries, pair.new, item):
                return f"{field(pointer)} names {pair.old} and not {pair.new}: `add` or `swap` comes first"
    return ""


def field(pointer: str) -> str:
    """A list's place as people write it: `spec.http[0].match[1].gateways`."""
    words = ""
    for step in pointer.strip("/").split("/"):
        words += f"[{step}]" if step.isdecimal() else f".{step}"
    return words.strip(".")


def _unconcerned(lists: dict[str, Entries | None], mapping: Mapping) -> str:
    entries = [entry for one in lists.values() for entry in one or ()]
    if any(is_generated(entry) for entry in entries):
        return "it is bound to a Gateway of the Kubernetes Gateway API, which is left alone"
    olds = ", ".join(pair.old for pair in mapping.pairs)
    return f"it names none of {olds}"


def _has(entries: Entries | None, gateway: str, item: VirtualService) -> bool:
    """Whether the list names the Gateway, in whatever spelling; no list (or an empty one) names the mesh."""
    return any(resolve(entry, _namespace(item)) == gateway for entry in entries or (MESH,))


def _namespace(item: VirtualService) -> str:
    return item.metadata.namespace or "default"
