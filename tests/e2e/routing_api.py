"""The rig behind the questions about routing: what always exists in it, and a quick way to write objects."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.routing_objects import (
    BACKEND_DOMAIN,
    BACKENDS,
    NEW_PODS,
    OLD_PODS,
    PORTED_PODS,
    PORTS,
    PRIVATE_PODS,
    Object,
    gateway,
    vs,
)
from tests.tools.certs import make_ca, make_client, make_server
from tests.tools.rig import Rig

NAMESPACES = ("istio-system", "istio-gateway", "shop", "other", "marker")


@dataclass(frozen=True)
class Pods:
    """Gateway pods: where they are, and the ports of their Service with the ports behind them."""

    namespace: str
    name: str
    labels: dict[str, str]
    ports: dict[int, int]


WORKLOADS = {
    "old": Pods("istio-system", "public-ingressgateway", OLD_PODS, {}),
    "new": Pods("istio-gateway", "public-ingressgateway", NEW_PODS, {}),
    "private": Pods("istio-gateway", "private-ingressgateway", PRIVATE_PODS, {}),
    "ported": Pods("istio-gateway", "ported-ingressgateway", PORTED_PODS, PORTS),
}

MARKER_PORT = 15099
_PLURALS = {"Gateway": "gateways", "VirtualService": "virtualservices"}


class Api:
    """kube-apiserver over one kept-open connection: kubectl would take most of the time of a case."""

    def __init__(self, rig: Rig) -> None:
        context = ssl.create_default_context(cafile=str(rig.ca_file))
        self._connection = http.client.HTTPSConnection(rig.server_url.split("//")[1], context=context)
        self._token = rig.admin_token

    def create(self, item: Object) -> Object:
        return self._request("POST", _path(item), item)

    def patch(self, item: Object) -> Object:
        return self._request("PATCH", f"{_path(item)}/{item['metadata']['name']}", {"spec": item["spec"]})

    def delete_all(self, objects: Iterable[Object]) -> None:
        for item in objects:
            self._request("DELETE", f"{_path(item)}/{item['metadata']['name']}", missing_ok=True)

    def _request(self, method: str, path: str, body: object = None, missing_ok: bool = False) -> Object:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        self._connection.request(method, path, json.dumps(body) if body else None, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300 and not (missing_ok and response.status == 404):
            raise AssertionError(f"{method} {path}: {response.status} {content!r}")
        answer: Object = json.loads(content)
        answer.get("metadata", {}).pop("managedFields", None)
        return answer

    def close(self) -> None:
        self._connection.close()


def marker(number: int) -> tuple[Object, Object]:
    """A route on a port of its own, on every gateway, that tells which round istiod has come to."""
    host = f"round-{number}.marker.test"
    port = {"number": MARKER_PORT, "name": "marker", "protocol": "HTTP"}
    door = gateway("marker/marker", {"port": port, "hosts": [host]}, selector={})
    return door, vs("marker/marker", [host], ["marker/marker"])


def fixed_objects(pki: Path) -> Iterator[Object]:
    """Namespaces, the certificates of all gateways, the backends. Writes PKI/client.pem, for mutual TLS."""
    for name in NAMESPACES:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    ca = make_ca("clients")
    pair, client = make_server(ca, "gateway", ["gateway"], []), make_client(ca, "client", "clients")
    (pki / "client.pem").write_bytes(client.cert_pem() + client.key_pem())
    secret = {"tls.crt": pair.cert_pem(), "tls.key": pair.key_pem(), "ca.crt": ca.cert_pem()}
    for namespace in ("istio-system", "istio-gateway"):
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "cert", "namespace": namespace},
            "data": {key: base64.b64encode(value).decode() for key, value in secret.items()},
        }
    ports = [{"name": f"tcp-{port}", "port": port, "targetPort": behind} for port, behind in PORTS.items()]
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "ported-ingressgateway", "namespace": "istio-gateway"},
        "spec": {"selector": PORTED_PODS, "ports": ports},
    }
    for port, word in BACKENDS.items():
        yield {
            "apiVersion": "networking.istio.io/v1",
            "kind": "ServiceEntry",
            "metadata": {"name": word, "namespace": "marker"},
            "spec": {
                "hosts": [f"{word}.{BACKEND_DOMAIN}"],
                "ports": [{"number": port, "name": "tcp", "protocol": "TCP"}],
                "resolution": "STATIC",
                "endpoints": [{"address": "127.0.0.1"}],
            },
        }


def _path(item: Object) -> str:
    namespace, plural = item["metadata"]["namespace"], _PLURALS[item["kind"]]
    return f"/apis/networking.istio.io/v1/namespaces/{namespace}/{plural}"
