"""A cluster in memory, for unit tests where the rig would be too much.

    cluster = FakeCluster([config_map, helm_release], denied={("patch", "HelmRelease")})
    cluster.later(lambda: cluster.put({**helm_release, "status": ready}))   # happens inside the next watch
    ...
    assert cluster.writes == [("merge_patch", Ref("HelmRelease", "bigbang", "bigbang"))]

It keeps the promises of the `Cluster` protocol that callers build on: resourceVersion and generation rise,
a stale resourceVersion or a failed `test` is a Conflict, a finalizer holds a deletion back, a dry run stores
nothing.
It has no status subresource: a write may set the status too.
"""

import copy
import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from istiokit.cluster.decode import TableRow
from istiokit.cluster.manifests import kind_of, ref_of
from istiokit.cluster.patch import merged, operated
from istiokit.cluster.select import matches
from istiokit.cluster.types import EVERYWHERE, Event, EventType, Kind, Ref, Where, nothing, unchanged
from istiokit.errors import Conflict, Forbidden, KindNotServed, OperationFailed

T = TypeVar("T")
Manifest = dict[str, Any]
NOW = "2026-01-01T00:00:00Z"


class FakeCluster:
    """The whole `Cluster` protocol on a dict of manifests; safe to use from several threads."""

    def __init__(
        self,
        objects: Iterable[Mapping[str, Any]] = (),
        *,
        denied: Collection[tuple[str, ...]] = (),
        absent: Collection[str] = (),
        version: str | None = "v1.32.4",
    ) -> None:
        """`denied`: (verb, kind name) or (verb, kind name, namespace); `absent`: kind names not served."""
        self.name = "fake"
        self.denied, self.absent, self._version = set(denied), set(absent), version
        self.writes: list[tuple[str, Ref]] = []
        """Every write that was stored, in order: (method, object)."""
        self.on_write: Callable[[str, Ref], None] = lambda method, ref: None
        """Called before each write (dry runs too); let it raise to play a failure."""
        self._objects: dict[Ref, Manifest] = {}
        self._events: list[Event[Manifest]] = []
        self._hooks: list[Callable[[], object]] = []
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        for manifest in objects:
            self.put(manifest)

    def put(self, manifest: Mapping[str, Any]) -> None:
        """Store as another actor would (a controller, a colleague): no checks, not among `writes`."""
        with self._lock:
            self._store(dict(manifest), self._objects.get(ref_of(manifest)))

    def later(self, hook: Callable[[], object]) -> None:
        """Queue something to happen inside a watch: one hook a step, after all that is there was told."""
        self._hooks.append(hook)

    def expect_table(self, kind: Kind, where: Where = EVERYWHERE) -> None:
        """Nothing takes long here."""

    def table(self, kind: Kind, where: Where = EVERYWHERE) -> tuple[Sequence[str], Sequence[TableRow]]:
        raise NotImplementedError("a Table is the API server's work: test it on a rig")

    def raw(self, ref: Ref) -> Manifest:
        """The stored object, for assertions; KeyError if it is not there."""
        return copy.deepcopy(self._objects[ref])

    namespace: str | None = None

    def server_version(self) -> str | None:
        return self._version

    def served(self, kind: Kind) -> bool:
        return kind.name not in self.absent

    def expect(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> None:
        """Nothing takes long here."""

    def list(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> Sequence[T]:
        self._check("list", kind, where.namespace)
        with self._lock:
            return [keep(_decode(self._objects[ref], as_)) for ref in self._selected(kind, where)]

    def get(self, ref: Ref, as_: type[T]) -> T | None:
        if not self.served(kind_of(ref)):
            return None
        self._check("get", kind_of(ref), ref.namespace)
        with self._lock:
            return _decode(self._objects[ref], as_) if ref in self._objects else None

    def watch(
        self,
        kind: Kind,
        as_: type[T],
        where: Where = EVERYWHERE,
        *,
        seconds: float,
        synced: Callable[[], None] = nothing,
    ) -> Iterator[Event[T]]:
        """All present objects, then what the queued hooks cause; ends when no hook is left."""
        self._check("watch", kind, where.namespace)
        with self._lock:
            seen = len(self._events)
            present = [copy.deepcopy(self._objects[ref]) for ref in self._selected(kind, where)]
        for manifest in present:
            yield Event(EventType.ADDED, _decode(manifest, as_))
        synced()
        while True:
            with self._lock:
                news, seen = self._events[seen:], len(self._events)
            for event in news:
                if event.object["kind"] == kind.name and matches(event.object, where):
                    yield Event(event.type, _decode(event.object, as_))
            if not news and not self._hooks:
                return
            if not news:
                self._hooks.pop(0)()

    def create(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Manifest:
        ref = ref_of(manifest)

        def change(old: Manifest | None) -> Manifest:
            if old is not None:
                raise Conflict(f"{ref} already exists")
            return dict(manifest)

        return self._write("create", "create", ref, change, dry_run=dry_run)

    def replace(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Manifest:
        return self._write("update", "replace", ref_of(manifest), lambda old: dict(manifest), dry_run=dry_run)

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, dry_run: bool = False) -> None:
        self._write("patch", "merge_patch", ref, lambda old: dict(merged(old, patch)), dry_run=dry_run)

    def json_patch(self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> None:
        self._write("patch", "json_patch", ref, lambda old: dict(operated(old, operations)), dry_run=dry_run)

    def delete(self, ref: Ref, *, uid: str = "") -> None:
        self._check("delete", kind_of(ref), ref.namespace)
        self.on_write("delete", ref)
        with self._lock:
            old = self._objects.get(ref)
            if old is None or (uid and old["metadata"]["uid"] != uid):
                return
            self.writes.append(("delete", ref))
            self._store(merged(old, {"metadata": {"deletionTimestamp": NOW}}), old)

    def evict(self, ref: Ref, *, uid: str = "", dry_run: bool = False) -> str:
        """There are no budgets here: test them on a rig."""
        if not dry_run:
            self.delete(ref, uid=uid)
        return ""

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, *, subresource: str = "") -> bool:
        name = f"{kind.name}/{subresource}" if subresource else kind.name
        return (verb, name) not in self.denied and (verb, name, namespace or "") not in self.denied

    def _check(self, verb: str, kind: Kind, namespace: str | None) -> None:
        if not self.served(kind):
            raise KindNotServed(kind.name)
        if not self.allowed(verb, kind, namespace):
            raise Forbidden(verb, kind.resource, namespace)

    def _selected(self, kind: Kind, where: Where) -> Iterable[Ref]:
        return [
            ref
            for ref in sorted(self._objects, key=_order)
            if ref.kind == kind.name and matches(self._objects[ref], where)
        ]

    def _write(
        self,
        verb: str,
        method: str,
        ref: Ref,
        change: Callable[[Manifest | None], Manifest],
        *,
        dry_run: bool,
    ) -> Manifest:
        self._check(verb, kind_of(ref), ref.namespace)
        self.on_write(method, ref)
        with self._lock:
            old = self._objects.get(ref)
            if old is None and method == "replace":
                raise Conflict(f"{ref} is no longer there")
            if old is None and method != "create":
                raise OperationFailed(f"patch {ref}: it is not there")
            new = change(copy.deepcopy(old))
            wanted = (new.get("metadata") or {}).get("resourceVersion")
            if old and wanted and wanted != old["metadata"]["resourceVersion"]:
                raise Conflict(f"{ref} was changed by somebody else")
            if dry_run:
                return new
            self.writes.append((method, ref))
            return self._store(new, old)

    def _store(self, new: Manifest, old: Manifest | None) -> Manifest:
        """Put it in, with the metadata that a server keeps, and tell the watches; an equal write is none."""
        ref, number = ref_of(new), str(next(self._numbers))
        before = old["metadata"] if old else {"uid": f"uid-{number}", "creationTimestamp": NOW}
        generation = int(before.get("generation", 0)) + (old is None or _body(new) != _body(old))
        kept = {key: before[key] for key in ("uid", "creationTimestamp")}
        current = {"generation": generation, "resourceVersion": before.get("resourceVersion")}
        new = copy.deepcopy({**new, "metadata": {**kept, **new["metadata"], **current}})
        if old == new:
            return copy.deepcopy(new)
        new["metadata"]["resourceVersion"] = number
        gone = "deletionTimestamp" in new["metadata"] and not new["metadata"].get("finalizers")
        if gone:
            self._objects.pop(ref, None)
        else:
            self._objects[ref] = new
        kind = EventType.DELETED if gone else EventType.MODIFIED if old else EventType.ADDED
        self._events.append(Event(kind, copy.deepcopy(new)))
        return copy.deepcopy(new)


def _body(manifest: Mapping[str, Any]) -> Manifest:
    """What the generation counts: everything but metadata and status."""
    return {key: value for key, value in manifest.items() if key not in ("metadata", "status")}


def _order(ref: Ref) -> tuple[str, str]:
    return ref.namespace or "", ref.name


def _decode(manifest: Manifest, as_: type[T]) -> T:
    """Always through JSON, so that a test sees what a server would have sent."""
    return msgspec.json.decode(msgspec.json.encode(manifest), type=as_)
