"""Stands in for the load balancers of a cloud: gives Services of type LoadBalancer an external address.

Usage: loadbalancerd.py SERVER CA_FILE TOKEN_FILE STATE_FOLDER

A Service's address is
- none, while it has the annotation `rig.test/load-balancer: withhold`, or while STATE_FOLDER/withhold exists
  (an address once given is not taken back);
- else what its annotation `rig.test/load-balancer-address` or its `spec.loadBalancerIP` says;
- else one of 198.18.0.0/15 (set aside for benchmarks) that depends on namespace and name alone, so that it
  is the same when the Service is deleted and made again, unless another Service has it.

STATE_FOLDER/ready appears after the first round.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import json
import ssl
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_INTERVAL_SECONDS = 0.1
_POOL = ipaddress.ip_network("198.18.0.0/15")
_LIST = "/api/v1/services?fieldSelector=spec.type%3DLoadBalancer"

Service = dict[str, Any]


class Api:
    """One kept-open connection to kube-apiserver."""

    def __init__(self, server: str, ca: Path, token: str) -> None:
        self._host = urlsplit(server).netloc
        self._context = ssl.create_default_context(cafile=str(ca))
        self._token = token
        self._connection = self._connect()

    def request(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The decoded answer; OSError for anything but success."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/merge-patch+json"}
        try:
            self._connection.request(method, path, json.dumps(body) if body else None, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = self._connect()
            raise OSError(f"{method} {path}: {error}") from error
        if response.status != 200:
            raise OSError(f"{method} {path}: {response.status} {content[:300]!r}")
        answer: dict[str, Any] = json.loads(content)
        return answer

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, context=self._context, timeout=10)


def wanted_ingress(service: Service, taken: set[str]) -> dict[str, str] | None:
    """The entry for `status.loadBalancer.ingress`, or None if SERVICE gets none now."""
    metadata = service["metadata"]
    annotations = metadata.get("annotations", {})
    if annotations.get("rig.test/load-balancer") == "withhold":
        return None
    asked = annotations.get("rig.test/load-balancer-address") or service["spec"].get("loadBalancerIP")
    address = asked or stable_address(f"{metadata['namespace']}/{metadata['name']}", taken)
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return {"hostname": address}
    return {"ip": address, "ipMode": "VIP"}


def stable_address(key: str, taken: set[str]) -> str:
    """The address that KEY always gets, or the next one that is not TAKEN."""
    size = _POOL.num_addresses - 2  # neither the first nor the last, which look like no host
    start = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % size
    candidates = (str(_POOL[1 + (start + step) % size]) for step in range(size))
    return next(address for address in candidates if address not in taken)


def one_round(api: Api) -> None:
    """Gives an address to every Service that shall have one and has none."""
    services: list[Service] = api.request("GET", _LIST)["items"]
    taken = {entry.get("ip", "") for service in services for entry in _ingress(service)}
    for service in services:
        entry = None if _ingress(service) else wanted_ingress(service, taken)
        if entry is None:
            continue
        taken.add(entry.get("ip", ""))
        metadata = service["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}/status"
        api.request("PATCH", path, {"status": {"loadBalancer": {"ingress": [entry]}}})


def _ingress(service: Service) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    return entries


def main() -> None:
    server, ca, token, state = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    api = Api(server, ca, token.read_text())
    while True:
        try:
            if not (state / "withhold").exists():
                one_round(api)
            (state / "ready").touch()
        except OSError as error:
            # A Service deleted meanwhile, or the API server busy: the next round sees how things are.
            print(error, flush=True)
        time.sleep(_INTERVAL_SECONDS)


if __name__ == "__main__":
    main()
