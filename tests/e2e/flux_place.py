"""A namespace on a rig where tests of istiokit.flux install a small chart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from istiokit.cluster.kinds import HELM_RELEASE
from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import Where
from istiokit.flux.model import HelmRelease
from istiokit.flux.options import ReconcileOptions, WaitOptions
from istiokit.flux.progress import Outcome, Progress, Result
from istiokit.flux.reconcile import reconcile
from istiokit.flux.wait import wait_ready
from tests.tools.rig import Rig

CHART = """\
apiVersion: v2
name: small
version: 1.0.0
"""
SCHEMA = '{"type": "object", "additionalProperties": false, "properties": {"text": {"type": "string"}, "pods": {}}}'
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  text: {{ .Values.text | quote }}
{{- if .Values.pods }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: main, image: example.com/small:1}]}
{{- end }}
"""

PATIENT = WaitOptions(timeout=60)


def write_chart(folder: Path) -> None:
    """The chart `small` 1.0.0."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART)
    (folder / "values.yaml").write_text("text: hello\npods: false\n")
    (folder / "values.schema.json").write_text(SCHEMA)
    (folder / "templates" / "all.yaml").write_text(TEMPLATE)


class Place:
    """A namespace with a repository, and the means to put releases there."""

    def __init__(self, rig: Rig, namespace: str, url: str) -> None:
        self.rig, self.namespace = rig, namespace
        self.cluster: LiveCluster = connect(ConnectOptions(kubeconfig=str(rig.kubeconfig)))
        self.where = Where(namespace)
        spec = {"url": url, "interval": "1h"}
        self.put("source.toolkit.fluxcd.io/v1", "HelmRepository", "charts", spec)

    def put(self, api: str, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        metadata = {"name": name, "namespace": self.namespace}
        self.rig.apply([{"apiVersion": api, "kind": kind, "metadata": metadata, "spec": dict(spec)}])

    def release(self, name: str, needs: Collection[str] = (), version: str = "1.0.0", **spec: Any) -> None:
        source = {"kind": "HelmRepository", "name": "charts"}
        chart = {"spec": {"chart": "small", "version": version, "sourceRef": source, "interval": "1h"}}
        depends = {"dependsOn": [{"name": need} for need in needs]} if needs else {}
        body = {"interval": "1h", "timeout": "20s", "chart": chart, **depends, **spec}
        self.put("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, body)

    def releases(self) -> Sequence[HelmRelease]:
        return self.cluster.list(HELM_RELEASE, HelmRelease, self.where)

    def reconcile(self, observer: Recorder | None = None, **options: Any) -> dict[str, Outcome]:
        chosen = ReconcileOptions(**{"timeout": 60.0, **options})
        outcomes = reconcile(self.cluster, self.releases(), chosen, observer or Recorder())
        return {outcome.name: outcome for outcome in outcomes}

    def settle(self) -> None:
        outcomes = wait_ready(self.cluster, self.where, PATIENT)
        assert {outcome.result for outcome in outcomes} == {Result.READY}, outcomes


class Recorder:
    """Keeps the rows of every update."""

    def __init__(self, act: Callable[[Sequence[Progress]], None] = lambda rows: None) -> None:
        self.updates: list[dict[str, Progress]] = []
        self.act = act

    def update(self, rows: Sequence[Progress]) -> None:
        self.updates.append({row.name: row for row in rows})
        self.act(rows)
