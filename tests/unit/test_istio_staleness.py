"""Which pods would get another sidecar, were they made now."""

import json
from dataclasses import replace
from typing import Any

import pytest

from istiokit.istio.control_plane import ControlPlane, Installer
from istiokit.istio.injectors import config_map_of, template_of
from istiokit.istio.owners import owner_of
from istiokit.istio.sidecars import JudgedPod, Slimmer, reasons_of
from istiokit.istio.staleness import Mesh, Question, Reason, Standing, judge
from istiokit.istio.versions import Version
from tests.unit.recycle_world import NAMESPACE, injectors, mesh, pod

REV = "istio.io/rev"
BOTH = (("1-30", ""), ("1-31", ""), ("1-31", "stable"))
ASK = Question()


@pytest.mark.parametrize(
    ("labels", "found", "standing", "reason"),
    [
        ({REV: "1-31"}, pod(version="1.31.1", revision="1-31"), "current", None),
        ({REV: "stable"}, pod(version="1.31.1", revision="1-31"), "current", None),
        ({REV: "1-31"}, pod(), "stale", "revision"),
        ({REV: "1-31"}, pod(version="1.31.0", revision="1-31"), "stale", "version"),
        ({REV: "1-31"}, pod(version="1.32.0", revision="1-31"), "stale", "version"),
        ({REV: "1-31"}, pod(version=""), "stale", "missing"),
        ({}, pod(), "stale", "unwanted"),
        ({"istio-injection": "disabled"}, pod(), "stale", "unwanted"),
        ({REV: "1-31"}, pod(labels={"sidecar.istio.io/inject": "false"}), "stale", "unwanted"),
        ({REV: "1-31"}, pod(annotations={"sidecar.istio.io/inject": "false"}), "stale", "unwanted"),
        ({REV: "1-31"}, pod(host_network=True, version=""), "outside", None),
        ({}, pod(version=""), "outside", None),
        ({REV: "gone"}, pod(), "unserved", None),
        ({REV: "gone"}, pod(version=""), "unserved", None),
        ({"istio-injection": "enabled"}, pod(), "unserved", None),
        ({"istio-injection": "enabled", REV: "1-31"}, pod(), "unserved", None),
        ({REV: "1-31"}, pod(phase="Succeeded"), "outside", None),
        ({REV: "1-31"}, pod(leaving=True), "outside", None),
        ({}, pod(labels={REV: "1-31"}), "stale", "revision"),
        ({REV: "1-30"}, pod(labels={REV: "1-31"}, version="1.31.1"), "current", None),
    ],
)
def test_a_pod_stands(labels: dict[str, str], found: Any, standing: str, reason: str | None) -> None:
    judged = judge(found, mesh(labels, *BOTH), ASK)
    assert (judged.standing, judged.reason) == (standing, reason), judged


@pytest.mark.parametrize(
    ("image", "standing"),
    [
        ("registry.example.com/zarf/istio/proxyv2:1.31.1-zarf-4006284129", "current"),
        ("mirror:5000/proxyv2:1.31.1-distroless@sha256:ab12", "current"),
        ("hub/proxyv2@sha256:ab12", "unknown"),
        ("hub/proxyv2:latest", "unknown"),
        ("hub/proxyv2:1.31", "unknown"),
        ("hub/proxyv2:1.31.0-fips", "stale"),
    ],
)
def test_versions_are_compared_and_not_spellings(image: str, standing: str) -> None:
    judged = judge(pod(image=image, revision="1-31"), mesh({REV: "1-31"}, *BOTH), ASK)
    assert judged.standing == standing


def test_the_same_image_is_the_same_version_even_if_it_tells_none() -> None:
    here = mesh({REV: "1-31"}, *BOTH)
    floating = tuple(
        replace(one, template=replace(one.template, image="hub/proxyv2:latest", version=None))
        for one in here.injectors or ()
        if one.template
    )
    same = pod(image="hub/proxyv2:latest", revision="1-31")
    assert judge(same, replace(here, injectors=floating), ASK).standing is Standing.CURRENT
    other = pod(image="hub/proxyv2:edge", revision="1-31")
    assert judge(other, replace(here, injectors=floating), ASK).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    "annotations",
    [
        {"sidecar.istio.io/proxyImage": "own/proxy:9"},
        {
            "proxy.istio.io/overrides": json.dumps(
                {"containers": [{"name": "istio-proxy", "image": "own/proxy:9"}]}
            )
        },
    ],
)
def test_a_pod_that_chooses_its_own_image_is_pinned(annotations: dict[str, str]) -> None:
    here = mesh({REV: "1-31"}, *BOTH)
    pinned = pod(version="1.20.0", revision="1-31", annotations=annotations)
    assert judge(pinned, here, ASK).standing is Standing.PINNED
    assert judge(pinned, here, Question(all=True)).reason is Reason.ALL
    moved = pod(version="1.20.0", revision="1-30", annotations=annotations)
    assert judge(moved, here, ASK).reason is Reason.REVISION, "its control plane is another one all the same"


def test_an_image_named_auto_is_the_injectors() -> None:
    automatic = {"proxy.istio.io/overrides": '{"containers":[{"name":"istio-proxy","image":"auto"}]}'}
    judged = judge(
        pod(version="1.20.0", revision="1-31", annotations=automatic), mesh({REV: "1-31"}, *BOTH), ASK
    )
    assert judged.reason is Reason.VERSION


def test_the_injectors_own_settings_count() -> None:
    never = ({"matchLabels": {"job": "yes"}},)
    config = {
        "policy": "disabled",
        "neverInjectSelector": list(never),
        "alwaysInjectSelector": [{"matchLabels": {"app": "x"}}],
    }
    made = template_of({"global": {"hub": "h", "tag": "1.31.1", "proxy": {"image": "proxyv2"}}}, config)
    here = Mesh(
        {NAMESPACE: {REV: "1-31"}}, tuple(replace(one, template=made) for one in injectors(("1-31", "")))
    )
    assert judge(pod(version=""), here, ASK).standing is Standing.OUTSIDE
    assert judge(pod(version="", labels={"app": "x"}), here, ASK).reason is Reason.MISSING
    assert judge(pod(version="", labels={"app": "x", "job": "yes"}), here, ASK).standing is Standing.OUTSIDE
    asking = {"sidecar.istio.io/inject": "true"}
    assert judge(pod(version="", labels=asking), here, ASK).reason is Reason.MISSING


def test_istio_itself_is_left_out_unless_gateways_are_asked_for() -> None:
    here = mesh({REV: "1-31"}, *BOTH)
    old_gateway = pod(labels={"operator.istio.io/component": "IngressGateways"})
    assert judge(old_gateway, here, ASK).standing is Standing.OUTSIDE
    assert judge(old_gateway, here, Question(gateways=True)).reason is Reason.REVISION
    operated = pod(
        annotations={"sidecar.istio.io/status": ""}, labels={"operator.istio.io/component": "EgressGateways"}
    )
    del operated.metadata.annotations["sidecar.istio.io/status"]
    assert judge(operated, here, Question(gateways=True)).standing is Standing.PINNED
    assert judge(operated, here, Question(gateways=True, all=True)).reason is Reason.ALL
    istiod = pod(version="", labels={"app": "istiod"})
    assert judge(istiod, here, Question(gateways=True)).standing is Standing.OUTSIDE


def test_age_is_a_reason_of_its_own() -> None:
    plane = ControlPlane("istio-system", "istiod", "1-31", Version(1, 31, 1), True, Installer.HELM, "")
    here = replace(
        mesh({REV: "1-31"}, *BOTH), planes={"1-31": plane}, placed={"1-31": "2026-01-05T00:00:00Z"}
    )
    current = pod(version="1.31.1", revision="1-31")
    assert judge(current, here, Question(before="2026-01-02T00:00:00Z")).standing is Standing.CURRENT
    assert judge(current, here, Question(before="2026-01-02T00:00:01Z")).reason is Reason.BEFORE
    assert judge(current, here, Question(before="control-plane")).reason is Reason.BEFORE
    late = pod(version="1.31.1", revision="1-31", created="2026-01-06T00:00:00Z")
    assert judge(late, here, Question(before="control-plane")).standing is Standing.CURRENT
    assert judge(late, here, Question(all=True)).reason is Reason.ALL


def test_of_the_ages_of_a_workload_the_oldest_is_told() -> None:
    old = [
        JudgedPod(made, judge(made, mesh({REV: "1-31"}, *BOTH), Question(before="2026-02-01T00:00:00Z")))
        for number in (3, 2, 4)
        for made in (pod(version="1.31.1", revision="1-31", created=f"2026-01-0{number}T00:00:00Z"),)
    ]
    assert reasons_of(old) == "made at 2026-01-02T00:00:00Z, before 2026-02-01T00:00:00Z"


def test_where_webhooks_may_not_be_read_labels_decide_and_the_user_tells_the_version() -> None:
    blind = Mesh({NAMESPACE: {REV: "1-31"}}, None)
    assert judge(pod(), blind, ASK).standing is Standing.UNKNOWN
    assert judge(pod(), blind, Question(Version(1, 31, 1))).reason is Reason.VERSION
    assert judge(pod(version="1.31.1"), blind, Question(Version(1, 31, 1))).standing is Standing.CURRENT
    assert judge(pod(version=""), blind, ASK).reason is Reason.MISSING


def test_where_not_even_the_namespace_may_be_read_nothing_is_unwanted() -> None:
    blind = Mesh({}, None)
    assert judge(pod(), blind, ASK).standing is Standing.UNKNOWN
    assert judge(pod(version=""), blind, ASK).standing is Standing.OUTSIDE
    assert judge(pod(), Mesh({}, injectors(*BOTH)), Question(all=True)).reason is Reason.ALL


def test_the_control_planes_own_version_counts_where_the_configuration_is_not_there() -> None:
    plane = ControlPlane("istio-system", "istiod", "1-31", Version(1, 31, 2), True, Installer.HELM, "")
    bare = tuple(replace(one, template=None) for one in injectors(*BOTH))
    here = Mesh({NAMESPACE: {REV: "1-31"}}, bare, {"1-31": plane})
    judged = judge(pod(version="1.31.1", revision="1-31"), here, ASK)
    assert (judged.reason, judged.detail) == (Reason.VERSION, "1.31.1 -> 1.31.2")


def test_names_of_config_maps() -> None:
    assert config_map_of("default") == "istio-sidecar-injector"
    assert config_map_of("1-31") == "istio-sidecar-injector-1-31"


def test_damaged_settings_are_no_settings() -> None:
    made = template_of([], "text")
    assert (made.version, made.default) == (None, True)
    assert template_of({"global": {"tag": 1.31}}, {"neverInjectSelector": "no list"}).never == ()


def test_what_is_kept_of_pods_is_all_that_is_judged() -> None:
    """Parts that are empty look alike: none may be taken for one of another kind."""
    owner = {"kind": "ReplicaSet", "name": "web-x", "controller": True}
    found = [
        pod("bare", owners=[]),
        pod("plain", version="", labels={}, annotations={}, owners=[]),
        pod(
            "hash",
            labels={"pod-template-hash": "x"},
            owners=[owner],
        ),
        pod("out", labels={"sidecar.istio.io/inject": "false"}, version=""),
    ]
    here = mesh({REV: "1-31"}, *BOTH)
    for order in (found, found[::-1]):
        keep = Slimmer()
        for one in order:
            kept = keep(one)
            assert judge(kept, here, ASK) == judge(one, here, ASK)
            assert owner_of(kept) == owner_of(one)
            assert (kept.metadata.labels, kept.metadata.owner_references) == (
                one.metadata.labels,
                one.metadata.owner_references,
            )
