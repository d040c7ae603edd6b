"""How far a run of restarts has come, on stderr: the workloads under way, and how many are done."""

import threading
import time

from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.engine import Moment
from istiokit.plan.engine import Progress as RunProgress
from istiokit.plan.journal import Run
from istiokit.plan.model import Action
from istiokit.plan.resume import remaining
from istiokit.ui.progress import Progress, Row

_LIVE_SECONDS = 0.2
_DONE, _FAILED = "Recycled", "Failed"


class Board:
    """An observer of the engine and of the actions. Called from several threads."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._rows: dict[str, Row] = {}
        self._begun: dict[str, float] = {}
        self._start = self._drawn = time.monotonic()
        self._total = self._done = self._failed = 0
        self.seconds: dict[int, float] = {}
        """How long each action took, by its index in the run."""
        self.run: Run | None = None
        """The run as it was last written."""

    def observe(self, event: RunProgress) -> None:
        """Take an event of the engine."""
        self.run = event.run
        if event.moment is Moment.GROUP and not self._total:
            self._total = len([one for one in remaining(event.run) if not event.run.actions()[one].passive])
        if event.action is None or event.action.passive:
            return
        if event.moment is Moment.BEGIN:
            self._begun[event.action.target()] = time.monotonic()
            self._set(event.action, "Restarting" if isinstance(event.action, Recycle) else "Begun", "")
        elif event.moment is Moment.END:
            self._ended(event, _DONE if isinstance(event.action, Recycle) else "Done", good=True)
        elif event.moment is Moment.FAIL:
            self._ended(event, _FAILED, good=False)

    def tell(self, action: Action, words: str) -> None:
        """Take how an action stands."""
        self._set(action, "Restarting", words)

    def _set(self, action: Action, state: str, detail: str, good: bool | None = None) -> None:
        name, now = action.target(), time.monotonic()
        elapsed = now - self._begun.get(name, now)
        with self._lock:
            self._rows[name] = Row(name, state, detail=detail, elapsed=elapsed, good=good)
            if good is not None or now - self._drawn > _LIVE_SECONDS or not detail:
                self._draw(now)

    def _ended(self, event: RunProgress, state: str, *, good: bool) -> None:
        action = event.action
        if action is None:
            return
        with self._lock:
            self._done += good
            self._failed += not good
            self.seconds[event.index] = time.monotonic() - self._begun.get(action.target(), time.monotonic())
        about = event.message.removeprefix(action.target())
        self._set(action, state, about.removeprefix(":").strip(), good)
        if good:
            with self._lock:
                self._rows.pop(action.target(), None)

    def _draw(self, now: float) -> None:
        self._drawn = now
        rows = [
            Row(row.name, row.state, row.reason, row.detail, self._age(row, now), row.good)
            for row in self._rows.values()
        ]
        failed = f", {self._failed} failed" if self._failed else ""
        done = self._done + self._failed
        if done and (done == self._total or done % max(1, self._total // 10) == 0):
            state = f"{self._done} of {self._total} done{failed}"
            rows.append(
                Row("all", state, elapsed=now - self._start, good=True if done == self._total else None)
            )
        self._progress.update(rows)

    def _age(self, row: Row, now: float) -> float:
        return row.elapsed if row.good is not None else now - self._begun.get(row.name, now)
