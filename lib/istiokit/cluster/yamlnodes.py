"""YAML text as a tree of nodes that know their place, so that one value can be changed and no other byte.

Built on PyYAML's events: their marks count characters, not bytes, and an alias is still an alias there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from istiokit.cluster.yamlscalars import key_text, resolve
from istiokit.errors import UsageError

_DEEPEST = 100
"""Values nest a dozen levels; what goes deeper than this is no values file."""
_HEAVIEST = 1_000_000
"""Nodes after every alias is written out: a few nested aliases can stand for billions."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Node:
    """A piece of the text, `text[start:end]` with its anchor and tag. Lines and columns count from 1."""

    start: int
    end: int
    line: int
    column: int
    anchor: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scalar(Node):
    """One word, number or string; `value` is what Helm would read."""

    raw: str
    plain: bool
    value: Any


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MappingNode(Node):
    """Keys and values in the order of the text; `flow` says that it is written in braces."""

    entries: tuple[tuple[Node, Node], ...]
    flow: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SequenceNode(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Alias(Node):
    """`*name`: stands for the `target` that carries the anchor."""

    name: str
    target: Node


@dataclass(frozen=True, slots=True)
class Tree:
    """One document of the text: more can be added to it before the offset `limit`."""

    root: Node | None
    limit: int
    aliases: Mapping[int, tuple[Alias, ...]] = field(default_factory=dict)
    """The aliases of an anchored node, by the node's `id`."""

    def uses(self, node: Node) -> tuple[Alias, ...]:
        """Every alias that stands for this node."""
        return self.aliases.get(id(node), ())


def target(node: Node) -> Node:
    """The node itself, or what the alias stands for."""
    return node.target if isinstance(node, Alias) else node


def is_null(node: Node | None) -> bool:
    """Whether there is nothing here: no node, an empty value, `~` or `null`."""
    node = target(node) if node else node
    return node is None or (isinstance(node, Scalar) and node.value is None)


def is_merge(key: Node) -> bool:
    """Whether the key is the merge key `<<` (quoted it is a key like any other)."""
    return isinstance(key, Scalar) and key.plain and key.raw == "<<"


def key_of(key: Node) -> str:
    """The key as Helm sees it: always a string."""
    node = target(key)
    return key_text(node.value) if isinstance(node, Scalar) else ""


class Composer:
    """Turns PyYAML's events into trees; refuses what Helm would read differently from what one sees."""

    def __init__(self, events: Iterator[Any], origin: str, first_line: int, skipped: int) -> None:
        """`first_line` is the line of `origin` in which the text begins (a block inside a manifest).

        `skipped` characters (a byte order mark) were cut off before parsing.
        """
        self._events = events
        self._skipped = skipped
        self._origin = origin
        self._above = first_line - 1
        self._anchors: dict[str, Node] = {}
        self._aliases: dict[int, tuple[Alias, ...]] = {}
        self._weights: dict[int, int] = {}

    def trees(self, length: int) -> Iterator[Tree]:
        """Every document of a text of this length, in order."""
        open_root: Node | None = None
        limit, waiting = length, False
        for event in self._events:
            name = type(event).__name__
            if name == "DocumentStartEvent":
                if waiting:
                    yield Tree(open_root, event.start_mark.index + self._skipped, self._aliases)
                self._anchors, self._aliases, self._weights = {}, {}, {}
                open_root = self._node(next(self._events), 0)
                waiting = True
            elif name == "DocumentEndEvent" and event.explicit:
                yield Tree(open_root, event.start_mark.index + self._skipped, self._aliases)
                waiting = False
        if waiting:
            yield Tree(open_root, limit, self._aliases)

    def _node(self, event: Any, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self._refuse(event.start_mark, f"nested deeper than {_DEEPEST} levels")
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event)
        if kind == "ScalarEvent":
            node: Node = self._scalar(event)
        elif kind == "SequenceStartEvent":
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        self._weigh(node, event.start_mark)
        if node.anchor:
            self._anchors[node.anchor] = node
        return node

    def _weigh(self, node: Node, mark: Any) -> None:
        parts: tuple[Node, ...] = node.items if isinstance(node, SequenceNode) else ()
        if isinstance(node, MappingNode):
            parts = tuple(value for _, value in node.entries)
        weight = 1 + sum(self._weights[id(target(part))] for part in parts)
        if weight > _HEAVIEST:
            raise self._refuse(mark, "the aliases in here stand for too much")
        self._weights[id(node)] = weight

    def _alias(self, event: Any) -> Alias:
        found = self._anchors.get(event.anchor)
        if found is None:
            raise self._refuse(event.start_mark, f"the alias *{event.anchor} has no anchor before it")
        alias = Alias(**self._place(event, event, properties=False), name=event.anchor, target=found)
        self._aliases[id(found)] = (*self._aliases.get(id(found), ()), alias)
        return alias

    def _sequence(self, start: Any, depth: int) -> SequenceNode:
        items: list[Node] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._node(event, depth + 1))
        return SequenceNode(**self._place(start, event), items=tuple(items))

    def _mapping(self, start: Any, depth: int) -> MappingNode:
        entries: list[tuple[Node, Node]] = []
        seen: dict[str, int] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            self._check_key(event.start_mark, key, value, seen)
            entries.append((key, value))
        return MappingNode(**self._place(start, event), entries=tuple(entries), flow=bool(start.flow_style))

    def _check_key(self, mark: Any, key: Node, value: Node, seen: dict[str, int]) -> None:
        if not isinstance(target(key), Scalar):
            raise self._refuse(mark, "a mapping or a list cannot be a key in Helm values")
        if is_merge(key):
            if not _can_be_merged(value):
                raise self._refuse(mark, "the merge key << takes a mapping or a list of mappings")
            return
        name = key_of(key)
        if name in seen:
            what = f'the key "{name}" is given twice (first in line {seen[name]})'
            raise self._refuse(mark, what, "one of the two is ignored by Helm: delete it")
        seen[name] = key.line

    def _refuse(self, mark: Any, what: str, hint: str = "correct the file") -> UsageError:
        place = f"{self._origin}:{mark.line + 1 + self._above}:{mark.column + 1}"
        return UsageError(f"{place}: {what}", hint)

    def _scalar(self, event: Any) -> Scalar:
        plain = not event.style
        tag = event.tag or ""
        value = resolve(event.value, tag, plain=plain)
        return Scalar(**self._place(event, event), raw=event.value, plain=plain and not tag, value=value)

    def _place(self, start: Any, end: Any, *, properties: bool = True) -> dict[str, Any]:
        mark = start.start_mark
        place = {
            "start": mark.index + self._skipped,
            "end": end.end_mark.index + self._skipped,
            "line": mark.line + 1 + self._above,
            "column": mark.column + 1,
        }
        return {**place, "anchor": start.anchor or "", "tag": start.tag or ""} if properties else place


def _can_be_merged(value: Node) -> bool:
    node = target(value)
    parts = node.items if isinstance(node, SequenceNode) else (node,)
    return all(isinstance(target(part), MappingNode) for part in parts)
