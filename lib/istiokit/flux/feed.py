"""Several watches as one stream of changes: one watch per kind and namespace, for any number of objects."""

import queue
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType

from istiokit.cluster.types import Cluster, EventType, Kind, Ref, Where
from istiokit.errors import Forbidden, KindNotServed, OperationFailed, SuiteError
from istiokit.flux.model import Reconciled

SLICE = 60.0
"""Seconds that one watch lasts before it is begun again with a new list."""
PATIENCE = 60.0
"""Seconds that an API server may be out of reach (an upgrade of the control plane) before we give up."""
_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Watched:
    """What to watch, and what to decode it into."""

    kind: Kind
    as_: type[Reconciled]
    where: Where


@dataclass(frozen=True, slots=True)
class Change:
    """The newest state of an object; None: it is gone."""

    ref: Ref
    object: Reconciled | None


@dataclass(frozen=True, slots=True)
class _Listed:
    """All there is at a watch's beginning."""

    watched: Watched
    objects: tuple[Reconciled, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """One line of a watch."""

    watched: Watched
    change: Change


@dataclass(frozen=True, slots=True)
class _Broken:
    """The end of a watch that cannot go on."""

    error: SuiteError


_Item = _Listed | _Told | _Broken


class Feed:
    """A context manager that watches in background threads.

    The threads are daemons and write nothing, so an interrupt (Ctrl-C) can leave at any moment.
    """

    def __init__(self, cluster: Cluster, watched: Collection[Watched]) -> None:
        self._cluster = cluster
        self._watched = tuple(dict.fromkeys(watched))
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._known: dict[Watched, set[Ref]] = {}
        self._stop = threading.Event()

    def __enter__(self) -> "Feed":
        for watched in self._watched:
            name = f"watch {watched.kind} {watched.where.namespace or '*'}"
            threading.Thread(target=self._follow, args=(watched,), name=name, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()

    @property
    def complete(self) -> bool:
        """Whether every watch has told what was there at its beginning."""
        return len(self._known) == len(self._watched)

    def changes(self, seconds: float) -> list[Change]:
        """What happened since the last call; waits for the first change for at most `seconds`.

        Raises what ended a watch: Forbidden, KindNotServed of HelmReleases, another SuiteError.
        """
        found: list[Change] = []
        try:
            found += self._take(self._queue.get(timeout=seconds))
            while True:
                found += self._take(self._queue.get_nowait())
        except queue.Empty:
            return found

    def _take(self, item: _Item) -> list[Change]:
        if isinstance(item, _Broken):
            raise item.error
        if isinstance(item, _Told):
            known, ref = self._known[item.watched], item.change.ref
            (known.discard if item.change.object is None else known.add)(ref)
            return [item.change]
        present = [Change(_ref(item.watched.kind, found), found) for found in item.objects]
        now = {change.ref for change in present}
        before = self._known.get(item.watched, set())
        self._known[item.watched] = now
        return [*present, *(Change(ref, None) for ref in sorted(before - now))]

    def _follow(self, watched: Watched) -> None:
        """Watch; however that ends, the queue learns of it, or a dead thread would be waited for without an end."""
        error: SuiteError = OperationFailed(f"the watch of {watched.kind} has ended by a defect")
        try:
            error = self._until_broken(watched) or error
        finally:
            if not self._stop.is_set():
                self._queue.put(_Broken(error))

    def _until_broken(self, watched: Watched) -> SuiteError | None:
        """List and watch until told to stop, or until what is returned; a passing failure is ridden out."""
        failing_since: float | None = None
        while not self._stop.is_set():
            try:
                self._once(watched)
                failing_since = None
            except SuiteError as error:
                failing_since = failing_since or time.monotonic()
                if not _passing(error) or time.monotonic() - failing_since > PATIENCE:
                    return error
            self._stop.wait(_PAUSE)
        return None

    def _once(self, watched: Watched) -> None:
        objects = self._cluster.list(watched.kind, watched.as_, watched.where)
        self._queue.put(_Listed(watched, tuple(objects)))
        for event in self._cluster.watch(watched.kind, watched.as_, watched.where, seconds=SLICE):
            if self._stop.is_set():
                return
            gone = event.type is EventType.DELETED
            change = Change(_ref(watched.kind, event.object), None if gone else event.object)
            self._queue.put(_Told(watched, change))


def _passing(error: SuiteError) -> bool:
    """Whether the server may get over it; a missing kind or permission stays missing."""
    return isinstance(error, OperationFailed) and not isinstance(error, (Forbidden, KindNotServed))


def _ref(kind: Kind, item: Reconciled) -> Ref:
    return Ref(kind.name, item.metadata.name, item.metadata.namespace)
