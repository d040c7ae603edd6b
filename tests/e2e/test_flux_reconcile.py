"""Reconciling and awaiting HelmReleases under the real source-controller and helm-controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.flux.options import WaitOptions
from istiokit.flux.progress import Outcome, Progress, Result
from istiokit.flux.repositories import HelmRepository
from istiokit.flux.wait import wait_ready
from tests.e2e.flux_place import PATIENT, Place, Recorder, write_chart
from tests.tools.rig import Rig

DIAMOND = {
    "base": (),
    "left-a": ("base",),
    "left-b": ("left-a",),
    "right-a": ("base",),
    "right-b": ("right-a",),
    "right-c": ("right-a",),
    "top": ("left-b", "right-b", "right-c"),
    "alone": (),
}


@pytest.fixture(scope="module")
def charts(flux_rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a repository with the chart `small` 1.0.0."""
    folder: Path = tmp_path_factory.mktemp("charts") / "small"
    write_chart(folder)
    flux_rig.charts.publish(folder)
    return flux_rig.charts.url


@pytest.fixture
def place(flux_rig: Rig, flux_namespace: str, charts: str) -> Place:
    return Place(flux_rig, flux_namespace, charts)


def results(outcomes: Mapping[str, Outcome]) -> dict[str, Result]:
    return {name: outcome.result for name, outcome in outcomes.items()}


def test_a_diamond_in_parallel_with_its_shared_source_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, needs in DIAMOND.items():
        place.release(name, needs)
    place.settle()
    patched: list[Ref] = []
    patch = place.cluster.merge_patch

    def recorded(ref: Ref, body: Mapping[str, Any], *, dry_run: bool = False) -> None:
        patched.append(ref)
        patch(ref, body, dry_run=dry_run)

    monkeypatch.setattr(place.cluster, "merge_patch", recorded)
    recorder = Recorder()
    outcomes = place.reconcile(recorder, with_source=True)

    assert results(outcomes) == dict.fromkeys(DIAMOND, Result.READY)
    kinds = [ref.kind for ref in patched]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "HelmRepository": 1,
        "HelmChart": 8,
        "HelmRelease": 8,
    }
    for release in place.releases():
        assert release.requested_at
        assert release.status.last_handled_reconcile_at == release.requested_at
    repository = place.cluster.get(Ref("HelmRepository", "charts", place.namespace), HelmRepository)
    assert repository is not None
    assert repository.status.last_handled_reconcile_at == repository.requested_at
    for rows in recorder.updates:
        for name, needs in DIAMOND.items():
            if rows[name].reason != "Waiting":
                assert all(rows[need].state == "ready" for need in needs), rows


def test_one_that_cannot_be_installed_leaves_the_others_alone(place: Place) -> None:
    place.release("good")
    place.release("bad-values", values={"wrong": 1})
    place.release("bad-version", version="9.9.9")
    place.release("no-secret", valuesFrom=[{"kind": "Secret", "name": "absent"}])
    place.release("behind", ["bad-values"])
    place.release("asleep", suspend=True)

    outcomes = place.reconcile(with_source=True)

    assert results(outcomes) == {
        "asleep": Result.SKIPPED,
        "bad-values": Result.FAILED,
        "bad-version": Result.FAILED,
        "behind": Result.SKIPPED,
        "good": Result.READY,
        "no-secret": Result.FAILED,
    }
    assert outcomes["bad-values"].reason == "InstallFailed"
    assert "additional properties 'wrong' not allowed" in outcomes["bad-values"].message
    assert "disableSchemaValidation" in outcomes["bad-values"].remedy
    assert outcomes["bad-version"].reason == "SourceNotReady"
    assert "no 'small' chart with version matching '9.9.9' found" in outcomes["bad-version"].message
    assert "version of the chart small" in outcomes["bad-version"].remedy
    assert outcomes["no-secret"].reason == "ValuesError"
    assert "spec.valuesFrom" in outcomes["no-secret"].remedy
    assert outcomes["asleep"].reason == "Suspended"
    assert max(outcome.seconds for outcome in outcomes.values()) < 30


def test_a_corrected_release_is_not_blamed_for_its_past(place: Place) -> None:
    """The HelmRelease repeats the chart's old failure for a moment after its spec was corrected."""
    place.release("late", version="9.9.9")
    assert results(place.reconcile()) == {"late": Result.FAILED}
    place.release("late")
    assert results(place.reconcile()) == {"late": Result.READY}


def test_exhausted_retries_need_the_reset(place: Place) -> None:
    quota = {"hard": {"count/deployments.apps": "0"}}
    place.put("v1", "ResourceQuota", "none", quota)
    get = ("resourcequota/none", f"--namespace={place.namespace}")
    place.rig.until(lambda: "used" in place.rig.get(*get).get("status", {}), "the quota to count")
    place.release("small", values={"pods": True})

    [stuck] = place.reconcile().values()
    assert (stuck.result, stuck.reason) == (Result.FAILED, "RetriesExceeded")
    assert "exceeded quota" in stuck.message
    assert stuck.remedy.endswith("kubectl istio-migrate reconcile small --reset")

    place.rig.kubectl("delete", *get)
    [still] = place.reconcile().values()
    assert still.reason == "RetriesExceeded"

    [freed] = place.reconcile(reset=True).values()
    assert freed.result is Result.READY, freed
    [release] = place.releases()
    assert release.status.last_handled_reset_at == release.requested_at


def test_force_upgrades_what_is_in_sync(place: Place) -> None:
    place.release("small")
    place.settle()
    assert results(place.reconcile(force=True)) == {"small": Result.READY}
    [release] = place.releases()
    assert release.status.last_handled_force_at == release.requested_at
    assert release.status.history[0].version == 2


def test_an_interrupt_leaves_nothing_odd(place: Place) -> None:
    for name in ("a", "b"):
        place.release(name)

    def interrupt(rows: Sequence[Progress]) -> None:
        if any(row.reason != "Waiting" for row in rows):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.reconcile(Recorder(interrupt), with_source=True)
    assert results(place.reconcile(with_source=True)) == {"a": Result.READY, "b": Result.READY}


def test_waiting_sees_releases_come_and_go(place: Place) -> None:
    place.release("stays")
    place.release("goes")
    place.settle()

    def change(rows: Sequence[Progress]) -> None:
        if len(recorder.updates) == 1:
            place.rig.kubectl(
                "delete", "helmrelease", "goes", f"--namespace={place.namespace}", "--wait=false"
            )
            place.release("comes")

    recorder = Recorder(change)
    outcomes = wait_ready(place.cluster, place.where, PATIENT, recorder, expected=["comes"], absent=["goes"])
    assert {outcome.name: outcome.result for outcome in outcomes} == {
        "comes": Result.READY,
        "goes": Result.GONE,
        "stays": Result.READY,
    }


def test_waiting_stops_at_a_final_failure(place: Place) -> None:
    place.release("bad", values={"wrong": 1})
    place.release("behind", ["bad"])
    outcomes = wait_ready(place.cluster, place.where, WaitOptions(timeout=60, grace=2))
    assert {outcome.name: outcome.result for outcome in outcomes} == {
        "bad": Result.FAILED,
        "behind": Result.STOPPED,
    }
