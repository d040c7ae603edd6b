"""Which pods are gateways, and what istiod cannot tell apart."""

from typing import Any

import msgspec
import pytest

from istiokit.istio.model import Gateway
from istiokit.istio.routing.facts import assumed_workloads, gateway_workloads
from istiokit.istio.routing.model import orders
from istiokit.istio.workloads import Pod, Service
from tests.unit.routing_world import LABELS, NEW, OLD, gateway


def pod(name: str, labels: dict[str, str] | None = None, **fields: Any) -> Pod:
    namespace, _, short = name.partition("/")
    metadata = {
        "name": short,
        "namespace": namespace,
        "labels": LABELS if labels is None else labels,
        **fields.pop("metadata", {}),
    }
    return msgspec.convert({"metadata": metadata, **fields}, Pod)


def replica(number: int, template: str = "5d8", **labels: str) -> Pod:
    owner = {"kind": "ReplicaSet", "name": f"public-{template}"}
    metadata = {"ownerReferences": [owner]}
    return pod(
        f"istio-system/public-{template}-{number}",
        {**LABELS, "pod-template-hash": template, **labels},
        metadata=metadata,
    )


def test_replicas_of_a_deployment_are_one_workload_with_its_name() -> None:
    (found,) = gateway_workloads([replica(1), replica(2), replica(3, "77f")], [gateway(OLD)])
    assert (found.name, found.namespace, found.labels) == ("istio-system/public", "istio-system", LABELS)


def test_labels_of_one_pod_count_where_a_selector_names_them() -> None:
    picky = gateway(OLD, selector={"pod-template-hash": "5d8"})
    found = gateway_workloads([replica(1), replica(3, "77f")], [gateway(NEW), picky])
    assert [one.labels["pod-template-hash"] for one in found] == ["5d8", "77f"]


def test_other_labels_make_another_workload_with_a_name_of_its_own() -> None:
    found = gateway_workloads([replica(1), replica(2, canary="yes")], [gateway(OLD)])
    assert [one.name for one in found] == ["istio-system/public", "istio-system/public-5d8-2"]


def test_selectors_look_across_namespaces_and_order_does_not_matter() -> None:
    pods = [pod("istio-system/old"), pod("istio-gateway/new"), pod("web/shop", {"app": "shop"})]
    found = gateway_workloads(pods, [gateway(OLD)])
    assert [one.name for one in found] == ["istio-gateway/new", "istio-system/old"]
    assert gateway_workloads(reversed(pods), [gateway(OLD)]) == found


def container(*names: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": name} for name in names]}}


@pytest.mark.parametrize(
    ("one", "selector", "expected"),
    [
        (pod("a/b", status={"phase": "Succeeded"}), LABELS, False),
        (pod("a/b", **container("shop")), LABELS, False),
        (pod("a/b", **container("istio-proxy")), LABELS, True),
        (pod("a/b", **container("istio-proxy", "logs")), LABELS, True),
        (pod("a/b", {}, **container("istio-proxy")), {}, True),
        (pod("a/b", {}, **container("shop", "istio-proxy")), {}, False),
        (pod("a/b", {}), {}, False),
    ],
)
def test_which_pods_are_gateways(one: Pod, selector: dict[str, str], expected: bool) -> None:
    assert bool(gateway_workloads([one], [gateway(OLD, selector=selector)])) is expected


def test_ports_of_services_lead_to_those_of_the_pods() -> None:
    ports = [{"port": 443, "targetPort": 8443}, {"port": 80}, {"port": 1, "targetPort": "named"}]
    spec = {"selector": LABELS, "ports": ports}
    services = [
        msgspec.convert({"metadata": {"name": "gw", "namespace": place}, "spec": spec}, Service)
        for place in ("istio-system", "elsewhere")
    ]
    (found,) = gateway_workloads([pod("istio-system/old")], [gateway(OLD)], services[:1])
    assert found.ports == {443: 8443, 80: 80}
    (found,) = gateway_workloads([pod("istio-system/old")], [gateway(OLD)], services[1:])
    assert found.ports == {}


def test_assumed_pods_carry_what_their_gateway_selects() -> None:
    first, second = assumed_workloads([gateway(OLD), gateway("istio-system/other"), gateway(NEW)])
    assert (first.namespace, first.labels) == ("istio-gateway", LABELS)
    assert second.name == "istio-system/pods with app=public-ingressgateway"


def names(order: list[Gateway]) -> str:
    return "".join(one.metadata.name for one in order)


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ({"a": "2025", "b": "2024"}, "ba"),
        ({"a": "2024", "b": "2024"}, "ab"),
        ({"a": None}, "a"),
        ({"a": None, "b": None}, "ab ba"),
        ({"a": None, "b": "2024"}, "ab ba"),
        ({"a": None, "b": None, "c": None}, "abc acb bac bca cab cba"),
        ({"a": None, "b": None, "c": "2024"}, "abc acb bac bca cab cba"),
    ],
    ids=str,
)
def test_orders_that_gateways_may_have(ages: dict[str, str | None], expected: str) -> None:
    found = [
        names(order) for order in orders([gateway(f"ns/{name}", made=age) for name, age in ages.items()])
    ]
    assert sorted(found) == expected.split()
