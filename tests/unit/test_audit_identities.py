"""VSG018: AuthorizationPolicies that tell the new gateway from the old one by its identity."""

import json
from typing import Any

import pytest

from tests.unit.dependents_world import (
    BOUND,
    GATEWAYS,
    MESH,
    NAMESPACES,
    NEW_PRINCIPAL,
    OLD_PRINCIPAL,
    PODS,
    in_files,
    live,
    made,
    mesh_config,
    told,
)
from tests.unit.routing_world import NEW, OLD

Manifest = dict[str, Any]
SOURCE = "spec.rules[0].from[0].source"


def policy(*rules: Manifest, name: str = "shop/web", selector: Any = None, **spec: Any) -> Manifest:
    metadata = spec.pop("metadata", {})
    labels = {"selector": {"matchLabels": selector}} if selector else {}
    return made("AuthorizationPolicy", name, {**labels, "rules": list(rules), **spec}, **metadata)


def rule(to: Any = None, when: Any = None, **source: Any) -> Manifest:
    fields = {"from": [{"source": source}] if source else None, "to": to, "when": when}
    return {key: value for key, value in fields.items() if value}


def when(key: str, **lists: Any) -> Manifest:
    return {"when": [{"key": key, **lists}]}


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({"principals": [OLD_PRINCIPAL]}, "principals"),
        ({"principals": ["cluster.local/ns/shop/sa/web", OLD_PRINCIPAL]}, "principals"),
        ({"principals": ["*/sa/public-ingressgateway-service-account"]}, "principals"),
        ({"principals": ["*/ns/istio-system/sa/public-ingressgateway-service-account"]}, "principals"),
        ({"serviceAccounts": ["istio-system/public-ingressgateway-service-account"]}, "serviceAccounts"),
    ],
)
def test_the_old_account_alone_is_let_in(source: Manifest, path: str) -> None:
    (found,) = live(policy(rule(**source)))
    assert told([found]) == [("error", "shop/web", f"{SOURCE}.{path}")]
    assert found.code == "VSG018"
    assert OLD in found.reason and NEW in found.reason and "403" in found.reason
    assert found.remedy.startswith("add ") and "istio-gateway" in found.remedy


@pytest.mark.parametrize(
    "source",
    [
        {"namespaces": ["istio-system"]},
        {"namespaces": ["istio-sys*"]},
        {"principals": ["cluster.local/ns/istio-system/*"]},
        {"principals": ["cluster.local/ns/istio-system/sa/*"]},
        {"notNamespaces": ["istio-gateway"]},
    ],
)
def test_its_namespace_alone_may_mean_something_else_unless_routes_lead_there(source: Manifest) -> None:
    assert [one.severity for one in live(policy(rule(**source)))] == ["warning"]
    assert [one.severity for one in live(policy(rule(**source)), BOUND)] == ["error"]
    root = live(policy(rule(**source), name="istio-system/all"))
    assert [one.severity for one in root] == ["error"], "the root namespace's policies are for all"


@pytest.mark.parametrize(
    "one",
    [
        policy(),
        policy({}),
        policy(rule(to=[{"operation": {"methods": ["GET"]}}])),
        policy(rule(principals=["*"])),
        policy(rule(principals=["cluster.local/*"])),
        policy(rule(principals=["cluster.local/ns/istio-*"])),
        policy(rule(principals=[OLD_PRINCIPAL, NEW_PRINCIPAL])),
        policy(rule(principals=[NEW_PRINCIPAL])),
        policy(rule(principals=[OLD_PRINCIPAL]), rule(principals=[NEW_PRINCIPAL])),
        policy(rule(principals=[OLD_PRINCIPAL]), {}),
        policy(rule(principals=["cluster.local/ns/istio-system/sa/kiali"])),
        policy(rule(principals=["cluster.local/ns/istio-system/sa/public"])),
        policy(rule(principals=["*/ns/istio-system/sa/*"])),
        policy(rule(principals=["other.example/ns/istio-system/sa/kiali"])),
        policy(rule(serviceAccounts=["public-ingressgateway-service-account"])),
        policy(rule(namespaces=["*"])),
        policy(rule(namespaces=["istio-*"])),
        policy(rule(namespaces=["istio-system", "istio-gateway"])),
        policy(rule(namespaces=["shop"])),
        policy(rule(notNamespaces=["evil"])),
        policy(rule(requestPrincipals=["*"])),
        policy(rule(ipBlocks=["10.0.0.0/8"])),
        policy(rule(notPrincipals=[OLD_PRINCIPAL, NEW_PRINCIPAL]), action="DENY"),
        policy(rule(notNamespaces=["istio-*"]), action="DENY"),
        policy(rule(principals=[OLD_PRINCIPAL]), rule(namespaces=["istio-gateway"]), action="DENY"),
        policy(rule(namespaces=["istio-gateway"]), action="DENY"),
        policy(when("source.namespace", values=["istio-system", "istio-gateway"])),
        policy(when("request.headers[x]", values=["istio-system"])),
        policy(rule(principals=[OLD_PRINCIPAL], namespaces=["shop"])),
    ],
)
def test_nothing_is_said_of_what_means_both_or_neither(one: Manifest) -> None:
    assert live(one, BOUND) == []


@pytest.mark.parametrize(
    ("action", "source", "severity", "words"),
    [
        ("DENY", {"notPrincipals": [OLD_PRINCIPAL]}, "error", "403"),
        ("DENY", {"notNamespaces": ["istio-system"]}, "error", "403"),
        ("DENY", {"principals": [OLD_PRINCIPAL]}, "error", "what it stops comes through"),
        ("ALLOW", {"notPrincipals": [OLD_PRINCIPAL]}, "error", f"it keeps out {OLD}"),
        ("CUSTOM", {"principals": [OLD_PRINCIPAL]}, "error", "its provider judges"),
        ("CUSTOM", {"notPrincipals": [OLD_PRINCIPAL]}, "warning", "its provider spares"),
        ("AUDIT", {"principals": [OLD_PRINCIPAL]}, "info", "it logs"),
    ],
)
def test_every_action_has_its_consequence(action: str, source: Any, severity: str, words: str) -> None:
    (found,) = live(policy(rule(**source), action=action), BOUND)
    assert (found.severity, words in found.reason) == (severity, True), found
    (field,) = source
    assert found.path == f"{SOURCE}.{field}"


def test_a_dry_run_harms_nobody() -> None:
    metadata = {"annotations": {"istio.io/dry-run": "true"}}
    (found,) = live(policy(rule(principals=[OLD_PRINCIPAL]), metadata=metadata))
    assert found.severity == "info" and "dry run" in found.reason
    metadata = {"annotations": {"istio.io/dry-run": "false"}}
    (found,) = live(policy(rule(principals=[OLD_PRINCIPAL]), metadata=metadata))
    assert found.severity == "error"


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        (when("source.principal", values=[OLD_PRINCIPAL]), "spec.rules[0].when[0].values"),
        (when("source.namespace", values=["istio-system"]), "spec.rules[0].when[0].values"),
        (when("source.namespace", notValues=["istio-gateway"]), "spec.rules[0].when[0].notValues"),
    ],
)
def test_conditions_count_as_sources_do(condition: Manifest, path: str) -> None:
    assert told(live(policy(condition), BOUND)) == [("error", "shop/web", path)]


TO = [{"operation": {"paths": ["/api/*"]}}]
NEW_RULE = rule(namespaces=["istio-gateway"])


@pytest.mark.parametrize(
    ("other", "severity"),
    [
        (policy(NEW_RULE, name="shop/all"), None),
        (policy(NEW_RULE, name="istio-system/all"), None),
        (policy(NEW_RULE, name="shop/same", selector={"app": "web"}), None),
        (policy({}, name="shop/anybody"), None),
        (policy(rule(to=TO, namespaces=["istio-gateway"]), name="shop/part"), "warning"),
        (policy(rule(namespaces=["istio-gateway"], ipBlocks=["10.0.0.0/8"]), name="shop/part"), "warning"),
        (policy(NEW_RULE, name="web/elsewhere"), "error"),
        (policy(NEW_RULE, name="shop/other", selector={"app": "api"}), "error"),
        (policy(NEW_RULE, name="shop/narrow", selector={"app": "web", "tier": "front"}), "error"),
        (policy(NEW_RULE, name="shop/deny", action="AUDIT"), "error"),
        (policy(NEW_RULE, name="shop/x", metadata={"annotations": {"istio.io/dry-run": "1"}}), "error"),
        (policy(NEW_RULE, name="shop/way", targetRefs=[{"kind": "Service", "name": "web"}]), "error"),
    ],
)
def test_another_policy_may_let_the_new_gateway_in(other: Manifest, severity: str | None) -> None:
    one = policy(rule(principals=[OLD_PRINCIPAL]), selector={"app": "web"})
    found = [each for each in live(one, other) if each.object == "AuthorizationPolicy shop/web"]
    assert [each.severity for each in found] == ([severity] if severity else [])
    assert severity != "warning" or "AuthorizationPolicy shop/part does so for a part" in found[0].reason


def test_the_same_operations_are_enough() -> None:
    one = policy(rule(to=TO, principals=[OLD_PRINCIPAL]))
    assert live(one, policy(rule(to=TO, namespaces=["istio-gateway"]), name="shop/new")) == []


def test_of_two_ways_each_must_be_open_to_the_new_gateway() -> None:
    ways = [{"source": {"principals": [OLD_PRINCIPAL], "ipBlocks": ["10.0.0.0/8"]}},
            {"source": {"principals": [OLD_PRINCIPAL]}}]  # fmt: skip
    other = policy(rule(principals=[NEW_PRINCIPAL], ipBlocks=["10.0.0.0/8"]), name="shop/new")
    found = live(policy({"from": ways}), other)
    assert told(found) == [("warning", "shop/web", "spec.rules[0].from[1].source.principals")]


def test_a_narrower_way_that_the_old_gateway_goes_is_no_excuse() -> None:
    ways = [{"source": {"ipBlocks": ["10.0.0.0/8"]}}, {"source": {"notPrincipals": [OLD_PRINCIPAL]}}]
    found = live(policy({"from": ways}, action="DENY"))
    assert told(found) == [("error", "shop/web", "spec.rules[0].from[1].source.notPrincipals")]
    both = [{"source": {"principals": [OLD_PRINCIPAL]}}, {"source": {"notPrincipals": [OLD_PRINCIPAL]}}]
    assert live(policy({"from": both}, action="DENY")) == []


TRUST = "trustDomain: corp\ntrustDomainAliases: [old-corp]\n"


@pytest.mark.parametrize(
    ("principal", "config", "severity"),
    [
        ("corp/ns/istio-system/sa/public-ingressgateway-service-account", TRUST, "error"),
        ("old-corp/ns/istio-system/sa/public-ingressgateway-service-account", TRUST, "error"),
        (OLD_PRINCIPAL, TRUST, "error"),
        ("cluster.local/ns/istio-system/*", TRUST, None),
        ("corp/ns/istio-system/*", TRUST, "error"),
        ("partner/ns/istio-system/sa/public-ingressgateway-service-account", TRUST, None),
        ("partner/ns/istio-system/sa/public-ingressgateway-service-account", "{}", None),
        ("partner/ns/istio-system/sa/public-ingressgateway-service-account", None, "warning"),
    ],
)
def test_trust_domains(principal: str, config: str | None, severity: str | None) -> None:
    more = () if config is None else (mesh_config(config),)
    found = live(policy(rule(principals=[principal])), BOUND, *more)
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_the_remedy_keeps_the_trust_domain() -> None:
    principal = "corp/ns/istio-system/sa/public-ingressgateway-service-account"
    (found,) = live(policy(rule(principals=[principal])), mesh_config(TRUST))
    assert found.remedy == "add corp/ns/istio-gateway/sa/public-ingressgateway beside it"


def test_another_root_namespace_is_taken_from_the_mesh() -> None:
    one = policy(rule(principals=[OLD_PRINCIPAL]))
    other = policy(NEW_RULE, name="mesh-root/all")
    assert len(live(one, other)) == 1
    assert live(one, other, mesh_config("rootNamespace: mesh-root")) == []


def test_the_owner_is_named() -> None:
    labels = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "bigbang"}
    (found,) = live(policy(rule(principals=[OLD_PRINCIPAL]), metadata={"labels": labels}))
    assert found.remedy == f"add {NEW_PRINCIPAL} beside it, at its source (HelmRelease bigbang/shop)"


def test_without_pods_it_is_a_warning_by_the_names_that_gateways_have() -> None:
    (found,) = in_files(policy(rule(principals=[OLD_PRINCIPAL])), BOUND)
    assert found.severity == "warning" and "perhaps not" in found.reason
    assert found.remedy == f"add {NEW_PRINCIPAL} beside it (if the new pods run as that service account)"
    assert in_files(policy(rule(principals=[OLD_PRINCIPAL, NEW_PRINCIPAL]))) == []
    assert in_files(policy(rule(principals=["cluster.local/ns/istio-system/sa/kiali"]))) == []
    assert [one.severity for one in in_files(policy(rule(namespaces=["istio-system"])), BOUND)] == ["warning"]


def test_an_application_s_own_repository_has_no_gateways_in_it() -> None:
    found = in_files(policy(rule(principals=[OLD_PRINCIPAL])), BOUND, mesh=())
    assert [one.severity for one in found] == ["warning"]
    default = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
    assert len(in_files(policy(rule(principals=[default])), BOUND, mesh=())) == 1
    assert in_files(policy(rule(principals=[OLD_PRINCIPAL, NEW_PRINCIPAL])), BOUND, mesh=()) == []
    assert in_files(policy(rule(principals=["*/ns/istio-system/sa/istiod"])), BOUND, mesh=()) == []


def test_new_pods_that_do_not_run_yet_leave_it_open() -> None:
    old = (*GATEWAYS, PODS[0], *NAMESPACES)
    assert [one.severity for one in live(policy(rule(principals=[OLD_PRINCIPAL])), mesh=old)] == ["warning"]
    before = (GATEWAYS[0], PODS[0], *NAMESPACES)
    (found,) = live(policy(rule(principals=[OLD_PRINCIPAL])), mesh=before)
    assert found.severity == "warning" and NEW_PRINCIPAL in found.remedy


def test_one_finding_for_all_pairs_of_gateways() -> None:
    more = tuple(json.loads(json.dumps((*GATEWAYS, *PODS)).replace("public", "admin")))
    (found,) = live(policy(rule(namespaces=["istio-system"])), BOUND, mesh=(*MESH, *more))
    assert "istio-gateway/admin-ingressgateway, istio-gateway/public-ingressgateway" in found.reason
    assert found.remedy == "add istio-gateway beside it"
    (found,) = live(policy(rule(principals=[OLD_PRINCIPAL])), mesh=(*MESH, *more))
    assert "admin" not in found.reason + found.remedy


def test_without_a_pair_of_gateways_nothing_is_old() -> None:
    lonely = (made("Gateway", "edge/web", GATEWAYS[0]["spec"]), *NAMESPACES)
    assert live(policy(rule(principals=[OLD_PRINCIPAL])), mesh=lonely) == []
