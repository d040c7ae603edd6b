"""How far a change of many objects has come, on stderr: a number that rises, not a line for each."""

import threading
import time

from istiokit.plan.engine import Moment
from istiokit.plan.engine import Progress as RunProgress
from istiokit.plan.resume import remaining
from istiokit.ui.progress import Progress, Row

_LIVE_SECONDS = 0.2
_PARTS = 10
"""A log gets about so many lines."""


class Counter:
    """An observer of the engine. Called from several threads."""

    def __init__(self, progress: Progress, word: str, total: int | None = None) -> None:
        """`word` says what is done: `swap`; without a total it is what the run has left when it begins."""
        self._progress, self._word = progress, word
        self._total = total or 0
        self._is_given = total is not None
        self._lock = threading.Lock()
        self._began = self._drawn = time.monotonic()
        self._done = self._told = 0

    def __call__(self, event: RunProgress) -> None:
        """Count what has ended, and draw now and then."""
        if event.moment is Moment.GROUP and not self._is_given:
            self._total = self._done + len(remaining(event.run))
        if event.moment is Moment.FAIL and event.action is not None:
            self._progress.say(f"failed  {event.action.target()}: {event.message}")
        if event.moment not in (Moment.END, Moment.FAIL):
            return
        with self._lock:
            self._done += 1
            now = time.monotonic()
            step = self._done - self._told >= max(1, self._total // _PARTS)
            if step or self._done == self._total or now - self._drawn > _LIVE_SECONDS * _PARTS:
                self._told, self._drawn = self._done, now
                self._progress.update([self._row(now)])

    def _row(self, now: float) -> Row:
        state = f"{self._done} of {self._total}"
        return Row(
            self._word, state, elapsed=now - self._began, good=True if self._done == self._total else None
        )
