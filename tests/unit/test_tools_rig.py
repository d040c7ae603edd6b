"""The rig's pure parts: certificates, stages, ports, names, the order of parts, addresses."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.tools import certs, detached
from tests.tools.fixtures import namespace_name
from tests.tools.parts import PARTS, with_needs
from tests.tools.ports import PortBlock
from tests.tools.process import RigError, Servers, is_running, start_time
from tests.tools.rig import _all_established
from tests.tools.servers import loadbalancerd
from tests.tools.stages import compose_stages, except_broken_images

POD_READY = """\
metadata:
  name: pod-ready
spec:
  selector:
    matchExpressions:
    - {}
  next:
    delete: 1
"""


def test_a_client_accepts_the_api_servers_certificate_for_loopback(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    certs.write_pki(pki)
    _handshake(pki, "127.0.0.1")
    _handshake(pki, "kubernetes.default.svc")
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(pki, "127.0.0.2")


def test_the_admin_is_a_cluster_admin_and_the_ca_is_one_per_rig(tmp_path: Path) -> None:
    for name in ("one", "two"):
        certs.write_pki(tmp_path / name)
    admin = x509.load_pem_x509_certificate((tmp_path / "one" / "admin.crt").read_bytes())
    assert admin.subject.rfc4514_string() == "CN=admin,O=system:masters"
    assert (tmp_path / "one" / "ca.crt").read_bytes() != (tmp_path / "two" / "ca.crt").read_bytes()
    admin.verify_directly_issued_by(
        x509.load_pem_x509_certificate((tmp_path / "one" / "ca.crt").read_bytes())
    )


def test_pod_ready_leaves_broken_images_to_our_stage() -> None:
    stage = yaml.safe_load(except_broken_images(POD_READY))
    assert len(stage["spec"]["selector"]["matchExpressions"]) == 2
    assert "':broken'" in stage["spec"]["selector"]["matchExpressions"][1]["cel"]["expression"]
    assert stage["spec"]["next"] == {"delete": 1}


def test_other_stages_stay_as_they_are_and_a_strange_pod_ready_is_refused() -> None:
    other = POD_READY.replace("pod-ready", "pod-complete")
    assert except_broken_images(other) == other
    with pytest.raises(ValueError, match="pod-ready looks different"):
        except_broken_images(POD_READY.replace("  next:", "  steps:"))


def test_stages_are_kwoks_and_ours_in_one_text(tmp_path: Path) -> None:
    for name in ("pod/fast/pod-ready.yaml", "pod/fast/kustomization.yaml", "pod/general/other.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(POD_READY.replace("pod-ready", Path(name).stem))
    stages = list(yaml.safe_load_all(compose_stages(tmp_path)))
    assert [stage["metadata"]["name"] for stage in stages] == [
        "pod-ready",
        "pod-image-broken",
        "pod-no-probe",
    ]


def test_port_blocks_do_not_overlap(tmp_path: Path) -> None:
    blocks = [PortBlock(tmp_path) for _ in range(5)]
    ports = [block.take() for block in blocks for _ in range(20)]
    for block in blocks:
        block.close()
    assert len(set(ports)) == 100
    assert all(10240 <= port < 32768 for port in ports)


def test_parts_come_after_what_they_need() -> None:
    assert with_needs([]) == ["base"]
    assert with_needs(["git", "flux"]) == ["base", "flux", "kustomize", "git"]
    for name in PARTS:
        order = with_needs([name])
        assert all(order.index(need) < order.index(name) for need in PARTS[name].needs)
    with pytest.raises(ValueError, match="unknown part fulx"):
        with_needs(["fulx"])


@given(st.text(max_size=80))
def test_namespace_names_are_valid_and_new(test: str) -> None:
    name = namespace_name(test)
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name)
    assert namespace_name(test) != name


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-a", "A"])
def test_a_rigs_name_cannot_lead_out_of_the_cache_folder(name: str) -> None:
    with pytest.raises(RigError, match="a rig's name"):
        detached.folder_of(name)


def test_addresses_are_stable_and_never_given_twice() -> None:
    first = loadbalancerd.stable_address("shop/web", set())
    assert first == loadbalancerd.stable_address("shop/web", set())
    assert first.startswith(("198.18.", "198.19."))
    assert loadbalancerd.stable_address("shop/web", {first}) != first


@pytest.mark.parametrize(
    ("annotations", "spec", "entry"),
    [
        ({"rig.test/load-balancer": "withhold"}, {}, None),
        ({"rig.test/load-balancer-address": "203.0.113.7"}, {}, {"ip": "203.0.113.7", "ipMode": "VIP"}),
        ({"rig.test/load-balancer-address": "lb.example.com"}, {}, {"hostname": "lb.example.com"}),
        ({}, {"loadBalancerIP": "203.0.113.8"}, {"ip": "203.0.113.8", "ipMode": "VIP"}),
    ],
)
def test_a_service_can_ask_for_its_address(
    annotations: dict[str, str], spec: dict[str, str], entry: dict[str, str] | None
) -> None:
    service = {"metadata": {"namespace": "a", "name": "b", "annotations": annotations}, "spec": spec}
    assert loadbalancerd.wanted_ingress(service, set()) == entry


def test_a_server_that_exits_is_reported_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "rig").mkdir()
    servers = Servers(tmp_path / "rig", os.environ)
    try:
        servers.start("bad", [sys.executable, "-c", "raise SystemExit('no such flag')"])
        with pytest.raises(RigError, match=r"bad exited with 1:\nno such flag"):
            servers.wait_for("bad", lambda: False, "never")
        with pytest.raises(RigError, match="FileNotFoundError"):
            servers.start("worse", ["/does/not/exist"])
    finally:
        servers.close()
    assert not (tmp_path / "rig").exists()


def test_a_server_started_by_a_thread_outlives_the_thread_but_not_the_supervisor(tmp_path: Path) -> None:
    (tmp_path / "rig").mkdir()
    servers = Servers(tmp_path / "rig", os.environ)
    thread = threading.Thread(target=servers.start, args=("sleep", ["sleep", "60"]))
    thread.start()
    thread.join()
    sleep = servers.running["sleep"]
    time.sleep(0.2)
    assert is_running(sleep.pid, sleep.started)
    os.kill(servers.supervisor_pid, 9)
    deadline = time.monotonic() + 5
    while is_running(sleep.pid, sleep.started) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(sleep.pid, sleep.started)
    servers.close()


def test_start_time_tells_processes_apart() -> None:
    assert start_time(os.getpid()) is not None
    assert not is_running(os.getpid(), 1)
    process = subprocess.Popen(["true"])
    process.wait()
    assert start_time(process.pid) is None


def _handshake(pki: Path, name: str) -> None:
    """A TLS handshake in memory, as between kubectl and kube-apiserver; raises if NAME is not certified."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
    client = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_a_crd_is_established_when_it_says_so() -> None:
    new = {"status": {"conditions": None}}
    names_taken = {"status": {"conditions": [{"type": "NamesAccepted", "status": "True"}]}}
    ready = {"status": {"conditions": [{"type": "Established", "status": "True"}]}}
    assert _all_established(ready)
    assert _all_established({"items": [ready, ready]})
    for other in ({}, new, names_taken):
        assert not _all_established(other)
        assert not _all_established({"items": [ready, other]})
