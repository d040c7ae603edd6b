"""VSG019: policies on the old gateway's pods that do not follow to the new ones."""

from typing import Any

import pytest

from tests.unit.dependents_world import (
    GATEWAYS,
    NAMESPACES,
    NEW_LABELS,
    PODS,
    Manifest,
    gateway,
    in_files,
    live,
    made,
    mesh_config,
    pod,
    told,
)
from tests.unit.routing_world import OLD

OLD_ONLY = {"operator.istio.io/component": "IngressGateways"}
BOTH = {"app": "public-ingressgateway"}
SPECS: dict[str, Manifest] = {
    "AuthorizationPolicy": {"rules": [{"from": [{"source": {"ipBlocks": ["10.0.0.0/8"]}}]}]},
    "RequestAuthentication": {"jwtRules": [{"issuer": "https://login.example.com"}]},
    "PeerAuthentication": {"mtls": {"mode": "STRICT"}},
    "EnvoyFilter": {"configPatches": [{"applyTo": "HTTP_FILTER", "patch": {"operation": "REMOVE"}}]},
    "WasmPlugin": {"url": "oci://plugins/auth:1"},
    "TrafficExtension": {"lua": {"inlineCode": "x"}},
    "ProxyConfig": {"concurrency": 4},
    "Telemetry": {"accessLogging": [{"providers": [{"name": "envoy"}]}]},
}
EVERYWHERE = ("AuthorizationPolicy", "RequestAuthentication", "EnvoyFilter", "WasmPlugin", "TrafficExtension")
SEVERITIES = {"AuthorizationPolicy": "error", "RequestAuthentication": "error", "Telemetry": "info"}
EDGE = tuple({**one, "metadata": {**one["metadata"], "namespace": "edge"}} for one in (GATEWAYS[0], PODS[0]))
"""The old gateway in a namespace that is not the root namespace."""
CUSTOM_MESH = (GATEWAYS[1], *PODS[1:], *EDGE, *NAMESPACES)


def policy(kind: str, labels: dict[str, str] | None, name: str = "istio-system/p", **spec: Any) -> Manifest:
    key = ("workloadSelector", "labels") if kind == "EnvoyFilter" else ("selector", "matchLabels")
    selector = {} if labels is None else {key[0]: {key[1]: labels}}
    return made(kind, name, {**selector, **SPECS[kind], **spec})


def place(kind: str) -> str:
    return "spec.workloadSelector.labels" if kind == "EnvoyFilter" else "spec.selector.matchLabels"


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_a_label_of_the_old_pods_alone(kind: str) -> None:
    (found,) = live(policy(kind, OLD_ONLY))
    assert told([found]) == [(SEVERITIES.get(kind, "warning"), "istio-system/p", place(kind))]
    assert (found.code, found.object) == ("VSG019", f"{kind} istio-system/p")
    both = "app: public-ingressgateway, which both have"
    assert found.remedy == f"select by {both}, or make a second one for the new pods"


@pytest.mark.parametrize("kind", EVERYWHERE)
@pytest.mark.parametrize("labels", [BOTH, None, {}, {"app": "web"}, {"istio": "ingressgateway"}])
def test_in_the_root_namespace_labels_of_both_or_of_others_are_fine(kind: str, labels: Any) -> None:
    assert live(policy(kind, labels)) == []


@pytest.mark.parametrize("kind", ["ProxyConfig", "Telemetry"])
def test_these_take_a_selector_of_the_root_namespace_for_its_own_pods(kind: str) -> None:
    (found,) = live(policy(kind, BOTH))
    assert found.severity == SEVERITIES.get(kind, "warning")
    assert "into namespace istio-gateway" in found.remedy
    assert live(policy(kind, None)) == [], "without a selector it is for the whole mesh"


def test_peer_authentication_takes_none_in_the_root_namespace() -> None:
    assert live(policy("PeerAuthentication", BOTH)) == []
    assert live(policy("PeerAuthentication", None)) == []


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("labels", [BOTH, None])
def test_outside_of_the_root_namespace_a_policy_is_for_its_own_namespace(kind: str, labels: Any) -> None:
    pair = {"edge/public": "istio-gateway/public-ingressgateway"}
    found = live(policy(kind, labels, "edge/p"), mesh=CUSTOM_MESH, pairs=pair)
    where = place(kind) if labels else "metadata.namespace"
    assert told(found) == [(SEVERITIES.get(kind, "warning"), "edge/p", where)]
    assert "put a copy of it into namespace istio-gateway" in found[0].remedy
    assert live(policy(kind, labels, "shop/p"), mesh=CUSTOM_MESH, pairs=pair) == []


@pytest.mark.parametrize("kind", SPECS)
def test_a_copy_beside_the_new_pods_takes_its_place(kind: str) -> None:
    pair = {"edge/public": "istio-gateway/public-ingressgateway"}
    one = policy(kind, BOTH, "edge/p")
    copy = policy(kind, {"istio": "ingressgateway"}, "istio-gateway/p")
    assert live(one, copy, mesh=CUSTOM_MESH, pairs=pair) == []
    for_all = policy(kind, None, "istio-gateway/p")
    assert live(one, for_all, mesh=CUSTOM_MESH, pairs=pair) == []
    elsewhere = policy(kind, {"app": "web"}, "istio-gateway/p")
    assert len(live(one, elsewhere, mesh=CUSTOM_MESH, pairs=pair)) == 1


@pytest.mark.parametrize("kind", ["AuthorizationPolicy", "RequestAuthentication"])
def test_another_one_for_the_new_pods_makes_it_a_question(kind: str) -> None:
    changed: Manifest = {"rules": [{}]} if kind == "AuthorizationPolicy" else {"jwtRules": []}
    other = policy(kind, None, "istio-gateway/q", **changed)
    found = live(policy(kind, OLD_ONLY), other)
    assert [one.severity for one in found] == ["warning"]
    assert f"unless {kind} istio-gateway/q does what it does" in found[0].reason


def test_another_envoy_filter_says_nothing_about_this_one() -> None:
    other = policy("EnvoyFilter", None, "istio-gateway/q", configPatches=[])
    (found,) = live(policy("EnvoyFilter", OLD_ONLY), other)
    assert "unless" not in found.reason


@pytest.mark.parametrize(
    ("spec", "severity", "words"),
    [
        ({"action": "DENY"}, "error", "what it keeps out comes in"),
        ({"action": "ALLOW"}, "error", "what it keeps out comes in"),
        ({"action": "CUSTOM"}, "error", "its provider is not asked"),
        ({"action": "AUDIT"}, "info", "not logged"),
    ],
)
def test_what_is_missed_of_access_rules(spec: Manifest, severity: str, words: str) -> None:
    (found,) = live(policy("AuthorizationPolicy", OLD_ONLY, **spec))
    assert (found.severity, words in found.reason) == (severity, True), found


def test_with_other_allow_policies_there_requests_are_refused() -> None:
    nothing = made("AuthorizationPolicy", "istio-system/nothing", {})
    found = live(policy("AuthorizationPolicy", OLD_ONLY), nothing)
    assert [one.severity for one in found] == ["error"]
    assert "what only this one lets in gets 403 there" in found[0].reason


def test_target_refs_are_for_other_gateways() -> None:
    target = [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public"}]
    one = made("AuthorizationPolicy", "istio-system/p", {"targetRefs": target, "rules": [{}]})
    assert live(one) == []
    single = made("WasmPlugin", "istio-system/p", {"targetRef": target[0], "url": "x"})
    assert live(single) == []


def test_without_pods_it_may_be_so() -> None:
    for labels in (OLD_ONLY, {**BOTH, **OLD_ONLY}):  # the operator's label: charts do not make it
        assert [one.severity for one in in_files(policy("EnvoyFilter", labels))] == ["warning"]
    for labels in ({"team": "edge"}, {**BOTH, "team": "edge"}):
        assert in_files(policy("EnvoyFilter", labels)) == [], "nobody knows whether either has the label"
    (found,) = in_files(policy("Telemetry", BOTH))
    assert (found.severity, "may not be" in found.reason) == ("info", True)
    lonely = (GATEWAYS[0], *NAMESPACES)
    (found,) = in_files(policy("RequestAuthentication", BOTH), mesh=lonely)
    assert (found.severity, "may not be" in found.reason) == ("warning", True)


def test_old_and_new_in_one_namespace() -> None:
    mesh = (
        gateway("istio-system/blue", {"app": "blue"}),
        gateway("istio-system/green", {"app": "green"}),
        pod("istio-system/b", {"app": "blue", "edge": "yes"}, "blue"),
        pod("istio-system/g", {"app": "green", "edge": "yes"}, "green"),
        *NAMESPACES,
    )
    pair = {"istio-system/blue": "istio-system/green"}
    (found,) = live(policy("Telemetry", {"app": "blue"}), mesh=mesh, pairs=pair)
    assert (found.severity, found.remedy) == ("info", "make a second one for the new pods (app: green)")
    assert live(policy("Telemetry", {"edge": "yes"}), mesh=mesh, pairs=pair) == []


def test_the_same_pods_for_both_gateways_move_nothing() -> None:
    mesh = (GATEWAYS[0], gateway("istio-system/other", BOTH), PODS[0], *NAMESPACES)
    pair = {OLD: "istio-system/other"}
    assert live(policy("Telemetry", OLD_ONLY), mesh=mesh, pairs=pair) == []


def test_one_deployment_of_several_without_the_label_is_enough() -> None:
    second = pod("istio-gateway/canary", {**NEW_LABELS, "app": "canary"}, "canary")
    wide = {**GATEWAYS[1], "spec": {**GATEWAYS[1]["spec"], "selector": {"istio": "ingressgateway"}}}
    mesh = (GATEWAYS[0], wide, *PODS, second, *NAMESPACES)
    assert len(live(policy("EnvoyFilter", BOTH), mesh=mesh)) == 1
    assert live(policy("EnvoyFilter", BOTH)) == []


def test_with_another_root_namespace_istio_system_is_one_like_others() -> None:
    config = mesh_config("rootNamespace: mesh-root")
    assert len(live(policy("EnvoyFilter", BOTH), config)) == 1
    assert live(policy("EnvoyFilter", BOTH, "mesh-root/p"), config) == []
