"""The rig's sidecar injection is Istio's own, its pods break when they are told to, and its API server comes back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.tools.fixtures import namespace_name
from tests.tools.parts.injector import NAMESPACE, PROXY
from tests.tools.process import RigError
from tests.tools.rig import CommandError, Rig

Pod = dict[str, Any]


@pytest.fixture(scope="module")
def mesh() -> Iterator[Rig]:
    """The default revision, 1-30, and 1-31 with the tag `stable`."""
    with Rig(parts=("injector",)) as rig:
        rig.injector.install("", tag="1.29.3")
        rig.injector.install("1-30", tag="1.30.4")
        rig.injector.install("1-31", tag="1.31.1", revision_tags=("stable",))
        yield rig


@pytest.fixture
def place(mesh: Rig) -> str:
    """A namespace without labels."""
    return new_namespace(mesh)


@pytest.mark.parametrize(
    ("label", "revision", "tag"),
    [
        ("istio.io/rev=1-30", "1-30", "1.30.4"),
        ("istio.io/rev=1-31", "1-31", "1.31.1"),
        ("istio.io/rev=stable", "1-31", "1.31.1"),
        ("istio.io/rev=default", "default", "1.29.3"),
        ("istio-injection=enabled", "default", "1.29.3"),
    ],
)
def test_a_label_of_the_namespace_says_who_injects(mesh: Rig, label: str, revision: str, tag: str) -> None:
    place = new_namespace(mesh, label)
    deploy(mesh, place)
    (pod,) = pods(mesh, place)
    assert sidecars(pod) == [f"docker.io/istio/proxyv2:{tag}"]
    assert json.loads(pod["metadata"]["annotations"]["sidecar.istio.io/status"])["revision"] == revision
    assert is_ready(pod)


def test_a_native_sidecar_is_an_init_container(mesh: Rig) -> None:
    place = new_namespace(mesh, "istio.io/rev=1-31")
    deploy(mesh, place, annotations={"sidecar.istio.io/nativeSidecar": "true"})
    (pod,) = pods(mesh, place)
    assert PROXY in [one["name"] for one in pod["spec"]["initContainers"]]
    assert sidecars(pod) == ["docker.io/istio/proxyv2:1.31.1"]
    assert is_ready(pod)


def test_a_revision_looks_as_helm_installs_it(mesh: Rig) -> None:
    deployment = mesh.get("-n", NAMESPACE, "deployment", "istiod-1-30")
    assert deployment["status"]["readyReplicas"] == 1
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "docker.io/istio/pilot:1.30.4"
    assert deployment["metadata"]["labels"]["helm.sh/chart"] == "istiod-1.30.4"
    assert mesh.get("validatingwebhookconfigurations")["items"] == []


def test_no_pod_is_made_while_istiod_is_stopped(mesh: Rig) -> None:
    place = new_namespace(mesh, "istio.io/rev=stable")
    other = new_namespace(mesh, "istio.io/rev=1-30")
    mesh.injector.stop("1-31")
    try:
        with pytest.raises(CommandError, match=r"failed calling webhook.*connection refused"):
            mesh.kubectl("-n", place, "run", "refused", "--image=web:1")
        mesh.kubectl("-n", other, "run", "made", "--image=web:1")
    finally:
        mesh.injector.start("1-31")
    mesh.kubectl("-n", place, "run", "made", "--image=web:1")
    assert sidecars(mesh.get("-n", place, "pod", "made")) == ["docker.io/istio/proxyv2:1.31.1"]


def test_a_revision_comes_becomes_another_version_and_goes(mesh: Rig) -> None:
    place = new_namespace(mesh, "istio.io/rev=1-28")
    before = set(mesh.servers.running)
    mesh.injector.install("1-28", tag="1.28.1", revision_tags=("old",))
    deploy(mesh, place)
    upgraded = mesh.injector.upgrade("1-28", tag="1.28.2")
    assert '"tag": "1.28.2"' in mesh.get("-n", NAMESPACE, "configmap", upgraded.webhook)["data"]["values"]
    assert [sidecars(pod) for pod in pods(mesh, place)] == [["docker.io/istio/proxyv2:1.28.1"]]
    restart(mesh, place)
    mesh.until(lambda: len(pods(mesh, place)) == 1, "the old pod to go")
    assert [sidecars(pod) for pod in pods(mesh, place)] == [["docker.io/istio/proxyv2:1.28.2"]]

    mesh.injector.uninstall("1-28")
    mesh.kubectl("-n", place, "run", "plain", "--image=web:1")
    assert sidecars(mesh.get("-n", place, "pod", "plain")) == []
    assert mesh.get("-A", "mutatingwebhookconfigurations", "-l", "istio.io/rev=1-28")["items"] == []
    assert mesh.get("-n", NAMESPACE, "configmaps,deployments", "-l", "istio.io/rev=1-28")["items"] == []
    assert set(mesh.servers.running) == before


def test_a_stopped_revision_can_be_uninstalled(mesh: Rig) -> None:
    place = new_namespace(mesh, "istio.io/rev=1-27")
    mesh.injector.install("1-27", tag="1.27.0")
    mesh.injector.stop("1-27")
    mesh.injector.uninstall("1-27")
    mesh.kubectl("-n", place, "run", "plain", "--image=web:1")


def test_what_makes_no_sense_is_refused(mesh: Rig) -> None:
    with pytest.raises(RigError, match="1-30 is installed already"):
        mesh.injector.install("1-30", tag="1.30.5")
    with pytest.raises(RigError, match="default is installed already"):
        mesh.injector.install("default", tag="1.30.5")
    with pytest.raises(RigError, match="no revision 1-99 is installed, only default, 1-30, 1-31"):
        mesh.injector.stop("1-99")
    with pytest.raises(RigError, match="istiod-1-30 runs already"):
        mesh.injector.start("1-30")


def test_a_pod_can_be_late_and_holds_nobody_up(mesh: Rig, place: str) -> None:
    deploy(mesh, place, "late", annotations={"rig/ready-after": "5s"}, wait=False)
    deploy(mesh, place, "early")
    mesh.kubectl("-n", place, "rollout", "status", "deployment/late", "--timeout=60s")
    (late,), (early,) = pods(mesh, place, "late"), pods(mesh, place, "early")
    assert ready_after(late) >= 5 > ready_after(early)


def test_a_restart_can_get_stuck_for_want_of_the_image(mesh: Rig, place: str) -> None:
    deploy(mesh, place, labels={"rig/breaks": "on-restart"})
    stuck = after_a_restart(mesh, place)
    assert stuck["status"]["phase"] == "Pending"
    (status,) = stuck["status"]["containerStatuses"]
    assert status["state"]["waiting"]["reason"] == "ImagePullBackOff"


def test_a_restart_can_get_stuck_with_running_pods(mesh: Rig, place: str) -> None:
    deploy(mesh, place, labels={"rig/breaks": "no-probe"})
    stuck = after_a_restart(mesh, place)
    assert stuck["status"]["phase"] == "Running"
    assert condition(stuck, "Ready")["reason"] == "ContainersNotReady"
    (status,) = stuck["status"]["containerStatuses"]
    assert "running" in status["state"]
    assert not status["ready"]


def test_all_other_pods_are_ready_whatever_they_are_labelled(mesh: Rig, place: str) -> None:
    for name, labels in (("plain", {}), ("labelled", {"rig/breaks": "never"})):
        deploy(mesh, place, name, labels=labels)
        restart(mesh, place, name)
    containers = [{"name": "app", "image": "app:1"}]
    metadata = {"name": "bare", "namespace": place}
    mesh.apply(
        [{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}]
    )
    mesh.kubectl("-n", place, "wait", "--for=condition=Ready", "pod/bare", "--timeout=60s")
    assert sidecars(mesh.get("-n", place, "pod", "bare")) == [], "no label of the namespace asks for one"


def test_the_api_server_can_be_away_for_a_while(mesh: Rig, place: str) -> None:
    url = mesh.server_url
    away = threading.Thread(target=mesh.restart_apiserver, args=(2.0,))
    away.start()
    mesh.until(lambda: not answers(mesh), "the API server to be away")
    away.join()
    assert answers(mesh)
    assert mesh.server_url == url
    deploy(mesh, place)
    mesh.kubectl("label", "namespace", place, "istio.io/rev=1-30")
    restart(mesh, place)
    assert ["docker.io/istio/proxyv2:1.30.4"] in [sidecars(pod) for pod in pods(mesh, place)]


def new_namespace(rig: Rig, *labels: str) -> str:
    name = namespace_name("injector")
    metadata = {"name": name, "labels": dict(label.split("=") for label in labels)}
    rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    rig.kubectl("wait", "--for=create", f"--namespace={name}", "serviceaccount/default", "--timeout=60s")
    return name


def deploy(rig: Rig, place: str, name: str = "web", wait: bool = True, **metadata: dict[str, str]) -> None:
    """A Deployment of one pod, which has this METADATA (labels, annotations) besides."""
    own = {"app": name}
    template = {
        "metadata": {**metadata, "labels": {**metadata.get("labels", {}), **own}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]},
    }
    spec = {"selector": {"matchLabels": own}, "template": template}
    names = {"name": name, "namespace": place}
    rig.apply([{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": names, "spec": spec}])
    if wait:
        rig.kubectl("-n", place, "rollout", "status", f"deployment/{name}", "--timeout=60s")


def restart(rig: Rig, place: str, name: str = "web") -> None:
    rig.kubectl("-n", place, "rollout", "restart", f"deployment/{name}")
    rig.kubectl("-n", place, "rollout", "status", f"deployment/{name}", "--timeout=60s")


def after_a_restart(rig: Rig, place: str) -> Pod:
    """The pod that a restart has made, which gets stuck while the old one stays."""
    rig.kubectl("-n", place, "rollout", "restart", "deployment/web")
    rig.until(
        lambda: ["containerStatuses" in pod["status"] for pod in pods(rig, place)] == [True] * 2, "a new pod"
    )
    time.sleep(1)  # it would be Ready by now
    old, new = sorted(pods(rig, place), key=is_new)
    assert is_ready(old)
    assert not is_ready(new)
    return new


def pods(rig: Rig, place: str, app: str = "web") -> list[Pod]:
    found: list[Pod] = rig.get("-n", place, "pods", "-l", f"app={app}")["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def sidecars(pod: Pod) -> list[str]:
    containers = [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]
    return [one["image"] for one in containers if one["name"] == PROXY]


def is_new(pod: Pod) -> bool:
    return "kubectl.kubernetes.io/restartedAt" in pod["metadata"].get("annotations", {})


def condition(pod: Pod, kind: str) -> dict[str, str]:
    return next((one for one in pod["status"].get("conditions", []) if one["type"] == kind), {})


def is_ready(pod: Pod) -> bool:
    return condition(pod, "Ready").get("status") == "True"


def ready_after(pod: Pod) -> float:
    made = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
    return (datetime.fromisoformat(condition(pod, "Ready")["lastTransitionTime"]) - made).total_seconds()


def answers(rig: Rig) -> bool:
    return rig.run("kubectl", "get", "--raw=/readyz", check=False).returncode == 0
