"""A YAML text cut into pieces that can each be read by itself. Pure, and quick: only the beginnings of lines count.

Two cuts are made. A line that begins with `---` ends a document wherever it stands: YAML allows it inside of nothing.
And a document that is a `kind: List` with block items, as kubectl prints it, is cut before each `- ` in the column of
the first one. That such a cut is right can be proved by reading the pieces: the parser begins each piece in the state
in which it ended the one before, and a cut inside of something (a quoted text, a bracket) leaves that open, which is an
error at once. An alias whose anchor is in another piece is one too. So whoever reads the pieces has to read all of
them, and to take the document as a whole where one is refused (`yamlread`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from istiokit.cluster.yamlload import every_line, lines_before

_MARK_ENDS = re.compile(r"[ \t\r\n]|\Z")
_NOTHING = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z))*")
"""Lines that are blank or a comment."""
_ITEMS = re.compile(r"^items:[ \t]*(?:#[^\r\n]*)?\r?$", re.MULTILINE)
_DASH = re.compile(r"( *)-(?=[ \r\n])")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, from the offset `start` up to `end` (in characters)."""

    start: int
    end: int
    line: int
    """Of its beginning, counted from 1."""
    document: int
    """Which document of the text it is, or is in, counted from 0."""
    item: int | None = None
    """Which item of the document's list; None: the document itself."""
    inner: int = 0
    """Which document of the piece's own text it is, where a text could not be cut."""

    def of(self, text: str) -> str:
        """Its text."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Listing:
    """A document cut at the items of its list: what is around them, and each of them with its dash."""

    head: Piece
    items: tuple[Piece, ...]
    tail: Piece


def documents(text: str) -> list[Piece] | None:
    """The documents of a text, without those of comments alone; None where it cannot be cut."""
    if _is_exotic(text):
        return None
    begin = 1 if text.startswith(_BOM) else 0
    found: list[Piece] = []
    line, counted = 1, begin
    for start, end, counts in _spans(text, begin):
        if counts:
            line, counted = line + lines_before(text, counted, start), start
            found.append(Piece(start, end, line, len(found)))
    return found


def listing(text: str, document: Piece) -> Listing | None:
    """The items of a document that is a block mapping with the key `items` in a line of its own."""
    key = _ITEMS.search(text, document.start, document.end)
    first = key and _DASH.match(text, _skipped(text, key.end(), document.end), document.end)
    if key is None or first is None:
        return None
    begin, column = first.start(), len(first[1])
    end = _list_end(text, begin, document.end, column)
    starts = [begin, *(found.start() + 1 for found in _dashes(column).finditer(text, begin, end))]
    items: list[Piece] = []
    line, counted = document.line, document.start
    for at, (start, stop) in enumerate(zip(starts, [*starts[1:], end], strict=True)):
        line, counted = line + lines_before(text, counted, start), start
        items.append(replace(document, start=start, end=stop, line=line, item=at))
    tail_line = line + lines_before(text, counted, end)
    return Listing(replace(document, end=begin), tuple(items), replace(document, start=end, line=tail_line))


def _is_exotic(text: str) -> bool:
    """Line breaks that only YAML 1.1 knows, or directives, which reach from one document into another."""
    if any(mark in text for mark in ("\x85", "\u2028", "\u2029", "\n%")) or text.startswith("%"):
        return True
    return "\r" in text and text.count("\r") != text.count("\r\n")


def _spans(text: str, begin: int) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of all that stands between the marks of documents, and whether that is one.

    What begins with `---` is one even if nothing follows.
    """
    starts = [(at, True) for at in every_line(text, "---") if _MARK_ENDS.match(text, at + 3)]
    ends = [(at, False) for at in every_line(text, "...") if _MARK_ENDS.match(text, at + 3)]
    at, marked = begin, False
    for mark, is_start in sorted([*starts, *ends]):
        stop = mark if is_start else _line_end(text, mark)
        yield at, stop, marked or not _is_nothing(text, at, mark)
        at, marked = stop, is_start
    yield at, len(text), marked or not _is_nothing(text, at, len(text))


def _line_end(text: str, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


def _is_nothing(text: str, start: int, end: int) -> bool:
    found = _NOTHING.match(text, start, end)
    return found is not None and found.end() == end


def _skipped(text: str, at: int, end: int) -> int:
    """The offset behind the blank lines and comments from here on."""
    found = _NOTHING.match(text, at, end)
    return found.end() if found else at


def _dashes(column: int) -> re.Pattern[str]:
    return re.compile(rf"\n {{{column}}}-(?=[ \r\n])")


def _list_end(text: str, begin: int, end: int, column: int) -> int:
    """Where the first line stands that is in the first column and no item any more."""
    other = r"\n(?=[^\s#])" if column else r"\n(?=[^\s#-]|-[^\s])"
    found = re.compile(other).search(text, begin, end)
    return found.end() if found else end
