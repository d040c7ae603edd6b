"""Reads JSON of any size: each object stays the bytes that it is, until somebody asks for a few of its fields.

What is read: one object, a list of them (`kubectl get -o json`, an answer of the API), or several one after the other,
as kubectl takes them too (JSON Lines).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from istiokit.cluster.yamlload import Unsound

_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")
_JSON_KEY = re.compile(rb"""\s*\{\s*["}]""")
_SPACE = re.compile(rb"\s*")
_ITEMS = re.compile(rb'"items"\s*:\s*\[\s*')
_COMMA = re.compile(rb"\s*,\s*")
_END = re.compile(rb"\s*\]")
_BYTE = re.compile(r" ?\(byte (\d+)\)")
_NEXT = re.compile(rb"^\{", re.MULTILINE)
_TRAILING = "trailing characters"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class JsonRead:
    """An object, or an item of a list; it stands at `data[start:end]`."""

    body: msgspec.Raw
    line: int
    document: int
    item: int | None
    start: int
    end: int
    cut: bool = True
    """False: where the item stands was not found, and this is its list."""


class NotJson(Exception):
    """It is something else: YAML, perhaps."""


class _Top(msgspec.Struct):
    kind: Any = None
    items: list[msgspec.Raw] | None = None


def may_be_json(data: bytes) -> bool:
    """Whether it begins as JSON does; YAML may, too."""
    return _BEGINS.match(data) is not None


def looks_like_json(data: bytes) -> bool:
    """Whether people would call it JSON: a brace, and a quoted key behind it."""
    return _JSON_KEY.match(data.removeprefix(_BOM)) is not None


def read_json(data: bytes, origin: str) -> Iterator[JsonRead | Unsound]:
    """The objects; raises NotJson where it is none (the first value is not, or something else follows it).

    A value that is wrong costs the values up to the next line that begins with a brace.
    """
    view, document, line, counted = memoryview(data), 0, 1, 0
    at = _start(data, len(_BOM) if data.startswith(_BOM) else 0)
    while at < len(data):
        line, counted = line + data.count(b"\n", counted, at), at
        end, wrong = _value_end(view, at)
        if document == 0:
            _refuse_others(data, wrong, _start(data, end))
        if wrong:
            yield json_error(data, NotJson(wrong), origin, at)
            found = _NEXT.search(data, at + 1)
            end = found.start() if found else len(data)
        else:
            yield from _objects(data, at, end, line, document)
        document, at = document + 1, _start(data, end)


def _refuse_others(data: bytes, wrong: str, following: int) -> None:
    """Raise NotJson unless the first value is JSON, and another one begins behind it if anything does."""
    if wrong:
        raise NotJson(wrong)
    if data[following : following + 1] not in (b"", b"{"):
        raise NotJson(f"{_TRAILING} (byte {following})")


def json_error(data: bytes, error: NotJson, origin: str, start: int = 0) -> Unsound:
    """What is wrong with the value at `start`, with line and column; for what looks like JSON and is none."""
    found = _BYTE.search(str(error))
    at = start + int(found[1]) if found else len(data)
    line, column = data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
    reason = _BYTE.sub("", str(error)).removeprefix("JSON is malformed: ")
    reason = reason.replace("Input data was truncated", "it ends too early")
    return Unsound(f"{origin}:{line}:{column}", f"not JSON: {reason}", "correct the file")


def _start(data: bytes, at: int) -> int:
    found = _SPACE.match(data, at)
    return found.end() if found else at


def _value_end(view: memoryview, at: int) -> tuple[int, str]:
    """Where the value ends that begins here, or what is wrong with it."""
    try:
        msgspec.json.decode(view[at:], type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found = _BYTE.search(str(error))
        if _TRAILING in str(error) and found:
            return at + int(found[1]) - 1, ""  # it counts the first of them
        return at, str(error)
    except RecursionError:
        return at, "nested too deeply"
    return len(view), ""


def _objects(data: bytes, start: int, end: int, line: int, document: int) -> Iterator[JsonRead]:
    whole = memoryview(data)[start:end]
    top = _top(whole)
    if top.items is None or not str(top.kind).endswith("List"):
        if not (top.items is None and str(top.kind).endswith("List")):
            yield JsonRead(msgspec.Raw(whole), line, document, None, start, end)
        return
    places = _places(data, start, end, top.items)
    counted = start
    for at, body in enumerate(top.items):
        begin, stop = places[at] if places else (start, end)
        line, counted = line + data.count(b"\n", counted, begin), begin
        yield JsonRead(body, line, document, at, begin, stop, cut=bool(places))


def _top(whole: memoryview) -> _Top:
    try:
        return msgspec.json.decode(whole, type=_Top)
    except msgspec.DecodeError:
        return _Top("?")


def _places(data: bytes, start: int, end: int, items: Sequence[msgspec.Raw]) -> list[tuple[int, int]]:
    """Where each item stands; none where the list is not found (its key is written with escapes, say)."""
    if not items:
        return []
    for key in _ITEMS.finditer(data, start, end):
        found = list(_walked(data, key.end(), items))
        if len(found) == len(items) and _END.match(data, found[-1][1]):
            return found
    return []


def _walked(data: bytes, at: int, items: Sequence[msgspec.Raw]) -> Iterator[tuple[int, int]]:
    for number, item in enumerate(items):
        if number:
            comma = _COMMA.match(data, at)
            if not comma:
                return
            at = comma.end()
        if not data.startswith(bytes(item), at):
            return
        yield at, (at := at + len(bytes(item)))
