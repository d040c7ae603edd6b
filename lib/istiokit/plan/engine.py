"""What the runner and the rollback share: one group of jobs, written ahead, done in parallel, written down.

A kill can come between any two of these; `Moment` names the places, so that a test can play it.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum

from istiokit.errors import OperationFailed, SuiteError
from istiokit.plan.journal import Entry, EntryState, JournalStore, Run, RunState, entry
from istiokit.plan.lease import Lock
from istiokit.plan.model import Action, World


class Moment(StrEnum):
    """Where a run is; the order is that of one group."""

    GROUP = "group"
    """Nothing of the group is written or done."""
    AHEAD = "ahead"
    """The group is written ahead; nothing is done."""
    BEGIN = "begin"
    """One action begins."""
    END = "end"
    """One action is done, and the journal does not know it yet."""
    FAIL = "fail"
    """One action has failed, and the journal does not know it yet."""
    WRITTEN = "written"
    """The group's results are in the journal."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What an observer is told; `action` and `index` only for BEGIN, END and FAIL."""

    moment: Moment
    run: Run
    action: Action | None = None
    index: int = -1
    message: str = ""


Observer = Callable[[Progress], None]
"""Told from the threads of the group, so it must be quick and safe to call from several."""


@dataclass(frozen=True, slots=True)
class Job:
    """One action of a group; `work` does it and returns what became of it, or raises SuiteError."""

    index: int
    action: Action
    work: Callable[[], tuple[EntryState, str]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How the actions of a plan are worked off, beside the concurrency of each group."""

    per_lane: int = 0
    """At most so many at a time that have the same `Action.lane()`; 0 for no limit."""
    max_failures: int | None = None
    """After so many failures nothing more is begun; less than that do not keep the next group from beginning. None:
    all actions of a group are begun, and no other group after a failure. 0: everything is begun."""

    def is_over(self, failures: int) -> bool:
        """Whether nothing more may begin after so many failures."""
        return bool(self.max_failures) and failures >= (self.max_failures or 0)

    def ends_run(self, failures: int) -> bool:
        """Whether no other group may begin."""
        return failures > 0 if self.max_failures is None else self.is_over(failures)


@dataclass(frozen=True, slots=True)
class Driver:
    """All that carrying out needs beside the plan."""

    world: World
    store: JournalStore
    lock: Lock
    observer: Observer = lambda progress: None
    pace: Pace = Pace()
    errors: list[SuiteError] = field(default_factory=list)
    """What has failed in all groups so far."""

    def carry_out(
        self, run: Run, jobs: Sequence[Job], *, concurrency: int, ahead: EntryState, failed: RunState
    ) -> Run:
        """Do the jobs, with one journal entry before and one after; return the run as stored.

        A job that fails lets those finish that have begun, and the others begin unless `pace` says no; then, if that
        ends the run, it is stored as `failed` and the first error raised. An interrupt (Ctrl-C, or SIGTERM as the
        command turns it into an exception) is journaled the same way and goes on.
        """
        self.observer(Progress(Moment.GROUP, run))
        self.lock.check()
        run = self._stored(run.with_entries([entry(job.index, ahead) for job in jobs]))
        self.observer(Progress(Moment.AHEAD, run))
        results = _Results(self.errors)
        try:
            self._all(run, jobs, concurrency, results)
        except BaseException as cause:
            if not isinstance(cause, Exception):  # a defect is left as a kill would leave it
                self._interrupted(run.with_entries(results.filled(jobs, "interrupted"), failed), cause)
            raise
        over = self.pace.ends_run(len(self.errors)) or results.lacks_vital(jobs)
        entries = results.filled(jobs, NOT_BEGUN)
        run = self._stored(run.with_entries(entries, failed if over else None))
        self.observer(Progress(Moment.WRITTEN, run))
        if over:
            self.raise_first(run)
        return run

    def raise_first(self, run: Run) -> None:
        """Raise the first error as what it is, with the ways on added to its hint; nothing where there is none."""
        if not self.errors:
            return
        error = self.errors[0]
        others = len(self.errors) - 1
        more = f" ({others} more failed, see journal {run.id})" if others else ""
        error.hint = f"{error.hint}; then {_WAYS_ON}{more}" if error.hint else f"{_WAYS_ON}{more}"
        raise error

    def _stored(self, run: Run) -> Run:
        """Write the journal; where that fails the run is left as a kill would leave it, and goes on in the same way."""
        try:
            return self.store.update(run)
        except OperationFailed as error:
            error.hint = f"{error.hint}; then {_WAYS_ON}" if error.hint else _WAYS_ON
            raise

    def _interrupted(self, run: Run, cause: BaseException) -> None:
        """Write down where it stopped; whoever prints the interruption tells the ways on with it."""
        self.world.stop.set()
        with contextlib.suppress(SuiteError):
            self.store.update(run)
        cause.add_note(f"{_WAYS_ON} (journal {run.id})")

    def _all(self, run: Run, jobs: Sequence[Job], concurrency: int, results: "_Results") -> None:
        """Run every job; one at a time happens in this thread, where an interrupt ends it at once."""
        if concurrency <= 1 or len(jobs) == 1:
            for job in jobs:
                if not self.pace.is_over(len(self.errors)):
                    self._one(run, job, results)
            return
        pool = ThreadPoolExecutor(min(concurrency, len(jobs)), thread_name_prefix="action")
        try:
            self._dispatch(pool, run, _Queue(jobs, self.pace.per_lane), concurrency, results)
        except BaseException:
            self.world.stop.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _dispatch(
        self, pool: ThreadPoolExecutor, run: Run, queue: "_Queue", concurrency: int, results: "_Results"
    ) -> None:
        running: dict[Future[None], Job] = {}
        while True:
            while len(running) < concurrency and not self.pace.is_over(len(self.errors)):
                job = queue.take()
                if job is None:
                    break
                running[pool.submit(self._one, run, job, results)] = job
            if not running:
                return
            # In short waits: on Windows Python before 3.14 hears Ctrl-C only between two of them.
            for future in wait(running, timeout=_GLANCE_SECONDS, return_when=FIRST_COMPLETED).done:
                queue.done(running.pop(future))
                future.result()

    def _one(self, run: Run, job: Job, results: "_Results") -> None:
        try:
            self.lock.check()
            self.observer(Progress(Moment.BEGIN, run, job.action, job.index))
            state, message = job.work()
        except SuiteError as error:
            self.observer(Progress(Moment.FAIL, run, job.action, job.index, str(error)))
            results.add(entry(job.index, EntryState.FAILED, str(error)), error)
        else:
            self.observer(Progress(Moment.END, run, job.action, job.index, message))
            results.add(entry(job.index, state, message))


_GLANCE_SECONDS = 0.5
NOT_BEGUN = "not begun: too much had failed"
"""The message of an action that `Pace.max_failures` kept from beginning."""
_WAYS_ON = "run the same command again to go on, or roll back"


class _Queue:
    """Jobs in their order, but none whose lane is full."""

    def __init__(self, jobs: Sequence[Job], per_lane: int) -> None:
        self._jobs, self._per_lane = list(jobs), per_lane
        self._busy: Counter[str] = Counter()

    def take(self) -> Job | None:
        """The next job that may begin; None if there is none now."""
        for at, job in enumerate(self._jobs):
            lane = job.action.lane()
            if not (self._per_lane and lane and self._busy[lane] >= self._per_lane):
                self._busy[lane] += 1
                return self._jobs.pop(at)
        return None

    def done(self, job: Job) -> None:
        """The job has ended, whichever way."""
        self._busy[job.action.lane()] -= 1


class _Results:
    """What has become of the jobs so far; filled from several threads."""

    def __init__(self, errors: list[SuiteError]) -> None:
        """`errors` takes those of this group too."""
        self.entries: list[Entry] = []
        self._errors = errors
        self._lock = threading.Lock()

    def add(self, result: Entry, error: SuiteError | None = None) -> None:
        with self._lock:
            self.entries.append(result)
            self._errors += [error] if error else []

    def lacks_vital(self, jobs: Sequence[Job]) -> bool:
        """Whether something has failed that all that comes later relies on."""
        failed = {result.index for result in self.entries if result.state is EntryState.FAILED}
        return any(job.action.vital and job.index in failed for job in jobs)

    def filled(self, jobs: Sequence[Job], reason: str) -> list[Entry]:
        """The results, and a failure with this reason for each job that has none."""
        known = {result.index for result in self.entries}
        rest = [job.index for job in jobs if job.index not in known]
        return [*self.entries, *(entry(index, EntryState.FAILED, reason) for index in rest)]
