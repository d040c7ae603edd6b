"""Injectors that are away, fail open or die in the middle; and gateways, which are injected too."""

import json

import pytest

from tests.cluster.recycling import NEW, Beside, Place, template, workload
from tests.tools.rig import Rig


@pytest.fixture
def place(injector_rig: Rig, injector_namespace: str) -> Place:
    return Place(injector_rig, injector_namespace)


def test_an_injector_that_fails_closed_is_refused_before_the_first_restart(
    injector_rig: Rig, place: Place
) -> None:
    injector_rig.injector.install("dark", tag="1.29.5")
    try:
        place.make(workload("Deployment", "web"), workload("StatefulSet", "db"), pods=4)
        place.move("dark")
        place.until(lambda: place.injected_now() == "1.29.5", "the label")
        injector_rig.injector.stop("dark")
        before = place.uids()
        refused = place.restart()
        assert (refused.code, "error RI002  Deployment" in refused.err) == (1, True), refused.err
        assert "no new pod of it would be made" in refused.err
        assert 'failed calling webhook "rev.namespace.sidecar-injector.istio.io"' in refused.err
        assert (place.uids(), place.replica_sets("web")) == (before, 1)
        shown = place.run("restart", "--dry-run=server")
        assert (shown.code, "without --dry-run it would be refused" in shown.err) == (0, True)
        injector_rig.injector.start("dark")
        done = place.restart()
        assert done.code == 0, done.err
        assert place.proxies() == {"1.29.5"}
    finally:
        injector_rig.injector.uninstall("dark")


def test_an_injector_that_dies_in_the_middle_is_told_by_the_pods_that_cannot_be_made(
    injector_rig: Rig, place: Place
) -> None:
    injector_rig.injector.install("frail", tag="1.29.7")
    try:
        slow = template("a", {"rig/ready-after": "2s"})
        place.make(workload("Deployment", "a", template=slow), workload("Deployment", "b"), pods=4)
        place.move("frail")
        place.until(lambda: place.injected_now() == "1.29.7", "the label")
        running = Beside(place, "--concurrency", "1", "--timeout", "12s")
        place.until(lambda: place.replica_sets("a") == 2, "the first restart")
        injector_rig.injector.stop("frail")
        done = running.result()
        assert done.code == 1
        assert "failed calling webhook" in done.err, done.err
        assert len(place.pods(app="b")) == 2, "with surge the old pods stay"
        injector_rig.injector.start("frail")
        finished = place.restart("--timeout", "90s")
        assert finished.code == 0, finished.err
        assert place.proxies() == {"1.29.7"}
        assert (place.replica_sets("a"), place.replica_sets("b")) == (2, 2)
    finally:
        injector_rig.injector.uninstall("frail")


def test_an_injector_that_fails_open_would_leave_pods_without_a_sidecar(
    injector_rig: Rig, place: Place
) -> None:
    one = injector_rig.injector.install("loose", tag="1.29.8")
    try:
        place.make(workload("Deployment", "web"), pods=2)
        place.move("loose")
        place.until(lambda: place.injected_now() == "1.29.8", "the label")
        injector_rig.injector.stop("loose")
        webhooks = injector_rig.get("mutatingwebhookconfiguration", one.webhook)["webhooks"]
        patch = [
            {"op": "replace", "path": f"/webhooks/{at}/failurePolicy", "value": "Ignore"}
            for at in range(len(webhooks))
        ]
        injector_rig.kubectl(
            "patch", "mutatingwebhookconfiguration", one.webhook, "--type=json", "-p", json.dumps(patch)
        )
        place.until(lambda: place.injected_now() == "", "the webhook to fail open")
        refused = place.restart()
        assert (refused.code, "a new pod of it would have no sidecar" in refused.err) == (1, True), (
            refused.err
        )
        assert place.replica_sets("web") == 1
    finally:
        injector_rig.injector.uninstall("loose")


def test_gateways_are_left_alone_unless_asked_for(place: Place) -> None:
    """A gateway of Istio's chart: its only container is the proxy, which the injector fills in."""
    made = workload("Deployment", "edge")
    made["spec"]["template"] = {
        "metadata": {
            "labels": {"app": "edge", "istio": "ingressgateway", "sidecar.istio.io/inject": "true"},
            "annotations": {"inject.istio.io/templates": "gateway"},
        },
        "spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]},
    }
    place.make(made, pods=2)
    place.move()
    assert place.rows() == {}
    assert "nothing to restart" in place.restart("--all").err
    assert place.rows("--gateways")["Deployment/edge"]["reason"] == "revision 1-30 -> 1-31"
    done = place.restart("--gateways")
    assert done.code == 0, done.err
    assert place.proxies() == {NEW}
