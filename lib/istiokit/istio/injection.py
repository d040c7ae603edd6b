"""Sidecars: which pods carry one, of which version and revision, and which revision should have put it there.

Rules: istiod's sidecar-injector webhook (charts/istio-control/istio-discovery, mutatingwebhook.yaml) and
https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
"""

import functools
import json
from collections import Counter
from collections.abc import Iterable, Mapping

from istiokit.istio.versions import Version, of_image
from istiokit.istio.workloads import Pod

PROXY = "istio-proxy"
STATUS_ANNOTATION = "sidecar.istio.io/status"
INJECT = "sidecar.istio.io/inject"
REVISION = "istio.io/rev"
NAMESPACE_INJECTION = "istio-injection"
DEFAULT_REVISION = "default"

COMPONENT = "operator.istio.io/component"
GATEWAY_COMPONENTS = ("IngressGateways", "EgressGateways")
"""How the operator labels the gateways that it makes."""

_OWN_APPS = ("istiod", "ztunnel")


def is_injected(pod: Pod) -> bool:
    """Whether the pod carries a proxy: as a container, as a native sidecar, or by the injector's own note."""
    return proxy_image(pod) is not None or STATUS_ANNOTATION in pod.metadata.annotations


def proxy_image(pod: Pod) -> str | None:
    """The image of the container `istio-proxy`, ordinary or native (an init container)."""
    containers = (*pod.spec.containers, *pod.spec.init_containers)
    return next((container.image for container in containers if container.name == PROXY), None)


def proxy_version(pod: Pod) -> Version | None:
    """The version of the proxy; None without a proxy, or where its image does not tell."""
    image = proxy_image(pod)
    return of_image(image) if image else None


def revision_of(pod: Pod) -> str | None:
    """The revision that injected the pod, as the injector noted it; None where there is no such note."""
    return _revision_in(pod.metadata.annotations.get(STATUS_ANNOTATION, ""))


@functools.lru_cache(maxsize=4096)  # thousands of pods have a few hundred notes
def _revision_in(note: str) -> str | None:
    try:
        noted = json.loads(note or "{}")
    except ValueError:
        return None
    revision = noted.get("revision") if isinstance(noted, dict) else None
    return str(revision) if revision else None


def is_own_component(pod: Pod) -> bool:
    """Whether the pod is part of Istio itself: a gateway, ztunnel, istiod. Such pods are not workloads."""
    labels = pod.metadata.labels
    return labels.get("app") in _OWN_APPS or labels.get(COMPONENT) in GATEWAY_COMPONENTS or _is_gateway(pod)


def has_sidecar(pod: Pod) -> bool:
    """Whether the pod is a workload with a proxy that is running or about to: what a restart would renew."""
    return not pod.finished and not is_own_component(pod) and is_injected(pod)


def old_sidecars(pods: Iterable[Pod], target: Version) -> dict[str, int]:
    """How many pods of each namespace run a sidecar older than `target`; only namespaces that have any."""
    old = (pod for pod in pods if has_sidecar(pod) and _is_older(proxy_version(pod), target))
    return _by_namespace(old)


def unreadable_sidecars(pods: Iterable[Pod]) -> dict[str, int]:
    """How many pods of each namespace run a sidecar whose image hides its version (digest, `latest`)."""
    return _by_namespace(pod for pod in pods if has_sidecar(pod) and proxy_version(pod) is None)


def expected_revision(pod: Pod, namespace_labels: Mapping[str, str]) -> str | None:
    """The revision (or tag) that would inject the pod if it were made now; None if nothing would.

    The namespace decides first, `istio-injection` before `istio.io/rev`; only where it has neither label do
    the pod's own labels ask for injection. `sidecar.istio.io/inject: "false"` and hostNetwork always win.
    """
    labels = pod.metadata.labels
    inject = labels.get(INJECT, pod.metadata.annotations.get(INJECT, ""))
    if pod.spec.host_network or inject == "false":
        return None
    if NAMESPACE_INJECTION in namespace_labels:
        return DEFAULT_REVISION if namespace_labels[NAMESPACE_INJECTION] == "enabled" else None
    if REVISION in namespace_labels:
        return namespace_labels[REVISION]
    if REVISION in labels:
        return labels[REVISION]
    return DEFAULT_REVISION if labels.get(INJECT) == "true" else None


def _is_gateway(pod: Pod) -> bool:
    """A pod whose only job is the proxy: gateways have `istio-proxy` and no other ordinary container."""
    return [container.name for container in pod.spec.containers] == [PROXY]


def _is_older(version: Version | None, target: Version) -> bool:
    return version is not None and version < target


def _by_namespace(pods: Iterable[Pod]) -> dict[str, int]:
    counted = Counter(pod.metadata.namespace or "default" for pod in pods)
    return dict(sorted(counted.items()))
