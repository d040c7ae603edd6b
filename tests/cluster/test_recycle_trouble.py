"""What goes wrong in real clusters: budgets, images, probes, quotas, nodes, rollouts of others."""

import json
import time
from typing import Any

import pytest

from tests.cluster.recycling import NEW, OLD, Beside, Manifest, Place, template, workload
from tests.tools.rig import Rig

BREAKS = {"rig/breaks": "on-restart"}
"""Pods whose image cannot be pulled once they were restarted."""


@pytest.fixture
def place(injector_rig: Rig, injector_namespace: str) -> Place:
    return Place(injector_rig, injector_namespace)


def breaking(kind: str, name: str, labels: dict[str, str] = BREAKS) -> Manifest:
    return workload(kind, name, template=template(name, labels=labels))


def budget(name: str) -> Manifest:
    """Allows no disruption at all."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": name}}},
    }


def test_a_budget_blocks_an_eviction_until_it_frees(place: Place) -> None:
    manual = workload("StatefulSet", "db", updateStrategy={"type": "OnDelete"})
    place.make(manual, budget("db"), pods=2)
    place.move()
    before = place.uids()
    running = Beside(place)
    time.sleep(4)
    assert place.uids() == before, "nobody may go"
    place.rig.kubectl("delete", "poddisruptionbudget", "db", "-n", place.namespace)
    done = running.result()
    assert done.code == 0, done.err
    assert place.proxies() == {NEW}


def test_a_budget_that_never_frees_is_named(place: Place) -> None:
    manual = workload("StatefulSet", "db", updateStrategy={"type": "OnDelete"})
    place.make(manual, budget("db"), workload("Deployment", "web"), budget("web"), pods=4)
    place.move()
    before = place.uids(app="db")
    done = place.restart("--timeout", "8s")
    assert done.code == 1
    assert "pod db-0 may not be evicted: Cannot evict pod as it would violate" in done.err, done.err
    assert place.uids(app="db") == before
    assert place.proxies(app="web") == {NEW}, "a rollout with surge needs no eviction"


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_rollout_that_is_stuck_on_an_image_is_undone(place: Place, kind: str) -> None:
    place.make(breaking(kind, "web"), pods=2)
    place.move()
    before = place.uids()
    done = place.restart("--timeout", "6s", "--undo-failed")
    assert done.code == 1
    assert "is not done after 6 s" in done.err
    assert "ImagePullBackOff" in done.err, done.err
    assert "it was undone, the old pods go on" in done.err
    place.until(lambda: len(place.pods()) == 2, "two pods")
    place.rig.kubectl("rollout", "status", f"{kind.lower()}/web", "-n", place.namespace, "--timeout=60s")
    annotations = place.rig.get(kind.lower(), "web", "-n", place.namespace)["spec"]["template"]["metadata"]
    assert "kubectl.kubernetes.io/restartedAt" not in annotations.get("annotations", {})
    assert place.events("IstioSidecarNotRecycled") == {f"{kind}/web"}
    if kind == "Deployment":
        assert place.uids() == before, "not one of the old pods has gone"


def test_without_undo_it_stays_and_the_reasons_are_told(place: Place) -> None:
    place.make(
        breaking("Deployment", "web"), breaking("Deployment", "slow", {"rig/breaks": "no-probe"}), pods=4
    )
    place.move()
    done = place.restart("--timeout", "5s")
    assert done.code == 1
    assert "0 of 2 new pods Ready, 2 old left" in done.err, done.err
    assert "web: Failed" in done.err
    assert "slow: Failed" in done.err
    assert "not Ready: app" in done.err
    assert place.replica_sets("web") == 2
    assert "kubectl -n" in done.err.splitlines()[-1]


def test_a_quota_without_room_is_seen_before_the_first_restart(place: Place) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "tight"},
        "spec": {"hard": {"pods": "2"}},
    }
    place.make(workload("Deployment", "web"), quota, pods=2)
    place.until(lambda: quota_used(place) == "2", "the quota to count")
    place.move_label("1-31")
    refused = place.restart()
    assert (refused.code, "error RI005  Deployment" in refused.err) == (1, True), refused.err
    assert "exceeded quota: tight" in refused.err
    assert place.replica_sets("web") == 1
    tried = place.restart("--timeout", "4s", "--allow", "RI005")
    assert "FailedCreate" in tried.err, tried.err
    assert "exceeded quota: tight" in tried.err
    place.rig.kubectl("delete", "resourcequota", "tight", "-n", place.namespace)
    done = place.restart("--timeout", "90s")
    assert done.code == 0, done.err
    assert (place.proxies(), place.replica_sets("web")) == ({NEW}, 2)


def quota_used(place: Place) -> Any:
    status = place.rig.get("resourcequota", "tight", "-n", place.namespace).get("status", {})
    return status.get("used", {}).get("pods")


def test_a_paused_deployment_is_left(place: Place) -> None:
    place.make(workload("Deployment", "web", paused=False), pods=2)
    place.rig.kubectl("rollout", "pause", "deployment/web", "-n", place.namespace)
    place.move()
    left = place.restart()
    assert (left.code, "is paused, so that a restart would not begin" in left.err) == (1, True)
    assert place.proxies() == {OLD}
    assert place.restart("--strategy", "evict").code == 0
    assert place.proxies() == {NEW}


def test_a_rollout_that_is_going_on_is_awaited_and_not_repeated(place: Place) -> None:
    slow = template("web", {"rig/ready-after": "3s"})
    place.make(workload("Deployment", "web", template=slow), pods=2)
    place.move()
    place.rig.kubectl("set", "image", "deployment/web", "app=app:2", "-n", place.namespace)
    place.until(lambda: len(place.pods()) == 3, "the rollout to begin")
    done = place.restart()
    assert done.code == 0, done.err
    assert place.replica_sets("web") == 2, "its own rollout has done what ours would have done"
    assert place.proxies() == {NEW}


def test_a_rollout_whose_old_pods_take_long_to_end_is_not_repeated(place: Place) -> None:
    """Their grace period is 30 s by default: the owner has long been settled when the last one is gone."""
    slow = template("web", {"rig/ready-after": "2s"})
    place.make(workload("Deployment", "web", template=slow), pods=2)
    place.move()
    for pod in place.pods():
        finalizer(place, pod, ["rig.example/slow"])
    old = place.uids()
    place.rig.kubectl("set", "image", "deployment/web", "app=app:2", "-n", place.namespace)
    place.until(lambda: len(place.uids() - old) == 1, "the rollout to begin")
    running = Beside(place)
    place.until(lambda: len(place.pods()) == 2 and not place.uids() & old, "the rollout to come to its end")
    time.sleep(3)
    for pod in place.rig.get("pods", "-n", place.namespace)["items"]:
        finalizer(place, pod, None)
    done = running.result()
    assert done.code == 0, done.err
    assert place.replica_sets("web") == 2, "its own rollout has done what ours would have done"
    assert place.proxies() == {NEW}


def finalizer(place: Place, pod: Manifest, names: list[str] | None) -> None:
    patch = json.dumps({"metadata": {"finalizers": names}})
    name = pod["metadata"]["name"]
    place.rig.kubectl("patch", "pod", name, "-n", place.namespace, "--type=merge", f"--patch={patch}")


def test_after_so_many_failures_nothing_more_begins(place: Place) -> None:
    names = ("a", "b", "c", "d")
    place.make(*(breaking("Deployment", name) for name in names), pods=8)
    place.move()
    done = place.restart("--timeout", "3s", "--concurrency", "1", "--max-failures", "2")
    assert done.code == 1
    assert "restarted 0 workloads; 2 failed, 2 not begun" in done.err, done.err
    assert [place.replica_sets(name) for name in names] == [2, 2, 1, 1]


def test_a_failed_run_is_finished_before_another_one_begins(place: Place) -> None:
    place.make(breaking("Deployment", "a"), workload("Deployment", "b"), pods=4)
    place.move()
    assert place.restart("deploy/a", "--timeout", "3s").code == 1
    other = place.restart("deploy/b")
    assert (other.code, "is not finished, and it is about 1 workload more" in other.err) == (
        1,
        True,
    )
    assert place.replica_sets("b") == 1
    template_path = '{"spec":{"template":{"metadata":{"labels":{"rig/breaks":"no"}}}}}'
    place.rig.kubectl("patch", "deployment", "a", "-n", place.namespace, "-p", template_path)
    again = place.restart("deploy/a")
    assert again.code == 0, again.err
    assert "this is the rest of recycle-restart-" in again.err
    assert "1 stale workload beside it" not in again.err, "b was not asked for"
    assert place.restart("deploy/b").code == 0
    assert place.proxies() == {NEW}


def test_pods_that_find_no_node(place: Place) -> None:
    nowhere = workload("Deployment", "web", template=template("web", labels={"zone": "a"}))
    place.make(nowhere, pods=2)
    place.move()
    for node in ("kwok-0", "kwok-1"):
        place.rig.kubectl("cordon", node_name(place, node))
    try:
        done = place.restart("--timeout", "5s")
    finally:
        for node in ("kwok-0", "kwok-1"):
            place.rig.kubectl("uncordon", node_name(place, node))
    assert done.code == 1
    assert "Unschedulable: 0/2 nodes are available" in done.err, done.err


def node_name(place: Place, number: str) -> str:
    found = sorted(one["metadata"]["name"] for one in place.rig.get("nodes")["items"])
    return str(found[int(number[-1])])
