"""Waiting until every HelmRelease of a namespace is Ready."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from istiokit.cluster.kinds import HELM_RELEASE
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.flux.doubt import Doubt
from istiokit.flux.feed import Feed, Watched
from istiokit.flux.model import HelmRelease, Reconciled
from istiokit.flux.options import WAIT_DEFAULTS, WaitOptions
from istiokit.flux.progress import SILENT, Observer, Outcome, Progress, Result
from istiokit.flux.readiness import Readiness, State, readiness
from istiokit.flux.remedy import remedy

_TICK = 0.5


def wait_ready(
    cluster: Cluster,
    where: Where,
    options: WaitOptions = WAIT_DEFAULTS,
    observer: Observer = SILENT,
    *,
    expected: Collection[str] = (),
    absent: Collection[str] = (),
) -> list[Outcome]:
    """Wait until every HelmRelease there is Ready; the outcomes are sorted by release.

    Releases that are deleted drop out, new ones join in, suspended ones are skipped. Those named in
    `expected` have to exist, those in `absent` have to be gone. What was asked of Flux a moment ago counts
    as not Ready until Flux has handled it, but a change that Flux does not know of yet cannot be seen:
    reconcile first.

    Raises Forbidden, KindNotServed or another OperationFailed where the releases cannot be read.
    """
    watch = Vigil(options, where.namespace, frozenset(expected), frozenset(absent), time.monotonic())
    with Feed(cluster, [Watched(HELM_RELEASE, HelmRelease, where)]) as feed:
        while True:
            for change in feed.changes(_TICK):
                watch.observe(change.ref, change.object)
            now = time.monotonic()
            if feed.complete and watch.over(now):
                observer.update(watch.rows(now))
                return watch.outcomes(now)
            observer.update(watch.rows(now))


@dataclass(slots=True)
class Vigil:
    """The state of one wait, without input, output or clock; `now` is in seconds of one monotonic clock."""

    options: WaitOptions
    namespace: str | None
    expected: frozenset[str]
    absent: frozenset[str]
    began: float
    _latest: dict[Ref, HelmRelease] = field(default_factory=dict)
    _doubts: dict[Ref, Doubt] = field(default_factory=dict)
    _ready_at: dict[Ref, float] = field(default_factory=dict)

    def observe(self, ref: Ref, item: Reconciled | None) -> None:
        """Take the newest state of a release; None: it is gone."""
        if isinstance(item, HelmRelease):
            self._latest[ref] = item
        else:
            self._latest.pop(ref, None)

    def over(self, now: float) -> bool:
        """Whether there is nothing left to wait for: all is well, time is up, or one has failed."""
        failed = bool(self._failed(now))
        if now - self.began >= self.options.timeout or (failed and self.options.stop_on_failure):
            return True
        return not self._missing() and all(self._settled(ref, now) for ref in self._latest)

    def rows(self, now: float) -> list[Progress]:
        """A row for each release that is there or ought to be, sorted."""
        rows = []
        for ref, judged in self._judged().items():
            if judged.state is State.READY:
                self._ready_at.setdefault(ref, now)
            else:
                self._ready_at.pop(ref, None)
            seconds = self._ready_at.get(ref, now) - self.began
            rows.append(Progress(ref, judged.state, judged.reason, judged.message, seconds))
        return rows

    def outcomes(self, now: float) -> list[Outcome]:
        """How it ended, for each release that is there, ought to be, or ought to be gone."""
        failed, late = self._failed(now), now - self.began >= self.options.timeout
        seconds = {row.ref: row.seconds for row in self.rows(now)}
        found = []
        for ref, judged in self._judged().items():
            result = self._result(ref, judged, failed=ref in failed, late=late)
            advice = remedy(judged, self._latest[ref]) if ref in self._latest else ""
            found.append(Outcome(ref, result, judged.reason, judged.message, seconds[ref], advice))
        for ref in self._without(self.absent):
            found.append(Outcome(ref, Result.GONE, "Deleted", "it is gone", now - self.began))
        return sorted(found, key=lambda outcome: outcome.ref)

    def _judged(self) -> dict[Ref, Readiness]:
        judged = {ref: self._judge(release) for ref, release in self._latest.items()}
        missing = Readiness(State.UNKNOWN, "Missing", "there is no such HelmRelease yet")
        judged.update(dict.fromkeys(self._missing(), missing))
        return dict(sorted(judged.items()))

    def _judge(self, release: HelmRelease) -> Readiness:
        judged = readiness(release)
        if release.metadata.name in self.absent and judged.state in (State.READY, State.SUSPENDED):
            return Readiness(State.PROGRESSING, "Present", "it is to be deleted and is still there")
        return judged

    def _settled(self, ref: Ref, now: float) -> bool:
        state = self._judge(self._latest[ref]).state
        return state in (State.READY, State.SUSPENDED) or ref in self._failed(now)

    def _failed(self, now: float) -> set[Ref]:
        """Those that failed for good."""
        return {
            ref
            for ref, release in self._latest.items()
            if self._doubts.setdefault(ref, Doubt(self.options.grace)).final(self._judge(release), now)
        }

    def _missing(self) -> list[Ref]:
        return self._without(self.expected)

    def _without(self, names: Collection[str]) -> list[Ref]:
        """Those of the names that no release has."""
        present = {ref.name for ref in self._latest}
        return [Ref(HELM_RELEASE.name, name, self.namespace) for name in sorted(names) if name not in present]

    def _result(self, ref: Ref, judged: Readiness, *, failed: bool, late: bool) -> Result:
        if judged.state is State.READY:
            return Result.READY
        if judged.state is State.SUSPENDED:
            return Result.SKIPPED
        if failed:
            return Result.FAILED
        return Result.TIMEOUT if late else Result.STOPPED
