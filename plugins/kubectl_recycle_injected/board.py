"""How far a run of restarts has come, on stderr: the workloads under way, and how many are done."""

import threading
import time
from dataclasses import replace

from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.engine import Moment
from istiokit.plan.engine import Progress as RunProgress
from istiokit.plan.journal import Entry, EntryState, Run, entry
from istiokit.plan.model import Action
from istiokit.plan.resume import remaining
from istiokit.ui.progress import Progress, Row

_TICK_SECONDS = 0.5
_PARTS = 10
"""A log gets about so many lines of how many are done."""


class Board:
    """An observer of the engine and of the actions, called from several threads. A context manager: it ticks."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._rows: dict[str, Row] = {}
        self._begun: dict[str, float] = {}
        self._start = time.monotonic()
        self._total = self._done = self._failed = 0
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="board", daemon=True)
        self.seconds: dict[int, float] = {}
        """How long each action took, by its index in the run."""
        self.entries: list[Entry] = []
        """What became of each action, whether the journal knows it or not."""
        self.run: Run | None = None
        """The run as it was last written."""

    def __enter__(self) -> "Board":
        self._ticker.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._ticker.join()

    def observe(self, event: RunProgress) -> None:
        """Take an event of the engine, and show it."""
        self.run, action = event.run, event.action
        if event.moment is Moment.GROUP and not self._total:
            actions = event.run.actions()
            self._total = sum(not actions[index].passive for index in remaining(event.run))
        if action is None or action.passive:
            return
        with self._lock:
            if event.moment is Moment.BEGIN:
                self._begun[action.target()] = time.monotonic()
                self._rows[action.target()] = Row(action.target(), _word(action, "Restarting", "Begun"))
                self._draw()
            elif event.moment is Moment.END:
                self._ended(event, action, _word(action, "Recycled", "Done"), good=True)
            elif event.moment is Moment.FAIL:
                self._ended(event, action, "Failed", good=False)

    def tell(self, action: Action, words: str) -> None:
        """Take how an action stands; it is shown with the next tick, since whoever tells it has no time."""
        with self._lock:
            row = self._rows.get(action.target())
            if row is not None:
                self._rows[row.name] = replace(row, detail=words)

    def _tick(self) -> None:
        """Time passes also where nothing happens."""
        while not self._over.wait(_TICK_SECONDS):
            with self._lock:
                self._draw()

    def _ended(self, event: RunProgress, action: Action, state: str, *, good: bool) -> None:
        """A row that ends well is shown once more; one that does not stays."""
        name = action.target()
        took = time.monotonic() - self._begun.get(name, self._start)
        about = event.message.removeprefix(name).removeprefix(":").strip()
        self.seconds[event.index] = took
        self.entries.append(entry(event.index, EntryState.DONE if good else EntryState.FAILED, event.message))
        self._done, self._failed = self._done + good, self._failed + (not good)
        self._rows[name] = Row(name, state, detail=about, elapsed=took, good=good)
        self._draw()
        if good:
            del self._rows[name]

    def _draw(self) -> None:
        now = time.monotonic()
        rows = [
            row if row.good is not None else replace(row, elapsed=now - self._begun[row.name])
            for row in self._rows.values()
        ]
        self._progress.update([*rows, *self._sum(now)])

    def _sum(self, now: float) -> list[Row]:
        """How many are done, said now and then."""
        ended = self._done + self._failed
        is_last = ended == self._total
        if not ended or not (is_last or ended % max(1, self._total // _PARTS) == 0):
            return []
        failed = f", {self._failed} failed" if self._failed else ""
        state = f"{self._done} of {self._total} done{failed}"
        return [Row("all", state, elapsed=now - self._start, good=True if is_last else None)]


def _word(action: Action, restart: str, other: str) -> str:
    return restart if isinstance(action, Recycle) else other
