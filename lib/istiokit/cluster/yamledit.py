"""Where in a YAML text a value can be written: candidates, best first, as (offset, old text, new text).

A candidate may be wrong in an odd corner of YAML; `yamltext.Document.set` takes only one that it has proved.
"""

import re
from collections.abc import Iterator

from istiokit.cluster.yamlnodes import Alias, MappingNode, Node, Scalar, Tree, is_merge, is_null, target
from istiokit.cluster.yamlscalars import key_source, scalar_text
from istiokit.cluster.yamlvalues import entry_of, lookup
from istiokit.errors import UsageError

Path = tuple[str, ...]
Value = bool | str | int
Edit = tuple[int, str, str]

_PROPERTIES = re.compile(r"(?:[&!]\S*(?:[ \t]+|(?=[\r\n])|\Z))*")
_BREAK = re.compile(r"\r\n|\n|\r")
_COLON = re.compile(r"\s*:")


def candidates(text: str, tree: Tree, origin: str, path: Path, value: Value) -> Iterator[Edit]:
    """The edits that could give `path` the value; raises UsageError where an anchor makes it impossible."""
    return _Editor(text, tree, origin, path, value).edits()


class _Editor:
    """One search for a place. It walks down the path and branches where the text ends."""

    def __init__(self, text: str, tree: Tree, origin: str, path: Path, value: Value) -> None:
        self._text, self._tree, self._origin, self._path, self._value = text, tree, origin, path, value

    def edits(self) -> Iterator[Edit]:
        root = self._tree.root
        if root is None or is_null(root):
            yield from self._into_nothing(root)
            return
        node: Node = root
        header: Node | None = None
        for depth, key in enumerate(self._path):
            mapping = self._mapping(node, depth)
            entry = entry_of(mapping, key)
            if entry is None:
                yield from self._add(mapping, depth, header)
                return
            header, node = entry
            if isinstance(node, Alias) or is_null(node) or depth == len(self._path) - 1:
                yield from self._replace(mapping, header, node, depth)
                return

    def _mapping(self, node: Node, depth: int) -> MappingNode:
        """The node as a mapping that may be written into."""
        if not isinstance(node, MappingNode):
            raise self._refuse(node, depth, "is not a mapping", "correct the file")
        self._check_shared(node, depth)
        return node

    def _check_shared(self, node: Node, depth: int) -> None:
        uses = self._tree.uses(node)
        if uses:
            what = f"is shared through the anchor &{node.anchor} (line {uses[0].line} uses it)"
            raise self._refuse(
                node, depth, what, "changing it would change both: write it out where it is used"
            )

    def _refuse(self, node: Node, depth: int, what: str, hint: str) -> UsageError:
        name = ".".join(self._path[:depth]) or "the document"
        return UsageError(f"{self._origin}:{node.line}: {name} {what}", hint)

    # A key that is there, and what stands behind it.

    def _replace(self, mapping: MappingNode, key: Node, node: Node, depth: int) -> Iterator[Edit]:
        rest = self._path[depth + 1 :]
        if is_null(node) and not isinstance(node, Alias):
            self._check_shared(node, depth + 1)
            yield from self._fill(mapping, key, node, rest)
        elif rest and isinstance(target(node), MappingNode):
            inner = f"{{<<: {self._source(node)}, {self._flow(rest)}}}"
            yield node.start, self._source(node), inner
        elif rest or not (isinstance(node, (Scalar, Alias))):
            what = "is not a mapping" if rest else "is not a single value"
            raise self._refuse(node, depth + 1, what, "correct the file")
        else:
            self._check_shared(node, depth + 1)
            start = node.start if node.tag else self._content(node)
            yield start, self._text[start : node.end].rstrip(), scalar_text(self._value)

    def _fill(self, mapping: MappingNode, key: Node, node: Node, rest: Path) -> Iterator[Edit]:
        """A value for a key that has none: behind the colon, as a block below it, or in place of `null`."""
        flow = f"{{{self._flow(rest)}}}" if rest else scalar_text(self._value)
        content = self._content(node)
        if node.end > content:
            yield content, self._text[content : node.end], flow
            return
        colon = _COLON.match(self._text, key.end)
        after = colon.end() if colon else key.end
        if rest and colon and not mapping.flow:
            offset = self._line_end(after)
            yield offset, "", self._break(offset) + self._block(rest, key.column - 1 + self._step())
        spot = node.end if node.anchor else after
        yield spot, "", f" {flow}" if colon else f": {flow}"

    # A key that is not there.

    def _add(self, mapping: MappingNode, depth: int, header: Node | None) -> Iterator[Edit]:
        rest = self._path[depth:]
        if len(rest) > 1 and lookup(mapping, rest[0]) is not None:
            what = f"gets {rest[0]} through a merge key"
            raise self._refuse(mapping, depth, what, f"write {rest[0]} out in full to change it")
        merges = [index for index, (key, _) in enumerate(mapping.entries) if is_merge(key)]
        behind = merges[-1] + 1 if merges else 0
        if len(rest) > 1 and mapping.entries:
            yield self._add_last(mapping, rest, top=depth == 0)
        if mapping.flow:
            yield self._add_flow(mapping, rest, behind)
        else:
            yield from self._add_block(mapping, rest, behind, header)

    def _add_last(self, mapping: MappingNode, rest: Path, *, top: bool) -> Edit:
        """A mapping of its own goes to the end; at the top level below the last comment."""
        key = mapping.entries[-1][0]
        margin = self._text[self._line_start(key.start) : key.start]
        end = self._end(mapping)
        if mapping.flow:
            quoted = self._text.startswith('"', key.start)
            gap = " " if margin.strip() else self._break(key.start) + margin
            return end, "", f",{gap}{self._flow(rest, quoted=quoted)}"
        if top:
            return self._append(rest, key.column - 1)
        offset = self._line_end(end)
        return offset, "", self._break(offset) + self._block(rest, key.column - 1)

    def _end(self, mapping: MappingNode) -> int:
        """Where the last thing in the mapping ends."""
        key, value = mapping.entries[-1]
        if isinstance(value, MappingNode) and not value.flow:
            return self._end(value)
        return max(key.end, len(self._text[: value.end].rstrip()))

    def _add_flow(self, mapping: MappingNode, rest: Path, behind: int) -> Edit:
        entries = mapping.entries
        quoted = bool(entries) and self._text.startswith('"', entries[0][0].start)
        added = self._flow(rest, quoted=quoted)
        if behind and behind < len(entries):
            return entries[behind][0].start, "", f"{added}, "
        if behind:
            return entries[-1][1].end, "", f", {added}"
        brace = self._text.index("{", self._content(mapping)) + 1
        gap = "" if self._text[brace : brace + 1].isspace() else " "
        return brace, "", f"{added},{gap}" if entries else added

    def _add_block(
        self, mapping: MappingNode, rest: Path, behind: int, header: Node | None
    ) -> Iterator[Edit]:
        """Right below the line of the mapping's own key or of its merge key, so that comments stay with theirs."""
        indent = mapping.entries[0][0].column - 1
        above = mapping.entries[behind - 1][1] if behind else header
        if above is not None:
            offset = self._line_end(len(self._text[: above.end].rstrip()))
            yield offset, "", self._break(offset) + self._block(rest, indent)
        if behind < len(mapping.entries):
            offset = mapping.entries[behind][0].start
            yield offset, "", self._block(rest, indent).lstrip(" ") + self._break(offset) + " " * indent

    # A document, or the end of one.

    def _into_nothing(self, root: Node | None) -> Iterator[Edit]:
        if root is not None and root.end > self._content(root):
            yield root.start, self._source(root), f"{{{self._flow(self._path)}}}"
        else:
            yield self._append(self._path, 0)

    def _append(self, path: Path, indent: int) -> Edit:
        """At the end of the document, below its last comment; a missing final line break stays missing."""
        offset = self._tree.limit
        last = self._line_start(offset)
        if not self._text[last:offset].strip("\ufeff \t"):
            offset = last + self._text.startswith("\ufeff", last, offset)
            return offset, "", self._block(path, indent) + self._break(offset)
        return offset, "", self._break(offset) + self._block(path, indent)

    # Pieces of text.

    def _source(self, node: Node) -> str:
        return self._text[node.start : node.end]

    def _content(self, node: Node) -> int:
        """The offset behind the anchor and the tag."""
        found = _PROPERTIES.match(self._text, node.start, node.end) if node.anchor or node.tag else None
        return found.end() if found else node.start

    def _flow(self, path: Path, *, quoted: bool = False) -> str:
        keys = [key_source(key, quoted=quoted) for key in path]
        return ": {".join(keys) + f": {scalar_text(self._value)}" + "}" * (len(path) - 1)

    def _block(self, path: Path, indent: int) -> str:
        step = self._step()
        lines = [
            " " * (indent + step * level) + key_source(key, quoted=False) for level, key in enumerate(path)
        ]
        return f":{self._break(self._tree.limit)}".join(lines) + f": {scalar_text(self._value)}"

    def _line_start(self, offset: int) -> int:
        return max(self._text.rfind("\n", 0, offset), self._text.rfind("\r", 0, offset)) + 1

    def _line_end(self, offset: int) -> int:
        found = _BREAK.search(self._text, offset)
        return found.start() if found else len(self._text)

    def _break(self, offset: int) -> str:
        """The line break in use around here."""
        found = _BREAK.search(self._text, offset) or _BREAK.search(self._text)
        return found[0] if found else "\n"

    def _step(self) -> int:
        """By how much this document indents: what its first nested block does, else 2."""
        root = self._tree.root
        if isinstance(root, MappingNode) and not root.flow:
            margin = root.entries[0][0].column
            for _, value in root.entries:
                if isinstance(value, MappingNode) and not value.flow:
                    return max(value.entries[0][0].column - margin, 1)
        return 2
