"""`recycle-injected` as a user meets it: whole commands with all that they print, and what they refuse."""

import json
from typing import Any

import pytest

from kubectl_recycle_injected.main import APP
from tests.fakes import FakeCluster
from tests.run import Result, run
from tests.unit.recycle_world import STATUS, webhooks

HASH = {"pod-template-hash": "7d9f"}


def pod(name: str, namespace: str, version: str, owner: tuple[str, str], **metadata: Any) -> dict[str, Any]:
    proxy = [{"name": "istio-proxy", "image": f"hub/proxyv2:{version}"}] if version else []
    kind, owned_by = owner
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": owned_by, "controller": True}
    revision = "1-30" if version.startswith("1.30") else "1-31"
    annotations = {STATUS: json.dumps({"revision": revision})} if version else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "ownerReferences": [reference] if kind else [],
            "annotations": annotations,
            **metadata,
        },
        "spec": {"containers": [{"name": "app", "image": "app:1"}, *proxy]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def owner(kind: str, name: str, where: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": where, "uid": f"uid-{name}"}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"template": {"metadata": {}}, **spec},
    }


@pytest.fixture
def mesh() -> FakeCluster:
    """Two revisions; a namespace that has moved, one that has not, one whose revision is gone, one outside."""
    values = {"global": {"hub": "hub", "tag": "1.31.1", "proxy": {"image": "proxyv2"}}}
    config = {"values": json.dumps(values), "config": "policy: enabled\n"}
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio-sidecar-injector-1-31", "namespace": "istio-system"},
        "data": config,
    }
    rev = "istio.io/rev"
    deployment = ("ReplicaSet", "web-7d9f")
    objects = [
        webhooks("1-31"),
        config_map,
        namespace("moved", **{rev: "1-31"}),
        namespace("lost", **{rev: "gone"}),
        namespace("outside"),
        pod("web-7d9f-a", "moved", "1.30.4", deployment, labels=HASH),
        pod("web-7d9f-b", "moved", "1.31.1", deployment, labels=HASH),
        pod("db-0", "moved", "1.31.0", ("StatefulSet", "db")),
        pod("old-1", "moved", "1.30.4", ("Job", "old")),
        pod("late", "moved", "", ("", "")),
        pod("x-0", "lost", "1.30.4", ("StatefulSet", "x")),
        pod("y-0", "outside", "", ("StatefulSet", "y")),
        owner("Deployment", "web", "moved"),
        owner("StatefulSet", "db", "moved", updateStrategy={"type": "OnDelete"}),
        owner("StatefulSet", "x", "lost"),
    ]
    return FakeCluster(objects)


def recycle(mesh: FakeCluster | None, *words: str, **how: Any) -> Result:
    return run(*words, app=APP, cluster=mesh, **how)


LIST = """\
NAMESPACE   KIND          NAME   PODS   INJECTED   STALE   REASON                                            REVISION    PROXY
lost        StatefulSet   x      1      1          0       asks for revision gone, which no webhook serves   1-30        1.30.4
moved       Deployment    web    2      2          1       revision 1-30 -> 1-31                             1-30,1-31   1.30.4,1.31.1
moved       Job           old    1      1          1       revision 1-30 -> 1-31                             1-30        1.30.4
moved       Pod           late   1      0          1       has no sidecar                                    <none>      <none>
moved       StatefulSet   db     1      1          1       version 1.31.0 -> 1.31.1                          1-31        1.31.0
"""  # noqa: E501 - as wide as it is


def test_the_list(mesh: FakeCluster) -> None:
    done = recycle(mesh, "list", "-A")
    assert done.out == LIST
    assert (
        done.err
        == """\
error RI001  Namespace lost
  its pod asks for revision gone, which no webhook serves (served: 1-31)
  -> new pods start without a sidecar, and without an error: correct the label, or install that revision
4 of 5 workloads are stale (4 of 6 pods); 1 that would lose its sidecar
next: kubectl recycle-injected -A --dry-run
"""
    )
    assert done.code == 1


def test_the_plan(mesh: FakeCluster) -> None:
    done = recycle(mesh, "-A", "--dry-run", "--wave-by", "namespace")
    assert (
        done.out
        == """\
TARGET                 HOW                       WHY
Deployment moved/web   rollout restart, 2 pods   revision 1-30 -> 1-31
StatefulSet moved/db   evict 1 pod               version 1.31.0 -> 1.31.1
"""
    )
    assert (
        done.err
        == """\
error RI001  Namespace lost
  its pod asks for revision gone, which no webhook serves (served: 1-31)
  -> new pods start without a sidecar, and without an error: correct the label, or install that revision
skipped: Job moved/old: a Job runs to its end by itself
skipped: Pod moved/late: nobody would make the pod again; --bare-pods evict or delete includes it
skipped: StatefulSet lost/x: asks for revision gone, which no webhook serves: a restart would start it without a sidecar
nothing was changed (--dry-run)
"""
    )
    assert (done.code, mesh.writes) == (0, [])


def test_names_are_spelled_the_same_everywhere(mesh: FakeCluster) -> None:
    planned = recycle(mesh, "-A", "--dry-run", "-o", "name").out.split()
    assert planned == ["deployment.apps/web", "statefulset.apps/db"]
    listed = recycle(mesh, "list", "-A", "-o", "name").out.split()
    assert set(planned) <= set(listed)


def test_the_plan_as_a_document(mesh: FakeCluster) -> None:
    document = json.loads(recycle(mesh, "-A", "--dry-run", "-o", "json").out)
    assert (document["kind"], document["summary"]["irreversible"]) == ("Plan", 2)
    assert [item["type"] for item in document["items"]] == ["RestartWorkload", "EvictPods"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("web",), "'web' is not KIND/NAME; write it as deploy/web"),
        (("moved/deploy/web",), "'moved/deploy/web' is not KIND/NAME"),
        (("deploy/",), "'deploy/' is not KIND/NAME"),
        (("-n", ""), "-n with an empty name; is a variable unset?"),
        (("--before", "yesterday"), "--before 'yesterday' is not a time; write 2026-11-25T09:30:00Z"),
        (("--before", "2026-13-45T09:30:00Z"), "is not a time"),
        (("--before", "99999999h"), "is not a time"),
        (("--proxy-version", "1.28"), "--proxy-version '1.28' is not a version; write it as 1.25.3"),
        (("--proxy-version", "latest"), "--proxy-version 'latest' is not a version"),
        (("--wave-by", "label"), "'label' is none of namespace, label=KEY and file=FILE"),
        (("--wave-by", "file=/nowhere"), "--wave-by /nowhere: No such file or directory"),
        (("--wave-by", "file=/proc/self/mem"), "--wave-by /proc/self/mem: "),
        (("--relabel", "1-31"), "--relabel '1-31' is not OLD=NEW"),
        (("--relabel", "1-31=1-31"), "--relabel '1-31=1-31' moves nothing"),
        (("--relabel", "a=b", "deploy/web"), "--relabel moves whole namespaces"),
        (("--relabel", "a=b", "-l", "app=web"), "--relabel moves whole namespaces"),
        (("--concurrency", "0"), "is not a whole number from 1 on"),
        (("--max-failures", "-1"), "argument --max-failures"),
        (("--strategy", "kill"), "argument --strategy"),
        (("--bare-pods",), "argument --bare-pods"),
    ],
)
def test_arguments_that_mean_nothing(mesh: FakeCluster, words: tuple[str, ...], said: str) -> None:
    done = recycle(mesh, "restart", *words)
    assert (done.code, said in done.err) == (2, True), done.err
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert (done.out, mesh.writes) == ("", [])


@pytest.mark.parametrize("command", ["list", "restart", "rollback"])
def test_a_server_out_of_reach(command: str) -> None:
    done = recycle(None, command)
    assert (done.code, done.err) == (3, "error: this test has no cluster\n")


def test_a_namespace_that_is_not_there(mesh: FakeCluster) -> None:
    for command in ("list", "restart"):
        done = recycle(mesh, command, "-n", "moved", "-n", "nowhere")
        assert (done.code, "there is no namespace nowhere" in done.err) == (1, True), done.err


def test_the_kinds_of_kubectl_in_any_spelling(mesh: FakeCluster) -> None:
    for word in ("deploy", "deployment", "Deployments", "deployment.apps", "deployments.v1.apps"):
        done = recycle(mesh, "list", "-A", f"{word}/web", "-o", "name")
        assert done.out == "deployment.apps/web\n", (word, done.err)
    unknown = recycle(mesh, "list", "-A", "sts/web")
    assert (unknown.code, "no pod belongs to StatefulSet/web here" in unknown.err) == (1, True)


def test_without_the_right_to_read_pods_nothing_is_not_the_answer(mesh: FakeCluster) -> None:
    mesh.denied.add(("list", "Pod"))
    done = recycle(mesh, "list", "-A")
    assert (done.code, "you may not list pods" in done.err) == (3, True), done.err


def test_owners_that_may_not_be_read_stop_the_plan(mesh: FakeCluster) -> None:
    mesh.denied.add(("list", "StatefulSet"))
    done = recycle(mesh, "-A", "--dry-run")
    assert (done.code, "you may not list statefulsets.apps" in done.err) == (3, True), done.err
