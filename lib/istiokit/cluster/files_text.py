"""The objects in a manifest file: what each is, where it stands, and as JSON what it holds."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from istiokit.cluster.decode import decoder
from istiokit.cluster.files_read import check_utf8, decoded
from istiokit.cluster.jsonread import JsonRead, NotJson, json_error, looks_like_json, may_be_json, read_json
from istiokit.cluster.select import matches
from istiokit.cluster.types import Kind, Ref, Where
from istiokit.cluster.yamlload import Unsound
from istiokit.cluster.yamlread import Read, read

T = TypeVar("T")

_SMALL = 8_000_000
"""Bytes of what begins like JSON and is none that are tried as YAML too."""
_TEMPLATE = "{{"
Body = bytes | msgspec.Raw


@dataclass(frozen=True, slots=True)
class Stored:
    """One object and its place."""

    ref: Ref
    group: str
    source: str
    """The file, or `-`."""
    line: int
    document: int
    """Which document of the file holds it, counted from 0."""
    item: int | None
    """Which item it is of a `kind: List`; None where it is the document."""
    body: Body
    """The object as JSON, in which only what somebody asks for is decoded."""

    @property
    def place(self) -> str:
        """`values.yaml:12`."""
        return f"{self.source}:{self.line}"

    def decoded(self, as_: type[T]) -> T:
        """The object as this type; raises msgspec.ValidationError where its fields have others.

        What is null counts as absent, as it does for Kubernetes.
        """
        try:
            return decoder(as_).decode(self.body)
        except msgspec.ValidationError:
            return msgspec.convert(_without_nulls(msgspec.json.decode(self.body)), as_)

    def fits(self, where: Where) -> bool:
        """Whether it is in the namespace and fits both selectors; raises UsageError on a bad selector."""
        if where.namespace is not None and self.ref.namespace != where.namespace:
            return False
        if not (where.labels or where.fields):
            return True
        return matches(self.decoded(dict[str, Any]), Where(None, where.labels, where.fields))


@dataclass(frozen=True, slots=True)
class NoObject:
    """A document that is YAML and no Kubernetes object, or (`broken`) text of no use at all."""

    place: str
    reason: str
    broken: bool = False
    hint: str = "correct the file"
    template: bool = False
    """Whether it would perhaps be of use once it is rendered."""
    twice: bool = False
    """Whether it is an object that another one has the address of."""
    value: Any = None
    """What it says: a kustomization may do without kind, and a patch is a list."""


class _Meta(msgspec.Struct):
    name: Any = None
    namespace: Any = None


class _Header(msgspec.Struct, rename="camel"):
    """What an object says about itself. The types are for `_Asked` to judge."""

    api_version: Any = None
    kind: Any = None
    metadata: _Meta | None = None


_HEADER = msgspec.json.Decoder(_Header)


def objects_in(
    data: bytes, source: str, kinds: Collection[Kind] | None = None
) -> Iterator[Stored | NoObject]:
    """The objects of YAML or JSON that are of the `kinds` (None: all), and what is no object.

    An error costs its own document or item. Raises UsageError for what is no text.
    """
    asked = _Asked(source, kinds)
    wrong = None
    if may_be_json(data):
        check_utf8(data, source)
        try:
            yield from filter(None, map(asked.of_json, read_json(data, source)))
            return
        except NotJson as error:
            wrong = json_error(data, error, source) if looks_like_json(data) else None
        if wrong and len(data) > _SMALL:
            yield _broken(wrong)
            return
    yield from filter(None, asked.of_text(decoded(data, source), wrong))


class _Asked:
    """What is asked of a file: the objects of some kinds, or of all."""

    def __init__(self, source: str, kinds: Collection[Kind] | None) -> None:
        self._source = source
        self._kinds = None if kinds is None else {(kind.group, kind.name) for kind in kinds}
        self._names = {kind.name for kind in kinds or ()}

    def of_text(self, text: str, wrong: Unsound | None) -> Iterator[Stored | NoObject | None]:
        """The objects of YAML, None for each that nobody asks for; `wrong` is told if it is no YAML either."""
        template = False
        for one in read(text, self._source):
            if isinstance(one, Read):
                address = one.line, one.piece.document, one.item
                yield self._made(_header(one.value), address, one.value)
            elif _TEMPLATE not in one.piece.of(text):
                yield _broken(wrong or one.error)
            elif not template:
                template = True
                reason = "a template, and not YAML before it is rendered"
                yield NoObject(self._source, reason, broken=True, template=True)

    def of_json(self, found: JsonRead | Unsound) -> Stored | NoObject | None:
        """One object of JSON, or what is wrong with it; None where nobody asks for it."""
        if isinstance(found, Unsound):
            return _broken(found)
        try:
            header = _HEADER.decode(found.body)
        except msgspec.DecodeError:
            header = _header(msgspec.json.decode(found.body))
        return self._made(header, (found.line, found.document, found.item), found.body)

    def _made(
        self, header: _Header, address: tuple[int, int, int | None], value: Any
    ) -> Stored | NoObject | None:
        line, document, item = address
        place, kind, group = f"{self._source}:{line}", header.kind, str(header.api_version).rpartition("/")[0]
        reason = _not_an_object(header, nested=item is not None)
        if reason:
            broken = item is not None or self._concerns(header, value)
            return NoObject(place, reason, broken=broken, value=_plain(value))
        assert header.metadata is not None, "an object has a name"
        name, namespace = header.metadata.name, header.metadata.namespace
        ref = Ref(kind, str(name), None if namespace is None else str(namespace))
        if self._kinds is not None and (group, kind) not in self._kinds:
            typed = kind in self._names and not group
            return NoObject(place, f"{ref} has no group in its apiVersion", broken=True) if typed else None
        try:
            return Stored(ref, group, self._source, line, document, item, _body(value))
        except UnicodeEncodeError:
            return NoObject(place, f"{ref} has a character that is none (half of a pair)", broken=True)

    def _concerns(self, header: _Header, value: Any) -> bool:
        """Whether people meant one of the kinds, or a list, with what is no object."""
        kind = header.kind
        if isinstance(kind, str):
            return kind in self._names or kind.endswith("List")
        inner = _plain(value)
        return isinstance(inner, list) and any(
            isinstance(one, dict) and one.get("kind") in self._names for one in inner
        )


def _not_an_object(header: _Header, *, nested: bool) -> str:
    """Why it is none; empty where it is one."""
    if not (isinstance(header.kind, str) and header.kind and header.api_version):
        return "not a Kubernetes object: it has no apiVersion and kind"
    if header.metadata is None or not header.metadata.name:
        if not header.kind.endswith("List"):
            return f"a {header.kind} without a name"
        inside = "inside a List, which is not read" if nested else "whose items are no list"
        return f"a {header.kind} {inside}"
    return ""


def _header(value: Any) -> _Header:
    if not isinstance(value, dict):
        return _Header()
    metadata = value.get("metadata")
    meta = _Meta(metadata.get("name"), metadata.get("namespace")) if isinstance(metadata, dict) else None
    return _Header(value.get("apiVersion"), value.get("kind"), meta)


def _body(value: Any) -> Body:
    return value if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)


def _plain(value: Any) -> Any:
    """The value; None for JSON that is too large to be a patch."""
    if not isinstance(value, msgspec.Raw):
        return value
    return msgspec.json.decode(value) if len(memoryview(value)) <= _SMALL else None


def _broken(error: Unsound) -> NoObject:
    return NoObject(error.place, error.reason, broken=True, hint=error.hint)


def _without_nulls(value: Any) -> Any:
    """A copy without the keys that have nothing; what is nothing in a list stays."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
