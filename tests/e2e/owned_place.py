"""A namespace with an old and a new Gateway, and VirtualServices with real owners: Flux, from Git or from a chart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from istiokit.ui.commands import App
from kubectl_vs_gateways.main import APP
from tests.run import Result, run
from tests.tools.rig import Rig

Object = dict[str, Any]
SOURCES = "source.toolkit.fluxcd.io/v1"
CHART = "routes"
TEMPLATE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {{ .Release.Name }}
  labels: {revision: {{ .Values.revision | quote }}}
spec:
  hosts: [{{ .Release.Name }}.example.com]
  gateways: {{ .Values.virtualService.gateways | toJson }}
  http: [{route: [{destination: {host: web}}]}]
"""
ROUTE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: NAME}
spec:
  hosts: [NAME.example.com]
  gateways: [GATEWAY]
  http: [{route: [{destination: {host: web}}]}]
"""


class Place:
    """A namespace with an old and a new Gateway, and the means to put VirtualServices there by Flux."""

    def __init__(self, rig: Rig, namespace: str) -> None:
        self.rig, self.namespace = rig, namespace
        self.old, self.new = f"{namespace}/old", f"{namespace}/new"
        rig.apply([gateway(name, namespace) for name in ("old", "new")])

    def put(self, api: str, kind: str, name: str, spec: Object) -> None:
        metadata = {"name": name, "namespace": self.namespace}
        self.rig.apply([{"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}])

    def commit(self, name: str, gateway: str) -> None:
        text = ROUTE.replace("NAME", name).replace("GATEWAY", gateway)
        self.rig.git.commit(self.namespace, {f"apps/{name}.yaml": text}, f"{name}: {gateway}")

    def kustomization(self, name: str, **spec: Any) -> None:
        """Applies the folder `apps` of the repository, every two seconds."""
        git = {"url": self.rig.git.repo_url(self.namespace), "interval": "1s", "ref": {"branch": "main"}}
        self.put(SOURCES, "GitRepository", "fleet", git)
        source = {"kind": "GitRepository", "name": "fleet"}
        body = {"interval": "2s", "path": "./apps", "prune": True, "targetNamespace": self.namespace}
        group = "kustomize.toolkit.fluxcd.io/v1"
        self.put(group, "Kustomization", name, {**body, "sourceRef": source, **spec})

    def release(self, name: str, revision: str = "1", gateways: tuple[str, ...] = (), **spec: Any) -> None:
        """Installs the chart (bound to the old Gateway, or to these), and looks at it every two seconds."""
        self.put(SOURCES, "HelmRepository", "charts", {"url": self.rig.charts.url, "interval": "10m"})
        chart = {"chart": CHART, "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
        values = {"virtualService": {"gateways": list(gateways) or [self.old]}, "revision": revision}
        body = {"interval": "2s", "chart": {"spec": chart}, "values": values, **spec}
        self.put("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, body)

    def reconcile(self, name: str) -> None:
        """Waits until helm-controller has looked at the HelmRelease as it is now."""
        self.rig.run("flux", "reconcile", "helmrelease", name, f"--namespace={self.namespace}")

    def found(self, name: str) -> Object:
        """The VirtualService; empty where it is not there."""
        words = ("virtualservices.networking.istio.io", f"--namespace={self.namespace}")
        items = self.rig.get(*words, f"--field-selector=metadata.name={name}")["items"]
        return dict(items[0]) if items else {}

    def bound(self, name: str) -> list[str]:
        """Its gateways; none where it is not there."""
        return [str(one) for one in self.found(name).get("spec", {}).get("gateways", [])]

    def wait_until_bound(self, name: str, *gateways: str) -> None:
        self.rig.until(lambda: self.bound(name) == list(gateways), f"{name} to be bound to {gateways}", 60)

    def patch_by_hand(self, name: str) -> int:
        """What people do with kubectl; returns the generation that it makes."""
        patch = json.dumps({"spec": {"gateways": [self.new]}})
        words = (
            "virtualservices.networking.istio.io",
            name,
            f"--namespace={self.namespace}",
            "--output=json",
        )
        patched = json.loads(self.rig.kubectl("patch", *words, "--type=merge", f"--patch={patch}"))
        assert patched["spec"]["gateways"] == [self.new]
        return int(patched["metadata"]["generation"])

    def swap(self, *names: str) -> Result:
        pair = ("--map", f"{self.old}={self.new}")
        return self.run(
            "swap", *names, *pair, "-n", self.namespace, "--yes", "--journal-namespace", self.namespace
        )

    def run(self, *words: str, app: App = APP) -> Result:
        return run(*words, "--kubeconfig", str(self.rig.kubeconfig), app=app, live=True)

    def row(self, name: str) -> Object:
        """What our list says of it."""
        words = (f"{self.namespace}/{name}", "--map", f"{self.old}={self.new}", "-o", "json")
        (found,) = json.loads(self.run(*words).out)["items"]
        return dict(found)


def gateway(name: str, namespace: str) -> Object:
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": f"{namespace}-{name}"}, "servers": [{"port": port, "hosts": ["*"]}]},
    }


def publish_chart(rig: Rig, folder: Path) -> None:
    """Publishes the chart."""
    write_chart(folder)
    rig.charts.publish(folder)


def write_chart(folder: Path) -> None:
    """The chart, whose values say what its VirtualService is bound to."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {CHART}\nversion: 1.0.0\n")
    (folder / "templates" / "route.yaml").write_text(TEMPLATE)
