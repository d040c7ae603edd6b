"""The newest state of whole kinds, kept by watches, for many who wait for something at the same time."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from istiokit.cluster.decode import Object
from istiokit.cluster.types import Cluster, Event, EventType, Kind, Where
from istiokit.errors import SuiteError

T = TypeVar("T", bound=Object)
R = TypeVar("R")

_DAY = 86_400.0
_PAUSE_SECONDS = 0.5
"""Between two watches of a server that refuses or is away."""
_GLANCE_SECONDS = 1.0
"""Who waits looks up this often, also where nothing has happened: time passes, and runs are stopped."""


class Mirror(Generic[T]):
    """The objects of one kind in groups, such as pods by their owner. Not safe for threads by itself: see `Mirrors`."""

    def __init__(self, key: Callable[[T], Hashable]) -> None:
        """`key` tells the group of an object."""
        self._key = key
        self._groups: dict[Hashable, dict[str, T]] = defaultdict(dict)
        self._homes: dict[tuple[str, str], Hashable] = {}

    def group(self, key: Hashable) -> Mapping[str, T]:
        """The objects of a group, by name."""
        return self._groups.get(key, {})

    def take(self, event: Event[T]) -> set[Hashable]:
        """Take in one change; return the groups that it is about."""
        item, address = event.object, event.object.metadata.address
        if event.type is not EventType.DELETED:
            return {self._drop(address), self._put(item)}
        known = self._groups.get(self._homes.get(address), {}).get(item.metadata.name)
        is_another = known is not None and known.metadata.uid != item.metadata.uid
        return set() if is_another else {self._drop(address)}

    def reset(self, namespace: str | None, items: Iterable[T]) -> None:
        """Take in all that there is in a namespace, or everywhere, in place of what was known."""
        for address in [one for one in self._homes if namespace in (None, one[0])]:
            self._drop(address)
        for item in items:
            self._put(item)

    def _put(self, item: T) -> Hashable:
        key = self._homes[item.metadata.address] = self._key(item)
        self._groups[key][item.metadata.name] = item
        return key

    def _drop(self, address: tuple[str, str]) -> Hashable:
        key = self._homes.pop(address, None)
        if key is not None:
            self._groups[key].pop(address[1], None)
            if not self._groups[key]:
                del self._groups[key]
        return key


class Mirrors:
    """The mirrors of one run, by kind. A context manager: at its end the watches are given up."""

    def __init__(self, cluster: Cluster, places: Sequence[Where]) -> None:
        """`places`: what to watch of each kind, namespace by namespace or everywhere."""
        self._cluster, self._places = cluster, places
        self._lock, self._starting = threading.Lock(), threading.Lock()
        self._news: dict[Hashable, threading.Condition] = {}
        self._mirrors: dict[Kind, Mirror[Any]] = {}
        self._closed = threading.Event()
        self.error: SuiteError | None = None
        """Why nothing new comes at the moment; None while all is well."""

    def __enter__(self) -> "Mirrors":
        return self

    def __exit__(self, *exc: object) -> None:
        self._closed.set()

    def of(
        self, kind: Kind, as_: type[T], key: Callable[[T], Hashable], *, labels: bool = False
    ) -> Mirror[T]:
        """The mirror of the kind, complete; begun when first asked for. Raises what the first watch raises.

        With `labels` the label selectors of the places count, which are about pods.
        """
        with self._starting:
            if kind not in self._mirrors:
                mirror = Mirror(key)
                wheres = [place if labels else Where(place.namespace) for place in self._places]
                followers = [_Follower(self, mirror, kind, as_, where) for where in wheres]
                for follower in followers:
                    follower.begin()
                for follower in followers:
                    follower.first()
                self._mirrors[kind] = mirror
        return self._mirrors[kind]

    def look(self, what: Callable[[], R]) -> R:
        """What `what` finds in the mirrors, while nothing changes in them."""
        with self._lock:
            return what()

    def wait(
        self, key: Hashable, look: Callable[[], R | None], until: float, stop: threading.Event
    ) -> R | None:
        """What `look` finds as soon as it finds something; None if it is `until` (time.monotonic) or stopped first.

        It is called whenever something of the group has changed, in any mirror, and once a second.
        """
        with self._lock:
            news = self._news.setdefault(key, threading.Condition(self._lock))
            while (found := look()) is None:
                left = until - time.monotonic()
                if left <= 0 or stop.is_set() or self.closed:
                    return None
                news.wait(min(left, _GLANCE_SECONDS))
        return found

    @property
    def closed(self) -> bool:
        """Whether nobody waits any more."""
        return self._closed.is_set()

    def _follow(self, follower: "_Follower[T]") -> None:
        """The work of a follower's thread: watch, and watch again, until all is closed."""
        while not self.closed:
            try:
                follower.watch(self._cluster)
                self.error = None
            except SuiteError as error:
                self.error = error
                follower.failed(error)
            self._closed.wait(_PAUSE_SECONDS)

    def _apply(self, mirror: Mirror[T], event: Event[T]) -> None:
        with self._lock:
            self._tell(mirror.take(event))

    def _reset(self, mirror: Mirror[T], where: Where, found: Sequence[T]) -> None:
        self.error = None
        with self._lock:
            mirror.reset(where.namespace, found)
            self._tell(list(self._news))

    def _tell(self, keys: Iterable[Hashable]) -> None:
        for key in keys:
            if key in self._news:
                self._news[key].notify_all()


class _Follower(Generic[T]):
    """One watch of one mirror, begun anew whenever it breaks for good."""

    def __init__(self, mirrors: Mirrors, mirror: Mirror[T], kind: Kind, as_: type[T], where: Where) -> None:
        self._mirrors, self._mirror = mirrors, mirror
        self._kind, self._as, self._where = kind, as_, where
        self._fresh: list[T] | None = []
        self._begun = threading.Event()
        self._error: SuiteError | None = None

    def begin(self) -> None:
        """Start to watch, in a thread of its own."""
        work, name = self._mirrors._follow, f"mirror {self._kind}"
        threading.Thread(target=work, args=(self,), name=name, daemon=True).start()

    def first(self) -> None:
        """Wait until all that is there has come; raises what went wrong instead."""
        while not self._begun.wait(_GLANCE_SECONDS):
            pass  # on Windows Python before 3.14 hears Ctrl-C only between two waits
        if self._error is not None:
            raise self._error

    def failed(self, error: SuiteError) -> None:
        """If not even the first watch has begun there is no use in going on."""
        if not self._begun.is_set():
            self._error = error
            self._begun.set()

    def watch(self, cluster: Cluster) -> None:
        """One watch, until it breaks; what it tells first is all that is there."""
        self._fresh = []
        events = cluster.watch(self._kind, self._as, self._where, seconds=_DAY, synced=self._complete)
        for event in events:
            if self._mirrors.closed:
                return
            if self._fresh is None:
                self._mirrors._apply(self._mirror, event)
            else:
                self._fresh.append(event.object)

    def _complete(self) -> None:
        self._mirrors._reset(self._mirror, self._where, self._fresh or [])
        self._fresh = None
        self._begun.set()
