"""Every kind of owner is restarted in its own way, on a real control plane and with real sidecars."""

import json
from typing import Any

import pytest

from tests.cluster.recycling import NEW, OLD, Manifest, Place, bare_pod, template, workload
from tests.tools.rig import Rig


@pytest.fixture
def place(injector_rig: Rig, injector_namespace: str) -> Place:
    return Place(injector_rig, injector_namespace)


def outcomes(text: str) -> dict[str, str]:
    return {f"{one['kind']}/{one['name']}": one["result"] for one in json.loads(text)["items"]}


def test_the_kinds_of_kubernetes(place: Place) -> None:
    place.make(
        workload("Deployment", "web"),
        workload("StatefulSet", "db"),
        workload("DaemonSet", "agent"),
        workload("StatefulSet", "manual", updateStrategy={"type": "OnDelete"}),
        workload("DaemonSet", "careful", updateStrategy={"type": "OnDelete"}),
        workload(
            "StatefulSet", "half", updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
        ),
        workload("ReplicaSet", "plain"),
        pods=14,
    )
    place.move()
    planned = place.run("restart", "--dry-run")
    assert planned.out.count("rollout restart, 2 pods") == 3, planned.out
    assert planned.out.count("evict 2 pods, one after the other") == 4
    done = place.restart("-o", "json")
    assert done.code == 0, done.err
    assert set(outcomes(done.out).values()) == {"recycled"}
    assert len(outcomes(done.out)) == 7
    assert place.proxies() == {NEW}
    assert len(place.pods()) == 14
    assert place.events("IstioSidecarRecycled") == set(outcomes(done.out))
    assert place.replica_sets("web") == 2
    again = place.restart()
    assert (again.code, "nothing to restart: 7 workloads of the mesh looked at" in again.err) == (0, True)


def test_history_and_undo_of_kubectl_work(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    assert place.restart().code == 0
    history = place.rig.kubectl("rollout", "history", "deployment/web", "-n", place.namespace)
    assert [line.split()[0] for line in history.splitlines()[2:] if line.strip()] == ["1", "2"]
    place.rig.kubectl("rollout", "undo", "deployment/web", "-n", place.namespace)
    assert place.replica_sets("web") == 2


def job(name: str, **spec: Any) -> Manifest:
    body = {
        "metadata": {},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "app", "image": "app:1"}]},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": body, **spec},
    }


def test_what_runs_to_its_end_and_what_nobody_makes_again_is_left(place: Place) -> None:
    place.make(bare_pod("alone"), pods=1)
    place.rig.apply([{**job("batch"), "metadata": {"name": "batch", "namespace": place.namespace}}])
    place.until(lambda: len(place.pods()) == 2, "the job's pod")
    place.move()
    left = place.restart()
    assert left.code == 1
    assert f"Pod {place.namespace}/alone: nobody would make the pod again; --bare-pods" in left.err
    assert "Job" not in left.err, "a pod that has run to its end is not even stale"
    assert "alone" in {pod["metadata"]["name"] for pod in place.pods()}
    evicted = place.restart("--bare-pods", "evict")
    assert evicted.code == 0, evicted.err
    assert "alone" not in {pod["metadata"]["name"] for pod in place.pods()}


def test_an_owner_that_nobody_knows_is_left_to_make_its_pods_itself(place: Place) -> None:
    """A ConfigMap stands in for a custom resource: its pods are evicted, and somebody makes them again."""
    name = "custom"
    holder = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": place.namespace},
    }
    place.rig.apply([holder])
    uid = place.rig.get("configmap", name, "-n", place.namespace)["metadata"]["uid"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid, "controller": True}
    place.make(bare_pod("custom-0", ownerReferences=[reference]), pods=1)
    place.move()
    done = place.restart("--timeout", "5s")
    assert (
        done.code,
        f"ConfigMap {place.namespace}/custom is not done after 5 s (0 of 1 new pods Ready)" in done.err,
    ) == (
        1,
        True,
    ), done.err
    assert place.pods() == []
    place.make(bare_pod("custom-0", ownerReferences=[reference]), pods=1)
    finished = place.restart()
    assert finished.code == 0, finished.err
    assert place.proxies() == {NEW}


SETTLED = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), 1)
SCHEDULED = {
    **dict.fromkeys(("currentNumberScheduled", "desiredNumberScheduled", "numberReady"), 1),
    **dict.fromkeys(("updatedNumberScheduled", "numberAvailable"), 1),
    "numberMisscheduled": 0,
    "daemonSetHash": "7d9f",
}
CUSTOM: tuple[tuple[str, str, Manifest, Manifest], ...] = (
    ("argoproj.io/v1alpha1", "Rollout", {"replicas": 1, "strategy": {"canary": {}}}, SETTLED),
    ("apps.kruise.io/v1alpha1", "CloneSet", {"replicas": 1}, {**SETTLED, "updatedReadyReplicas": 1}),
    ("apps.kruise.io/v1beta1", "StatefulSet", {"replicas": 1}, {**SETTLED, "currentReplicas": 1}),
    ("apps.kruise.io/v1alpha1", "DaemonSet", {}, SCHEDULED),
)


@pytest.fixture
def owned(place: Place, request: pytest.FixtureRequest) -> tuple[Place, Manifest]:
    """An object of a custom kind that says of itself that all is well, with one pod; the namespace has moved."""
    api, kind, spec, status = request.param
    name, group = kind.lower(), api.partition("/")[0]
    body = {"selector": {"matchLabels": {"app": name}}, "template": template(name), **spec}
    metadata = {"name": name, "namespace": place.namespace}
    place.rig.apply([{"apiVersion": api, "kind": kind, "metadata": metadata, "spec": body}])
    observed = "1" if kind == "Rollout" else 1
    patch = json.dumps({"status": {**status, "observedGeneration": observed}})
    resource = f"{name}s.{group}/{name}"
    flags = ("-n", place.namespace, "--subresource=status", "--type=merge", "-p", patch)
    place.rig.kubectl("patch", resource, *flags)
    owner = place.rig.get(resource, "-n", place.namespace)
    reference = {
        "apiVersion": api,
        "kind": kind,
        "name": name,
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    place.make(*_pods(kind, name, reference), pods=1)
    place.move()
    return place, {**owner, "resource": resource}


def _pods(kind: str, name: str, reference: Manifest) -> list[Manifest]:
    """What its controller would make: a pod, or (Argo) a ReplicaSet, whose name has the hash."""
    if kind != "Rollout":
        return [bare_pod(f"{name}-0", ownerReferences=[reference], labels={"app": name})]
    labels = {"app": name, "rollouts-pod-template-hash": "7d9f"}
    made = workload(
        "ReplicaSet",
        f"{name}-7d9f",
        1,
        selector={"matchLabels": labels},
        template=template(name, labels=labels),
    )
    made["metadata"]["ownerReferences"] = [reference]
    return [made]


@pytest.mark.parametrize("owned", CUSTOM, indirect=True, ids=["Argo", "CloneSet", "StatefulSet", "DaemonSet"])
def test_the_patch_that_argo_and_openkruise_are_sent(owned: tuple[Place, Manifest]) -> None:
    """Their controllers are not here: the field that restarts is set, and the wait for them ends with the time."""
    place, owner = owned
    ((name, row),) = place.rows().items()
    assert row["stale"] == 1
    done = place.restart("--timeout", "3s")
    kind = name.partition("/")[0]
    assert done.code == 1
    assert f"{kind} {place.namespace}/{owner['kind'].lower()} is not done after 3 s" in done.err, done.err
    spec, before = place.rig.get(owner["resource"], "-n", place.namespace)["spec"], owner["spec"]
    if owner["kind"] == "Rollout":
        assert spec.pop("restartAt").endswith("Z")
    else:
        annotations = spec["template"]["metadata"].pop("annotations")
        assert list(annotations) == ["kubectl.kubernetes.io/restartedAt"]
        before["template"]["metadata"].pop("annotations", None)
    assert spec == before, "nothing else has changed"


def test_evict_and_delete_as_a_strategy(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    evicted = place.restart("--strategy", "evict")
    assert evicted.code == 0, evicted.err
    assert place.proxies() == {NEW}
    assert place.replica_sets("web") == 1, "the template was left alone"
    place.move("1-30")
    deleted = place.restart("--strategy", "delete")
    assert deleted.code == 0, deleted.err
    assert (place.proxies(), len(place.pods())) == ({OLD}, 2)


def test_names_and_labels_choose(place: Place) -> None:
    place.make(*(workload("Deployment", name) for name in ("a", "b", "c")), pods=6)
    place.move()
    assert place.restart("deploy/a").code == 0
    assert (place.proxies(app="a"), place.proxies(app="b"), place.proxies(app="c")) == ({NEW}, {OLD}, {OLD})
    assert place.restart("-l", "app=b").code == 0
    assert (place.proxies(app="b"), place.proxies(app="c")) == ({NEW}, {OLD})
    nothing = place.restart("-l", "app=z")
    assert (nothing.code, "nothing to restart" in nothing.err) == (0, True)
    assert place.restart("-l", "app=z", "--fail-if-none").code == 1
    unknown = place.restart("deploy/z")
    assert (unknown.code, "no pod belongs to Deployment/z here" in unknown.err) == (1, True)


def test_a_stateful_set_that_is_left_half_rolled_on_purpose(place: Place) -> None:
    """With OnDelete or a partition its own rollout is never complete: what counts is that the stale pods are gone."""
    half = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    place.make(
        workload("StatefulSet", "manual", updateStrategy={"type": "OnDelete"}),
        workload("StatefulSet", "half", updateStrategy=half),
        pods=4,
    )
    for name in ("manual", "half"):
        place.rig.kubectl("set", "image", f"statefulset/{name}", "app=app:2", "-n", place.namespace)
    place.move()
    done = place.restart("--timeout", "20s")
    assert done.code == 0, done.err
    assert place.proxies() == {NEW}


def test_an_owner_that_has_no_template_is_not_tried_and_not_in_the_way(place: Place) -> None:
    place.make(workload("ReplicaSet", "plain"), pods=2)
    place.move()
    dry = place.run("restart", "--dry-run=server")
    assert (dry.code, "not proved that new pods get their sidecars" in dry.err) == (0, True), dry.err
    done = place.restart()
    assert done.code == 0, done.err
    assert place.proxies() == {NEW}


def test_a_pod_with_an_image_of_its_own_is_no_surprise(place: Place) -> None:
    pinned = template("web", {"sidecar.istio.io/proxyImage": "docker.io/own/proxy:1.2.3"})
    place.make(workload("Deployment", "web", template=pinned), pods=2)
    done = place.restart("--all")
    assert done.code == 0, done.err
    assert place.replica_sets("web") == 2
