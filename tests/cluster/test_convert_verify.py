"""`convert --verify --chart`: what helm makes of both sets of values, and what is said where it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from kubectl_istio_migrate.main import APP
from tests.run import Result, run
from tests.tools import build

CHARTS = Path(__file__).parent.parent / "charts" / "generations"
BOTH = ("--chart", str(CHARTS / "istio-controlplane"), "--chart", str(CHARTS / "istio-gateway"))
VALUES = """
domain: example.com
istio:
  ingressGateways:
    public-ingressgateway:
      type: NodePort
      nodePortBase: 31000
      kubernetesResourceSpec:
        service: {sessionAffinity: ClientIP}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{build.tool('helm').parent}{os.pathsep}{os.environ['PATH']}")
    Path("values.yaml").write_text(VALUES)


def verify(*words: str) -> Result:
    done = run("convert", "-f", "values.yaml", "--verify", *words, app=APP)
    assert "internal error" not in done.err, done.err
    return done


def test_what_helm_renders_is_the_same() -> None:
    done = verify(*BOTH)
    assert done.code == 0, done.out
    assert done.err.startswith("13 same\n")


def test_what_helm_renders_counts_and_not_the_models() -> None:
    """A chart that does something else than its documentation says."""
    done = verify("--chart", str(changed("istio-gateway")), *BOTH[:2])
    assert done.code == 1
    rows = [line.split() for line in done.out.splitlines() if line.endswith("differs")]
    assert rows == [["public-ingressgateway", "replicas", "1", "to", "5", "7", "to", "7", "differs"]]


def test_one_chart_is_compared_with_the_model_of_the_other_side() -> None:
    for one in (BOTH[:2], BOTH[2:]):
        assert verify(*one).code == 0


def test_values_that_the_chart_refuses() -> None:
    Path("values.yaml").write_text(
        "istio: {gateways: {public: {ports: [{name: a, number: 1, protocol: TCP}]}}}"
    )
    done = verify(*BOTH)
    assert done.code == 3
    assert done.err.startswith("error: helm cannot render ")
    assert len(done.err.splitlines()) == 1


def test_what_is_no_chart() -> None:
    Path("nothing").mkdir()
    assert verify("--chart", "nothing").err.startswith("error: nothing is no chart: ")


def test_without_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = verify(*BOTH)
    assert (done.code, done.err) == (
        2,
        "error: --chart needs helm, and there is none on PATH; install it, or leave --chart out\n",
    )


def changed(name: str) -> Path:
    """The chart with seven replicas, whatever the values say."""
    folder = Path("changed")
    for path in (CHARTS / name).rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(CHARTS / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text())
    defaults = folder / "files" / "package.yaml"
    package = yaml.safe_load(defaults.read_text())
    package["upstream"]["autoscaling"] |= {"minReplicas": 7, "maxReplicas": 7}
    defaults.write_text(yaml.safe_dump(package))
    return folder
