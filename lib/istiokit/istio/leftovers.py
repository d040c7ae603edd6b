"""What the Istio operator can leave behind: paid load balancers, finalizers, webhooks that refuse."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from istiokit.istio.control_plane import (
    NO_OWNER,
    OPERATOR_FINALIZER,
    OWNING_NAMESPACE,
    OWNING_RESOURCE,
    helm_release,
    is_istiod,
    is_operator,
)
from istiokit.istio.injection import COMPONENT, GATEWAY_COMPONENTS
from istiokit.istio.model import IstioOperator, full_name
from istiokit.istio.webhooks import WebhookConfiguration, WebhookService
from istiokit.istio.workloads import Deployment, Pod, Service, selects


@dataclass(frozen=True, slots=True, order=True)
class Leftover:
    """Something that stayed behind; the fields read like those of a Finding."""

    object: str
    """As kubectl would spell it: `Service istio-system/public-ingressgateway`."""
    reason: str
    remedy: str


def orphaned_load_balancers(
    services: Iterable[Service], pods: Collection[Pod], operators: Collection[IstioOperator]
) -> list[Leftover]:
    """LoadBalancer Services of the operator that serve nothing, or that nothing manages any more."""
    owners = {full_name(operator) for operator in operators}
    made = (service for service in services if _is_operator_made_load_balancer(service))
    return sorted(found for service in made if (found := _orphan(service, pods, owners)))


def stuck_operators(operators: Iterable[IstioOperator], deployments: Iterable[Deployment]) -> list[Leftover]:
    """IstioOperators whose finalizer nobody takes off: being deleted, or without an operator that could."""
    at_work = any(is_operator(deployment) and deployment.ready for deployment in deployments)
    held = (item for item in operators if OPERATOR_FINALIZER in item.metadata.finalizers)
    return sorted(_stuck(item, at_work) for item in held if item.metadata.deletion_timestamp or not at_work)


def dead_webhooks(
    mutating: Iterable[WebhookConfiguration],
    validating: Iterable[WebhookConfiguration],
    services: Collection[Service],
    deployments: Collection[Deployment],
) -> list[Leftover]:
    """Istio's webhook configurations whose Service is not there or has no ready istiod behind it."""
    answering = {full_name(service) for service in services if _is_answered(service, deployments)}
    existing = {full_name(service) for service in services}
    return sorted(
        [
            *_dead("MutatingWebhookConfiguration", mutating, existing, answering),
            *_dead("ValidatingWebhookConfiguration", validating, existing, answering),
        ]
    )


def _is_operator_made_load_balancer(service: Service) -> bool:
    labels = service.metadata.labels
    marked = labels.get(COMPONENT) in GATEWAY_COMPONENTS or OWNING_RESOURCE in labels
    made = marked and not helm_release(service)  # a release that has adopted it manages it now
    return made and service.spec.type == "LoadBalancer" and service.metadata.namespace == "istio-system"


def _orphan(service: Service, pods: Collection[Pod], owners: set[str]) -> Leftover | None:
    name, address = full_name(service), ", ".join(service.addresses) or "no address yet"
    if not any(_is_behind(pod, service) for pod in pods):
        return Leftover(
            f"Service {name}",
            f"a load balancer of the operator ({address}) without a pod behind it; it may still cost money",
            f"once no DNS record points at it: {_delete(service)}",
        )
    owner = _owner(service)
    if owner is None or owner in owners:
        return None
    return Leftover(
        f"Service {name}",
        f"a load balancer ({address}) of IstioOperator {owner}, which is gone; nothing manages it any more",
        f"move DNS and VirtualServices to the new gateway, then {_delete(service)}",
    )


def _is_behind(pod: Pod, service: Service) -> bool:
    same_namespace = pod.metadata.namespace == service.metadata.namespace
    return same_namespace and not pod.finished and selects(service.spec.selector, pod.metadata.labels)


def _owner(service: Service) -> str | None:
    labels = service.metadata.labels
    name = labels.get(OWNING_RESOURCE, NO_OWNER)
    return None if name == NO_OWNER else f"{labels.get(OWNING_NAMESPACE, 'istio-system')}/{name}"


def _delete(service: Service) -> str:
    return f"kubectl delete service -n {service.metadata.namespace} {service.metadata.name}"


def _stuck(operator: IstioOperator, at_work: bool) -> Leftover:
    since = operator.metadata.deletion_timestamp
    return Leftover(
        f"IstioOperator {full_name(operator)}",
        " and ".join(
            [
                f"is being deleted since {since}" if since else f"holds the finalizer {OPERATOR_FINALIZER}",
                "the operator has not finished" if at_work else "no operator is running that could finish it",
            ]
        ),
        _unstick(operator, at_work),
    )


def _unstick(operator: IstioOperator, at_work: bool) -> str:
    if at_work:
        return "read the operator's log: kubectl logs -n istio-operator deployment/istio-operator"
    # All finalizers but the operator's own stay: they belong to somebody else.
    kept = [name for name in operator.metadata.finalizers if name != OPERATOR_FINALIZER]
    listed = ",".join(f'"{name}"' for name in kept)
    return (
        "start the operator again until the resource is gone, or keep what it made and drop the finalizer: "
        f"kubectl patch istiooperator -n {operator.metadata.namespace} {operator.metadata.name} --type=merge "
        f'-p \'{{"metadata":{{"finalizers":[{listed}]}}}}\''
    )


def _is_answered(service: Service, deployments: Collection[Deployment]) -> bool:
    return any(
        is_istiod(deployment)
        and deployment.ready
        and deployment.metadata.namespace == service.metadata.namespace
        and selects(service.spec.selector, deployment.spec.template.metadata.labels)
        for deployment in deployments
    )


def _dead(
    kind: str, configurations: Iterable[WebhookConfiguration], existing: set[str], answering: set[str]
) -> Iterator[Leftover]:
    """One Leftover at most for each configuration: its first webhook that nobody answers, Fail first."""
    for configuration in configurations:
        for webhook in sorted(configuration.webhooks, key=lambda one: one.failure_policy != "Fail"):
            service = webhook.client_config.service
            if service is None or not _is_istiods(service):
                continue
            name = f"{service.namespace}/{service.name}"
            if name not in answering:
                missing = "does not exist" if name not in existing else "has no ready istiod behind it"
                yield _dead_webhook(kind, configuration.metadata.name, webhook.failure_policy, name, missing)
                break


def _dead_webhook(kind: str, name: str, policy: str, service: str, missing: str) -> Leftover:
    refused = "every request it matches is refused" if policy == "Fail" else "it is passed over in silence"
    return Leftover(
        f"{kind} {name}",
        f"calls Service {service}, which {missing}; {refused}",
        f"bring that istiod back, or, if its revision is not used: kubectl delete {kind.lower()} {name}",
    )


def _is_istiods(service: WebhookService) -> bool:
    """`istiod` or `istiod-<revision>`: other webhooks are none of our business."""
    return service.name == "istiod" or service.name.startswith("istiod-")
