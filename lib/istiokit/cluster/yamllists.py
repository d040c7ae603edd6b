"""Changing lists of words in a piece of YAML (or JSON) text, and no other byte; and taking that change back.

A path may lead through lists: `("items", 3, "spec", "gateways")`. Each list changes by one splice. All changes of a
text are proved together: it is parsed again, and nothing but those lists may read differently.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from istiokit.cluster.yamlliststext import Piece, created, filled, pieces
from istiokit.cluster.yamlnodes import MappingNode, Node, SequenceNode, is_null
from istiokit.cluster.yamltext import Document, Splice, apply, parse_all
from istiokit.cluster.yamlvalues import entry_of
from istiokit.errors import Conflict, UsageError

ListPath = tuple[str | int, ...]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedList:
    """What a list has to be; one that is not there is made."""

    path: ListPath
    words: Words
    document: int = 0
    """Which document of the text, counted from 0."""


@dataclass(frozen=True, slots=True)
class ListEdit:
    """A change that was made, so that it can be found again after the text around it has changed."""

    wanted: WantedList
    before: Words | None
    """None where there was no list."""
    splice: Splice
    lead: int
    """How many characters of `splice.new` stand before the list itself; negative where it begins inside."""


def documents_of(text: str, origin: str, first_line: int = 1) -> tuple[Document, ...]:
    """The documents of a text, which one edit asks for again and again; nobody changes their values.

    Raises UsageError with origin:line:column for unsound YAML.
    """
    try:
        return _documents(text)
    except UsageError:
        return tuple(parse_all(text, origin, first_line))  # for the message


@lru_cache(maxsize=2)
def _documents(text: str) -> tuple[Document, ...]:
    """By text alone: a file is called by different names while it is planned and while it is edited."""
    return tuple(parse_all(text, ""))


def words_at(document: Document, path: ListPath) -> Words | None:
    """The list as it reads; None where there is none (or something else)."""
    value = document.values
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return tuple(value) if isinstance(value, list) else None


def edit_lists(
    text: str, origin: str, wanted: Sequence[WantedList], first_line: int = 1
) -> tuple[str, tuple[ListEdit, ...]]:
    """The text with the lists as wanted, and the edits made, in the order of `wanted`.

    Raises UsageError, with file and line, where a list cannot be changed without changing something else.
    """
    documents = documents_of(text, origin, first_line)
    splices = [_splice(documents[one.document], one, origin) for one in wanted]
    new = apply(text, splices)
    changed = _proven(new, origin, documents, wanted)
    edits, moved = [], _moved_by(splices)
    for one, splice in zip(wanted, splices, strict=True):
        node = _node_at(changed[one.document], one.path)
        assert node is not None, "what reads as wanted is written there"
        before = words_at(documents[one.document], one.path)
        edits.append(ListEdit(one, before, splice, node.start - splice.offset - moved[splice.offset]))
    return new, tuple(edits)


def _moved_by(splices: Iterable[Splice]) -> dict[int, int]:
    """By the offset of each splice: by how much those before it move what follows."""
    moved: dict[int, int] = {}
    total = 0
    for splice in sorted(splices, key=lambda one: one.offset):
        moved[splice.offset] = total
        total += len(splice.new) - len(splice.old)
    return moved


def undo_lists(text: str, origin: str, edits: Sequence[ListEdit]) -> str:
    """The text with the edits taken back, wherever they stand by now; raises Conflict where one was edited since."""
    documents = documents_of(text, origin)
    old = apply(text, [_undoing(documents, one, origin) for one in edits])
    back = documents_of(old, origin)
    for one in edits:
        if words_at(back[one.wanted.document], one.wanted.path) != one.before:
            raise _moved(one, origin)
    return old


def _undoing(documents: Sequence[Document], edit: ListEdit, origin: str) -> Splice:
    document = documents[edit.wanted.document] if edit.wanted.document < len(documents) else None
    node = _node_at(document, edit.wanted.path) if document else None
    if document is None or node is None or words_at(document, edit.wanted.path) != edit.wanted.words:
        raise _moved(edit, origin)
    splice = Splice(node.start - edit.lead, edit.splice.new, edit.splice.old)
    if splice.offset < 0 or not document.text.startswith(splice.old, splice.offset):
        raise _moved(edit, origin)
    return splice


def _moved(edit: ListEdit, origin: str) -> Conflict:
    return Conflict(
        f"{origin}: {_dotted(edit.wanted.path)} was edited after this change", "put it right by hand"
    )


def _splice(document: Document, wanted: WantedList, origin: str) -> Splice:
    """One splice around all that changes in the list."""
    found = sorted(_pieces(document, wanted, origin), key=lambda piece: piece.start)
    start, end = found[0].start, max(piece.end for piece in found)
    new, at = "", start
    for piece in found:
        new += document.text[at : piece.start] + piece.new
        at = piece.end
    return Splice(start, document.text[start:end], new)


def _pieces(document: Document, wanted: WantedList, origin: str) -> Iterator[Piece]:
    *above, key = wanted.path
    parent = _node_at(document, tuple(above))
    if not isinstance(parent, MappingNode) or not isinstance(key, str):
        raise _impossible(origin, wanted)
    entry = entry_of(parent, key)
    if entry is None:
        yield created(document.text, parent, key, wanted.words)
    elif is_null(entry[1]) or (isinstance(entry[1], SequenceNode) and not entry[1].items):
        yield filled(document.text, parent, entry, wanted.words)
    elif isinstance(entry[1], SequenceNode):
        before = words_at(document, wanted.path) or ()
        opcodes = difflib.SequenceMatcher(None, before, wanted.words, autojunk=False).get_opcodes()
        yield from pieces(document.text, entry[1], opcodes, wanted.words)
    else:
        raise _impossible(origin, wanted)


def _proven(
    text: str, origin: str, before: Sequence[Document], wanted: Iterable[WantedList]
) -> Sequence[Document]:
    documents = _parsed(text, origin)
    expected = [document.values for document in before]
    for one in wanted:
        expected[one.document] = _with_list(expected[one.document], one.path, list(one.words))
    if [document.values for document in documents] == expected:
        return documents
    raise UsageError(
        f"{origin}: the lists cannot be changed here without changing something else", "edit it by hand"
    )


def _parsed(text: str, origin: str) -> Sequence[Document]:
    """The edited text; nothing where the edit has broken it, for which the file cannot help."""
    try:
        return documents_of(text, origin)
    except UsageError:
        return ()


def _with_list(value: Any, path: ListPath, words: list[str]) -> Any:
    """A copy of nested values with one list set; only what lies on the way is copied."""
    if not path:
        return words
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return {**value, step: _with_list(value.get(step), rest, words)}
    return [*value[:step], _with_list(value[step], rest, words), *value[step + 1 :]]


def _node_at(document: Document, path: ListPath) -> Node | None:
    """The node written at this very place; what comes by an alias or a merge key is not."""
    node = document.tree.root
    for step in path:
        if isinstance(step, str) and isinstance(node, MappingNode):
            entry = entry_of(node, step)
            node = entry[1] if entry else None
        elif isinstance(step, int) and isinstance(node, SequenceNode) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def _impossible(origin: str, wanted: WantedList) -> UsageError:
    what = f"{origin}: {_dotted(wanted.path)} comes by an alias or a merge key, or is no list"
    return UsageError(what, "write it out there, or edit it by hand")


def _dotted(path: ListPath) -> str:
    path = (
        path[path.index("spec") :] if "spec" in path else path
    )  # which object it is people are told elsewhere
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return words.removeprefix(".")
