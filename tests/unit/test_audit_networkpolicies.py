"""VSG021: NetworkPolicies that know the old gateway's pods or namespace."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dependents_world import (
    BOUND,
    MESH,
    NEW_LABELS,
    OLD_LABELS,
    Manifest,
    in_files,
    live,
    made,
    namespace,
    told,
)

APP = {"matchLabels": {"app": "public-ingressgateway"}}
EVERYBODY: Manifest = {}


def space(name: str) -> Manifest:
    return {"matchLabels": {"kubernetes.io/metadata.name": name}}


OLD_SPACE = {"namespaceSelector": space("istio-system")}
OLD_PODS = {**OLD_SPACE, "podSelector": APP}
NEW_SPACE = {"namespaceSelector": space("istio-gateway")}
NEW_PODS = {**NEW_SPACE, "podSelector": APP}


def policy(*peers: Manifest, name: str = "shop/web", pods: Manifest = EVERYBODY, **more: Any) -> Manifest:
    """One rule of ingress; `ports` are its ports, all others fields of spec."""
    ports = {"ports": more.pop("ports")} if "ports" in more else {}
    rule = {**({"from": list(peers)} if peers else {}), **ports}
    return made("NetworkPolicy", name, {"podSelector": pods, "ingress": [rule], **more})


def outward(*peers: Manifest, name: str = "shop/out", **more: Any) -> Manifest:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": list(peers)}], **more}
    return made("NetworkPolicy", name, spec)


def test_the_old_pods_alone() -> None:
    (found,) = live(policy(OLD_PODS))
    assert told([found]) == [("error", "shop/web", "spec.ingress[0].from[0]")]
    assert found.code == "VSG021" and "dropped" in found.reason
    assert found.remedy == (
        "add to from: namespaceSelector kubernetes.io/metadata.name: istio-gateway "
        "with podSelector app: public-ingressgateway"
    )


@pytest.mark.parametrize(
    "peer",
    [
        OLD_SPACE,
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}},
        {
            "namespaceSelector": {
                "matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["edge"]}]
            }
        },
    ],
)
def test_the_old_namespace_alone_may_mean_something_else_unless_routes_lead_there(peer: Manifest) -> None:
    assert [one.severity for one in live(policy(peer))] == ["warning"]
    (found,) = live(policy(peer), BOUND)
    assert found.severity == "error"
    assert found.remedy == "add to from: namespaceSelector kubernetes.io/metadata.name: istio-gateway"


@pytest.mark.parametrize(
    "one",
    [
        policy(),
        policy({"podSelector": {}}),
        policy({"namespaceSelector": {}}),
        policy({"namespaceSelector": {}, "podSelector": APP}),
        policy({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "prometheus"}}}),
        policy({"namespaceSelector": {"matchLabels": {"team": "edge"}}}),
        policy(OLD_SPACE, NEW_SPACE),
        policy(OLD_PODS, NEW_SPACE),
        policy(OLD_PODS, NEW_PODS),
        policy(NEW_SPACE),
        policy({**OLD_SPACE, "podSelector": {"matchLabels": {"app": "kiali"}}}),
        policy({"ipBlock": {"cidr": "10.0.0.0/8"}}),
        policy(OLD_PODS, policyTypes=["Egress"]),
        policy({"namespaceSelector": space("monitoring")}),
        outward(OLD_SPACE),
        outward(),
        outward({**OLD_SPACE, "podSelector": {"matchLabels": {"app": "istiod"}}}),
        outward(OLD_PODS, NEW_PODS),
        policy({"podSelector": {}}, name="istio-gateway/own"),
    ],
)
def test_nothing_is_said_of_what_means_both_or_neither(one: Manifest) -> None:
    assert live(one, BOUND) == []


@pytest.mark.parametrize(
    ("other", "severity"),
    [
        (policy(NEW_SPACE, name="shop/new"), None),
        (policy(name="shop/anybody"), None),
        (policy(NEW_SPACE, name="shop/new", pods={"matchLabels": {"app": "web"}}), None),
        (policy(NEW_SPACE, name="shop/new", ports=[{"port": 8080}]), None),
        (policy(NEW_SPACE, name="shop/new", ports=[{"port": 8080}, {"port": 9090}]), None),
        (policy(NEW_SPACE, name="shop/part", ports=[{"port": 9090}]), "warning"),
        (policy(NEW_SPACE, name="shop/other", pods={"matchLabels": {"app": "api"}}), "error"),
        (policy(NEW_SPACE, name="web/new"), "error"),
        (policy(NEW_SPACE, name="shop/new", policyTypes=["Egress"]), "error"),
    ],
)
def test_policies_add_up(other: Manifest, severity: str | None) -> None:
    one = policy(OLD_PODS, pods={"matchLabels": {"app": "web"}}, ports=[{"port": 8080}])
    found = [each for each in live(one, other) if each.object == "NetworkPolicy shop/web"]
    assert [each.severity for each in found] == ([severity] if severity else [])
    assert severity != "warning" or "NetworkPolicy shop/part opens a part of the ports" in found[0].reason


def test_addresses_may_be_those_of_the_new_pods() -> None:
    (found,) = live(policy({"ipBlock": {"cidr": "10.0.0.0/8"}}, OLD_PODS))
    assert told([found]) == [("warning", "shop/web", "spec.ingress[0].from[1]")]


def test_istiod_must_hear_the_new_gateway() -> None:
    inside = policy({"podSelector": {}}, name="istio-system/istiod", pods={"matchLabels": {"app": "istiod"}})
    (found,) = live(inside)
    assert (found.severity, "it gets no configuration" in found.reason) == ("error", True)
    everything = policy({"podSelector": {}}, name="istio-system/inside")
    assert [one.severity for one in live(everything)] == ["warning"]


def test_who_calls_the_gateway_by_its_pods_is_told_too() -> None:
    (found,) = live(outward(OLD_PODS))
    assert told([found]) == [("warning", "shop/out", "spec.egress[0].to[0]")]
    assert found.remedy.startswith("add to to: namespaceSelector")


def test_a_policy_made_for_the_old_pods_has_none_like_it() -> None:
    one = policy(name="istio-system/edge", pods=APP)
    (found,) = live(one)
    assert told([found]) == [("warning", "istio-system/edge", "spec.podSelector")]
    assert live(one, policy(name="istio-gateway/edge")) == []
    assert live(one, policy(name="istio-gateway/edge", pods={"matchLabels": {"app": "x"}})) == [found]
    assert live(policy(name="istio-system/all")) == [], "it was not made for the gateway"
    assert live(policy(name="istio-system/kiali", pods={"matchLabels": {"app": "kiali"}})) == []


def test_labels_that_were_not_read_make_it_a_warning() -> None:
    peer = {
        "namespaceSelector": {"matchLabels": {"team": "old", "kubernetes.io/metadata.name": "istio-system"}}
    }
    mesh = (*MESH, namespace("istio-system", team="old"))
    assert [one.severity for one in live(policy(peer), BOUND, mesh=mesh)] == ["error"]
    blind = live(policy(peer), BOUND, mesh=mesh, denied={("list", "Namespace")})
    assert [one.severity for one in blind] == ["warning"]
    by_name = live(policy(OLD_PODS), BOUND, denied={("list", "Namespace")})
    assert [one.severity for one in by_name] == ["error"], "every Namespace carries its name"
    other = {"namespaceSelector": {"matchLabels": {"team": "payments"}}}
    assert live(policy(other), BOUND, denied={("list", "Namespace")}) == []


def test_without_pods_it_may_be_so() -> None:
    (found,) = in_files(policy(OLD_PODS), BOUND)
    assert (found.severity, "perhaps not" in found.reason) == ("warning", True)
    assert [one.severity for one in in_files(policy(OLD_SPACE), BOUND)] == ["warning"]
    assert in_files(policy(OLD_SPACE, NEW_SPACE), BOUND) == []
    assert [one.severity for one in in_files(policy(OLD_PODS), BOUND, mesh=())] == ["warning"]
    assert in_files(policy(OLD_PODS, NEW_PODS), BOUND, mesh=()) == []
    assert in_files(policy({"podSelector": {"matchLabels": {"tier": "x"}}}, name="istio-system/kiali")) == []


PODS = (("istio-system", OLD_LABELS), ("istio-gateway", NEW_LABELS))
SPACES: Mapping[str, dict[str, str]] = {
    "istio-system": {"kubernetes.io/metadata.name": "istio-system"},
    "istio-gateway": {"kubernetes.io/metadata.name": "istio-gateway", "team": "edge"},
}
KEYS = st.sampled_from(["app", "istio", "team", "kubernetes.io/metadata.name", "none"])
VALUES = st.sampled_from(["public-ingressgateway", "ingressgateway", "edge", "istio-system", "istio-gateway"])
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(KEYS, VALUES, max_size=1),
        "matchExpressions": st.lists(
            st.fixed_dictionaries(
                {
                    "key": KEYS,
                    "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
                    "values": st.lists(VALUES, min_size=1, max_size=2),
                }
            ),
            max_size=1,
        ),
    },
)
PEERS = st.fixed_dictionaries({}, optional={"podSelector": SELECTORS, "namespaceSelector": SELECTORS}).filter(
    bool
)
TARGETS: list[dict[str, str]] = [{}, {"app": "web"}, {"app": "api"}]
POLICIES = st.lists(
    st.builds(
        lambda peers, labels, ports: policy(*peers, pods={"matchLabels": labels}, **ports),
        st.lists(PEERS, max_size=2),
        st.sampled_from(TARGETS),
        st.sampled_from([{}, {"ports": [{"port": 80}]}, {"ports": [{"port": 80}, {"port": 81}]}]),
    ),
    min_size=1,
    max_size=3,
)


def selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    for one in selector.get("matchExpressions", []):
        has, within = one["key"] in labels, labels.get(one["key"]) in one["values"]
        if not {"In": within, "NotIn": not within, "Exists": has, "DoesNotExist": not has}[one["operator"]]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def reaches(
    found: list[Manifest], pod: tuple[str, dict[str, str]], target: dict[str, str], port: int
) -> bool:
    """Whether a connection to a pod of namespace shop is let in by the union of its policies."""
    place, labels = pod
    own = [one["spec"] for one in found if selects(one["spec"]["podSelector"], target)]
    rules = [rule for spec in own for rule in spec["ingress"]]
    return not own or any(
        ("ports" not in rule or port in [each["port"] for each in rule["ports"]])
        and (
            "from" not in rule
            or any(
                (selects(peer["namespaceSelector"], SPACES[place]) if "namespaceSelector" in peer else False)
                and selects(peer.get("podSelector", {}), labels)
                for peer in rule["from"]
            )
        )
        for rule in rules
    )


@settings(max_examples=300)
@given(POLICIES)
def test_silence_means_that_the_new_gateway_reaches_what_the_old_one_reaches(found: list[Manifest]) -> None:
    named = [
        {**one, "metadata": {**one["metadata"], "name": f"p{number}"}} for number, one in enumerate(found)
    ]
    findings = live(*named, BOUND)
    lost = any(
        reaches(found, PODS[0], target, port) and not reaches(found, PODS[1], target, port)
        for target, port in product(TARGETS, (80, 81, 443))
    )
    assert findings or not lost
    if any(one.severity == "error" for one in findings):
        assert lost
