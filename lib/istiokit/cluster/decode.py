"""The fields that every typed reading shares. Names follow the API in camelCase through msgspec's rename."""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_BUILDING = threading.Lock()
_BUILT: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder(as_: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of this type, built once, and one at a time: use it for all that is decoded in several threads.

    msgspec (0.22) crashes the process where two threads build what it needs to know of the same Struct: one of them
    finds it half done (tests/unit/test_cluster_decode.py has it happen).
    """
    with _BUILDING:
        found = _BUILT.get(as_)
        if found is None:
            found = _BUILT[as_] = msgspec.json.Decoder(as_)
    return found


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A piece of an object; fields that we do not name are skipped by the decoder, not stored."""


class Metadata(Part, frozen=True, kw_only=True):
    """metadata, as far as the suite reads it."""

    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    """RFC 3339 in UTC, as the API server writes it; None in a manifest."""
    deletion_timestamp: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: tuple[str, ...] = ()

    @property
    def address(self) -> tuple[str, str]:
        """Namespace and name; what a manifest leaves out is `default`, as kubectl has it."""
        return self.namespace or "default", self.name


class FieldsV1(msgspec.Struct, frozen=True, gc=False):
    """Which fields of `spec` somebody wrote: the names with `f:` in front. None: none of them."""

    spec: dict[str, msgspec.Raw] | None = msgspec.field(name="f:spec", default=None)


class ManagedFields(Part, frozen=True, kw_only=True, gc=False):
    """What one field manager wrote by one operation, `Apply` (server-side apply) or `Update` (all else)."""

    manager: str = ""
    operation: str = ""
    time: str = ""
    """Of the last write that changed something, in RFC 3339; of writes before that nothing is kept."""
    fields_v1: FieldsV1 | None = msgspec.field(name="fieldsV1", default=None)


class WrittenMetadata(Metadata, frozen=True, kw_only=True):
    """The metadata of an object with who wrote it: a third more to decode, so only for what is to be changed."""

    managed_fields: tuple[ManagedFields, ...] = ()


class Condition(Part, frozen=True, kw_only=True, gc=False):
    """A status condition, as Flux and Kubernetes write it."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    observed_generation: int = 0
    last_transition_time: str = ""


class Object(Part, frozen=True, kw_only=True):
    """Any object: just its metadata. Typed readings extend it with the spec and status that they need."""

    metadata: Metadata = Metadata()


class TableRow(msgspec.Struct, frozen=True, gc=False):
    """One object as the API server's Table shows it: the cells in the order of the kind's columns."""

    cells: tuple[Any, ...]
    object: Object


Raw = dict[str, Any]
"""A whole object, undecoded: for plans that change it."""
