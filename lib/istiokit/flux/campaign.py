"""Reconciling many HelmReleases, as a state machine without input, output or clock.

Each release goes through waiting (for those it depends on, and for a free place), its sources, and the
release itself. `advance` says what to ask for next; `observe` takes what a watch tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from istiokit.cluster.kinds import HELM_CHART
from istiokit.cluster.types import Ref
from istiokit.flux.doubt import Doubt
from istiokit.flux.model import FORCE_AT, REQUESTED_AT, RESET_AT, HelmRelease, Reconciled
from istiokit.flux.options import ReconcileOptions
from istiokit.flux.order import graph, order, release_ref
from istiokit.flux.progress import Outcome, Progress, Result
from istiokit.flux.readiness import Readiness, State, readiness
from istiokit.flux.remedy import remedy
from istiokit.flux.sources import can_be_asked


@dataclass(frozen=True, slots=True)
class Request:
    """An object to annotate."""

    ref: Ref
    annotations: dict[str, str]


@dataclass(slots=True)
class _Job:
    """One release on its way."""

    release: HelmRelease
    chain: tuple[Ref, ...]
    needs: frozenset[Ref]
    doubt: Doubt
    started: float | None = None
    outcome: Outcome | None = None


@dataclass(slots=True)
class Campaign:
    """All releases of one run. `now` is always in seconds of one monotonic clock."""

    options: ReconcileOptions
    token: str
    """The value of the annotations: one for the whole run, and not used before."""
    _jobs: dict[Ref, _Job] = field(default_factory=dict)
    _latest: dict[Ref, Reconciled] = field(default_factory=dict)
    _asked: dict[Ref, str] = field(default_factory=dict)
    """Each object that we asked, and the token that it had before."""

    def add(self, releases: Sequence[HelmRelease], chains: Mapping[Ref, tuple[Ref, ...]], now: float) -> None:
        """Take the releases on, each with the sources to reconcile before it; cycles are failures at once."""
        needs = graph(releases)
        for release in releases:
            ref = release_ref(release)
            self._latest[ref] = release
            self._jobs[ref] = _Job(release, chains.get(ref, ()), needs[ref], Doubt(self.options.grace))
        for cycle in order(releases).cycles:
            names = " -> ".join(ref.name for ref in (*cycle, cycle[0]))
            message = f"the releases wait for each other: {names}"
            for ref in cycle:
                self._end(ref, Result.FAILED, "DependencyCycle", message, now)

    def observe(self, ref: Ref, item: Reconciled | None) -> None:
        """Take the newest state of a release or source; None: it is gone."""
        if item is None:
            self._latest.pop(ref, None)
        else:
            self._latest[ref] = item

    def refused(self, ref: Ref, message: str, now: float) -> None:
        """A request could not be made: every release that needs this object has failed."""
        for name, job in self._jobs.items():
            if job.outcome is None and (name == ref or ref in job.chain):
                self._end(name, Result.FAILED, "RequestFailed", message, now)

    @property
    def over(self) -> bool:
        """Whether every release has its outcome."""
        return all(job.outcome for job in self._jobs.values())

    def outcomes(self) -> list[Outcome]:
        """The outcomes so far, sorted by release."""
        return [job.outcome for _, job in sorted(self._jobs.items()) if job.outcome]

    def advance(self, now: float) -> list[Request]:
        """Bring every release as far as it can go; the requests to make now, each to be made once."""
        requests: list[Request] = []
        # An outcome can free those that depend on it (or end them), which is seen in the next round.
        ended = -1
        while ended != len(self.outcomes()):
            ended = len(self.outcomes())
            for ref in sorted(self._jobs):
                if self._jobs[ref].outcome is None:
                    requests += self._step(ref, self._jobs[ref], now)
        return requests

    def rows(self, now: float) -> list[Progress]:
        """A row for each release, sorted."""
        return [self._row(ref, job, now) for ref, job in sorted(self._jobs.items())]

    def _step(self, ref: Ref, job: _Job, now: float) -> list[Request]:
        item = self._latest.get(ref)
        if item is None:
            self._end(ref, Result.SKIPPED, "Deleted", "it was deleted", now)
        elif item.spec.suspend:
            self._end(ref, Result.SKIPPED, "Suspended", "it is suspended", now)
        elif job.started is None and not self._may_start(ref, job, now):
            return []
        elif job.started is not None and now - job.started >= self.options.timeout:
            row = self._row(ref, job, now)
            self._end(ref, Result.TIMEOUT, row.reason, row.message, now)
        else:
            job.started = now if job.started is None else job.started
            return self._work(ref, job, now)
        return []

    def _may_start(self, ref: Ref, job: _Job, now: float) -> bool:
        for need in sorted(job.needs):
            outcome = self._jobs[need].outcome
            if outcome is None:
                return False
            if not self._met(need, outcome):
                message = f"dependency '{need.namespace}/{need.name}' is not ready: {outcome.reason}"
                self._end(ref, Result.SKIPPED, "DependencyNotReady", message, now)
                return False
        running = sum(other.started is not None and other.outcome is None for other in self._jobs.values())
        return running < max(1, self.options.concurrency)

    def _met(self, need: Ref, outcome: Outcome) -> bool:
        """helm-controller lets a suspended dependency pass if its last word was Ready."""
        item = self._latest.get(need)
        ready = item.condition("Ready") if item else None
        return outcome.result is Result.READY or bool(
            outcome.reason == "Suspended" and ready and ready.status == "True"
        )

    def _work(self, ref: Ref, job: _Job, now: float) -> list[Request]:
        source = self._open_source(ref, job)
        if source is None:
            return self._release(ref, job, now)
        item = self._latest[source]
        if source not in self._asked:
            return [self._ask(source, item, {REQUESTED_AT: self.token})]
        judged = self._answer(source, item)
        if judged.terminal:
            self._end(ref, Result.FAILED, judged.reason, f"{source}: {judged.message}", now)
        return []

    def _open_source(self, ref: Ref, job: _Job) -> Ref | None:
        """The first source that has still to answer; none once the release itself was asked.

        A HelmChart that has failed is no obstacle: helm-controller may be about to correct it; if not, the
        release says so itself.
        """
        if ref in self._asked:
            return None
        for source in job.chain:
            if not can_be_asked(self._latest.get(source)):
                continue
            judged = self._answer(source, self._latest[source])
            failed_chart = judged.terminal and source.kind == HELM_CHART.name
            if source not in self._asked or not (judged.state is State.READY or failed_chart):
                return source
        return None

    def _release(self, ref: Ref, job: _Job, now: float) -> list[Request]:
        item = self._latest[ref]
        if ref not in self._asked:
            return [self._ask(ref, item, self._annotations())]
        judged = self._answer(ref, item)
        if judged.state is State.READY:
            self._end(ref, Result.READY, judged.reason, judged.message, now)
        elif job.doubt.final(judged, now):
            self._end(ref, Result.FAILED, judged.reason, judged.message, now)
        return []

    def _ask(self, ref: Ref, item: Reconciled, annotations: dict[str, str]) -> Request:
        self._asked[ref] = item.requested_at
        return Request(ref, annotations)

    def _annotations(self) -> dict[str, str]:
        """All of one value: helm-controller heeds resetAt and forceAt only if they equal requestedAt."""
        keys = [REQUESTED_AT]
        keys += [RESET_AT] if self.options.reset else []
        keys += [FORCE_AT] if self.options.force else []
        return dict.fromkeys(keys, self.token)

    def _answer(self, ref: Ref, item: Reconciled) -> Readiness:
        """The object's state, once the watch has brought the object with our request on it."""
        if ref in self._asked and item.requested_at == self._asked[ref]:
            return Readiness(State.PROGRESSING, "ReconcileRequested", "")
        return readiness(item)

    def _row(self, ref: Ref, job: _Job, now: float) -> Progress:
        if job.outcome is not None:
            state = _STATES[job.outcome.result]
            return Progress(ref, state, job.outcome.reason, job.outcome.message, job.outcome.seconds)
        if job.started is None:
            left = sorted(need.name for need in job.needs if self._jobs[need].outcome is None)
            message = f"for {', '.join(left)}" if left else "for a free place"
            return Progress(ref, State.PROGRESSING, "Waiting", message, 0.0)
        source = self._open_source(ref, job)
        about = source or ref
        judged = self._answer(about, self._latest.get(about, job.release))
        prefix = f"{source}: " if source else ""
        return Progress(ref, judged.state, judged.reason, prefix + judged.message, now - job.started)

    def _end(self, ref: Ref, result: Result, reason: str, message: str, now: float) -> None:
        job = self._jobs[ref]
        seconds = now - job.started if job.started is not None else 0.0
        state = State.SUSPENDED if reason == "Suspended" else State.FAILED
        judged = Readiness(State.READY if result is Result.READY else state, reason, message)
        advice = _REMEDIES[reason] if reason in _REMEDIES else remedy(judged, job.release)
        job.outcome = Outcome(ref, result, reason, message, seconds, advice)


_REMEDIES = {
    "Deleted": "",
    "RequestFailed": "",
    "DependencyCycle": "take one of the releases out of the spec.dependsOn of another",
}
"""For the reasons that are ours, not a controller's."""
_STATES = {
    Result.READY: State.READY,
    Result.FAILED: State.FAILED,
    Result.TIMEOUT: State.FAILED,
    Result.SKIPPED: State.SUSPENDED,
}
