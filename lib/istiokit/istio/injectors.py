"""The webhooks that inject sidecars: which of them takes a pod, and what it makes of it.

Rules: the API server's matching of webhooks (namespaceSelector, objectSelector), then istiod's own
(pkg/kube/inject/inject.go, injectRequired), with the ConfigMap of the chart istio-discovery.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from istiokit.cluster.decode import Object
from istiokit.istio.control_plane import TAG
from istiokit.istio.dependents.labels import Labels, LabelSelector
from istiokit.istio.injection import DEFAULT_REVISION, INJECT, REVISION
from istiokit.istio.versions import Version, of_image
from istiokit.istio.webhooks import Webhook, WebhookConfiguration
from istiokit.istio.workloads import Pod

CONFIG_MAP = "istio-sidecar-injector"
"""The ConfigMap of the default revision; that of another has its name behind."""

_WEBHOOK = "sidecar-injector.istio.io"
"""How the names of istiod's injection webhooks end, in all versions."""
_ROOT_NAMESPACE = "istio-system"
_IGNORED = ("kube-system", "kube-public", "kube-node-lease", "local-path-storage")
"""Namespaces in which istiod injects nothing, whatever the labels say."""
_YES = ("y", "yes", "true", "on")


class InjectorConfigMap(Object, frozen=True, kw_only=True):
    """The ConfigMap that istiod injects by."""

    data: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Template:
    """What an injector does with the pods that it is given."""

    image: str
    """The image of the sidecar, as the ConfigMap puts it together."""
    version: Version | None
    """None where the tag does not tell."""
    default: bool = True
    """Whether pods that ask for nothing are injected (`policy: enabled`)."""
    never: tuple[LabelSelector, ...] = ()
    always: tuple[LabelSelector, ...] = ()


@dataclass(frozen=True, slots=True)
class Injector:
    """One injection webhook."""

    revision: str
    """The revision behind it, which is what it notes on the pods: `default` for the one without a name."""
    tag: str
    """The revision tag that it stands for; empty where it is the revision's own."""
    namespace: str
    """Where its control plane is."""
    fails_closed: bool
    namespace_selector: LabelSelector
    object_selector: LabelSelector
    template: Template | None = None
    """None where its ConfigMap could not be read."""

    def serves(self, namespace_labels: Mapping[str, str]) -> bool:
        """Whether the API server sends it pods of such a namespace at all."""
        return bool(Labels(namespace_labels).match(self.namespace_selector))

    def wants(self, pod: Pod) -> bool:
        """Whether the pod itself is one that it is sent."""
        return bool(Labels(pod.metadata.labels).match(self.object_selector))

    def injects(self, pod: Pod) -> bool:
        """Whether it puts a sidecar into a pod that it is sent."""
        if pod.spec.host_network or (pod.metadata.namespace or "default") in _IGNORED:
            return False
        asked = pod.metadata.labels.get(INJECT, pod.metadata.annotations.get(INJECT, "")).lower()
        if asked:
            return asked in _YES
        template = self.template or Template("", None)
        labels = Labels(pod.metadata.labels)
        if _any(template.never, labels):
            return False
        return template.default or _any(template.always, labels)


def injectors_of(configurations: Iterable[WebhookConfiguration]) -> tuple[Injector, ...]:
    """The injection webhooks among the configurations, without their templates, in the order of their names."""
    found = sorted(configurations, key=lambda one: one.metadata.name)
    return tuple(
        _injector(one, webhook)
        for one in found
        for webhook in one.webhooks
        if webhook.name.endswith(_WEBHOOK)
    )


def config_map_of(revision: str) -> str:
    """The name of the ConfigMap of a revision."""
    return CONFIG_MAP if revision == DEFAULT_REVISION else f"{CONFIG_MAP}-{revision}"


def template_of(values: Any, config: Any) -> Template:
    """What the ConfigMap says under its keys `values` (JSON) and `config` (YAML), decoded."""
    config = _mapping(config)
    image = _image(_mapping(_mapping(values).get("global")))
    return Template(
        image=image,
        version=of_image(image),
        default=str(config.get("policy", "enabled")) == "enabled",
        never=_selectors(config.get("neverInjectSelector")),
        always=_selectors(config.get("alwaysInjectSelector")),
    )


def last_of(taking: Sequence[Injector], pod: Pod) -> Injector | None:
    """Which of the injectors that take the pod has the last word; None where that one does not inject it.

    The API server asks configurations in the order of their names, and istiod replaces a sidecar that it finds.
    """
    return taking[-1] if taking and taking[-1].injects(pod) else None


def _injector(found: WebhookConfiguration, webhook: Webhook) -> Injector:
    service, labels = webhook.client_config.service, found.metadata.labels
    return Injector(
        revision=labels.get(REVISION) or DEFAULT_REVISION,
        tag=labels.get(TAG, ""),
        namespace=service.namespace if service else _ROOT_NAMESPACE,
        fails_closed=webhook.failure_policy == "Fail",
        namespace_selector=webhook.namespace_selector or LabelSelector(),
        object_selector=webhook.object_selector or LabelSelector(),
    )


def _image(values: Mapping[str, Any]) -> str:
    """hub/image:tag, as ProxyImage of inject.go has it."""
    proxy = str(_mapping(values.get("proxy")).get("image") or "proxyv2")
    return f"{values.get('hub', '')}/{proxy}:{values.get('tag', '')}"


def _selectors(found: Any) -> tuple[LabelSelector, ...]:
    try:
        return msgspec.convert(found or [], tuple[LabelSelector, ...])
    except msgspec.ValidationError:
        return ()  # istiod logs such a selector and goes on without it


def _any(selectors: Sequence[LabelSelector], labels: Labels) -> bool:
    return any(not one.empty and labels.match(one) for one in selectors)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
