"""Requests that are sent before anybody has asked for their answer."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from istiokit.cluster.live_http import JSON, Reply, Transport

_Request = tuple[str, tuple[tuple[str, str], ...], str]


class Early:
    """GETs, of which some are begun in a thread of their own. Safe to share by threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._begun: dict[_Request, Future[Reply]] = {}

    def begin(self, path: str, query: Mapping[str, str], accept: str = JSON) -> None:
        """Send it now; the first `get` of just the same takes the answer, whatever it is."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="early")
        self._begun[_key(path, query, accept)] = pool.submit(
            self._transport.send, "GET", path, query, accept=accept
        )
        pool.shutdown(wait=False)

    def get(self, path: str, query: Mapping[str, str], accept: str = JSON) -> Reply:
        """The answer: the one that is on its way, if there is one, else a new one. Raises NoAnswer."""
        begun = self._begun.pop(_key(path, query, accept), None)
        return begun.result() if begun else self._transport.send("GET", path, query, accept=accept)


def _key(path: str, query: Mapping[str, str], accept: str) -> _Request:
    return path, tuple(sorted(query.items())), accept
