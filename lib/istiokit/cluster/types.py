"""The one door to objects: what a cluster is to everybody else, whether it is live or a folder of files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from istiokit.cluster.decode import TableRow

T = TypeVar("T")

FIELD_MANAGER = "istio-migrate"
"""How managedFields names our writes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type as its API spells it. `versions` are those we can read, the preferred one first."""

    name: str
    group: str
    plural: str
    versions: tuple[str, ...]
    namespaced: bool = True

    def __str__(self) -> str:
        return self.name

    @property
    def resource(self) -> str:
        """The plural with its group, as in RBAC rules: `virtualservices.networking.istio.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The address of one object. `kind` is the `Kind.name` that cluster/kinds.py lists."""

    kind: str
    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


@dataclass(frozen=True, slots=True)
class Where:
    """Which objects of a kind: a namespace (None: all) and the server's own label and field selectors."""

    namespace: str | None = None
    labels: str = ""
    fields: str = ""


EVERYWHERE = Where()


def unchanged(item: T) -> T:
    """What `Cluster.list` keeps of an object unless told otherwise: all of it."""
    return item


def nothing() -> None:
    """What `Cluster.watch` calls when it has told all that is there, unless told otherwise."""


class EventType(StrEnum):
    """What a watch tells about an object, in the API's own words."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Event(Generic[T]):
    """One line of a watch."""

    type: EventType
    object: T


class Cluster(Protocol):
    """Objects that can be read and, through a plan, changed.

    `as_` says what the objects are decoded into: a msgspec Struct with the few fields that the caller needs,
    or `dict[str, Any]` for the whole object. Every method raises `Forbidden`, `KindNotServed` or another
    `OperationFailed`.
    """

    @property
    def name(self) -> str:
        """How messages call it: the context and server, or the files."""

    @property
    def namespace(self) -> str | None:
        """The namespace that commands mean where they name none; None means all of them (files)."""

    def server_version(self) -> str | None:
        """`v1.32.4`; None where there is no server (files)."""

    def served(self, kind: Kind) -> bool:
        """Whether this kind can be asked for, in any of its versions."""

    def expect(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> None:
        """A hint that `list` will soon be asked for just this: what takes long may begin now."""

    def list(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> Sequence[T]:
        """All objects of the kind; raises KindNotServed where the kind is unknown.

        `keep` is given each object as soon as it is there and gives what is kept of it: less than all of it, or one
        that shares its parts with others. It is called from one thread at a time.
        """

    def expect_table(self, kind: Kind, where: Where = EVERYWHERE) -> None:
        """The same hint about `table`."""

    def table(self, kind: Kind, where: Where = EVERYWHERE) -> tuple[Sequence[str], Sequence[TableRow]]:
        """The columns and rows of the server's own Table, with metadata: far fewer bytes than the objects.

        Raises UsageError where there is no server to render one (files).
        """

    def get(self, ref: Ref, as_: type[T]) -> T | None:
        """The object, or None if it (or its kind) is not there."""

    def watch(
        self,
        kind: Kind,
        as_: type[T],
        where: Where = EVERYWHERE,
        *,
        seconds: float,
        synced: Callable[[], None] = nothing,
    ) -> Iterator[Event[T]]:
        """List, then follow: every present object as ADDED, then each change, for at most `seconds`.

        `synced` is called between the two.
        """

    def create(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Create the object and return it as stored; raises Conflict where it exists."""

    def replace(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Write the whole object; raises Conflict unless its metadata.resourceVersion is the newest."""

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """RFC 7386: give a resourceVersion in the patch to be refused (Conflict) after a change by others."""

    def json_patch(self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> None:
        """RFC 6902: lead with a `test` operation; a test that fails raises Conflict."""

    def delete(self, ref: Ref, *, uid: str = "") -> None:
        """Delete the object if it is there (and still has this uid)."""

    def evict(self, ref: Ref, *, uid: str = "", dry_run: bool = False) -> str:
        """Ask the Eviction API to delete the pod; return why it may not go now (a PodDisruptionBudget), or nothing.

        A pod that is gone, or another of the same name, is as good as evicted.
        """

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, *, subresource: str = "") -> bool:
        """Ask the server (SelfSubjectAccessReview) whether we may; files allow everything."""
