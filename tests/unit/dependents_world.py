"""A mesh with an old and a new gateway, and what else may name the old one, in few words."""

import json
from collections.abc import Mapping
from typing import Any

from istiokit.cluster.files import FilesCluster
from istiokit.cluster.types import EVERYWHERE
from istiokit.findings import Finding
from istiokit.istio.audit import audit
from istiokit.istio.mapping import Pair, mapping_of
from istiokit.survey.dependents import DependentsRead, DependentsReading, dependents_in
from istiokit.survey.routes import read_files, read_routes
from tests.fakes import FakeCluster
from tests.unit.routing_world import NEW, OLD

Manifest = dict[str, Any]

OLD_ACCOUNT, NEW_ACCOUNT = "public-ingressgateway-service-account", "public-ingressgateway"
OLD_PRINCIPAL = f"cluster.local/ns/istio-system/sa/{OLD_ACCOUNT}"
NEW_PRINCIPAL = f"cluster.local/ns/istio-gateway/sa/{NEW_ACCOUNT}"
OLD_LABELS = {"app": "public-ingressgateway", "operator.istio.io/component": "IngressGateways"}
NEW_LABELS = {"app": "public-ingressgateway", "istio": "ingressgateway"}
APIS = {
    "AuthorizationPolicy": "security.istio.io/v1",
    "RequestAuthentication": "security.istio.io/v1",
    "PeerAuthentication": "security.istio.io/v1",
    "EnvoyFilter": "networking.istio.io/v1alpha3",
    "WasmPlugin": "extensions.istio.io/v1alpha1",
    "TrafficExtension": "extensions.istio.io/v1alpha1",
    "Telemetry": "telemetry.istio.io/v1",
    "ProxyConfig": "networking.istio.io/v1beta1",
    "Sidecar": "networking.istio.io/v1",
    "Gateway": "networking.istio.io/v1",
    "VirtualService": "networking.istio.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "Certificate": "cert-manager.io/v1",
}


def made(kind: str, name: str, spec: Manifest, **metadata: Any) -> Manifest:
    """An object, `namespace/name`."""
    space, _, short = name.partition("/")
    return {
        "apiVersion": APIS.get(kind, "v1"),
        "kind": kind,
        "metadata": {"name": short, "namespace": space, **metadata},
        "spec": spec,
    }


def namespace(name: str, **labels: str) -> Manifest:
    metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name, **labels}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def gateway(name: str, selector: dict[str, str], **changes: Any) -> Manifest:
    """With one HTTP server, so that no certificate is missing."""
    port = {"number": 8080, "name": "http", "protocol": "HTTP"}
    server = {"port": port, "hosts": ["*.example.com"], **changes}
    return made("Gateway", name, {"selector": selector, "servers": [server]})


def pod(name: str, labels: dict[str, str], account: str) -> Manifest:
    container = {"name": "istio-proxy", "image": "istio/proxyv2"}
    return made("Pod", name, {"serviceAccountName": account, "containers": [container]}, labels=labels)


def service(name: str, labels: dict[str, str], selector: dict[str, str]) -> Manifest:
    return made("Service", name, {"selector": selector, "ports": []}, labels=labels)


def mesh_config(text: str) -> Manifest:
    """The ConfigMap that istiod reads; `text` is YAML."""
    metadata = {"name": "istio", "namespace": "istio-system"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"mesh": text}}


GATEWAYS = (
    gateway(OLD, {"app": "public-ingressgateway"}),
    gateway(NEW, NEW_LABELS),
)
PODS = (
    pod("istio-system/public-old-1", OLD_LABELS, OLD_ACCOUNT),
    pod("istio-gateway/public-new-1", NEW_LABELS, NEW_ACCOUNT),
    service("istio-system/public-ingressgateway", OLD_LABELS, {"app": "public-ingressgateway"}),
    service("istio-gateway/public-ingressgateway", NEW_LABELS, {"app": "public-ingressgateway"}),
)
NAMESPACES = (namespace("istio-system"), namespace("istio-gateway", team="edge"), namespace("shop"))
MESH = (*GATEWAYS, *PODS, *NAMESPACES)
BOUND = made("VirtualService", "shop/web", {"hosts": ["web.example.com"], "gateways": [OLD, NEW], "http": []})
"""It makes requests of both gateways come to namespace shop."""


def live(
    *objects: Manifest,
    mesh: tuple[Manifest, ...] = MESH,
    pairs: Mapping[str, str] | None = None,
    **given: Any,
) -> list[Finding]:
    """The findings about anything but VirtualServices, on a cluster with all of these objects."""
    cluster = FakeCluster((*mesh, *objects), **given)
    mapping = mapping_of(Pair(old, new, "") for old, new in pairs.items()) if pairs else None
    with DependentsReading(cluster) as begun:
        facts = read_routes(cluster, EVERYWHERE, pods=True).facts
        return _beside(audit(facts, (), mapping, begun.result().dependents))


def read(*objects: Manifest, **given: Any) -> DependentsRead:
    """What a reading of a cluster gives."""
    with DependentsReading(FakeCluster(objects, **given)) as begun:
        return begun.result()


def in_files(*objects: Manifest, mesh: tuple[Manifest, ...] = (*GATEWAYS, *NAMESPACES)) -> list[Finding]:
    """The same of manifests, where nobody knows pods."""
    files = files_of(*mesh, *objects)
    reading, beside = read_files(files, EVERYWHERE), dependents_in(files)
    return _beside(audit(reading.facts, (*reading.unusable, *beside.unusable), None, beside.dependents))


def files_of(*objects: Manifest) -> FilesCluster:
    """Manifests, lenient as the audit reads them."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    return FilesCluster(["-"], stdin=text, lenient=True)


def told(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """Severity, name and field of each."""
    return [(str(one.severity), one.object.partition(" ")[2], one.path) for one in findings]


def _beside(findings: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in findings if not one.object.startswith("VirtualService")]
