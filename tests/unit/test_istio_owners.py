"""What a pod belongs to, and how far its restart has come."""

from typing import Any

import pytest

from istiokit.istio.controllers import Controller, WatchedPod
from istiokit.istio.owners import Owner, Way, owner_of
from istiokit.istio.rollouts import Wanted, is_settled, progress, troubles
from tests.unit.recycle_world import NAMESPACE, controller, pod


def reference(kind: str, name: str, api: str = "apps/v1", **more: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "name": name, "controller": True, **more}


KRUISE = "apps.kruise.io/v1beta1"
HASH = {"pod-template-hash": "7d9f"}


@pytest.mark.parametrize(
    ("owners", "labels", "kind", "name", "way"),
    [
        ([], {}, "Pod", "web-1", Way.LEFT),
        ([reference("ReplicaSet", "web-7d9f")], HASH, "Deployment", "web", Way.ROLLOUT),
        ([reference("ReplicaSet", "web-7d9f")], {"rollouts-pod-template-hash": "7d9f"}, "Rollout", "web", Way.ROLLOUT),
        ([reference("ReplicaSet", "web")], {}, "ReplicaSet", "web", Way.EVICT),
        ([reference("ReplicaSet", "web-other")], HASH, "ReplicaSet", "web-other", Way.EVICT),
        ([reference("StatefulSet", "db")], {}, "StatefulSet", "db", Way.ROLLOUT),
        ([reference("StatefulSet", "db", KRUISE)], {}, "StatefulSet.apps.kruise.io", "db", Way.ROLLOUT),
        ([reference("CloneSet", "c", "apps.kruise.io/v1alpha1")], {}, "CloneSet", "c", Way.ROLLOUT),
        ([reference("Job", "once", "batch/v1")], {}, "Job", "once", Way.LEFT),
        ([reference("Node", "worker", "v1")], {}, "Node", "worker", Way.LEFT),
        ([reference("Kafka", "events", "kafka.strimzi.io/v1")], {}, "Kafka", "events", Way.EVICT),
        ([reference("Backup", "b", controller=False)], {}, "Pod", "web-1", Way.LEFT),
    ],
)  # fmt: skip
def test_the_owner_of_a_pod(
    owners: list[dict[str, Any]], labels: dict[str, str], kind: str, name: str, way: Way
) -> None:
    found = owner_of(pod(owners=owners, labels=labels))
    assert (found, found.way) == (Owner(NAMESPACE, kind, name), way)


OLD = frozenset({"uid-old"})
WANTED = Wanted(OLD, True, "1-31", "1.31.1")


def watched(name: str, **parts: Any) -> WatchedPod:
    found = pod(name, **{"version": "1.31.1", "revision": "1-31", "as_": WatchedPod, **parts})
    assert isinstance(found, WatchedPod)
    return found


@pytest.mark.parametrize(
    ("pods", "done", "words"),
    [
        ([watched("a"), watched("b")], True, "2 of 2 new pods Ready"),
        ([watched("a")], False, "1 of 2 new pods Ready"),
        ([watched("a"), watched("b", ready=False)], False, "1 of 2 new pods Ready"),
        ([watched("a"), watched("b"), watched("old")], False, "2 of 2 new pods Ready, 1 old left"),
        (
            [watched("a"), watched("b"), watched("old", leaving=True)],
            False,
            "2 of 2 new pods Ready, 1 old left",
        ),
        ([watched("a"), watched("b"), watched("c", phase="Failed")], True, "2 of 2 new pods Ready"),
    ],
)
def test_how_far_it_has_come(pods: list[WatchedPod], done: bool, words: str) -> None:
    found = progress(controller(), pods, WANTED, 2)
    assert (found.done, found.words, found.wrong) == (done, words, "")


@pytest.mark.parametrize(
    ("bad", "wrong"),
    [
        (watched("b", version=""), "pod b was made without a sidecar"),
        (watched("b", revision="1-30"), "pod b has a sidecar of revision 1-30, not 1-31"),
        (watched("b", version="1.30.4"), "pod b runs 1.30.4, not 1.31.1"),
    ],
)
def test_what_no_waiting_mends(bad: WatchedPod, wrong: str) -> None:
    found = progress(controller(), [watched("a"), bad], WANTED, 2)
    assert (found.done, found.wrong) == (False, wrong)


def test_a_pod_that_shall_have_no_sidecar() -> None:
    wanted = Wanted(OLD, False)
    assert progress(controller(), [watched("a", version=""), watched("b", version="")], wanted, 2).done
    assert progress(controller(), [watched("a")], wanted, 2).wrong == "pod a was made with a sidecar"


NONE = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 0)


@pytest.mark.parametrize(
    ("parts", "settled"),
    [
        ({}, True),
        ({"metadata": {"generation": 2}}, False),
        ({"status": {"observedGeneration": "1"}}, True),
        ({"status": {"updatedReplicas": 1}}, False),
        ({"status": {"replicas": 3}}, False),
        ({"status": {"availableReplicas": 1}}, False),
        ({"spec": {"replicas": 0}, "status": NONE}, True),
        ({"status": {"currentRevision": "a", "updateRevision": "b"}}, False),
        ({"status": {"currentRevision": "b", "updateRevision": "b"}}, True),
        ({"status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}}, False),
        ({"status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}}, True),
    ],
)  # fmt: skip
def test_when_no_rollout_is_going_on(parts: dict[str, Any], settled: bool) -> None:
    assert is_settled(controller(**parts)) is settled


def test_troubles_in_kubernetes_own_words() -> None:
    full = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": "exceeded quota: tight",
    }
    owner: Controller = controller(status={"conditions": [full]})
    assert troubles(owner, [watched("a", ready=False), watched("b"), watched("old", leaving=True)]) == [
        "FailedCreate: exceeded quota: tight",
        "pod a: not Ready: Running",
        "pod old: is being deleted, and not gone yet",
    ]
