"""Where in a YAML text the words of a list stand, and how others are written there, in its own style.

What is made here may be wrong in an odd corner of YAML; `yamllists.edit_lists` takes only what it has proved.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from istiokit.cluster.yamlnodes import Alias, MappingNode, Node, SequenceNode
from istiokit.cluster.yamlscalars import key_source, resolve, scalar_text
from istiokit.errors import UsageError

Opcode = tuple[str, int, int, int, int]
"""As difflib.SequenceMatcher gives them."""

_BREAK = re.compile(r"\r\n|\n|\r")
_DASH = re.compile(r"[ \t]*-[ \t]+")
_COLON = re.compile(r"\s*:")
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9./-]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """The text from `start` to `end` becomes `new`."""

    start: int
    end: int
    new: str


def pieces(text: str, node: SequenceNode, opcodes: Sequence[Opcode], words: Sequence[str]) -> Iterator[Piece]:
    """The pieces that turn a list with items into `words`; raises UsageError where it is written oddly."""
    style = _Flow(text, node) if text.startswith("[", _content(text, node)) else _Block(text, node)
    for name, start, stop, new_start, new_stop in opcodes:
        if name == "equal":
            continue
        common = min(stop - start, new_stop - new_start)
        for at in range(common):
            yield style.replaced(start + at, words[new_start + at])
        if start + common < stop:
            yield style.deleted(start + common, stop)
        elif new_start + common < new_stop:
            yield style.inserted(start + common, words[new_start + common : new_stop])


def created(text: str, mapping: MappingNode, key: str, words: Sequence[str]) -> Piece:
    """A list that was not there, as the first entry of the mapping."""
    first = mapping.entries[0][0]
    if mapping.flow:
        brace = text.index("{", _content(text, mapping)) + 1
        gap = text[brace : first.start]
        quote = text[first.start] if text[first.start] in "\"'" else ""
        name = key_source(key, quoted=bool(quote))
        return Piece(brace, brace, f"{gap if gap.isspace() else ''}{name}: {_flow(words, quote)},")
    margin = " " * (first.column - 1)
    newline = _break(text, first.start)
    inner = margin + " " * _list_indent(mapping)
    lines = [f"{key_source(key, quoted=False)}:", *(f"{inner}- {_written(word, '')}" for word in words)]
    return Piece(first.start, first.start, newline.join(lines) + newline + margin)


def filled(text: str, mapping: MappingNode, entry: tuple[Node, Node], words: Sequence[str]) -> Piece:
    """A list in place of an empty one, or of nothing behind the colon."""
    key, node = entry
    quote = '"' if mapping.flow and text.startswith('"', key.start) else ""
    start = _content(text, node)
    if node.end > start:
        return Piece(start, node.end, _flow(words, quote))
    colon = _COLON.match(text, key.end)
    at = colon.end() if colon else key.end
    return Piece(at, at, f" {_flow(words, quote)}")


class _Style:
    """What lists in both styles have in common."""

    def __init__(self, text: str, node: SequenceNode) -> None:
        self.text, self.node = text, node

    def replaced(self, at: int, word: str) -> Piece:
        """The word instead of an item, in its quotes."""
        item = self.node.items[at]
        start = item.start if isinstance(item, Alias) else _content(self.text, item)
        return Piece(start, item.end, _written(word, self.quote(at)))

    def quote(self, at: int) -> str:
        """The quote in which an item is written, if any."""
        start = _content(self.text, self.node.items[at])
        return self.text[start] if self.text[start] in "\"'" else ""

    def deleted(self, start: int, stop: int) -> Piece:
        """The items from `start` up to `stop` go, with all that stands for them alone."""
        raise NotImplementedError

    def inserted(self, at: int, words: Sequence[str]) -> Piece:
        """The words before the item `at`, or behind the last one."""
        raise NotImplementedError


class _Block(_Style):
    """A list with a line for each item."""

    def deleted(self, start: int, stop: int) -> Piece:
        """Whole lines, with the comments at their ends."""
        begin = self._line(start)
        end = self._line_end(stop - 1)
        found = _BREAK.match(self.text, end)
        if found:
            return Piece(begin, found.end(), "")
        before = max(self.text.rfind("\n", 0, begin), self.text.rfind("\r", 0, begin - 1))
        return Piece(self._line_end(start - 1) if start else max(before, 0), end, "")

    def inserted(self, at: int, words: Sequence[str]) -> Piece:
        beside = max(at - 1, 0)
        item = self.node.items[beside]
        margin = self.text[self._line(beside) : item.start]
        lines = [f"{margin}{_written(word, self.quote(beside))}" for word in words]
        newline = _break(self.text, item.start)
        if at == 0:
            begin = self._line(0)
            return Piece(begin, begin, newline.join([*lines, ""]))
        end = self._line_end(beside)
        return Piece(end, end, "".join(f"{newline}{line}" for line in lines))

    def _line(self, at: int) -> int:
        """Where the line of an item begins; it must hold nothing else before it."""
        item = self.node.items[at]
        start = max(self.text.rfind("\n", 0, item.start), self.text.rfind("\r", 0, item.start)) + 1
        if not _DASH.fullmatch(self.text, start, item.start):
            raise UsageError("a list that does not begin on a line of its own", "edit it by hand")
        return start

    def _line_end(self, at: int) -> int:
        found = _BREAK.search(self.text, self.node.items[at].end)
        return found.start() if found else len(self.text)


class _Flow(_Style):
    """A list in brackets."""

    def deleted(self, start: int, stop: int) -> Piece:
        items = self.node.items
        if stop < len(items):
            return Piece(items[start].start, items[stop].start, "")
        return Piece(items[start - 1].end if start else items[0].start, items[-1].end, "")

    def inserted(self, at: int, words: Sequence[str]) -> Piece:
        written = [_written(word, self.quote(max(at - 1, 0))) for word in words]
        if at == 0:
            start = self.node.items[0].start
            return Piece(start, start, "".join(f"{word},{self._gap()}" for word in written))
        end = self.node.items[at - 1].end
        return Piece(end, end, "".join(f",{self._gap()}{word}" for word in written))

    def _gap(self) -> str:
        """What stands behind a comma: as between the first two items, else as before the first one on its own line."""
        items = self.node.items
        if len(items) > 1:
            between = self.text[items[0].end : items[1].start].partition(",")[2]
            return between if not between.strip() else " "
        before = self.text[_content(self.text, self.node) + 1 : items[0].start]
        return before if _BREAK.search(before) and not before.strip() else " "


def _content(text: str, node: Node) -> int:
    """The offset behind the anchor and the tag."""
    found = _PROPERTIES.match(text, node.start, node.end) if node.anchor or node.tag else None
    return found.end() if found else node.start


def _written(word: str, quote: str) -> str:
    """A word in this quote, or plain where it stays the same word without."""
    if quote == "'" and "'" not in word:
        return f"'{word}'"
    plain = not quote and _PLAIN.fullmatch(word) and isinstance(resolve(word, "", plain=True), str)
    return word if plain else scalar_text(word)


def _flow(words: Sequence[str], quote: str) -> str:
    return f"[{', '.join(_written(word, quote) for word in words)}]"


def _list_indent(mapping: MappingNode) -> int:
    """By how much lists are indented below their key here: as the first one that is written in lines, else 2."""
    for key, value in mapping.entries:
        if isinstance(value, SequenceNode) and value.line > key.line:
            return max(value.column - key.column, 0)
    return 2


def _break(text: str, offset: int) -> str:
    """The line break in use around here."""
    found = _BREAK.search(text, offset) or _BREAK.search(text)
    return found[0] if found else "\n"
