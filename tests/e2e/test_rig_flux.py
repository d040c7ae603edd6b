"""Flux on the rig: real controllers that install from the rig's own chart repository and Git server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tools.rig import Rig

DEPLOYMENT = """\
{{- if kindIs "string" .Values.replicas }}{{ fail "replicas must be a number" }}{{ end }}
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, labels: {chart: "{{ .Chart.Version }}"}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {type: LoadBalancer, selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
"""

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: from-git, namespace: NAMESPACE}
data: {answer: "ANSWER"}
"""


@pytest.fixture(scope="module")
def chart(flux_rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a chart that was published as 1.0.0 and 1.1.0."""
    folder = tmp_path_factory.mktemp("charts") / "web"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("replicas: 2\n")
    (folder / "templates" / "all.yaml").write_text(DEPLOYMENT)
    flux_rig.charts.publish(folder)
    flux_rig.charts.publish(folder, version="1.1.0")
    return "web"


def test_a_helm_release_becomes_ready_and_is_upgraded(flux_rig: Rig, flux_namespace: str, chart: str) -> None:
    _release(flux_rig, flux_namespace, chart, "1.0.0", {"replicas": 1})
    _wait_for_ready(flux_rig, flux_namespace, "helmrelease", "web", "True", "InstallSucceeded")
    _release(flux_rig, flux_namespace, chart, "1.1.0", {"replicas": 1})
    _wait_for_ready(flux_rig, flux_namespace, "helmrelease", "web", "True", "UpgradeSucceeded")
    deployment = flux_rig.get("-n", flux_namespace, "deployment", "web")
    assert deployment["metadata"]["labels"]["chart"] == "1.1.0"
    listed = flux_rig.run("helm", "list", "--namespace", flux_namespace, "--short").stdout
    assert listed == "web\n"


def test_bad_values_make_a_helm_release_fail(flux_rig: Rig, flux_namespace: str, chart: str) -> None:
    _release(flux_rig, flux_namespace, chart, "1.0.0", {"replicas": "many"})
    message = _wait_for_ready(flux_rig, flux_namespace, "helmrelease", "web", "False", "InstallFailed")
    assert "replicas must be a number" in message


def test_a_missing_chart_version_is_reported(flux_rig: Rig, flux_namespace: str, chart: str) -> None:
    _release(flux_rig, flux_namespace, chart, "9.9.9", {})
    _wait_for_ready(flux_rig, flux_namespace, "helmrelease", "web", "False", "SourceNotReady")


def test_a_kustomization_follows_a_git_repository(flux_rig: Rig, flux_namespace: str) -> None:
    files = _config_map(flux_namespace, "1")
    first = flux_rig.git.commit(flux_namespace, files, "first")
    flux_rig.apply(_git_objects(flux_rig, flux_namespace))
    _wait_for_ready(flux_rig, flux_namespace, "kustomization", "fleet", "True", "ReconciliationSucceeded")
    assert _revision(flux_rig, flux_namespace) == f"main@sha1:{first}"
    second = flux_rig.git.commit(flux_namespace, _config_map(flux_namespace, "2"), "second")
    flux_rig.run("flux", "reconcile", "source", "git", "fleet", "--namespace", flux_namespace)
    flux_rig.until(lambda: _revision(flux_rig, flux_namespace) == f"main@sha1:{second}", "the new commit", 60)
    assert flux_rig.get("-n", flux_namespace, "configmap", "from-git")["data"] == {"answer": "2"}


def test_a_repository_can_be_cloned_and_pushed_to(flux_rig: Rig, tmp_path: Path) -> None:
    flux_rig.git.commit("pushed", {"a.txt": "a\n", "b/c.txt": "c\n"}, "first")
    work = tmp_path / "work"
    flux_rig.run("git", "clone", "--quiet", flux_rig.git.repo_url("pushed"), str(work))
    (work / "a.txt").write_text("changed\n" * 300_000)  # large enough for a chunked request
    git = ("git", "-C", str(work), "-c", "user.name=x", "-c", "user.email=x@example.invalid")
    flux_rig.run(*git, "commit", "--quiet", "--all", "--message", "second")
    flux_rig.run(*git, "-c", "http.postBuffer=1000", "push", "--quiet", "origin", "main")
    assert flux_rig.git.run("pushed", "log", "--format=%s").split() == ["second", "first"]
    flux_rig.git.commit("pushed", {"b/c.txt": None}, "third")
    assert flux_rig.git.run("pushed", "ls-files").split() == ["a.txt"]
    flux_rig.git.commit("pushed", {"d.txt": "d\n"}, "fourth", branch="other")
    assert flux_rig.git.run("pushed", "log", "-1", "--format=%s", "main") == "third"


def _release(rig: Rig, namespace: str, chart: str, version: str, values: dict[str, Any]) -> None:
    repository = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "HelmRepository",
        "metadata": {"name": "charts", "namespace": namespace},
        "spec": {"url": rig.charts.url, "interval": "10m"},
    }
    source = {"kind": "HelmRepository", "name": "charts"}
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "interval": "10m",
            "chart": {"spec": {"chart": chart, "version": version, "sourceRef": source}},
            "values": values,
        },
    }
    rig.apply([repository, release])


def _git_objects(rig: Rig, namespace: str) -> list[dict[str, Any]]:
    metadata = {"name": "fleet", "namespace": namespace}
    repository = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": metadata,
        "spec": {"url": rig.git.repo_url(namespace), "interval": "10m", "ref": {"branch": "main"}},
    }
    source = {"kind": "GitRepository", "name": "fleet"}
    kustomization = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": metadata,
        "spec": {"interval": "10m", "path": "./apps", "prune": True, "wait": True, "sourceRef": source},
    }
    return [repository, kustomization]


def _config_map(namespace: str, answer: str) -> dict[str, str]:
    return {"apps/cm.yaml": CONFIG_MAP.replace("NAMESPACE", namespace).replace("ANSWER", answer)}


def _revision(rig: Rig, namespace: str) -> str:
    found = rig.get("-n", namespace, "kustomization", "fleet")
    return str(found.get("status", {}).get("lastAppliedRevision", ""))


def _wait_for_ready(rig: Rig, namespace: str, kind: str, name: str, status: str, reason: str) -> str:
    """Waits for the condition Ready with this status and reason; returns its message."""
    message = ""

    def there() -> bool:
        nonlocal message
        conditions = rig.get("-n", namespace, kind, name).get("status", {}).get("conditions", [])
        ready = [one for one in conditions if one["type"] == "Ready"]
        message = "".join(one["message"] for one in ready)
        return [(one["status"], one["reason"]) for one in ready] == [(status, reason)]

    rig.until(there, f"{kind} {name} to be Ready={status} by {reason}", timeout=60)
    return message
