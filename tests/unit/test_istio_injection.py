"""Injection: which pods carry which sidecar, and which revision is responsible for them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.istio.injection import (
    expected_revision,
    has_sidecar,
    is_injected,
    old_sidecars,
    proxy_version,
    revision_of,
    unreadable_sidecars,
)
from istiokit.istio.versions import Version
from istiokit.istio.workloads import Pod

TARGET = Version(1, 25, 3)
STATUS = "sidecar.istio.io/status"


def pod(image: str = "", *, native: bool = False, namespace: str = "web", **parts: Any) -> Pod:
    proxy = [{"name": "istio-proxy", "image": image}] if image else []
    spec = {
        "containers": [{"name": "app", "image": "app:1"}, *([] if native else proxy)],
        "initContainers": [{"name": "istio-init"}, *(proxy if native else [])],
        "hostNetwork": parts.get("host_network", False),
    }
    metadata = {
        "name": "p",
        "namespace": namespace,
        "labels": parts.get("labels", {}),
        "annotations": parts.get("annotations", {}),
    }
    raw = {"metadata": metadata, "spec": spec, "status": {"phase": parts.get("phase", "Running")}}
    return msgspec.convert(raw, Pod)


def gateway_pod() -> Pod:
    proxy = {"name": "istio-proxy", "image": "proxyv2:1.23.6"}
    return msgspec.convert(
        {"metadata": {"name": "gw", "annotations": {STATUS: "{}"}}, "spec": {"containers": [proxy]}}, Pod
    )


@pytest.mark.parametrize("native", [False, True])
def test_a_proxy_in_either_list_of_containers_is_a_sidecar(native: bool) -> None:
    found = pod("istio/proxyv2:1.23.6", native=native)
    assert has_sidecar(found)
    assert proxy_version(found) == Version(1, 23, 6)


def test_the_injectors_note_is_enough() -> None:
    assert is_injected(pod(annotations={STATUS: "{}"}))
    assert not is_injected(pod())


@pytest.mark.parametrize(
    "found",
    [
        gateway_pod(),
        pod("proxyv2:1.23.6", labels={"operator.istio.io/component": "IngressGateways"}),
        pod("proxyv2:1.23.6", labels={"app": "ztunnel"}),
        pod("proxyv2:1.23.6", labels={"app": "istiod"}),
        pod("proxyv2:1.23.6", phase="Succeeded"),
        pod(),
    ],
)
def test_what_is_no_workload_with_a_running_sidecar(found: Pod) -> None:
    assert not has_sidecar(found)
    assert old_sidecars([found], TARGET) == {}


@pytest.mark.parametrize(
    ("note", "revision"),
    [
        ('{"revision":"1-23","containers":["istio-proxy"]}', "1-23"),
        ('{"containers":[]}', None),
        ("not json", None),
        ("[]", None),
    ],
)
def test_the_revision_is_in_the_injectors_note(note: str, revision: str | None) -> None:
    assert revision_of(pod(annotations={STATUS: note})) == revision
    assert revision_of(pod()) is None


def test_old_sidecars_are_counted_by_namespace() -> None:
    pods = [
        pod("proxyv2:1.23.6"),
        pod("proxyv2:1.23.6-fips", native=True),
        pod("proxyv2:1.25.3"),
        pod("proxyv2:1.25.2", namespace="shop"),
        pod("proxyv2@sha256:ab", namespace="pinned"),
        gateway_pod(),
    ]
    assert old_sidecars(pods, TARGET) == {"shop": 1, "web": 2}
    assert unreadable_sidecars(pods) == {"pinned": 1}


ENABLED, DISABLED = {"istio-injection": "enabled"}, {"istio-injection": "disabled"}


@pytest.mark.parametrize(
    ("namespace", "labels", "expected"),
    [
        (ENABLED, {}, "default"),
        (DISABLED, {}, None),
        (DISABLED, {"sidecar.istio.io/inject": "true"}, None),
        ({"istio.io/rev": "1-25"}, {}, "1-25"),
        ({"istio.io/rev": "1-25", **ENABLED}, {}, "default"),
        ({"istio.io/rev": "1-25"}, {"istio.io/rev": "1-23"}, "1-25"),
        ({}, {"istio.io/rev": "1-23"}, "1-23"),
        ({}, {"sidecar.istio.io/inject": "true"}, "default"),
        ({}, {"sidecar.istio.io/inject": "true", "istio.io/rev": "prod"}, "prod"),
        ({}, {}, None),
        (ENABLED, {"sidecar.istio.io/inject": "false"}, None),
    ],
)
def test_the_revision_that_would_inject(
    namespace: dict[str, str], labels: dict[str, str], expected: str | None
) -> None:
    assert expected_revision(pod(labels=labels), namespace) == expected


LABELS = st.dictionaries(
    st.sampled_from(["istio-injection", "istio.io/rev", "sidecar.istio.io/inject"]),
    st.sampled_from(["enabled", "disabled", "true", "1-25"]),
)


@given(LABELS, LABELS)
def test_host_network_and_a_refusal_always_win(namespace: dict[str, str], labels: dict[str, str]) -> None:
    refusal = {"sidecar.istio.io/inject": "false"}
    assert expected_revision(pod(labels=labels, host_network=True), namespace) is None
    assert expected_revision(pod(labels={**labels, **refusal}), namespace) is None


def test_the_older_annotation_refuses_too_and_the_label_outranks_it() -> None:
    refusal = {"sidecar.istio.io/inject": "false"}
    assert expected_revision(pod(annotations=refusal), ENABLED) is None
    asked = {"sidecar.istio.io/inject": "true"}
    assert expected_revision(pod(labels=asked, annotations=refusal), ENABLED) == "default"
