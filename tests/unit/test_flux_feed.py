"""Several watches as one stream."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from istiokit.cluster.kinds import HELM_RELEASE, HELM_REPOSITORY
from istiokit.cluster.types import EVERYWHERE, Kind, Ref, Where, unchanged
from istiokit.errors import Forbidden, KindNotServed, OperationFailed, SuiteError, UsageError
from istiokit.flux import feed as feeding
from istiokit.flux.feed import Feed, Watched
from istiokit.flux.model import HelmRelease
from istiokit.flux.options import ReconcileOptions
from istiokit.flux.progress import Result
from istiokit.flux.reconcile import reconcile
from istiokit.flux.repositories import HelmRepository
from tests.fakes import FakeCluster
from tests.unit.flux_samples import NS, condition, manifest, ready, ref

RELEASES = Watched(HELM_RELEASE, HelmRelease, Where(NS))
REPOSITORIES = Watched(HELM_REPOSITORY, HelmRepository, Where(NS))
OK = condition("Ready", "True", "InstallSucceeded")


def collect(feed: Feed, enough: Callable[[dict[Ref, bool]], bool]) -> dict[Ref, bool]:
    """Which objects are there (False: gone), once `enough` says so."""
    found: dict[Ref, bool] = {}
    end = time.monotonic() + 10
    while not (feed.complete and enough(found)):
        assert time.monotonic() < end, found
        found |= {change.ref: change.object is not None for change in feed.changes(0.1)}
    return found


def test_two_kinds_in_one_stream() -> None:
    cluster = FakeCluster([manifest("a", OK), manifest("charts", OK, kind="HelmRepository")])
    with Feed(cluster, [RELEASES, REPOSITORIES, RELEASES]) as feed:
        found = collect(feed, lambda found: len(found) == 2)
    assert found == {ref("a"): True, ref("charts", "HelmRepository"): True}


def test_what_went_between_two_watches_is_told() -> None:
    """The fake's watch ends at once, so that every change falls between two watches."""
    cluster = FakeCluster([manifest("a", OK), manifest("b", OK)])
    with Feed(cluster, [RELEASES]) as feed:
        collect(feed, lambda found: len(found) == 2)
        cluster.delete(ref("b"))
        assert collect(feed, lambda found: ref("b") in found and not found[ref("b")])[ref("b")] is False


class Flaky(FakeCluster):
    """Out of reach for the first few lists."""

    failures = 2

    def list(self, kind: Kind, as_: type[Any], where: Where = EVERYWHERE, keep: Any = None) -> Any:
        if self.failures:
            self.failures -= 1
            raise OperationFailed("connection refused")
        return super().list(kind, as_, where, keep or unchanged)


def test_a_server_that_is_away_for_a_while_is_ridden_out() -> None:
    with Feed(Flaky([manifest("a", OK)]), [RELEASES]) as feed:
        assert collect(feed, bool) == {ref("a"): True}


def test_a_server_that_stays_away_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "PATIENCE", 0.0)
    cluster = Flaky()
    cluster.failures = 100
    with Feed(cluster, [RELEASES]) as feed, pytest.raises(OperationFailed, match="connection refused"):
        collect(feed, bool)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("error", "told"), [(UsageError("no plugin"), "no plugin"), (ValueError("x"), "has ended by a defect")]
)
def test_whatever_ends_a_watch_is_raised_and_never_waited_for(error: Exception, told: str) -> None:
    class Broken(FakeCluster):
        def list(self, kind: Kind, as_: type[Any], where: Where = EVERYWHERE, keep: Any = None) -> Any:
            raise error

    with Feed(Broken(), [RELEASES]) as feed, pytest.raises(SuiteError, match=told):
        collect(feed, bool)
    for thread in threading.enumerate():
        if thread.name.startswith("watch "):
            thread.join()  # pytest must meet the defect here, not in a later test


def test_a_kind_that_is_not_served_is_an_error() -> None:
    with Feed(FakeCluster(absent={"HelmRelease"}), [RELEASES]) as feed, pytest.raises(KindNotServed):
        collect(feed, bool)


def test_a_refused_request_is_the_outcome_of_that_release() -> None:
    cluster = FakeCluster([manifest("a", OK)])

    def refuse(method: str, target: Ref) -> None:
        raise OperationFailed("admission says no")

    cluster.on_write = refuse
    [outcome] = reconcile(cluster, [ready("a")], ReconcileOptions(timeout=20))
    assert (outcome.result, outcome.message) == (Result.FAILED, "admission says no")


def test_no_permission_to_annotate_is_an_error() -> None:
    cluster = FakeCluster([manifest("a", OK)], denied={("patch", "HelmRelease")})
    with pytest.raises(Forbidden, match="you may not patch helmreleases"):
        reconcile(cluster, [ready("a")], ReconcileOptions(timeout=20))


def test_sources_that_are_not_served_are_left_out() -> None:
    asleep = manifest("a", OK, chart="podinfo", spec={"suspend": True})
    cluster = FakeCluster([asleep], absent={"HelmRepository", "HelmChart"})
    [outcome] = reconcile(
        cluster, cluster.list(HELM_RELEASE, HelmRelease), ReconcileOptions(with_source=True, timeout=20)
    )
    assert outcome.result is Result.SKIPPED
    assert cluster.writes == []
