"""Which injector takes a pod: our reading of the webhooks against the API server and istiod, label by label."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.errors import OperationFailed
from istiokit.istio.injection import is_injected, proxy_version, revision_of
from istiokit.istio.injectors import last_of
from istiokit.istio.staleness import Mesh
from istiokit.istio.workloads import Pod
from istiokit.survey.sidecars import Scope, read
from tests.tools.rig import Rig

REV, INJECT, INJECTION = "istio.io/rev", "sidecar.istio.io/inject", "istio-injection"
REVISIONS = (None, "default", "1-31", "stable", "gone")
NAMESPACES = list(itertools.product((None, "enabled", "disabled"), REVISIONS))
PODS = list(
    itertools.product((None, "true", "false", "yes"), REVISIONS, (None, "true", "false"), (False, True))
)


def present(**values: str | None) -> dict[str, str]:
    keys = {"injection": INJECTION, "rev": REV, "inject": INJECT}
    return {keys[key]: value for key, value in values.items() if value is not None}


def pod(namespace: str, inject: str | None, rev: str | None, noted: str | None, host: bool) -> dict[str, Any]:
    metadata = {
        "name": "probe",
        "namespace": namespace,
        "labels": present(inject=inject, rev=rev),
        "annotations": present(inject=noted),
    }
    spec = {"hostNetwork": host, "containers": [{"name": "app", "image": "app:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@pytest.fixture
def world(fresh_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch) -> tuple[LiveCluster, Mesh]:
    """Two control planes with a tag each, and a namespace for each pair of labels."""
    rig = fresh_rig("injector")
    rig.injector.install("default", tag="1.30.4")
    rig.injector.install("1-31", tag="1.31.1", revision_tags=("stable",))
    made = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": f"ns-{number}", "labels": present(injection=injection, rev=rev)},
        }
        for number, (injection, rev) in enumerate(NAMESPACES)
    ]
    rig.apply(made)
    for one in made:
        name = json.loads(json.dumps(one))["metadata"]["name"]
        rig.kubectl("wait", "--for=create", f"--namespace={name}", "serviceaccount/default", "--timeout=60s")
    monkeypatch.setenv("KUBECONFIG", str(rig.kubeconfig))
    cluster = connect(ConnectOptions())
    return cluster, read(cluster, Scope()).mesh


def test_every_combination_of_labels(world: tuple[LiveCluster, Mesh]) -> None:
    cluster, mesh = world
    wrong, injected = [], 0
    for number, labels in enumerate(NAMESPACES):
        for words in PODS:
            manifest = pod(f"ns-{number}", *words)
            try:
                made = msgspec.convert(cluster.create(manifest, dry_run=True), Pod)
            except OperationFailed as error:
                wrong.append(f"{labels} {words}: {error.what}")
                continue
            asked = msgspec.convert(manifest, Pod)
            found = last_of(mesh.taking(asked), asked)
            expected = (found.revision, found.template and found.template.version) if found else None
            got = (revision_of(made), proxy_version(made)) if is_injected(made) else None
            injected += got is not None
            if got != expected:
                wrong.append(f"namespace {labels}, pod {words}: {got}, and we say {expected}")
    assert wrong == []
    assert 300 < injected < len(NAMESPACES) * len(PODS) - 300, "both answers have to be frequent"
