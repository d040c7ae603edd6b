"""The operator and what it leaves: finalizers, webhooks, load balancers."""

from collections.abc import Iterable, Iterator

from istiokit.bigbang.checks.model import EVERY, Check, Subject, Target
from istiokit.findings import Finding, Severity
from istiokit.istio.control_plane import is_operator
from istiokit.istio.leftovers import dead_webhooks, orphaned_load_balancers, stuck_operators
from istiokit.istio.model import full_name
from istiokit.istio.webhooks import WebhookConfiguration, WebhookService

_BROUGHT = WebhookService(name="istiod", namespace="istio-system")
"""The Service of the istiod that step 1 installs."""


def _operators(subject: Subject) -> Iterator[Finding]:
    found = subject.facts.mesh
    at_work = any(is_operator(deployment) and deployment.ready for deployment in found.deployments)
    # While an operator is at work, a deletion that lasts must not refuse the very step that has caused it.
    severity = Severity.ERROR if subject.target is Target.STEP2 or not at_work else Severity.WARNING
    stuck = stuck_operators(found.operators, found.deployments)
    for item in stuck:
        yield Finding("IM010", severity, item.object, item.reason, item.remedy)
    named = {item.object for item in stuck}
    for operator in found.operators:
        about = f"IstioOperator {full_name(operator)}"
        if about in named:
            continue
        if not at_work:
            reason = "no operator is running, so nothing takes down what it has made once it is deleted"
            remedy = "make HelmRelease istio-operator Ready (step 1 keeps the operator on for this)"
            yield Finding("IM010", Severity.ERROR, about, reason, remedy)
        elif subject.target is Target.STEP2:
            reason = "it is still there, and step 2 takes away the operator, which has to take it down first"
            remedy = "do step 1 first: kubectl istio-migrate step1"
            yield Finding("IM010", Severity.ERROR, about, reason, remedy)


def _webhooks(subject: Subject) -> Iterator[Finding]:
    found = subject.facts.mesh
    brought = _BROUGHT if subject.target is Target.STEP1 else None
    refusing = {
        *_refusing("MutatingWebhookConfiguration", found.mutating, brought),
        *_refusing("ValidatingWebhookConfiguration", found.validating, brought),
    }
    for item in dead_webhooks(found.mutating, found.validating, found.services, found.deployments):
        severity = Severity.ERROR if item.object in refusing else Severity.WARNING
        yield Finding("IM011", severity, item.object, item.reason, item.remedy)


def _refusing(
    kind: str, configurations: Iterable[WebhookConfiguration], brought: WebhookService | None
) -> Iterator[str]:
    """Those that refuse requests when nobody answers, except where the step itself brings who answers."""
    for configuration in configurations:
        fail = [webhook for webhook in configuration.webhooks if webhook.failure_policy == "Fail"]
        if any(webhook.client_config.service != brought for webhook in fail):
            yield f"{kind} {configuration.metadata.name}"


def _load_balancers(subject: Subject) -> Iterator[Finding]:
    found = subject.facts.mesh
    for item in orphaned_load_balancers(found.services, found.pods, found.operators):
        yield Finding("IM023", Severity.WARNING, item.object, item.reason, item.remedy)


CHECKS = (
    Check(
        code="IM010",
        title="An IstioOperator that nobody can finish",
        severity=Severity.ERROR,
        why="The operator's finalizer holds an IstioOperator until the operator has taken down what it made. If the "
        "operator is gone first, the resource hangs, and its namespace and its release hang with it.",
        remedy="Start the operator again until the resource is gone, or take the finalizer off and keep what it made.",
        run=_operators,
        live=True,
        needs=frozenset({"IstioOperator", "Deployment"}),
    ),
    Check(
        code="IM011",
        title="A webhook that nobody answers",
        severity=Severity.ERROR,
        why="With failurePolicy Fail the API server refuses every request that the webhook matches: pods are not "
        "created (FailedCreate), Istio's resources are rejected, and releases hang on both.",
        remedy="Bring the istiod behind it back, or delete the webhook configuration of a revision that is not used.",
        run=_webhooks,
        steps=EVERY,
        live=True,
        needs=frozenset(
            {
                "MutatingWebhookConfiguration",
                "ValidatingWebhookConfiguration",
                "Service",
                "Deployment",
            }
        ),
    ),
    Check(
        code="IM023",
        title="Load balancers that the operator left behind",
        severity=Severity.WARNING,
        why="A Service of type LoadBalancer that nothing manages any more keeps its address and its price, and DNS "
        "records may still lead there, to nobody.",
        remedy="Move DNS to the new gateways, then delete the Service.",
        run=_load_balancers,
        steps=frozenset({Target.STEP2, Target.BIG_BANG_3}),
        live=True,
        needs=frozenset({"Service", "Pod", "IstioOperator"}),
    ),
)
