"""Manifests in text: which objects, in which line each one begins, and how to change a value there. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from istiokit.cluster.kinds import KINDS
from istiokit.cluster.manifests import is_of, ref_of
from istiokit.cluster.patch import changed_leaves
from istiokit.cluster.types import Ref
from istiokit.cluster.yamlnodes import SequenceNode
from istiokit.cluster.yamltext import Document, apply, parse_all
from istiokit.errors import OperationFailed


@dataclass(frozen=True, slots=True)
class Stored:
    """One object and its place."""

    manifest: dict[str, Any]
    source: str
    """The file, or `-`."""
    line: int
    document: int
    """Which document of the file holds it, counted from 0."""
    listed: bool
    """Whether it is an item of a `kind: List`."""

    @property
    def ref(self) -> Ref:
        """Its address."""
        return ref_of(self.manifest)

    @property
    def place(self) -> str:
        """`values.yaml:12`."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class NoObject:
    """A document that is YAML and no Kubernetes object, or (`broken`) text of no use at all."""

    place: str
    reason: str
    broken: bool = False


def objects_in(text: str, source: str, namespace: str | None) -> Iterator[Stored | NoObject]:
    """The objects of YAML or JSON text; `namespace` is for those that need one and name none.

    Raises UsageError, with file and line, where the text is neither.
    """
    for index, (value, line, item_lines) in enumerate(_documents(text, source)):
        if value is None:
            continue
        if isinstance(value, dict) and _is_list(value):
            for number, item in enumerate(value.get("items") or []):
                start = item_lines[number] if item_lines else line
                yield _object(item, source, start, index, namespace, listed=True)
        else:
            yield _object(value, source, line, index, namespace, listed=False)


def edited(text: str, stored: Stored, wanted: Any) -> str:
    """The text with the values of the object as wanted, and no other byte changed.

    Raises OperationFailed, with file and line, where that takes more than setting single values.
    """
    for path, value in changed_leaves(stored.manifest, wanted):
        dotted = ".".join(path)
        if stored.listed:
            raise OperationFailed(
                f"{stored.place}: {dotted} is in a List", "give each object its own document"
            )
        if not isinstance(value, bool | str | int):
            raise OperationFailed(f"{stored.place}: {dotted} is not a single value", "edit it by hand")
        change = parse_all(text, stored.source)[stored.document].set(path, value)
        text = apply(text, (change.splice,)) if change else text
    return text


def _documents(text: str, source: str) -> Iterator[tuple[Any, int, tuple[int, ...]]]:
    """Each document, its line and those of its items. JSON has the fast way, at the price of the lines."""
    if text.startswith("{"):
        try:
            yield msgspec.json.decode(text), 1, ()
            return
        except msgspec.DecodeError:
            pass  # YAML may begin with a brace too
    for document in parse_all(text, source):
        yield document.values, document.tree.root.line if document.tree.root else 1, _item_lines(document)


def _item_lines(document: Document) -> tuple[int, ...]:
    items = document.find(("items",))
    return tuple(item.line for item in items.items) if isinstance(items, SequenceNode) else ()


def _is_list(value: dict[str, Any]) -> bool:
    """`v1 List`, and what `kubectl get -o yaml` and the API write (`VirtualServiceList`)."""
    return str(value.get("kind", "")).endswith("List") and isinstance(value.get("items"), list | None)


def _object(
    value: Any, source: str, line: int, document: int, namespace: str | None, *, listed: bool
) -> Stored | NoObject:
    place = f"{source}:{line}"
    if not isinstance(value, dict) or not (value.get("apiVersion") and value.get("kind")):
        return NoObject(place, "not a Kubernetes object: it has no apiVersion and kind")
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name"):
        return NoObject(place, f"a {value['kind']} without a name")
    return Stored(_in_namespace(value, metadata, namespace), source, line, document, listed)


def _in_namespace(value: dict[str, Any], metadata: dict[str, Any], namespace: str | None) -> dict[str, Any]:
    kind = KINDS.get(str(value["kind"]))
    needs = kind and kind.namespaced and is_of(value, kind) and not metadata.get("namespace")
    return {**value, "metadata": {**metadata, "namespace": namespace}} if needs and namespace else value
