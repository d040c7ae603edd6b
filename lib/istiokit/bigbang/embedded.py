"""Values that are a string inside a manifest: reading the string, and writing it back without touching the rest.

Edits are kept as changes to the values' own text, so that neither a journal nor a diff ever holds the rest of a
Secret.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from istiokit.cluster.yamlnodes import Scalar
from istiokit.cluster.yamltext import Change, Document, Splice, apply, parse_all, redo
from istiokit.errors import Conflict, UsageError

Path = tuple[str, ...]
_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")


class Encoding(StrEnum):
    """How a string of values is written in its manifest."""

    TEXT = "text"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a layer's text lives: a whole file, or a string in one of the file's manifests."""

    path: str
    document: int = 0
    """Which document of the file."""
    keys: Path = ()
    """The way to the string: `("data", "values.yaml")`; empty where the layer's text is the file."""
    encoding: Encoding = Encoding.TEXT


@dataclass(frozen=True, slots=True)
class Inner:
    """A string of values, and why it cannot be written back (empty if it can)."""

    text: str
    blocked: str = ""
    first_line: int = 1
    """The line of the file in which the text begins."""


def inner_text(document: Document, address: Address) -> Inner:
    """The values in a manifest's string. Raises UsageError where it is no string, or base64 is broken."""
    node = document.explicit(address.keys)
    place = document.place(address.keys)
    if not isinstance(node, Scalar):
        raise UsageError(f"{place}: the values are behind an alias", "write them out where they are used")
    if address.encoding is Encoding.BASE64:
        return Inner(_decoded(node.raw, place), "" if node.plain else "its base64 is not in one plain word")
    literal = document.text[node.start : node.end].startswith("|")
    return Inner(
        node.raw,
        "" if literal else f"line {node.line} does not hold it as a literal block (|)",
        node.line + 1,
    )


def text_at(text: str, address: Address) -> str:
    """The layer's text in this text of the file. Raises Conflict where the file no longer has that place."""
    return inner_text(_document(text, address), address).text if address.keys else text


def with_text(text: str, address: Address, values: str) -> str:
    """The file's text with other values at the address, and nothing else changed.

    Raises UsageError where the string is written in a way that this cannot keep.
    """
    if not address.keys:
        return values
    document = _document(text, address)
    node = document.explicit(address.keys)
    inner = inner_text(document, address)
    if inner.blocked or not isinstance(node, Scalar):
        raise UsageError(f"{document.place(address.keys)}: {inner.blocked}", "edit it by hand")
    if address.encoding is Encoding.BASE64:
        encoded = base64.b64encode(values.encode()).decode()
        return apply(text, (Splice(node.end - len(node.raw), node.raw, encoded),))
    source = text[node.start : node.end]
    indent = document.indent(address.keys) + 2
    written = apply(text, (Splice(node.start, source, reblocked(source, inner.text, values, indent)),))
    if text_at(written, address) != values:
        raise UsageError(f"{document.place(address.keys)}: this block cannot be edited", "edit it by hand")
    return written


def edited(text: str, address: Address, changes: Sequence[Change]) -> str:
    """The file's text after the changes, one after the other; raises Conflict where others edited the place."""
    inner = text_at(text, address)
    for change in changes:
        inner = apply(inner, (redo(inner, change, address.path),))
    return with_text(text, address, inner)


def reblocked(source: str, old: str, new: str, indent: int) -> str:
    """A literal block (`|` and its lines) with other contents: lines that stay are kept byte for byte.

    `old` and `new` are the contents before and after; `indent` is used where the block has no line yet.
    """
    header, *body = _lines_with_breaks(source)
    before, after = _lines(old), _lines(new)
    first = next((index for index, line in enumerate(before) if line), None)
    if first is not None:
        indent = len(body[first][0]) - len(before[first])
    head = _common(before, after)
    tail = min(_common(before[::-1], after[::-1]), len(before) - head, len(after) - head)
    middle = [(" " * indent + line if line else "", "") for line in after[head : len(after) - tail]]
    kept = body[: len(before)]
    lines = [header, *kept[:head], *middle, *kept[len(kept) - tail :]]
    usual = header[1] or "\n"
    last = [header, *kept][-1][1]
    text = "".join(line + (stop or usual) for line, stop in lines[:-1]) + lines[-1][0] + last
    return text + "".join(line + stop for line, stop in body[len(before) :])


def _lines_with_breaks(text: str) -> list[tuple[str, str]]:
    return [(found[1], found[2]) for found in _LINE.finditer(text) if found[0]]


def _lines(text: str) -> list[str]:
    stripped = text.rstrip("\n")
    return stripped.split("\n") if stripped else []


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _decoded(raw: str, place: str) -> str:
    try:
        return base64.b64decode("".join(raw.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{place}: this is not the base64 of a text", "correct the Secret") from error


def _document(text: str, address: Address) -> Document:
    documents = parse_all(text, address.path)
    if address.document >= len(documents) or documents[address.document].explicit(address.keys) is None:
        place = " ".join(address.keys)
        raise Conflict(f"{address.path} no longer has {place}", "run the command again")
    return documents[address.document]
