"""What is stale, on pods that a real istiod has injected: nothing here is labelled or annotated to look so."""

import json

import pytest

from tests.cluster.recycling import NEW, OLD, Place, bare_pod, template, workload
from tests.tools.rig import Rig


@pytest.fixture
def place(injector_rig: Rig, injector_namespace: str) -> Place:
    return Place(injector_rig, injector_namespace)


def test_another_revision(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    row = place.rows()["Deployment/web"]
    assert (row["pods"], row["injected"], row["stale"], row["revision"], row["proxy"]) == (
        2,
        2,
        0,
        "1-30",
        OLD,
    )
    place.move()
    row = place.rows()["Deployment/web"]
    assert (row["stale"], row["reason"]) == (2, "revision 1-30 -> 1-31")
    place.rig.kubectl("rollout", "restart", "deployment/web", "-n", place.namespace)
    place.rig.kubectl("rollout", "status", "deployment/web", "-n", place.namespace)
    place.until(lambda: len(place.pods()) == 2, "the old pods to go")
    row = place.rows()["Deployment/web"]
    assert (row["stale"], row["reason"], row["revision"], row["proxy"]) == (0, "", "1-31", NEW)


def test_a_tag_of_the_same_revision_is_no_other(place: Place) -> None:
    place.move("1-31")
    place.make(workload("Deployment", "web"), pods=2)
    place.move("stable")
    assert place.rows()["Deployment/web"]["stale"] == 0
    assert place.rows("--proxy-version", "1.31.2")["Deployment/web"]["reason"] == "version 1.31.1 -> 1.31.2"


def test_another_version_of_the_same_revision(injector_rig: Rig, place: Place) -> None:
    injector_rig.injector.install("canary", tag="1.29.0")
    place.move("canary")
    place.until(lambda: place.injected_now() == "1.29.0", "the canary to inject")
    place.make(workload("Deployment", "web"), pods=2)
    assert place.rows()["Deployment/web"]["stale"] == 0
    injector_rig.injector.upgrade("canary", tag="1.29.3")
    assert place.rows()["Deployment/web"]["reason"] == "version 1.29.0 -> 1.29.3"
    done = place.restart()
    assert done.code == 0, done.err
    assert place.proxies() == {"1.29.3"}
    injector_rig.injector.uninstall("canary")
    row = place.rows()["Deployment/web"]
    assert (row["stale"], row["reason"]) == (0, "asks for revision canary, which no webhook serves")


def test_one_where_there_is_none_and_none_where_there_is_one(place: Place) -> None:
    place.rig.kubectl("label", "namespace", place.namespace, "istio.io/rev-")
    place.make(workload("Deployment", "bare"), pods=2)
    assert place.rows() == {}
    place.move()
    place.make(workload("Deployment", "web"), pods=4)
    assert place.rows()["Deployment/bare"]["reason"] == "has no sidecar"
    place.rig.kubectl(
        "label", "namespace", place.namespace, "istio.io/rev-", "istio.io/dataplane-mode=ambient"
    )
    rows = place.rows()
    assert list(rows) == ["Deployment/web"]
    assert rows["Deployment/web"]["reason"] == "has a sidecar, and nothing would inject one now"
    done = place.restart()
    assert done.code == 0, done.err
    assert place.proxies() == {""}


def test_what_pods_say_for_themselves(place: Place) -> None:
    never = workload(
        "Deployment", "never", template=template("never", labels={"sidecar.istio.io/inject": "false"})
    )
    pinned = {"sidecar.istio.io/proxyImage": "docker.io/own/proxy:1.2.3"}
    native = {"sidecar.istio.io/nativeSidecar": "true"}
    place.make(
        never,
        workload("Deployment", "pinned", template=template("pinned", pinned)),
        workload("Deployment", "native", template=template("native", native)),
        pods=6,
    )
    rows = place.rows()
    assert set(rows) == {"Deployment/native", "Deployment/pinned"}
    assert (rows["Deployment/native"]["proxy"], rows["Deployment/native"]["stale"]) == (OLD, 0)
    reason = rows["Deployment/pinned"]["reason"]
    assert (rows["Deployment/pinned"]["stale"], reason) == (
        0,
        "chooses its own image docker.io/own/proxy:1.2.3",
    )
    place.move()
    assert place.rows()["Deployment/pinned"]["reason"] == "revision 1-30 -> 1-31"
    done = place.restart()
    assert done.code == 0, done.err
    assert place.proxies() == {"", "1.2.3", NEW}


def test_a_label_on_the_pod_asks_where_the_namespace_says_nothing(place: Place) -> None:
    place.rig.kubectl("label", "namespace", place.namespace, "istio.io/rev-")
    asking = template("asks", labels={"istio.io/rev": "1-30"})
    place.make(workload("Deployment", "asks", template=asking), workload("Deployment", "silent"), pods=4)
    assert list(place.rows()) == ["Deployment/asks"]
    place.rig.kubectl("label", "namespace", place.namespace, "istio-injection=disabled")
    assert place.rows()["Deployment/asks"]["reason"] == "has a sidecar, and nothing would inject one now"


def test_age_and_all(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    created = min(pod["metadata"]["creationTimestamp"] for pod in place.pods())
    assert place.rows("--before", created)["Deployment/web"]["stale"] == 0
    place.until(lambda: place.rows("--before", "0s")["Deployment/web"]["stale"] == 2, "a second to pass")
    assert place.rows("--before", "0s")["Deployment/web"]["reason"].startswith(f"made at {created}, before ")
    assert place.rows("--before", "24h")["Deployment/web"]["stale"] == 0
    assert place.rows("--before", "control-plane")["Deployment/web"]["stale"] == 0
    assert place.rows("--all")["Deployment/web"]["reason"] == "asked for by --all"


def test_a_revision_that_nobody_serves_is_a_finding(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.move("1-99")
    found = place.run("list")
    assert found.code == 1
    assert f"error RI001  Namespace {place.namespace}" in found.err
    assert (
        "each of its 2 pods asks for revision 1-99, which no webhook serves (served: 1-30, 1-31, "
        in found.err
    )
    before = place.uids()
    for flags in ((), ("--all",), ("deploy/web",), ("--strategy", "delete")):
        refused = place.restart(*flags)
        assert refused.code == 1, refused
        assert "a restart would start it without a sidecar" in refused.err
    assert place.uids() == before


def test_both_labels_of_a_namespace(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.rig.kubectl("label", "namespace", place.namespace, "istio-injection=enabled")
    found = place.run("list")
    assert f"warning RI003  Namespace {place.namespace}" in found.err
    assert "asks for revision default, which no webhook serves" in found.out


def test_pods_by_themselves_and_in_json(place: Place) -> None:
    place.make(workload("Deployment", "web"), bare_pod("alone"), pods=3)
    place.move()
    table = place.run("list", "--pods")
    assert table.out.splitlines()[0].split() == [
        "NAMESPACE",
        "POD",
        "STANDING",
        "REASON",
        "REVISION",
        "PROXY",
    ]
    assert table.out.count("stale") == 3
    document = json.loads(place.run("list", "--pods", "-o", "json").out)
    assert {item["kind"] for item in document["items"]} == {"Deployment", "Pod"}
    assert document["summary"]["stalePods"] == 3
    names = place.run("list", "-o", "name").out.split()
    assert names == ["deployment.apps/web", "pod/alone"]
