"""Owners that really put things back: each refusal is proved by what the controller does to a change by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

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

    def run(self, *words: str) -> Result:
        return run(*words, "--kubeconfig", str(self.rig.kubeconfig), app=APP, live=True)

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


@pytest.fixture
def place(flux_rig: Rig, flux_namespace: str) -> Place:
    return Place(flux_rig, flux_namespace)


@pytest.fixture(scope="module")
def chart(flux_rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("charts") / CHART
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {CHART}\nversion: 1.0.0\n")
    (folder / "templates" / "route.yaml").write_text(TEMPLATE)
    flux_rig.charts.publish(folder)
    return CHART


def assert_put_back(place: Place, name: str) -> None:
    """A change by hand is undone by the controller, and nobody else."""
    generation = place.patch_by_hand(name)
    place.wait_until_bound(name, place.old)
    assert place.found(name)["metadata"]["generation"] == generation + 1


def test_a_kustomization_puts_it_back_and_git_is_where_to_change_it(place: Place) -> None:
    place.commit("web", place.old)
    place.kustomization("apps")
    place.wait_until_bound("web", place.old)

    refused = place.swap()
    assert refused.code == 1
    repository = place.rig.git.repo_url(place.namespace)
    assert (
        f"web: Kustomization {place.namespace}/apps applies it again at every interval (every 2s). "
        f"Change it in {repository} (branch main), folder apps: spec.gateways: [{place.new}]"
    ) in refused.err
    assert_put_back(place, "web")

    place.commit("web", place.new)
    place.wait_until_bound("web", place.new)
    row = place.row("web")
    assert (row["state"], row["owner"]) == ("new-only", f"Kustomization {place.namespace}/apps")
    assert (row["source"]["url"], row["source"]["path"]) == (repository, "apps")
    assert place.swap().code == 0


def test_a_suspended_kustomization_puts_it_back_when_it_is_resumed(place: Place) -> None:
    place.commit("web", place.old)
    place.kustomization("apps")
    place.wait_until_bound("web", place.old)
    place.kustomization("apps", suspend=True)

    done = place.swap()
    assert (done.code, place.bound("web")) == (0, [place.new]), done.err
    ours = f"Kustomization {place.namespace}/apps"
    assert (
        f"note: {ours} is suspended; when it is resumed it puts the object back as its source has it"
        in done.err
    )
    assert "; change it as well in " in done.err

    place.kustomization("apps", suspend=False)
    place.wait_until_bound("web", place.old)


def test_a_helm_release_that_corrects_drift_puts_it_back(place: Place, chart: str) -> None:
    place.release("web", driftDetection={"mode": "enabled"})
    place.wait_until_bound("web", place.old)

    refused = place.swap()
    assert refused.code == 1
    ours = f"HelmRelease {place.namespace}/web"
    assert (
        f"skipped: VirtualService {place.namespace}/web: {ours} corrects drift. Change it at {ours} "
        "spec.values.virtualService.gateways[0], or let its drift detection ignore /spec/gateways: "
        f"spec.gateways: [{place.new}]"
    ) in refused.err
    assert_put_back(place, "web")

    ignoring = {"mode": "enabled", "ignore": [{"paths": ["/spec/gateways"]}]}
    place.release("web", driftDetection=ignoring)
    place.reconcile("web")
    done = place.swap()
    assert done.code == 0, done.err
    assert (
        f"note: the drift detection of {ours} ignores these fields, but a later upgrade may overwrite it"
        in done.err
    )
    assert_stays(place, "web", driftDetection=ignoring)


def test_a_helm_release_without_drift_detection_leaves_it(place: Place, chart: str) -> None:
    disabled = {"mode": "disabled"}
    place.release("web", driftDetection=disabled)
    place.wait_until_bound("web", place.old)
    done = place.swap()
    assert done.code == 0, done.err
    assert (
        f"note: HelmRelease {place.namespace}/web does not correct drift, but a later upgrade may overwrite it"
        in done.err
    )
    assert_stays(place, "web", driftDetection=disabled)

    place.release("web", gateways=(place.old, place.new), driftDetection=disabled)
    place.wait_until_bound("web", place.old, place.new)


def assert_stays(place: Place, name: str, **spec: Any) -> None:
    """After the controller has looked again, and after an upgrade that changes something else in the object."""
    assert place.bound(name) == [place.new]
    place.reconcile(name)
    assert place.bound(name) == [place.new]
    place.release(name, revision="2", **spec)
    place.reconcile(name)
    assert place.found(name)["metadata"]["labels"]["revision"] == "2"
    assert place.bound(name) == [place.new]
