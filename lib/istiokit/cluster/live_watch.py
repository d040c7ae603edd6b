"""Following a kind: list, then watch, then again whatever breaks, until the time is over."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from urllib3 import BaseHTTPResponse
from urllib3 import exceptions as failures

from istiokit.cluster.decode import decoder
from istiokit.cluster.live_failures import NoAnswer
from istiokit.cluster.live_http import JSON, Reply, Transport
from istiokit.cluster.live_read import EXPIRED, Page, Reader, decoded, page_decoder, selectors
from istiokit.cluster.types import Event, EventType, Where

T = TypeVar("T")

_SILENCE_SECONDS = 10.0
"""A quiet stream is opened again after this long, so that a dead connection cannot hold us up."""
_PATIENCE_SECONDS = 60.0
"""How long a server that went away may stay away before the watch fails."""
_PAUSE_SECONDS = 0.2
"""Between two connections, so that a server that hangs up at once is not flooded."""


class Head(msgspec.Struct, frozen=True, rename="camel"):
    """What tells one object, and one state of it, from another."""

    uid: str = ""
    resource_version: str = ""


class Headed(msgspec.Struct, frozen=True):
    """Any object, for its head."""

    metadata: Head = Head()


class Line(msgspec.Struct, frozen=True):
    """A line of the stream: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."""

    type: str
    object: msgspec.Raw


_HEADS, _LINES = decoder(Headed), decoder(Line)
_RAWS: msgspec.json.Decoder[list[Any]] = decoder(list[msgspec.Raw])


class Seen(NamedTuple):
    """The newest state of an object that we have told about."""

    uid: str
    version: str
    object: Any


class Watch(Generic[T]):
    """One run of `Cluster.watch`."""

    def __init__(
        self,
        transport: Transport,
        check: Callable[[Reply], Reply],
        path: str,
        where: Where,
        as_: type[T],
        seconds: float,
        synced: Callable[[], None],
    ) -> None:
        """`check` raises for an answer that is an error; `synced` is called once all that was there is told."""
        self._transport, self._check, self._path = transport, check, path
        self._decoder, self._what, self._synced = decoder(as_), f"watch {path}", synced
        self._query = selectors(where)
        self._deadline = time.monotonic() + seconds
        self._last_contact = time.monotonic()
        self._seen: dict[str, Seen] = {}
        self._version = ""

    def events(self) -> Iterator[Event[T]]:
        """The events, each real change once; ends with the time."""
        yield from self._differences()
        self._synced()
        while self._left() > 0:
            try:
                if self._version:
                    yield from self._stream()
                else:
                    yield from self._differences()
                self._last_contact = time.monotonic()
            except NoAnswer:
                if time.monotonic() - self._last_contact > _PATIENCE_SECONDS:
                    raise
            self._pause()

    def _pause(self) -> None:
        time.sleep(max(0.0, min(_PAUSE_SECONDS, self._left())))

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _differences(self) -> Iterator[Event[T]]:
        """List everything and tell what is new against what we have told before."""
        found = self._listed()
        before, self._seen = self._seen, found
        for uid, seen in found.items():
            if uid not in before:
                yield Event(EventType.ADDED, seen.object)
            elif before[uid].version != seen.version:
                yield Event(EventType.MODIFIED, seen.object)
        for uid in before.keys() - found.keys():
            yield Event(EventType.DELETED, before[uid].object)

    def _listed(self) -> dict[str, Seen]:
        """All that is there now, by uid; a long list is never in memory as a whole."""
        reader: Reader[Any] = Reader("items", _RAWS, self._read_object)
        answer = self._transport.pull(self._path, self._query, JSON, reader.read)
        # Of an answer that is none `check` raises what it means.
        body, found = (bytearray(self._check(answer).body), []) if isinstance(answer, Reply) else answer
        rest: Page[msgspec.Raw] = decoded(page_decoder(msgspec.Raw), body, self._what)
        self._version = rest.metadata.resource_version
        everything = [*found, *map(self._read_object, rest.items or ())]
        return {seen.uid: seen for seen in everything}

    def _read_object(self, raw: msgspec.Raw) -> Seen:
        head = decoded(_HEADS, raw, self._what).metadata
        return Seen(head.uid, head.resource_version, decoded(self._decoder, raw, self._what))

    def _stream(self) -> Iterator[Event[T]]:
        """The changes since `_version` until the connection ends, goes quiet or expires."""
        query = {
            **self._query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(max(1, round(self._left()))),
        }
        response = self._transport.stream(self._path, query, min(_SILENCE_SECONDS, max(self._left(), 0.1)))
        try:
            if response.status == EXPIRED:
                self._version = ""
                return
            self._check(Reply(response.status, b"" if response.status < 400 else response.data))
            for line in _lines(response):
                if event := self._read(line):
                    yield event
                if self._left() <= 0 or not self._version:
                    return
        finally:
            response.close()

    def _read(self, line: bytes) -> Event[T] | None:
        """The event of a line; bookmarks and errors only move `_version`."""
        told = decoded(_LINES, line, self._what)
        if told.type == "ERROR":
            self._version = ""
            return None
        if told.type == "BOOKMARK":
            self._version = decoded(_HEADS, told.object, self._what).metadata.resource_version
            return None
        seen = self._read_object(told.object)
        self._version = seen.version
        kind = EventType(told.type)
        if kind is EventType.DELETED:
            self._seen.pop(seen.uid, None)
        else:
            self._seen[seen.uid] = seen
        return Event(kind, seen.object)


def _lines(response: BaseHTTPResponse) -> Iterator[bytes]:
    """Whole lines as they arrive; ends quietly when the connection does (the caller opens a new one)."""
    rest = b""
    try:
        for chunk in response.stream(2**16):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from filter(None, lines)
    except failures.HTTPError:
        return
