"""Going on with an unfinished run: what is down is not done, and nothing is forgotten without a word."""

import time

import pytest

from tests.cluster.recycling import NEW, OLD, Beside, Place, template, workload
from tests.tools.fixtures import namespace_name
from tests.tools.rig import Rig

BROKEN = {"rig/breaks": "on-restart"}


@pytest.fixture
def place(injector_rig: Rig, injector_namespace: str) -> Place:
    return Place(injector_rig, injector_namespace)


def test_what_is_down_is_not_done_when_the_command_comes_again(place: Place) -> None:
    """All old pods are gone then, and nothing answers: only waiting for the new ones tells."""
    recreate = workload(
        "Deployment", "web", template=template("web", labels=BROKEN), strategy={"type": "Recreate"}
    )
    place.make(recreate, pods=2)
    place.move()
    for _ in range(2):
        done = place.restart("--timeout", "4s")
        assert (done.code, "ImagePullBackOff" in done.err) == (1, True), done.err
    patch = '{"spec":{"template":{"metadata":{"labels":{"rig/breaks":"no"}}}}}'
    place.rig.kubectl("patch", "deployment", "web", "-n", place.namespace, "-p", patch)
    assert place.restart().code == 0
    assert place.proxies() == {NEW}


def test_what_is_beside_the_unfinished_run_is_told_and_not_forgotten(place: Place) -> None:
    place.make(
        workload("Deployment", "a", template=template("a", labels=BROKEN)),
        workload("Deployment", "b"),
        pods=4,
    )
    place.move()
    assert place.restart("-l", "app=a", "--timeout", "3s").code == 1
    again = place.restart("--selector=app=a", "--timeout", "3s")
    assert (again.code, "ImagePullBackOff" in again.err) == (1, True), (
        "the same command goes on, however it is spelled"
    )
    other = place.restart("-l", "app=b")
    assert (other.code, "is not finished, and it is about other labels" in other.err) == (1, True), other.err
    dry = place.run("restart", "--dry-run")
    assert "this is the rest of recycle-restart-" in dry.err
    assert "1 stale workload beside it: run the same command once more after it" in dry.err
    patch = '{"spec":{"template":{"metadata":{"labels":{"rig/breaks":"no"}}}}}'
    place.rig.kubectl("patch", "deployment", "a", "-n", place.namespace, "-p", patch)
    first = place.restart()
    assert (first.code, place.proxies(app="b")) == (1, {OLD}), first.err
    assert place.restart().code == 0
    assert place.proxies() == {NEW}


def test_a_move_to_another_revision_is_not_the_unfinished_one(place: Place) -> None:
    place.make(workload("Deployment", "web", template=template("web", labels=BROKEN)), pods=2)
    assert place.restart("--relabel", "1-30=1-31", "--timeout", "3s").code == 1
    other = place.restart("--relabel", "1-30=stable")
    assert (other.code, "is not finished, and it is about something else" in other.err) == (1, True), (
        other.err
    )
    plain = place.restart()
    assert (plain.code, "is not finished, and it is about something else" in plain.err) == (1, True), (
        plain.err
    )


def test_a_workload_that_is_deleted_in_the_middle_is_no_failure(place: Place) -> None:
    slow = template("web", {"rig/ready-after": "5s"})
    place.make(workload("Deployment", "web", template=slow), workload("Deployment", "api"), pods=4)
    place.move()
    running = Beside(place)
    place.until(lambda: place.replica_sets("web") == 2, "the restart to begin")
    begun = time.monotonic()
    place.rig.kubectl("delete", "deployment", "web", "-n", place.namespace)
    done = running.result()
    assert done.code == 0, done.err
    assert f"Deployment {place.namespace}/web was deleted meanwhile" in done.err
    assert time.monotonic() - begun < 40, "it is not waited for"


def test_a_namespace_that_is_gone_leaves_a_way_out(injector_rig: Rig, place: Place) -> None:
    gone = Place(injector_rig, namespace_name("gone"))
    labels = {"istio.io/rev": "1-30"}
    metadata = {"name": gone.namespace, "labels": labels}
    injector_rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    injector_rig.kubectl(
        "wait", "--for=create", f"--namespace={gone.namespace}", "serviceaccount/default", "--timeout=60s"
    )
    gone.make(workload("Deployment", "web", template=template("web", labels=BROKEN)), pods=2)
    gone.move()
    flags = ("-n", gone.namespace, "--timeout", "3s")
    assert place.restart(*flags).code == 1
    injector_rig.kubectl("delete", "namespace", gone.namespace, "--timeout=120s")
    lost = place.restart(*flags)
    assert lost.code == 1
    assert f"there is no namespace {gone.namespace}" in lost.err
    assert "is unfinished, and this closes it: kubectl recycle-injected rollback" in lost.err
    assert place.run("rollback", "--yes").code == 0
    assert place.restart().code == 0


def test_a_workload_that_is_scaled_down_in_the_middle_goes_on(place: Place) -> None:
    slow = template("web", {"rig/ready-after": "2s"})
    place.make(workload("Deployment", "web", 4, template=slow), pods=4)
    place.move()
    running = Beside(place, "--strategy", "evict")
    place.until(lambda: NEW in place.proxies(), "the first pod to be replaced")
    place.rig.kubectl("scale", "deployment/web", "--replicas=2", "-n", place.namespace)
    done = running.result()
    assert done.code == 0, done.err
    assert (place.proxies(), len(place.pods())) == ({NEW}, 2)


def test_the_journal_is_deleted_in_the_middle(place: Place) -> None:
    slow = template("web", {"rig/ready-after": "3s"})
    place.make(workload("Deployment", "web", template=slow), pods=2)
    place.move()
    running = Beside(place)
    place.until(lambda: place.replica_sets("web") == 2, "the restart to begin")
    label = "istio-migrate.dev/journal=recycle"
    place.rig.kubectl("delete", "configmap", f"--selector={label}", "-n", place.namespace)
    done = running.result()
    assert done.code == 3
    assert "restarted 1 workload (journal" in done.err, done.err
    assert done.err.count("run the same command again") == 1
