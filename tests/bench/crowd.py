"""A cluster with many objects: 60 HelmReleases of a Big Bang and thousands of VirtualServices of real size."""

import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3

from tests.bench.etcd import store
from tests.bench.measure import BenchError
from tests.charts.values import LAYERS, default_layers
from tests.e2e.bigbang_objects import NAMESPACE, namespace, release, source
from tests.tools import build
from tests.tools.rig import Rig

Object = dict[str, Any]

RELEASES, VIRTUAL_SERVICES = 60, 10_000
_CONNECTIONS = 8
TEAMS = 50
"""Namespaces that the VirtualServices are spread over."""
_ROUTES = 13
"""Routes of one VirtualService: with them it has 5.9 kB as the server sends it."""
_GATEWAYS = {"istio-system": "public", "istio-gateway": "public-ingressgateway"}
OLD, NEW = ("/".join(item) for item in _GATEWAYS.items())
WITHOUT_CACHE = ("--watch-cache=false",)
"""Its cache holds each VirtualService once for each of the three versions: 0.4 MB, and more with every change."""
_CRDS = ("helm-controller", "source-controller")
_CRD = "virtualservices.networking.istio.io"
_HELM, _ISTIO = "/apis/helm.toolkit.fluxcd.io/v2", "/apis/networking.istio.io/v1"


def fill(rig: Rig, count: int = VIRTUAL_SERVICES) -> None:
    """Make all objects; the HelmReleases are plain objects, no controller looks at them."""
    print(f"  making {count:,} VirtualServices ...", file=sys.stderr, flush=True)
    rig.apply_crds(*(build.tool_dir(name) / "crds" for name in _CRDS))
    layers = default_layers("http://charts.invalid")
    teams = [namespace(f"team-{number}") for number in range(TEAMS)]
    rig.apply([namespace(name) for name in (NAMESPACE, *_GATEWAYS)])
    rig.apply([*teams, *(source(name, layers[name]) for name in LAYERS), *gateways()])
    send_each(rig, "POST", ((_path(_HELM, "helmreleases", NAMESPACE), item) for item in _releases()))
    send_each(rig, "PUT", ((_status_path(item), item) for item in _ready(rig)))
    send_each(rig, "POST", [(_path(_ISTIO, "virtualservices", "team-0"), virtual_service(0))])
    others = (virtual_service(number) for number in range(1, count))
    store(rig, "networking.istio.io/virtualservices", place_of(0), others)


def serve_one_version(rig: Rig) -> None:
    """The server's cache holds what every version makes of each change: with all three it takes more than 20 GB."""
    older = [
        {"op": "replace", "path": f"/spec/versions/{number}/served", "value": False} for number in (1, 2)
    ]
    rig.kubectl("patch", "crd", _CRD, "--type=json", "--patch", json.dumps(older))


def place_of(number: int) -> str:
    """`namespace/name` of a VirtualService."""
    return f"team-{number % TEAMS}/app-{number}"


def send_each(rig: Rig, method: str, requests: Iterable[tuple[str, Object]]) -> None:
    """Send all requests over a few connections; raises BenchError for the first that is refused."""
    headers = {"Authorization": f"Bearer {rig.admin_token}", "Content-Type": "application/json"}
    pool = urllib3.PoolManager(maxsize=_CONNECTIONS, ca_certs=str(rig.ca_file), headers=headers)

    def send(request: tuple[str, Object]) -> None:
        path, item = request
        answer = pool.request(method, rig.server_url + path, body=json.dumps(item))
        if answer.status >= 300:
            raise BenchError(f"{method} {path}: {answer.data[:300].decode()}")

    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        for _ in threads.map(send, requests):
            pass


def _path(group: str, plural: str, space: str) -> str:
    return f"{group}/namespaces/{space}/{plural}"


def _status_path(item: Object) -> str:
    return f"{_path(_HELM, 'helmreleases', NAMESPACE)}/{item['metadata']['name']}/status"


def _releases() -> list[Object]:
    """The umbrella, and packages that depend on the one before."""
    umbrella = release("2.54.0")
    names = ["istio-operator", "istio", *(f"package-{number}" for number in range(RELEASES - 3))]
    before = ["bigbang", *names]
    return [umbrella, *(_package(name, need) for name, need in zip(names, before, strict=False))]


def _package(name: str, need: str) -> Object:
    chart = {
        "chart": name,
        "version": "1.0.0",
        "sourceRef": {"kind": "HelmRepository", "name": "bigbang"},
    }
    spec = {
        "interval": "2m",
        "chart": {"spec": chart},
        "dependsOn": [{"name": need}],
        "valuesFrom": [{"kind": "Secret", "name": f"{name}-values"}],
        "install": {"remediation": {"retries": -1}},
        "upgrade": {"remediation": {"retries": 3}},
        "driftDetection": {"mode": "enabled"},
    }
    metadata = {"name": name, "namespace": NAMESPACE}
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": metadata,
        "spec": spec,
    }


def _ready(rig: Rig) -> list[Object]:
    """The HelmReleases as they are now, each with the status of one that is Ready."""
    found: list[Object] = rig.get("helmreleases", f"--namespace={NAMESPACE}")["items"]
    return [{**item, "status": _ready_status(item["metadata"]["name"])} for item in found]


def _ready_status(name: str) -> Object:
    moment = "2025-03-01T10:00:00Z"
    message = f"Helm upgrade succeeded for release {NAMESPACE}/{name}.v7 with chart {name}@1.0.0"
    conditions = [
        {
            "type": kind,
            "status": "True",
            "reason": "UpgradeSucceeded",
            "message": message,
            "lastTransitionTime": moment,
            "observedGeneration": 1,
        }
        for kind in ("Ready", "Released")
    ]
    return {"observedGeneration": 1, "conditions": conditions, "helmChart": f"{NAMESPACE}/{NAMESPACE}-{name}"}


def gateways() -> list[Object]:
    """The old gateway and the new one."""
    port = {"number": 8080, "name": "http", "protocol": "HTTP"}
    return [
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": name, "namespace": place},
            "spec": {"selector": {"app": name}, "servers": [{"port": port, "hosts": ["*.dev.example.com"]}]},
        }
        for place, name in _GATEWAYS.items()
    ]


def virtual_service(number: int) -> Object:
    team, _, name = place_of(number).partition("/")
    host = f"{name}.{team}.svc.cluster.local"
    spec = {
        "hosts": [f"{name}.dev.example.com"],
        "gateways": [(OLD, NEW)[number % 2]],
        "http": [_route(host, f"/api/v{version}") for version in range(_ROUTES)],
    }
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": name,
            "namespace": team,
            "uid": f"{number:08}-4982-4340-b70c-01838656d6d7",
            "labels": {"app": name, "team": team},
        },
        "spec": spec,
    }


def _route(host: str, prefix: str) -> Object:
    return {
        "name": f"route{prefix.replace('/', '-')}",
        "match": [{"uri": {"prefix": prefix}, "headers": {"x-tenant": {"exact": "blue"}}}],
        "rewrite": {"uri": "/"},
        "timeout": "30s",
        "retries": {"attempts": 3, "perTryTimeout": "5s", "retryOn": "5xx,reset,connect-failure"},
        "headers": {"response": {"set": {"strict-transport-security": "max-age=31536000"}}},
        "route": [{"destination": {"host": host, "port": {"number": 8080}}, "weight": 100}],
    }
