"""Which Services stand behind a Gateway, as `status` and the DNS records of step 2 tell it."""

from typing import Any

from istiokit.bigbang.facts import MeshFacts
from istiokit.bigbang.status import gateway_rows
from istiokit.istio.model import Gateway
from istiokit.istio.workloads import Pod
from tests.unit.facts_builder import service
from tests.unit.flux_samples import decoded

LABELS = {"app": "public-ingressgateway"}
NEW = service("public-ingressgateway", "istio-gateway", selector=LABELS)
OLD = service("public-ingressgateway", "istio-system", selector=LABELS)


def gateway(namespace: str) -> Gateway:
    metadata = {"name": "public", "namespace": namespace}
    return decoded({"metadata": metadata, "spec": {"selector": LABELS}}, Gateway)


def pod(namespace: str) -> Pod:
    metadata: dict[str, Any] = {"name": "pod", "namespace": namespace, "labels": LABELS}
    return decoded({"metadata": metadata}, Pod)


def behind(namespace: str, *pods: Pod) -> tuple[str, ...]:
    found = MeshFacts(gateways=(gateway(namespace),), services=(OLD, NEW), pods=pods)
    return next(iter(gateway_rows(found))).services


def test_a_gateway_selects_pods_of_other_namespaces_too() -> None:
    both = ("istio-gateway/public-ingressgateway", "istio-system/public-ingressgateway")
    assert behind("istio-system", pod("istio-system"), pod("istio-gateway")) == both


def test_a_service_that_was_left_behind_without_pods_is_not_the_new_gateway_s() -> None:
    assert behind("istio-gateway", pod("istio-gateway")) == ("istio-gateway/public-ingressgateway",)


def test_without_pods_the_gateway_s_own_service_counts() -> None:
    assert behind("istio-gateway") == ("istio-gateway/public-ingressgateway",)
