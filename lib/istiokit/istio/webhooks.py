"""Admission webhook configurations: istiod's injector, its validators, and revision tags."""

from istiokit.cluster.decode import Object, Part
from istiokit.istio.dependents.labels import LabelSelector


class WebhookService(Part, frozen=True, kw_only=True):
    """The Service that answers."""

    name: str = ""
    namespace: str = ""


class ClientConfig(Part, frozen=True, kw_only=True):
    """Where requests go: a Service of the cluster, or a URL outside of it."""

    service: WebhookService | None = None
    url: str = ""


class Rule(Part, frozen=True, kw_only=True):
    """Which requests are sent."""

    resources: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()


class Webhook(Part, frozen=True, kw_only=True):
    """One webhook; with `failure_policy` Fail the request is refused when nobody answers."""

    name: str = ""
    client_config: ClientConfig = ClientConfig()
    failure_policy: str = "Fail"
    rules: tuple[Rule, ...] = ()
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None


class WebhookConfiguration(Object, frozen=True, kw_only=True):
    """A MutatingWebhookConfiguration or a ValidatingWebhookConfiguration; both have the same shape."""

    webhooks: tuple[Webhook, ...] = ()
