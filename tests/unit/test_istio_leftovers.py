"""Leftovers: what the operator forgot, and what to do about it."""

from typing import Any

import msgspec
import pytest

from istiokit.istio.leftovers import dead_webhooks, orphaned_load_balancers, stuck_operators
from istiokit.istio.model import IstioOperator
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment, Pod, Service

FINALIZER = "istio-finalizer.install.istio.io"
OWNED = {
    "operator.istio.io/component": "IngressGateways",
    "install.operator.istio.io/owning-resource": "istiocontrolplane",
    "install.operator.istio.io/owning-resource-namespace": "istio-system",
}


def service(**parts: Any) -> Service:
    metadata = {
        "name": parts.get("name", "public-ingressgateway"),
        "namespace": parts.get("namespace", "istio-system"),
        "labels": parts.get("labels", OWNED),
    }
    spec = {"type": parts.get("type", "LoadBalancer"), "selector": parts.get("selector", {"app": "public"})}
    status = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    return msgspec.convert({"metadata": metadata, "spec": spec, "status": status}, Service)


def pod(namespace: str = "istio-system", phase: str = "Running") -> Pod:
    metadata = {"name": "p", "namespace": namespace, "labels": {"app": "public", "x": "y"}}
    return msgspec.convert({"metadata": metadata, "status": {"phase": phase}}, Pod)


def order(*finalizers: str, deleted: str | None = None) -> IstioOperator:
    metadata = {
        "name": "istiocontrolplane",
        "namespace": "istio-system",
        "finalizers": finalizers,
        "deletionTimestamp": deleted,
    }
    return msgspec.convert({"metadata": metadata}, IstioOperator)


def deployment(name: str, *, ready: bool = True, namespace: str = "istio-system") -> Deployment:
    labels = {"app": "istiod", "istio.io/rev": "default"} if name.startswith("istiod") else {}
    raw = {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"template": {"metadata": {"labels": labels}}},
        "status": {"readyReplicas": int(ready)},
    }
    return msgspec.convert(raw, Deployment)


def webhook(name: str, *calls: tuple[str, str]) -> WebhookConfiguration:
    webhooks = [
        {
            "name": "w",
            "failurePolicy": policy,
            "clientConfig": {"service": {"name": target, "namespace": "istio-system"}},
        }
        for target, policy in calls
    ]
    return msgspec.convert({"metadata": {"name": name}, "webhooks": webhooks}, WebhookConfiguration)


def test_a_load_balancer_without_pods_is_an_orphan() -> None:
    for pods in ([], [pod("elsewhere")], [pod(phase="Failed")]):
        (found,) = orphaned_load_balancers([service()], pods, [order()])
        assert found.object == "Service istio-system/public-ingressgateway"
        assert "lb.example.com" in found.reason and "without a pod" in found.reason
        assert "kubectl delete service -n istio-system public-ingressgateway" in found.remedy


def test_a_load_balancer_whose_owner_is_gone_must_be_moved_from_first() -> None:
    (found,) = orphaned_load_balancers([service()], [pod()], [])
    assert "istio-system/istiocontrolplane, which is gone" in found.reason
    assert found.remedy.startswith("move DNS")


@pytest.mark.parametrize(
    "kept",
    [
        service(type="ClusterIP"),
        service(namespace="istio-gateway"),
        service(labels={"app": "mine"}),
        service(labels={**OWNED, "helm.toolkit.fluxcd.io/name": "adopter"}),
    ],
)
def test_services_of_others_are_left_alone(kept: Service) -> None:
    assert orphaned_load_balancers([kept], [], []) == []


def test_a_load_balancer_in_use_is_no_leftover() -> None:
    assert orphaned_load_balancers([service()], [pod()], [order()]) == []
    by_istioctl = {**OWNED, "install.operator.istio.io/owning-resource": "unknown"}
    assert orphaned_load_balancers([service(labels=by_istioctl)], [pod()], []) == []


DELETED = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("item", "operators", "stuck"),
    [
        (order(FINALIZER), [deployment("istio-operator")], False),
        (order(FINALIZER), [], True),
        (order(FINALIZER), [deployment("istio-operator", ready=False)], True),
        (order(FINALIZER, deleted=DELETED), [deployment("istio-operator")], True),
        (order(FINALIZER, deleted=DELETED), [], True),
        (order(), [], False),
        (order("others.example.com", deleted=DELETED), [], False),
    ],
)
def test_an_order_is_stuck_when_nobody_takes_its_finalizer_off(
    item: IstioOperator, operators: list[Deployment], stuck: bool
) -> None:
    assert bool(stuck_operators([item], operators)) is stuck


def test_the_remedy_drops_only_the_operators_finalizer() -> None:
    (found,) = stuck_operators([order(FINALIZER, "others.example.com", deleted=DELETED)], [])
    assert DELETED in found.reason
    assert '-p \'{"metadata":{"finalizers":["others.example.com"]}}\'' in found.remedy
    (waiting,) = stuck_operators([order(FINALIZER, deleted=DELETED)], [deployment("istio-operator")])
    assert "log" in waiting.remedy and "patch" not in waiting.remedy


ISTIOD = service(name="istiod", labels={}, type="ClusterIP", selector={"app": "istiod"})


def test_a_webhook_is_dead_when_its_service_is_missing_or_silent() -> None:
    injector = webhook("istio-sidecar-injector", ("istiod", "Fail"))
    assert dead_webhooks([injector], [], [ISTIOD], [deployment("istiod")]) == []
    (silent,) = dead_webhooks([injector], [], [ISTIOD], [deployment("istiod", ready=False)])
    assert silent.object == "MutatingWebhookConfiguration istio-sidecar-injector"
    assert "has no ready istiod" in silent.reason and "refused" in silent.reason
    (missing,) = dead_webhooks([], [webhook("istiod-default-validator", ("istiod", "Ignore"))], [], [])
    assert missing.object == "ValidatingWebhookConfiguration istiod-default-validator"
    assert "does not exist" in missing.reason and "refused" not in missing.reason


def test_a_configuration_is_reported_once_by_its_worst_webhook() -> None:
    both = webhook("istio-revision-tag-default", ("istiod-1-22", "Ignore"), ("istiod-1-22", "Fail"))
    (found,) = dead_webhooks([both], [], [ISTIOD], [deployment("istiod")])
    assert "istiod-1-22" in found.reason and "refused" in found.reason


def test_webhooks_of_others_and_by_url_are_none_of_our_business() -> None:
    by_url = msgspec.convert(
        {"metadata": {"name": "u"}, "webhooks": [{"name": "w", "clientConfig": {"url": "https://x"}}]},
        WebhookConfiguration,
    )
    assert dead_webhooks([webhook("kyverno", ("kyverno-svc", "Fail")), by_url], [], [], []) == []
