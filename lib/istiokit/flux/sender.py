"""Annotating objects over a few connections at a time, without waiting for the answers."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import Forbidden, OperationFailed
from istiokit.flux.campaign import Request

CONNECTIONS = 8
"""An API server takes about twice as many patches a second over eight connections as over one; more do not help."""


class Sender:
    """A context manager; leaving it early (an interrupt) drops what was not sent yet."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._pool = ThreadPoolExecutor(CONNECTIONS, "annotate")
        self._sent: dict[Future[None], Ref] = {}

    def __enter__(self) -> "Sender":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def send(self, requests: Iterable[Request]) -> None:
        """Queue the requests and return at once."""
        for request in requests:
            patch = {"metadata": {"annotations": request.annotations}}
            self._sent[self._pool.submit(self._cluster.merge_patch, request.ref, patch)] = request.ref

    def refusals(self) -> list[tuple[Ref, str]]:
        """The objects that could not be annotated since the last call, with the reason.

        Raises Forbidden: what is not permitted for one object is not for the others either.
        """
        found = []
        for future in [future for future in self._sent if future.done()]:
            ref = self._sent.pop(future)
            try:
                future.result()
            except Forbidden:
                raise
            except OperationFailed as error:
                found.append((ref, str(error)))
        return found
