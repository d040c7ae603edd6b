"""What goes to stdout: a document as a table, JSON, YAML or names. Everything returns a string."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from istiokit.ui.plain import plain
from istiokit.ui.printable import printable

API_VERSION = "istio-migrate/v1alpha1"
"""Of every document; within a version fields are added, never renamed or removed. See docs/output.md."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column of a table: its header and the cell of an item; `wide` ones show only with -o wide."""

    header: str
    cell: Callable[[T], object]
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """What a command found. Items, summary and skips may be dataclasses, Structs, mappings or scalars."""

    kind: str
    """What the items are, as a list's kind: `GatewayBindingList`."""
    items: Sequence[T]
    """In the order to show; sorting is the command's business."""
    summary: object = field(default_factory=dict)
    skipped: Sequence[object] = ()


def render(
    document: Document[T],
    columns: Sequence[Column[T]],
    output: str,
    *,
    name: Callable[[T], str] = str,
    no_headers: bool = False,
) -> str:
    """The document in the format `output`, one of options.FORMATS, ending with a line break.

    `name` gives the line of -o name, as kubectl spells it: `virtualservice.networking.istio.io/shop`.
    """
    if output == "json":
        return as_json(envelope(document))
    if output == "yaml":
        return as_yaml(envelope(document))
    if output == "name":
        return "".join(f"{name(item)}\n" for item in document.items)
    shown = [column for column in columns if output == "wide" or not column.wide]
    return table(
        [column.header for column in shown],
        ([column.cell(item) for column in shown] for item in document.items),
        no_headers=no_headers,
    )


def envelope(document: Document[Any]) -> dict[str, Any]:
    """The shape that every -o json shares: apiVersion, kind, items, summary, skipped."""
    return {
        "apiVersion": API_VERSION,
        "kind": document.kind,
        "items": plain(document.items),
        "summary": plain(document.summary),
        "skipped": plain(document.skipped),
    }


def as_json(value: Any) -> str:
    """JSON, indented as kubectl indents it."""
    import json

    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"


def as_yaml(value: Any) -> str:
    """YAML in the order of the fields; long lines stay whole."""
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, no_headers: bool = False) -> str:
    """A table with kubectl's look: upper-case headers, three spaces between columns, none at line ends."""
    lines = [[_cell(value) for value in row] for row in rows]
    if not no_headers:
        lines.insert(0, [header.upper() for header in headers])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = "   ".join(f"{{:<{width}}}" for width in widths).format
    return "".join([f"{padded(*cells).rstrip()}\n" for cells in lines])


def _cell(value: object) -> str:
    """One line of text: `<none>` for nothing, as kubectl has it, and a list with commas."""
    if type(value) is not str:
        value = _as_text(value)
    if not value.isprintable() or " " in value:
        value = printable(" ".join(value.split()))
    return value or "<none>"


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    if isinstance(value, Mapping):
        return ",".join(f"{key}={item}" for key, item in value.items())
    return str(value)
