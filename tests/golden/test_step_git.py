"""`step1 --git-dir` as a whole command line: values that Git owns are edited in a clone, and waited for."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeCluster
from tests.run import Result, run

URL = "https://git.example.com/platform/environment"
VALUES = "istioOperator:\n  enabled: true\nistio:\n  enabled: true\n"
NAME = "environment-5h2k7g8m9t"
HELM = "helm.toolkit.fluxcd.io/v2"
BY_FLUX = {
    "kustomize.toolkit.fluxcd.io/name": "environment",
    "kustomize.toolkit.fluxcd.io/namespace": "bigbang",
}
READY = [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "", "observedGeneration": 1}]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with what Flux applies in its folder dev."""
    folder = tmp_path.resolve() / "dev"
    folder.mkdir()
    generator = "configMapGenerator:\n- name: environment\n  files: [values.yaml=my.yaml]\n"
    (folder / "kustomization.yaml").write_text(generator)
    (folder / "my.yaml").write_text(VALUES)
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["remote", "add", "origin", URL],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=values"],
    ):
        subprocess.run(["git", "-C", str(folder.parent), *words], check=True, capture_output=True)
    return folder.parent


@pytest.fixture
def cluster() -> FakeCluster:
    """Big Bang 2.54 with the operator; its one values ConfigMap comes from Git."""
    return FakeCluster(
        [
            _object("v1", "Namespace", "bigbang", namespace=None),
            _object("v1", "ConfigMap", NAME, labels=BY_FLUX, data={"values.yaml": VALUES}),
            _object(
                HELM,
                "HelmRelease",
                "bigbang",
                spec={"interval": "2m", "valuesFrom": [{"kind": "ConfigMap", "name": NAME}]},
                status={
                    "observedGeneration": 1,
                    "conditions": READY,
                    "history": [{"chartName": "bigbang", "chartVersion": "2.54.0", "status": "deployed"}],
                },
            ),
            _object(
                "kustomize.toolkit.fluxcd.io/v1",
                "Kustomization",
                "environment",
                spec={"interval": "1m", "path": "./dev", "prune": True, "sourceRef": _source()},
            ),
            _object(
                "source.toolkit.fluxcd.io/v1",
                "GitRepository",
                "environment",
                spec={"interval": "1m", "url": URL, "ref": {"branch": "main"}},
            ),
        ]
    )


def _object(
    version: str, kind: str, name: str, namespace: str | None = "bigbang", **more: Any
) -> dict[str, Any]:
    labels = more.pop("labels", {})
    metadata = {"name": name, "labels": labels, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def _source() -> dict[str, str]:
    return {"kind": "GitRepository", "name": "environment"}


def step1(cluster: FakeCluster, *flags: str) -> Result:
    return run("step1", *flags, cluster=cluster)


def test_without_a_clone_the_place_and_the_edit_are_named(cluster: FakeCluster) -> None:
    result = step1(cluster, "--yes", "--allow", "IM001")
    assert result.code == 1
    assert f"ConfigMap bigbang/{NAME} key values.yaml, from {URL} (branch main), folder dev" in result.err
    assert "  istio:\n    enabled: false\n" in result.err
    assert cluster.writes == []


def test_the_plan_shows_the_edit_of_the_clone(cluster: FakeCluster, clone: Path) -> None:
    result = step1(cluster, "--git-dir", str(clone), "--dry-run")
    assert result.code == 0
    assert f"+++ b{clone}/dev/my.yaml\n" in result.out
    assert "-  enabled: true\n+  enabled: false\n+istioCRDs:\n" in result.out
    assert (clone / "dev" / "my.yaml").read_text() == VALUES
    assert cluster.writes == []


def test_the_clone_is_edited_and_flux_is_waited_for(cluster: FakeCluster, clone: Path) -> None:
    flags = ("--git-dir", str(clone), "--yes", "--timeout", "1s")
    first = step1(cluster, *flags)
    edited = (clone / "dev" / "my.yaml").read_text()
    assert edited.startswith(VALUES.replace("istio:\n  enabled: true", "istio:\n  enabled: false"))
    assert first.code == 1
    assert "waiting for Flux to bring istio.enabled" in first.err
    again = step1(cluster, *flags)
    assert (again.code, (clone / "dev" / "my.yaml").read_text()) == (1, edited)
    assert "going on with" in again.err
    assert f"{clone}/dev/my.yaml has changes that are not committed yet\n" in again.err
