"""Lists in manifests of any size: found, changed and changed back in the piece of the text that holds the object.

A piece is an object's document, or its item of a `kind: List`; that pieces can be read by themselves has been proved by
reading all of them (`yamlread`). So an edit that is proved within its piece is proved: no other byte is touched.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any

import msgspec

from istiokit.cluster import yamllists
from istiokit.cluster.jsonread import JsonRead, NotJson, may_be_json, read_json
from istiokit.cluster.yamllists import ListEdit, ListPath, WantedList, Words
from istiokit.cluster.yamlread import Read, read
from istiokit.cluster.yamlsplit import Piece
from istiokit.cluster.yamltext import Splice, apply
from istiokit.errors import UsageError

Address = tuple[int, int | None]
"""Document and item."""
_ITEMS = "items"


@dataclass(frozen=True, slots=True)
class Placed:
    """An object in a text."""

    piece: Piece
    lead: ListPath
    """The way to the object within its piece."""
    body: bytes
    """What it says, as JSON."""


@lru_cache(maxsize=2)
def listed(text: str) -> "ListText":
    """The text, read once: the same edit is planned, looked at, and made, and a file has several names meanwhile."""
    return ListText(text)


class ListText:
    """A text whose lists are edited."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._placed = _placed(text)
        self._edited: tuple[tuple[WantedList, ...], tuple[str, tuple[ListEdit, ...]]] | None = None

    def object(self, document: int, path: ListPath) -> Any:
        """The object through which a path leads; None where there is none that can be edited."""
        placed = self._placed.get(_address(document, path))
        return msgspec.json.decode(placed.body) if placed else None

    def edit(self, origin: str, wanted: Sequence[WantedList]) -> tuple[str, tuple[ListEdit, ...]]:
        """The text with the lists as wanted, and the edits made, in the order of `wanted`.

        Raises UsageError where a list cannot be changed without changing something else.
        """
        key = tuple(wanted)
        if self._edited is None or self._edited[0] != key:
            edits = self._edits(origin, key)
            self._edited = key, (apply(self.text, [one.splice for one in edits]), edits)
        return self._edited[1]

    def undo(self, origin: str, edits: Sequence[ListEdit]) -> str:
        """The text with the edits taken back, wherever they stand by now.

        Raises Conflict where one was edited since, UsageError where its object is gone.
        """
        splices = []
        for piece, numbers in self._by_piece(origin, [one.wanted for one in edits]):
            body = piece.of(self.text)
            inside = [replace(edits[at], wanted=self._local(edits[at].wanted)) for at in numbers]
            splices.append(Splice(piece.start, body, yamllists.undo_lists(body, origin, inside)))
        return apply(self.text, splices)

    def _edits(self, origin: str, wanted: Sequence[WantedList]) -> tuple[ListEdit, ...]:
        made: dict[int, ListEdit] = {}
        for piece, numbers in self._by_piece(origin, wanted):
            inside = [self._local(wanted[at]) for at in numbers]
            _, edits = yamllists.edit_lists(piece.of(self.text), origin, inside, piece.line)
            for at, one in zip(numbers, edits, strict=True):
                splice = replace(one.splice, offset=one.splice.offset + piece.start)
                made[at] = replace(one, wanted=wanted[at], splice=splice)
        return tuple(made[at] for at in range(len(wanted)))

    def _by_piece(self, origin: str, wanted: Sequence[WantedList]) -> Iterator[tuple[Piece, list[int]]]:
        """The pieces that hold lists which are wanted, each with the places of these in `wanted`."""
        found: dict[tuple[int, int], tuple[Piece, list[int]]] = {}
        for at, one in enumerate(wanted):
            here = self._placed.get(_address(one.document, one.path))
            if here is None:
                raise UsageError(f"{origin}: a part of its document cannot be read", "correct that first")
            found.setdefault((here.piece.start, here.piece.end), (here.piece, []))[1].append(at)
        yield from found.values()

    def _local(self, wanted: WantedList) -> WantedList:
        """The same list, as it is found in the text of its piece."""
        placed = self._placed[_address(wanted.document, wanted.path)]
        return WantedList((*placed.lead, *_inside(wanted.path)), wanted.words, placed.piece.inner)


def words_in(manifest: Any, path: ListPath) -> Words | None:
    """The list at a path of a document, in the object that it leads through; None where there is none."""
    value = manifest
    for step in _inside(path):
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return tuple(value) if isinstance(value, list) else None


def _address(document: int, path: ListPath) -> Address:
    return document, path[1] if len(path) > 1 and path[0] == _ITEMS and isinstance(path[1], int) else None


def _inside(path: ListPath) -> ListPath:
    return path[2:] if _address(0, path)[1] is not None else path


def _placed(text: str) -> Mapping[Address, Placed]:
    """The objects that can be edited. None of a document of which a part cannot be read."""
    if may_be_json(text[:1000].encode()):
        try:
            return dict(_json_objects(text))
        except NotJson:
            pass
    return dict(_yaml_objects(text))


def _yaml_objects(text: str) -> Iterator[tuple[Address, Placed]]:
    for document, group in groupby(read(text, ""), key=lambda one: one.piece.document):
        parts = list(group)
        good = [one for one in parts if isinstance(one, Read)]
        # What cannot be cut is proved as a whole: an alias may lead from one item to another.
        uncut = next((one.piece for one in good if one.item is not None and one.piece.item is None), None)
        for one in good if len(good) == len(parts) else ():
            lead: ListPath = () if one.item is None else (_ITEMS, one.item) if uncut else (0,)
            with suppress(UnicodeEncodeError):  # half of a pair: no text
                yield (document, one.item), Placed(uncut or one.piece, lead, msgspec.json.encode(one.value))


def _json_objects(text: str) -> Iterator[tuple[Address, Placed]]:
    data = text.encode()
    count = _Characters(data)
    for one in read_json(data, ""):
        if isinstance(one, JsonRead):
            piece = Piece(count.before(one.start), count.before(one.end), one.line, one.document)
            lead = () if one.item is None or one.cut else (_ITEMS, one.item)
            yield (one.document, one.item), Placed(piece, lead, bytes(one.body))


class _Characters:
    """Offsets in bytes as offsets in characters; quick where they rise."""

    def __init__(self, data: bytes) -> None:
        self._data, self._plain = data, data.isascii()
        self._bytes = self._characters = 0

    def before(self, at: int) -> int:
        """How many characters stand before the byte."""
        if self._plain:
            return at
        if at < self._bytes:
            self._bytes = self._characters = 0
        self._characters += len(self._data[self._bytes : at].decode())
        self._bytes = at
        return self._characters
