"""A lock behind which something is asked once more: what was judged before a question may have changed since."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from istiokit.plan.lease import Lock


class Guarded:
    """Takes a lock, then asks `ready`, which raises what stands in the way by now; then nothing is begun."""

    def __init__(self, lock: Lock, ready: Callable[[], None]) -> None:
        """Hold the two; nothing is taken before the context is entered."""
        self._lock, self._ready = lock, ready

    def __enter__(self) -> Self:
        """Take the lock and ask; the lock is let go again where the answer is no."""
        self._lock.__enter__()
        try:
            self._ready()
        except BaseException as error:
            self._lock.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the lock go."""
        self._lock.__exit__(kind, error, trace)

    def check(self) -> None:
        """As the lock has it."""
        self._lock.check()
