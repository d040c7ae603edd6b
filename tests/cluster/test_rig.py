"""The rig does what the tests rely on, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools import build, detached
from tests.tools.process import RigError
from tests.tools.recipes import KUBEBUILDER_TOOLS
from tests.tools.rig import CommandError, Rig

ROOT = Path(__file__).parent.parent.parent

READ_SERVICES = {"rules": [{"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list"]}]}

HOLD_A_RIG = """
import sys, time
from tests.tools.rig import Rig
with Rig(parts=("loadbalancer",)) as rig:
    print(rig.dir, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def lb_rig() -> Iterator[Rig]:
    with Rig(parts=("loadbalancer",)) as rig:
        yield rig


def test_a_deployment_becomes_ready(rig: Rig, namespace: str) -> None:
    rig.kubectl("-n", namespace, "create", "deployment", "web", "--image=web:1", "--replicas=3")
    rig.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=60s")
    pods = rig.get("-n", namespace, "pods")["items"]
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    assert {pod["spec"]["nodeName"] for pod in pods} <= {"node-0", "node-1"}


def test_a_job_completes(rig: Rig, namespace: str) -> None:
    rig.kubectl("-n", namespace, "create", "job", "once", "--image=once:1")
    rig.kubectl("-n", namespace, "wait", "--for=condition=Complete", "job/once", "--timeout=60s")


def test_a_volume_claim_is_bound(rig: Rig, namespace: str) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    rig.apply([claim])
    rig.kubectl("-n", namespace, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/data", "--timeout=60s")


def test_a_broken_image_stalls(rig: Rig, namespace: str) -> None:
    rig.kubectl("-n", namespace, "create", "deployment", "web", "--image=web:broken")
    rig.until(lambda: _waiting_reasons(rig, namespace) == ["ImagePullBackOff"], "ImagePullBackOff")
    with pytest.raises(CommandError, match="timed out"):
        rig.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=2s")
    assert _waiting_reasons(rig, namespace) == ["ImagePullBackOff"]


def test_the_kinds_of_istio_are_served(rig: Rig, namespace: str) -> None:
    operator = {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": {"name": "main", "namespace": namespace},
        "spec": {"revision": "1-30", "anything": {"goes": True}},
    }
    rig.apply([operator])
    assert rig.get("-n", namespace, "iop", "main")["spec"] == operator["spec"]
    for kind in ("virtualservices", "gateways.networking.istio.io", "authorizationpolicies", "telemetries"):
        assert rig.get("-n", namespace, kind)["items"] == []


def test_a_load_balancer_gets_an_address_that_lasts(lb_rig: Rig) -> None:
    addresses = []
    for _ in range(2):
        lb_rig.kubectl("create", "service", "loadbalancer", "web", "--tcp=80")
        lb_rig.until(lambda: _address(lb_rig, "web") is not None, "an address", timeout=60)
        addresses.append(_address(lb_rig, "web"))
        lb_rig.kubectl("delete", "service", "web")
    assert addresses[0] == addresses[1]


def test_addresses_can_be_withheld(lb_rig: Rig) -> None:
    lb_rig.loadbalancer.withhold()
    lb_rig.kubectl("create", "service", "loadbalancer", "late", "--tcp=80")
    time.sleep(1)
    assert _address(lb_rig, "late") is None
    lb_rig.kubectl("annotate", "service", "late", "rig.test/load-balancer-address=203.0.113.7")
    lb_rig.loadbalancer.release()
    lb_rig.until(lambda: _address(lb_rig, "late") == "203.0.113.7", "the address asked for", timeout=60)


def test_a_kubeconfig_may_do_what_its_role_says_and_no_more(rig: Rig, namespace: str) -> None:
    env = {"KUBECONFIG": str(rig.kubeconfig_for(READ_SERVICES))}
    assert rig.run("kubectl", "-n", namespace, "get", "services", env=env).returncode == 0
    with pytest.raises(CommandError, match="forbidden"):
        rig.run("kubectl", "-n", namespace, "get", "secrets", env=env)


def test_two_rigs_side_by_side(rig: Rig, fresh_rig: Callable[..., Rig]) -> None:
    other = fresh_rig()
    other.kubectl("create", "namespace", "only-here")
    assert "only-here" in other.kubectl("get", "namespaces")
    assert "only-here" not in rig.kubectl("get", "namespaces")


def test_stopping_a_rig_leaves_nothing() -> None:
    with Rig() as rig:
        assert len(_processes_of(rig.dir)) >= 6  # the supervisor and five servers
    assert _processes_of(rig.dir) == []
    assert not rig.dir.exists()


def test_a_killed_test_run_leaves_nothing() -> None:
    command = [sys.executable, "-c", HOLD_A_RIG]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        assert len(_processes_of(folder)) >= 7
        holder.kill()
    _wait_until_gone(folder)
    assert not folder.exists()


def test_a_killed_supervisor_takes_its_servers_along() -> None:
    with Rig() as rig:
        os.kill(rig.servers.supervisor_pid, signal.SIGKILL)
        _wait_until_gone(rig.dir)
        with pytest.raises(RigError, match="supervisor is gone"):
            rig.servers.stop("etcd")
    assert not rig.dir.exists()


def test_kubebuilder_assets_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KUBEBUILDER_TOOLS:
        (tmp_path / name).symlink_to(build.tool(name))
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with Rig() as rig:
        assert (rig.dir / "bin" / "etcd").readlink() == tmp_path / "etcd"
        assert len(rig.get("nodes")["items"]) == 2


def test_a_rig_for_people_outlives_its_command_until_it_is_taken_down() -> None:
    name = f"test-{uuid.uuid4().hex[:8]}"
    try:
        up = _tools("up", "--name", name)
        assert up.stdout == f"export KUBECONFIG={detached.folder_of(name)}/kubeconfig\n", up.stderr
        assert _tools("up", "--name", name).stdout == up.stdout
        assert _tools("up", "--name", name, "flux").returncode == 1
        assert f"{name}: running with base" in _tools("list").stdout
        kubectl = [str(detached.folder_of(name) / "bin" / "kubectl"), "get", "nodes", "-o", "json"]
        env = {**os.environ, "KUBECONFIG": up.stdout.removeprefix("export KUBECONFIG=").strip()}
        nodes = json.loads(subprocess.run(kubectl, env=env, capture_output=True, check=True).stdout)
        assert len(nodes["items"]) == 2
    finally:
        down = _tools("down", "--name", name)
    assert down.returncode == 0
    assert _processes_of(detached.folder_of(name)) == []
    assert not detached.folder_of(name).exists()


def test_taking_down_spares_a_process_that_got_an_old_pid() -> None:
    name = f"test-{uuid.uuid4().hex[:8]}"
    with subprocess.Popen(["sleep", "60"]) as bystander:
        folder = detached.folder_of(name)
        folder.mkdir(parents=True)
        process = {"name": "supervisor", "pid": bystander.pid, "started": 1}
        (folder / "rig.json").write_text(json.dumps({"parts": [], "processes": [process]}))
        assert detached.down(name)
        assert bystander.poll() is None
        bystander.kill()


def _tools(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.tools", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def _waiting_reasons(rig: Rig, namespace: str) -> list[str]:
    pods = rig.get("-n", namespace, "pods")["items"]
    statuses = [status for pod in pods for status in pod["status"].get("containerStatuses", [])]
    return [status["state"].get("waiting", {}).get("reason", "") for status in statuses]


def _address(rig: Rig, service: str) -> str | None:
    ingress = rig.get("service", service)["status"]["loadBalancer"].get("ingress", [])
    return ingress[0]["ip"] if ingress else None


def _processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that have to do with the rig in FOLDER."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if str(folder) in line:
            lines.append(line)
    return lines


def _wait_until_gone(folder: Path, timeout: float = 30) -> None:
    end = time.monotonic() + timeout
    while _processes_of(folder):
        assert time.monotonic() < end, _processes_of(folder)
        time.sleep(0.05)
