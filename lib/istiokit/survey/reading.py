"""Many lists at once: each is asked for in a thread of its own, and what cannot be read is remembered, not raised."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from istiokit.cluster.types import EVERYWHERE, Cluster, Kind, Ref, Where, unchanged
from istiokit.cluster.unread import Unread
from istiokit.errors import Forbidden, KindNotServed

T = TypeVar("T")

_THREADS = 8


class Reading:
    """A context manager around one reading of a cluster.

    A missing kind ("Flux is not installed") and a missing permission are facts to report, so they go to `unread`;
    every other failure is raised by the future's `result()`.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="survey")
        self._lock = threading.Lock()
        self._unread: dict[str, Unread] = {}

    def __enter__(self) -> "Reading":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=error is None, cancel_futures=True)

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What could not be read so far, sorted by kind."""
        with self._lock:
            return tuple(self._unread[kind] for kind in sorted(self._unread))

    def list(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> "Future[tuple[T, ...]]":
        """All objects of the kind; empty, with a note in `unread`, where that is not to be had."""
        return self.start(kind, lambda: tuple(self.cluster.list(kind, as_, where, keep)), ())

    def get(self, kind: Kind, ref: Ref, as_: type[T]) -> "Future[T | None]":
        """One object, or None; a missing permission is noted in `unread`."""
        return self.start(kind, lambda: self.cluster.get(ref, as_), None)

    def start(self, kind: Kind, read: Callable[[], T], otherwise: T) -> "Future[T]":
        """Run `read` in a thread; give `otherwise` where the kind or the permission is missing."""
        return self._pool.submit(self._read, kind, read, otherwise)

    def _read(self, kind: Kind, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except KindNotServed:
            self._note(Unread(kind.name, "not installed", missing=True))
        except Forbidden as error:
            self._note(Unread(kind.name, error.what))
        return otherwise

    def _note(self, item: Unread) -> None:
        with self._lock:
            self._unread[item.kind] = item
