"""Objects of the scenes: gateways old and new, and VirtualServices of teams."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.owned_place import CHART, write_chart
from tests.tools.rig import Rig

Object = dict[str, Any]
OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
DOMAIN = "example.com"


def namespaces(*names: str, **labels: str) -> list[Object]:
    """Namespaces of these names, with these labels."""
    metadata = [{"name": name, "labels": labels} for name in names]
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": one} for one in metadata]


def install_gateways(rig: Rig) -> None:
    """The Gateway of the operator, and after it that of Helm, each with pods and certificate, as Big Bang has them."""
    for gateway, operator in ((OLD, True), (NEW, False)):
        namespace, name = gateway.split("/")
        labels = {"app": "public-ingressgateway", "istio": "ingressgateway"}
        if operator:
            labels["operator.istio.io/component"] = "IngressGateways"
        rig.apply(namespaces(namespace))
        pods = [_deployment(namespace, labels), _service(namespace, labels), _certificate(namespace)]
        apply_as_people_do(rig, _gateway(namespace, name), *pods)


def route(namespace: str, name: str, *gateways: str, match: tuple[str, ...] = ()) -> Object:
    """A VirtualService of the host NAME.example.com; MATCH are the gateways of its route's condition."""
    rule: Object = {"route": [{"destination": {"host": name}}]}
    if match:
        rule["match"] = [{"gateways": list(match)}]
    spec = {"hosts": [f"{name}.{DOMAIN}"], "gateways": list(gateways), "http": [rule]}
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": metadata,
        "spec": spec,
    }


def helm_install(rig: Rig, namespace: str, name: str, *gateways: str) -> None:
    """Installs, or upgrades, a release whose chart makes a VirtualService of its name, bound as its values say."""
    chart = rig.dir / CHART
    if not chart.exists():
        write_chart(chart)
    values = json.dumps({"virtualService": {"gateways": list(gateways)}, "revision": "1"})
    words = ("upgrade", "--install", name, str(chart), f"--namespace={namespace}", "--values=-")
    rig.run("helm", *words, input=values)


def apply_as_people_do(rig: Rig, *items: Object) -> None:
    """By `kubectl apply`, which leaves a copy of what it was given."""
    rig.kubectl(
        "apply",
        "--filename=-",
        input=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}),
    )


def _certificate(namespace: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "public-cert", "namespace": namespace},
        "stringData": {"tls.crt": "not a certificate", "tls.key": "not a key"},
    }


def _gateway(namespace: str, name: str) -> Object:
    tls = {"mode": "SIMPLE", "credentialName": "public-cert"}
    port = {"name": "https", "number": 8443, "protocol": "HTTPS"}
    server = {"hosts": [f"*.{DOMAIN}"], "port": port, "tls": tls}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": "public-ingressgateway"}, "servers": [server]},
    }


def _deployment(namespace: str, labels: dict[str, str]) -> Object:
    container = {"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.25.2"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "public-ingressgateway", "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"app": "public-ingressgateway"}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _service(namespace: str, labels: dict[str, str]) -> Object:
    ports = [{"name": "https", "port": 443, "targetPort": 8443}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "public-ingressgateway", "namespace": namespace, "labels": labels},
        "spec": {"type": "LoadBalancer", "selector": {"app": "public-ingressgateway"}, "ports": ports},
    }
