"""Work that is begun before anybody has asked for its result."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Early:
    """Results by key, of which some are begun in a thread of their own. Safe to share by threads."""

    def __init__(self) -> None:
        self._begun: dict[object, Future[Any]] = {}

    def begin(self, key: object, work: Callable[[], object]) -> None:
        """Begin it now; the first `get` of the same key takes the result, or the error, whatever it is.

        What has begun and was not taken yet is not begun again.
        """
        if key in self._begun:
            return
        pool = ThreadPoolExecutor(1, thread_name_prefix="early")
        self._begun[key] = pool.submit(work)
        pool.shutdown(wait=False)

    def get(self, key: object, work: Callable[[], T]) -> T:
        """The result: the one that is on its way, if there is one, else that of `work`."""
        begun = self._begun.pop(key, None)
        return begun.result() if begun else work()
