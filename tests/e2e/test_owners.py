"""Owners that really put things back: each refusal is proved by what the controller does to a change by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.owned_place import CHART, Place, publish_chart
from tests.tools.rig import Rig


@pytest.fixture
def place(flux_rig: Rig, flux_namespace: str) -> Place:
    return Place(flux_rig, flux_namespace)


@pytest.fixture(scope="module")
def chart(flux_rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> str:
    publish_chart(flux_rig, tmp_path_factory.mktemp("charts") / CHART)
    return CHART


def assert_put_back(place: Place, name: str) -> None:
    """A change by hand is undone by the controller, and nobody else."""
    generation = place.patch_by_hand(name)
    place.wait_until_bound(name, place.old)
    assert place.found(name)["metadata"]["generation"] == generation + 1


def test_a_kustomization_puts_it_back_and_git_is_where_to_change_it(place: Place) -> None:
    place.commit("web", place.old)
    place.kustomization("apps")
    place.wait_until_bound("web", place.old)

    refused = place.swap()
    assert refused.code == 1
    repository = place.rig.git.repo_url(place.namespace)
    assert (
        f"web: Kustomization {place.namespace}/apps applies it again at every interval (every 2s). "
        f"Change it in {repository} (branch main), folder apps: spec.gateways: [{place.new}]"
    ) in refused.err
    assert_put_back(place, "web")

    place.commit("web", place.new)
    place.wait_until_bound("web", place.new)
    row = place.row("web")
    assert (row["state"], row["owner"]) == ("new-only", f"Kustomization {place.namespace}/apps")
    assert (row["source"]["url"], row["source"]["path"]) == (repository, "apps")
    assert place.swap().code == 0


def test_a_suspended_kustomization_puts_it_back_when_it_is_resumed(place: Place) -> None:
    place.commit("web", place.old)
    place.kustomization("apps")
    place.wait_until_bound("web", place.old)
    place.kustomization("apps", suspend=True)

    done = place.swap()
    assert (done.code, place.bound("web")) == (0, [place.new]), done.err
    ours = f"Kustomization {place.namespace}/apps"
    assert (
        f"note: {ours} is suspended; when it is resumed it puts the object back as its source has it"
        in done.err
    )
    assert "; change it as well in " in done.err

    place.kustomization("apps", suspend=False)
    place.wait_until_bound("web", place.old)


def test_a_helm_release_that_corrects_drift_puts_it_back(place: Place, chart: str) -> None:
    place.release("web", driftDetection={"mode": "enabled"})
    place.wait_until_bound("web", place.old)

    refused = place.swap()
    assert refused.code == 1
    ours = f"HelmRelease {place.namespace}/web"
    assert (
        f"skipped: VirtualService {place.namespace}/web: {ours} corrects drift. Change it at {ours} "
        "spec.values.virtualService.gateways[0], or let its drift detection ignore /spec/gateways: "
        f"spec.gateways: [{place.new}]"
    ) in refused.err
    assert_put_back(place, "web")

    ignoring = {"mode": "enabled", "ignore": [{"paths": ["/spec/gateways"]}]}
    place.release("web", driftDetection=ignoring)
    place.reconcile("web")
    done = place.swap()
    assert done.code == 0, done.err
    assert (
        f"note: the drift detection of {ours} ignores these fields, but a later upgrade may overwrite it"
        in done.err
    )
    assert_stays(place, "web", driftDetection=ignoring)


def test_a_helm_release_without_drift_detection_leaves_it(place: Place, chart: str) -> None:
    disabled = {"mode": "disabled"}
    place.release("web", driftDetection=disabled)
    place.wait_until_bound("web", place.old)
    done = place.swap()
    assert done.code == 0, done.err
    assert (
        f"note: HelmRelease {place.namespace}/web does not correct drift, but a later upgrade may overwrite it"
        in done.err
    )
    assert_stays(place, "web", driftDetection=disabled)

    place.release("web", gateways=(place.old, place.new), driftDetection=disabled)
    place.wait_until_bound("web", place.old, place.new)


def assert_stays(place: Place, name: str, **spec: Any) -> None:
    """After the controller has looked again, and after an upgrade that changes something else in the object."""
    assert place.bound(name) == [place.new]
    place.reconcile(name)
    assert place.bound(name) == [place.new]
    place.release(name, revision="2", **spec)
    place.reconcile(name)
    assert place.found(name)["metadata"]["labels"]["revision"] == "2"
    assert place.bound(name) == [place.new]
