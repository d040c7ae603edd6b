"""A real istiod, without injection, certificates of its own or Istio's build of Envoy."""

from __future__ import annotations

import json
import urllib.request
from typing import Any, ClassVar

from tests.tools.parts.base import Part

NAMESPACE = "istio-system"
AUDIENCE = "istio-ca"
"""What a token must be for, so that istiod believes the proxy that shows it."""

# There is no agent beside the proxies (so no SDS socket), and plain Envoy lacks Istio's own filters.
_MESH = {"enableAutoMtls": False, "defaultProviders": {}, "enablePrometheusMerge": False}
_ENV = {
    "POD_NAME": "istiod-0",
    "POD_NAMESPACE": NAMESPACE,
    "CLUSTER_ID": "Kubernetes",
    "REVISION": "default",
    "PILOT_CERT_PROVIDER": "none",
    "ENABLE_CA_SERVER": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_STATUS": "false",
    "XDS_AUTH_PLAINTEXT": "true",
    "TOKEN_AUDIENCES": AUDIENCE,
    "PILOT_DEBOUNCE_AFTER": "20ms",  # tests wait for pushes
    "PILOT_DEBOUNCE_MAX": "500ms",
}


class Istiod(Part):
    """istiod reads the cluster's Gateways, VirtualServices, Secrets and so on, and tells proxies."""

    needs: ClassVar[tuple[str, ...]] = ("istio_crds",)
    tools: ClassVar[tuple[str, ...]] = ("pilot-discovery",)

    xds_port: int
    """Where proxies connect, in plain text."""

    def start(self) -> None:
        """Makes the namespace `istio-system` and waits until istiod has read the cluster."""
        self.rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}])
        mesh = self.rig.dir / "mesh.yaml"
        mesh.write_text(json.dumps(_MESH))
        self.xds_port, http, monitoring = (self.rig.ports.take() for _ in range(3))
        self._http, self._monitoring = (f"http://127.0.0.1:{port}" for port in (http, monitoring))
        self.rig.start_tool(
            "pilot-discovery",
            "discovery",
            f"--kubeconfig={self.rig.kubeconfig}",
            f"--meshConfig={mesh}",
            f"--grpcAddr=127.0.0.1:{self.xds_port}",
            f"--httpAddr=127.0.0.1:{http}",
            f"--monitoringAddr=127.0.0.1:{monitoring}",
            "--httpsAddr=",
            "--secureGRPCAddr=",
            "--ctrlz_port=0",
            env=_ENV,
        )
        self.rig.servers.wait_for_url("pilot-discovery", f"{self._http}/ready")

    @property
    def version(self) -> str:
        """Which Istio this is, for people."""
        return self.rig.run("pilot-discovery", "version", "--short").stdout.split()[-1]

    def debug(self, what: str) -> Any:
        """What istiod's endpoint `/debug/WHAT` says, decoded: `syncz`, `configz`, `endpointz`..."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self._http}/debug/{what}", timeout=10) as response:
            return json.load(response)
