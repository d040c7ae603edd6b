"""Getting through an outage of the API server: what it does not answer is asked again until the time is over."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from istiokit.cluster.live_failures import NoAnswer
from istiokit.errors import Conflict
from istiokit.plan.journal import JournalStore, Run
from istiokit.plan.lease import LeaseSilent, Lock

T = TypeVar("T")

_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may be away."""

    seconds: float
    stop: threading.Event
    """Ends it early."""

    def for_answer(self, attempt: Callable[[], T], until: float | None = None) -> T:
        """What `attempt` returns, tried again while there is no answer; `until` is of time.monotonic()."""
        end = time.monotonic() + self.seconds if until is None else until
        while True:
            try:
                return attempt()
            except (NoAnswer, LeaseSilent):
                if time.monotonic() > end or self.stop.wait(_PAUSE_SECONDS):
                    raise


class PatientStore:
    """A journal that is written as soon as the server answers again."""

    def __init__(self, store: JournalStore, patience: Patience) -> None:
        self._store, self._patience = store, patience

    @property
    def place(self) -> str:
        """Where that is, in words."""
        return self._store.place

    def list(self, migration: str) -> Sequence[Run]:
        """All runs of the migration, oldest first."""
        return self._patience.for_answer(lambda: self._store.list(migration))

    def load(self, run_id: str) -> Run | None:
        """The run, or None."""
        return self._patience.for_answer(lambda: self._store.load(run_id))

    def create(self, run: Run) -> Run:
        """Store a new run; one that the server took without an answer is found again."""
        return self._written(run, self._store.create)

    def update(self, run: Run) -> Run:
        """Store a run that was read before; one that the server took without an answer is found again."""
        return self._written(run, self._store.update)

    def _written(self, run: Run, write: Callable[[Run], Run]) -> Run:
        tries = 0

        def attempt() -> Run:
            nonlocal tries
            tries += 1
            try:
                return write(run)
            except Conflict:
                stored = self._store.load(run.id) if tries > 1 else None
                if stored is None or (stored.entries, stored.state) != (run.entries, run.state):
                    raise
                return stored

        return self._patience.for_answer(attempt)


class PatientLock:
    """A Lease whose silence is waited out: as soon as it is renewed again, and nobody has taken it, all goes on."""

    def __init__(self, lock: Lock, patience: Patience) -> None:
        self._lock, self._patience = lock, patience

    def __enter__(self) -> Self:
        """Take it."""
        self._lock.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go."""
        self._lock.__exit__(kind, error, trace)

    def check(self) -> None:
        """Raise OperationFailed if it was lost, or could not be renewed in all that time."""
        self._patience.for_answer(self._lock.check)
