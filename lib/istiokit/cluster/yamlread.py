"""Reads a YAML text piece by piece: an error costs its own piece, and no large tree is ever in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from istiokit.cluster.yamlload import NotPlain, Unsound, is_sound, load
from istiokit.cluster.yamlnodes import SequenceNode
from istiokit.cluster.yamlsplit import Listing, Piece, documents, listing
from istiokit.cluster.yamltext import Document, parse_all


@dataclass(frozen=True, slots=True)
class Read:
    """A document, or an item of one that is a list."""

    value: Any
    line: int
    piece: Piece
    """What has to be read to change it: the item, the document, or the whole text where it cannot be cut."""
    item: int | None = None
    """Which item of the document's list it is; None: the document itself."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece that cannot be read."""

    error: Unsound
    piece: Piece


def read(text: str, origin: str) -> Iterator[Read | Broken]:
    """All documents of the text that hold something; of lists (`kind: List`, `VirtualServiceList`) the items."""
    found = documents(text)
    if found is None:
        yield from _together(text, origin)
        return
    for document in found:
        cut = _cut(text, document)
        yield from _items(text, document, cut, origin) if cut else _whole(text, document, origin, 0)


def holds_list(text: str) -> bool:
    """Whether a document is a list of objects that can be cut, as kubectl prints it; quick, however large."""
    return any(_cut(text, one) for one in documents(text) or ())


def is_list(value: Any) -> bool:
    """`v1 List`, and what `kubectl get -o yaml` and the API write (`VirtualServiceList`)."""
    return (
        isinstance(value, dict)
        and str(value.get("kind", "")).endswith("List")
        and isinstance(value.get("items"), list | None)
    )


def _together(text: str, origin: str) -> Iterator[Read | Broken]:
    """The documents of a text that has to be read as a whole."""
    whole = Piece(0, len(text), 1, 0)
    try:
        parsed = parse_all(text, origin)
    except Unsound as error:
        yield Broken(error, whole)
        return
    for one in parsed:
        yield from _opened(one, replace(whole, document=one.index, inner=one.index))


def _whole(text: str, piece: Piece, origin: str, first: int) -> Iterator[Read | Broken]:
    """A document that is not cut; of a list the items from `first` on."""
    one = _one(text, piece, origin)
    if isinstance(one, Broken):
        yield one
    elif not is_list(one.value):
        if one.value is not None:
            yield one
    else:
        parsed = parse_all(piece.of(text), origin, piece.line)
        yield from (read for read in _opened(parsed[0], piece) if (read.item or 0) >= first)


def _opened(document: Document, piece: Piece) -> Iterator[Read]:
    value, items = document.values, document.find(("items",))
    if not is_list(value):
        if value is not None:
            yield Read(value, _line(document, piece), piece)
    elif isinstance(items, SequenceNode):
        for at, (one, node) in enumerate(zip(value["items"], items.items, strict=True)):
            yield Read(one, node.line, piece, at)


def _one(text: str, piece: Piece, origin: str) -> Read | Broken:
    """What one piece says."""
    body = piece.of(text)
    try:
        return Read(*load(body, origin, piece.line), piece)
    except NotPlain:
        return _by_tree(body, piece, origin)
    except Unsound as error:
        return Broken(error, piece)


def _by_tree(body: str, piece: Piece, origin: str) -> Read | Broken:
    try:
        first, *others = parse_all(body, origin, piece.line)
    except Unsound as error:
        return Broken(error, piece)
    if others:
        return Broken(Unsound(f"{origin}:{piece.line}", "not one document", "correct the file"), piece)
    return Read(first.values, _line(first, piece), piece)


def _line(document: Document, piece: Piece) -> int:
    return document.tree.root.line if document.tree.root else piece.line


def _items(text: str, document: Piece, cut: Listing, origin: str) -> Iterator[Read | Broken]:
    """The items of a list that is cut; from the first cut that proves wrong on, those of the uncut document.

    Where the document is wrong itself, what can be read of the other items still counts.
    """
    in_doubt = False
    for piece in cut.items:
        one = _one(text, piece, origin)
        if isinstance(one, Read) and isinstance(one.value, list) and len(one.value) == 1:
            yield Read(one.value[0], one.line, piece, piece.item)
            continue
        if not in_doubt and is_sound(document.of(text)):
            yield from _whole(text, document, origin, piece.item or 0)
            return
        in_doubt = True
        no_item = Unsound(f"{origin}:{piece.line}", "not YAML: no item of its list", "correct the file")
        yield one if isinstance(one, Broken) else Broken(no_item, piece)


def _cut(text: str, document: Piece) -> Listing | None:
    """The document cut at its items, if it is a list of objects, and `items` is the key that the cut takes it for."""
    cut = listing(text, document)
    if cut is None:
        return None
    head = cut.head.of(text)
    try:
        before, around = load(head, "").value, load(head + cut.tail.of(text), "").value
    except (NotPlain, Unsound):
        return None
    if not isinstance(before, dict) or list(before)[-1:] != ["items"] or before["items"] is not None:
        return None
    return cut if is_list(around) and around.get("items", 0) is None else None
