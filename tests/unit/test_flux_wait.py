"""Waiting for a namespace of releases."""

from typing import Any

import pytest

from istiokit.cluster.kinds import HELM_RELEASE
from istiokit.cluster.types import Where
from istiokit.errors import Forbidden
from istiokit.flux.model import HelmRelease
from istiokit.flux.options import WaitOptions
from istiokit.flux.progress import Progress, Result
from istiokit.flux.wait import Vigil, wait_ready
from tests.fakes import FakeCluster
from tests.unit.flux_samples import NS, condition, manifest, ready, ref, release

RUNNING = condition("Ready", "Unknown", "Progressing", "Running 'install' action with timeout of 5m0s")
BAD_CHART = condition("Ready", "False", "SourceNotReady", "no chart name found")
OK = condition("Ready", "True", "InstallSucceeded")


def vigil(
    *releases: HelmRelease, expected: set[str] | None = None, absent: set[str] | None = None, **options: Any
) -> Vigil:
    found = Vigil(WaitOptions(**options), NS, frozenset(expected or ()), frozenset(absent or ()), 0.0)
    for item in releases:
        found.observe(ref(item.metadata.name), item)
    return found


def results(watch: Vigil, now: float) -> dict[str, Result]:
    return {outcome.name: outcome.result for outcome in watch.outcomes(now)}


def test_all_ready_is_over_at_once() -> None:
    watch = vigil(ready("a"), ready("b"))
    assert watch.over(0)
    assert results(watch, 0) == {"a": Result.READY, "b": Result.READY}


def test_one_under_way_is_waited_for() -> None:
    watch = vigil(ready("a"), release("b", RUNNING))
    assert not watch.over(1)
    watch.observe(ref("b"), ready("b"))
    assert watch.over(2)


def test_a_deleted_one_drops_out() -> None:
    watch = vigil(ready("a"), release("b", RUNNING))
    watch.observe(ref("b"), None)
    assert watch.over(1)
    assert results(watch, 1) == {"a": Result.READY}


def test_a_suspended_one_is_skipped_and_listed() -> None:
    watch = vigil(ready("a"), release("b", RUNNING, spec={"suspend": True}))
    assert watch.over(1)
    assert results(watch, 1) == {"a": Result.READY, "b": Result.SKIPPED}


def test_an_expected_one_has_to_come() -> None:
    watch = vigil(ready("a"), expected={"istiod"}, timeout=60.0)
    assert not watch.over(1)
    assert [(row.name, row.reason) for row in watch.rows(1)] == [
        ("a", "UpgradeSucceeded"),
        ("istiod", "Missing"),
    ]
    assert watch.over(60)
    assert results(watch, 60) == {"a": Result.READY, "istiod": Result.TIMEOUT}
    watch.observe(ref("istiod"), ready("istiod"))
    assert watch.over(2)


def test_one_that_is_to_go_has_to_go() -> None:
    watch = vigil(ready("a"), ready("istio"), absent={"istio"})
    assert not watch.over(1)
    assert watch.rows(1)[1].message == "it is to be deleted and is still there"
    watch.observe(ref("istio"), None)
    assert watch.over(2)
    assert results(watch, 2) == {"a": Result.READY, "istio": Result.GONE}


def test_a_final_failure_ends_the_wait_after_its_grace() -> None:
    watch = vigil(release("a", BAD_CHART), release("b", RUNNING), grace=5.0)
    assert not watch.over(1)
    assert not watch.over(5)
    assert watch.over(6)
    assert results(watch, 6) == {"a": Result.FAILED, "b": Result.STOPPED}
    assert "name of the chart" in watch.outcomes(6)[0].remedy


def test_without_early_stop_the_others_are_waited_for() -> None:
    watch = vigil(release("a", BAD_CHART), release("b", RUNNING), grace=5.0, stop_on_failure=False)
    assert not watch.over(0)
    assert not watch.over(10)
    watch.observe(ref("b"), ready("b"))
    assert watch.over(11)
    assert results(watch, 11) == {"a": Result.FAILED, "b": Result.READY}


def test_time_runs_out() -> None:
    watch = vigil(release("a", RUNNING), timeout=30.0)
    assert watch.over(30)
    [outcome] = watch.outcomes(30)
    assert (outcome.result, outcome.seconds) == (Result.TIMEOUT, 30.0)


def test_seconds_stand_still_once_ready() -> None:
    watch = vigil(release("a", RUNNING))
    watch.rows(1)
    watch.observe(ref("a"), ready("a"))
    assert watch.rows(4)[0].seconds == 4.0
    assert watch.rows(9)[0].seconds == 4.0


class Recorder:
    def __init__(self) -> None:
        self.seen: list[list[tuple[str, str]]] = []

    def update(self, rows: Any) -> None:
        shown: list[Progress] = list(rows)
        self.seen.append([(row.name, row.state.value) for row in shown])


def test_on_a_cluster() -> None:
    cluster = FakeCluster([manifest("a", OK), manifest("b", RUNNING)])
    cluster.later(lambda: cluster.put(manifest("c", OK)))
    cluster.later(lambda: cluster.put(manifest("b", OK)))
    recorder = Recorder()
    outcomes = wait_ready(cluster, Where(NS), WaitOptions(timeout=20), recorder, expected=("c",))
    assert [(found.name, found.result) for found in outcomes] == [
        ("a", Result.READY),
        ("b", Result.READY),
        ("c", Result.READY),
    ]
    assert recorder.seen[-1] == [("a", "ready"), ("b", "ready"), ("c", "ready")]


def test_no_permission_is_an_error() -> None:
    cluster = FakeCluster([], denied={("list", HELM_RELEASE.name)})
    with pytest.raises(Forbidden, match="you may not list helmreleases"):
        wait_ready(cluster, Where(NS), WaitOptions(timeout=20))
