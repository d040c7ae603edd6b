"""Changing one value in YAML text, and no other byte; and taking that change back.

A `Document` knows where each value stands. `Document.set` tries the places where a value can be written and
returns the first one that it can prove: the text is parsed again, and nothing but the wanted value may read
differently. Texts are `str`; offsets count characters. Line breaks stay as they are (LF, CRLF or a lone CR,
which YAML takes for a break), and new lines get the break of their neighbours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from istiokit.cluster import yamledit
from istiokit.cluster.yamlload import Unsound, explained, loader
from istiokit.cluster.yamlnodes import Composer, MappingNode, Node, Tree, is_null, target
from istiokit.cluster.yamlscalars import scalar_text
from istiokit.cluster.yamlvalues import entry_of, lookup, pruned, read_at, value_of, with_value
from istiokit.errors import Conflict, UsageError

_BOM = "\ufeff"
_LARGEST = 16_000_000
"""Characters: a tree takes forty times as much memory. Manifests come in smaller pieces (`yamlread`)."""
Path = tuple[str, ...]
Value = bool | str | int


@dataclass(frozen=True, slots=True)
class Splice:
    """At `offset` (in characters) the text `old` becomes `new`."""

    offset: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """A splice that can be found again after the text around it has changed; a journal can keep it."""

    path: Path
    value: Value
    splice: Splice
    lead: int
    """How many characters of `splice.new` stand before the value itself."""
    document: int = 0
    """Which document of the text, counted from 0."""


def apply(text: str, splices: Iterable[Splice]) -> str:
    """The text with the splices made; all offsets are those of `text`. Raises Conflict if `old` is gone."""
    parts, at = [], 0
    for splice in sorted(splices, key=lambda one: one.offset):
        if splice.offset < at or not text.startswith(splice.old, splice.offset):
            raise Conflict("the text has changed since the edit was worked out", "run the command again")
        parts += [text[at : splice.offset], splice.new]
        at = splice.offset + len(splice.old)
    return "".join([*parts, text[at:]])


@dataclass(frozen=True)
class Document:
    """One document of a YAML text. `text` is the whole text, of which this is document number `index`."""

    text: str
    origin: str
    tree: Tree
    index: int = 0
    first_line: int = 1

    @cached_property
    def values(self) -> Any:
        """What the document says, as Helm reads it: dict, list, str, int, float, bool or None."""
        return value_of(self.tree.root) if self.tree.root else None

    @property
    def empty(self) -> bool:
        """Whether there is nothing but comments (or an explicit null)."""
        return is_null(self.tree.root)

    def find(self, path: Path) -> Node | None:
        """The node that decides about this path, through aliases and merge keys; None where there is none."""
        node = target(self.tree.root) if self.tree.root else None
        for key in path:
            node = lookup(node, key) if isinstance(node, MappingNode) else None
        return node

    def explicit(self, path: Path) -> Node | None:
        """The node written at this very place, not one that an alias or a merge key brings in."""
        node = self.tree.root
        for key in path:
            entry = entry_of(node, key) if isinstance(node, MappingNode) else None
            node = entry[1] if entry else None
        return node

    def place(self, path: Path) -> str:
        """`values.yaml:12` of the longest part of the path that is written down, for messages."""
        for length in range(len(path), 0, -1):
            node = self.explicit(path[:length]) or self.find(path[:length])
            if node is not None:
                return f"{self.origin}:{node.line}"
        return f"{self.origin}:{self.tree.root.line}" if self.tree.root else self.origin

    def indent(self, path: Path) -> int:
        """The number of columns before the key at the end of this path, which must be written down."""
        parent = self.explicit(path[:-1])
        entry = entry_of(parent, path[-1]) if isinstance(parent, MappingNode) else None
        return entry[0].column - 1 if entry else 0

    def set(self, path: Path, value: Value) -> Change | None:
        """The change that gives `path` this value, or None where it has it already.

        Raises UsageError, with file and line, where the value cannot be changed without changing another one.
        """
        found, now = read_at(self.values, path)
        if found and type(now) is type(value) and now == value:
            return None
        after = with_value(self.values, path, value)
        for offset, old, new in yamledit.candidates(self.text, self.tree, self.origin, path, value):
            change = self._proven(path, value, Splice(offset, old, new), after)
            if change is not None:
                return change
        what = f"{self.place(path)}: {'.'.join(path)} cannot be changed here without changing something else"
        raise UsageError(what, f"set it to {scalar_text(value)} by hand")

    def _proven(self, path: Path, value: Value, splice: Splice, after: Any) -> Change | None:
        text = apply(self.text, (splice,))
        try:
            documents = parse_all(text, self.origin, self.first_line)
        except UsageError:
            return None
        others = [one.values for one in parse_all(self.text, self.origin, self.first_line)]
        expected = [*others[: self.index], after, *others[self.index + 1 :]]
        if [one.values for one in documents] != expected:
            return None
        node = documents[self.index].explicit(path)
        if node is None:
            return None
        return Change(path, value, splice, node.start - splice.offset, self.index)


def parse_all(text: str, origin: str, first_line: int = 1) -> list[Document]:
    """Every document of the text, at least one. Raises UsageError with origin:line:column for unsound YAML.

    `first_line` is the line of `origin` in which the text begins, for a text that is a part of a file.
    """
    if len(text) > _LARGEST:
        what = f"{len(text) // 1_000_000} MB in one piece, and no more than {_LARGEST // 1_000_000} can be taken apart"
        raise Unsound(f"{origin}:{first_line}", what, "give each object a document of its own")
    trees = _compose(text, origin, first_line, loader())
    return [Document(text, origin, tree, index, first_line) for index, tree in enumerate(trees)] or [
        Document(text, origin, Tree(None, len(text)), 0, first_line)
    ]


def parse(text: str, origin: str, first_line: int = 1) -> Document:
    """The one document of a values file. Raises UsageError like `parse_all`, and for a second document."""
    documents = parse_all(text, origin, first_line)
    for other in documents[1:]:
        if not other.empty and other.tree.root:
            what = f"{origin}:{other.tree.root.line}: a values file has one document and this is another"
            raise UsageError(what, "Helm reads only the first: make one document of them")
    return documents[0]


def undo(text: str, change: Change, origin: str) -> Splice:
    """The splice that takes the change back, wherever in the text it stands by now.

    Raises Conflict where the place was edited since, or where something was built on the change.
    """
    dotted = ".".join(change.path)
    moved = Conflict(f"{origin}: {dotted} was edited after this change", "put it right by hand")
    document = _document(text, change, origin)
    node = document.explicit(change.path) if document else None
    if document is None or node is None:
        raise moved
    splice = Splice(node.start - change.lead, change.splice.new, change.splice.old)
    if splice.offset < 0 or not text.startswith(splice.old, splice.offset):
        raise moved
    before = _document(apply(text, (splice,)), change, origin)
    if before is None or pruned(before.values, change.path) != pruned(document.values, change.path):
        raise moved
    return splice


def redo(text: str, change: Change, origin: str) -> Splice:
    """The splice that makes the change in a text that was edited elsewhere; raises Conflict if it cannot."""
    document = _document(text, change, origin)
    again = document.set(change.path, change.value) if document else None
    same = again and (again.splice.old, again.splice.new) == (change.splice.old, change.splice.new)
    if not again or not same:
        raise Conflict(f"{origin}: {'.'.join(change.path)} was edited meanwhile", "run the command again")
    return again.splice


def _document(text: str, change: Change, origin: str) -> Document | None:
    try:
        documents = parse_all(text, origin)
    except UsageError:
        return None
    return documents[change.document] if change.document < len(documents) else None


@lru_cache(maxsize=16)
def _compose(text: str, origin: str, first_line: int, loader: Any) -> tuple[Tree, ...]:
    """The trees of a text. The same text is asked for again and again while one edit is proved and checked."""
    import yaml

    body = text.removeprefix(_BOM)
    try:
        events = yaml.parse(body, Loader=loader)
        return tuple(Composer(events, origin, first_line, len(text) - len(body)).trees(len(text)))
    except yaml.YAMLError as error:
        raise explained(body, error, origin, first_line) from error
    except UnicodeEncodeError as error:
        line = body.count("\n", 0, error.start) + first_line
        raise Unsound(
            f"{origin}:{line}", "a character that YAML does not allow", "is it a text file?"
        ) from error
