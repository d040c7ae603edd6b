"""Reconciling many releases: what is asked of whom, and when. The controllers are played by the tests."""

from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.flux.campaign import Campaign, Request
from istiokit.flux.model import HelmRelease
from istiokit.flux.options import ReconcileOptions
from istiokit.flux.progress import Result
from istiokit.flux.readiness import State
from tests.unit.flux_samples import condition, ready, ref, release

TOKEN = "now"
REPOSITORY = ref("charts", "HelmRepository")
NO_CHART = "HelmChart 'b/c' is not ready: invalid chart reference: no chart name found"
OK = condition("Ready", "True", "Succeeded")


def campaign(
    *releases: HelmRelease, chains: dict[Ref, tuple[Ref, ...]] | None = None, **options: Any
) -> Campaign:
    found = Campaign(ReconcileOptions(**options), TOKEN)
    found.add(releases, chains or {}, 0.0)
    return found


def asked(requests: list[Request]) -> list[str]:
    return [str(request.ref) for request in requests]


def handle(run: Campaign, name: str, *conditions: dict[str, Any], **more: Any) -> None:
    """helm-controller has seen our request and this is the result."""
    conditions = conditions or (OK,)
    run.observe(ref(name), release(name, *conditions, requested=TOKEN, handled=TOKEN, **more))


def results(run: Campaign) -> dict[str, Result]:
    return {outcome.name: outcome.result for outcome in run.outcomes()}


def test_a_diamond_goes_level_by_level() -> None:
    run = campaign(
        ready("top", needs=("left", "right")),
        ready("left", needs=("base",)),
        ready("right", needs=("base",)),
        ready("base"),
    )
    assert asked(run.advance(0)) == ["HelmRelease bigbang/base"]
    assert run.advance(1) == []
    handle(run, "base")
    assert asked(run.advance(2)) == ["HelmRelease bigbang/left", "HelmRelease bigbang/right"]
    handle(run, "left")
    assert run.advance(3) == []
    handle(run, "right")
    assert asked(run.advance(4)) == ["HelmRelease bigbang/top"]
    handle(run, "top")
    assert run.advance(6) == []
    assert run.over
    assert [(found.name, found.seconds) for found in run.outcomes()] == [
        ("base", 2.0),
        ("left", 1.0),
        ("right", 2.0),
        ("top", 2.0),
    ]


@pytest.mark.parametrize(
    ("reset", "force", "keys"),
    [
        (False, False, {"requestedAt"}),
        (True, False, {"requestedAt", "resetAt"}),
        (False, True, {"requestedAt", "forceAt"}),
        (True, True, {"requestedAt", "resetAt", "forceAt"}),
    ],
)
def test_the_annotations_are_those_of_the_flux_cli(reset: bool, force: bool, keys: set[str]) -> None:
    [request] = campaign(ready("a"), reset=reset, force=force).advance(0)
    assert request.annotations == {f"reconcile.fluxcd.io/{key}": TOKEN for key in keys}


def test_an_old_answer_is_not_taken_for_ours() -> None:
    """The watch may still bring the object as it was before our request."""
    run = campaign(ready("a", requested="old", handled="old"))
    run.advance(0)
    run.observe(ref("a"), ready("a", requested="old", handled="old"))
    assert run.advance(1) == []
    assert not run.over
    run.observe(ref("a"), ready("a", requested=TOKEN, handled="old"))
    run.advance(2)
    assert not run.over
    handle(run, "a")
    run.advance(3)
    assert results(run) == {"a": Result.READY}


def test_at_most_so_many_at_a_time() -> None:
    run = campaign(*(ready(f"r{number}") for number in range(5)), concurrency=2)
    assert asked(run.advance(0)) == ["HelmRelease bigbang/r0", "HelmRelease bigbang/r1"]
    assert run.rows(0)[4].message == "for a free place"
    handle(run, "r1")
    assert asked(run.advance(1)) == ["HelmRelease bigbang/r2"]


def test_a_failure_skips_what_depends_on_it_and_nothing_else() -> None:
    run = campaign(ready("bad"), ready("behind", needs=("bad",)), ready("free"), grace=3.0)
    run.advance(0)
    handle(run, "bad", condition("Ready", "False", "SourceNotReady", NO_CHART))
    handle(run, "free")
    run.advance(1)
    assert results(run) == {"free": Result.READY}
    run.advance(4)
    assert results(run) == {"bad": Result.FAILED, "behind": Result.SKIPPED, "free": Result.READY}
    outcomes = {outcome.name: outcome for outcome in run.outcomes()}
    assert "name of the chart" in outcomes["bad"].remedy
    assert outcomes["behind"].message == "dependency 'bigbang/bad' is not ready: SourceNotReady"
    assert outcomes["behind"].remedy == "make HelmRelease bigbang/bad Ready first"


def test_what_the_controllers_retry_is_waited_for_until_time_is_up() -> None:
    run = campaign(ready("a"), timeout=10.0)
    run.advance(0)
    handle(run, "a", condition("Ready", "False", "UpgradeFailed", "context deadline exceeded"))
    run.advance(9)
    assert not run.over
    run.advance(10)
    [outcome] = run.outcomes()
    assert (outcome.result, outcome.reason, outcome.seconds) == (Result.TIMEOUT, "UpgradeFailed", 10.0)
    assert "get pods" in outcome.remedy


def test_suspended_ones_are_skipped_with_the_remedy() -> None:
    asleep = ready("asleep", spec={"suspend": True})
    run = campaign(asleep, ready("on-it", needs=("asleep",)))
    assert asked(run.advance(0)) == ["HelmRelease bigbang/on-it"]
    [outcome] = run.outcomes()
    assert (outcome.result, outcome.reason) == (Result.SKIPPED, "Suspended")
    assert outcome.remedy.startswith("resume it")


def test_a_suspended_one_that_is_not_ready_holds_up_its_dependents() -> None:
    asleep = release("asleep", spec={"suspend": True})
    run = campaign(asleep, ready("on-it", needs=("asleep",)))
    assert run.advance(0) == []
    assert results(run) == {"asleep": Result.SKIPPED, "on-it": Result.SKIPPED}


def test_a_cycle_fails_at_once_and_the_rest_goes_on() -> None:
    run = campaign(ready("a", needs=("b",)), ready("b", needs=("a",)), ready("c", needs=("a",)), ready("d"))
    assert asked(run.advance(0)) == ["HelmRelease bigbang/d"]
    outcomes = {outcome.name: outcome for outcome in run.outcomes()}
    assert outcomes["a"].message == "the releases wait for each other: a -> b -> a"
    assert outcomes["c"].reason == "DependencyNotReady"


def test_a_deleted_release_is_skipped() -> None:
    run = campaign(ready("istio"))
    run.advance(0)
    run.observe(ref("istio"), None)
    run.advance(1)
    assert results(run) == {"istio": Result.SKIPPED}


def test_a_refused_request_fails_that_release() -> None:
    run = campaign(ready("a"), ready("b"))
    run.advance(0)
    run.refused(ref("a"), "HelmRelease bigbang/a: admission says no", 1.0)
    assert results(run) == {"a": Result.FAILED}


def test_rows_show_every_release() -> None:
    run = campaign(ready("a"), ready("b", needs=("a",)), ready("c", spec={"suspend": True}))
    run.advance(0)
    rows = run.rows(5.0)
    assert [(row.name, row.state, row.reason, row.seconds) for row in rows] == [
        ("a", State.PROGRESSING, "ReconcileRequested", 5.0),
        ("b", State.PROGRESSING, "Waiting", 0.0),
        ("c", State.SUSPENDED, "Suspended", 0.0),
    ]
    assert rows[1].message == "for a"
