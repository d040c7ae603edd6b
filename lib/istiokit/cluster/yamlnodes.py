"""YAML text as a tree of nodes that know their place, so that one value can be changed and no other byte.

Built on PyYAML's events: their marks count characters, not bytes, and an alias is still an alias there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from istiokit.cluster.yamlload import DEEPEST, Unsound
from istiokit.cluster.yamlscalars import key_text, resolve

_HEAVIEST = 1_000_000
"""Nodes that aliases stand for: a few nested ones can stand for billions."""


class Node(msgspec.Struct, frozen=True, eq=False, kw_only=True, gc=False):
    """A piece of the text, `text[start:end]` with its anchor and tag. Lines and columns count from 1."""

    start: int
    end: int
    line: int
    column: int
    anchor: str = ""
    tag: str = ""


class Scalar(Node, frozen=True, eq=False, kw_only=True, gc=False):
    """One word, number or string; `value` is what Helm would read."""

    raw: str
    plain: bool
    value: Any


class MappingNode(Node, frozen=True, eq=False, kw_only=True, gc=False):
    """Keys and values in the order of the text; `flow` says that it is written in braces."""

    entries: tuple[tuple[Node, Node], ...]
    flow: bool


class SequenceNode(Node, frozen=True, eq=False, kw_only=True, gc=False):
    """A list."""

    items: tuple[Node, ...]


class Alias(Node, frozen=True, eq=False, kw_only=True, gc=False):
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
        self._above = first_line
        self._anchors: dict[str, Node] = {}
        self._aliases: dict[int, tuple[Alias, ...]] = {}
        self._weights: dict[int, int] = {}
        self._weight = self._borrowed = 0

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
                self._weight = self._borrowed = 0
                open_root = self._node(next(self._events), 0)
                waiting = True
            elif name == "DocumentEndEvent" and event.explicit:
                yield Tree(open_root, event.start_mark.index + self._skipped, self._aliases)
                waiting = False
        if waiting:
            yield Tree(open_root, limit, self._aliases)

    def _node(self, event: Any, depth: int) -> Node:
        if depth > DEEPEST:
            raise self._refuse(event.start_mark, f"nested deeper than {DEEPEST} levels")
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event)
        before, self._weight = self._weight, 1
        if kind == "ScalarEvent":
            node: Node = self._scalar(event)
        elif kind == "SequenceStartEvent":
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        if node.anchor:
            self._anchors[node.anchor] = node
            self._weights[id(node)] = self._weight
        self._weight += before
        return node

    def _alias(self, event: Any) -> Alias:
        found = self._anchors.get(event.anchor)
        if found is None:
            raise self._refuse(event.start_mark, f"the alias *{event.anchor} has no anchor before it")
        weight = self._weights[id(found)]
        self._weight += weight
        self._borrowed += weight
        if self._borrowed > _HEAVIEST:
            raise self._refuse(event.start_mark, "the aliases in here stand for too much")
        alias = Alias(**self._place(event, event), name=event.anchor, target=found)
        self._aliases[id(found)] = (*self._aliases.get(id(found), ()), alias)
        return alias

    def _sequence(self, start: Any, depth: int) -> SequenceNode:
        items: list[Node] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._node(event, depth + 1))
        return SequenceNode(**self._marked(start, event), items=tuple(items))

    def _mapping(self, start: Any, depth: int) -> MappingNode:
        entries: list[tuple[Node, Node]] = []
        seen: dict[str, int] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            self._check_key(event.start_mark, key, value, seen)
            entries.append((key, value))
        return MappingNode(**self._marked(start, event), entries=tuple(entries), flow=bool(start.flow_style))

    def _check_key(self, mark: Any, key: Node, value: Node, seen: dict[str, int]) -> None:
        if not isinstance(target(key), Scalar):
            raise self._refuse(mark, "a mapping or a list cannot be a key")
        if is_merge(key):
            if not _can_be_merged(value):
                raise self._refuse(mark, "the merge key << takes a mapping or a list of mappings")
            return
        name = key_of(key)
        if name in seen:
            what = f'the key "{name}" is given twice (first in line {seen[name]})'
            raise self._refuse(mark, what, "one of the two is ignored by Helm: delete it")
        seen[name] = key.line

    def _refuse(self, mark: Any, what: str, hint: str = "correct the file") -> Unsound:
        return Unsound(f"{self._origin}:{mark.line + self._above}:{mark.column + 1}", what, hint)

    def _scalar(self, event: Any) -> Scalar:
        plain = not event.style
        tag = event.tag or ""
        value = resolve(event.value, tag, plain=plain)
        return Scalar(**self._marked(event, event), raw=event.value, plain=plain and not tag, value=value)

    def _marked(self, start: Any, end: Any) -> dict[str, Any]:
        return {**self._place(start, end), "anchor": start.anchor or "", "tag": start.tag or ""}

    def _place(self, start: Any, end: Any) -> dict[str, Any]:
        mark = start.start_mark
        return {
            "start": mark.index + self._skipped,
            "end": end.end_mark.index + self._skipped,
            "line": mark.line + self._above,
            "column": mark.column + 1,
        }


def _can_be_merged(value: Node) -> bool:
    node = target(value)
    parts = node.items if isinstance(node, SequenceNode) else (node,)
    return all(isinstance(target(part), MappingNode) for part in parts)
