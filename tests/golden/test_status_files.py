"""`status -f` on values files and manifests, as whole command lines run in this process."""

import json
from pathlib import Path

import pytest

from tests.run import run

VALUES = "domain: example.com\nistio:\n  enabled: true\n"
STEP1 = """\
istioOperator: {enabled: true}
istio: {enabled: false}
istioCRDs: {enabled: true}
istiod: {enabled: true}
istioGateway: {enabled: false}
"""
MESH = """\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: istio-system}
spec:
  selector: {app: public-ingressgateway}
  servers:
  - {port: {name: https, number: 8443, protocol: HTTPS}, hosts: ["*.example.com"], tls: {mode: SIMPLE}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: shop}
spec: {hosts: [shop.example.com], gateways: [istio-system/public]}
"""
SOPS = "istio:\n    enabled: ENC[AES256_GCM,data:abc=]\nsops:\n    mac: ENC[AES256_GCM,data:def=]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "values.yaml").write_text(VALUES)
    return tmp_path


def test_values_tell_the_place_the_switches_and_what_comes_next() -> None:
    result = run("status", "-f", "values.yaml")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Mesh        operator: the switches say so\n"
        "Read from   values.yaml\n"
        "Big Bang    2.51 to 2.54, by its keys\n"
        "\n"
        "SWITCH                  IS    FROM\n"
        "istioOperator.enabled   on    the chart's default\n"
        "istio.enabled           on    values.yaml\n"
        "istioCRDs.enabled       off   the chart's default\n"
        "istiod.enabled          off   the chart's default\n"
        "istioGateway.enabled    off   the chart's default\n"
        "\n"
        "Next: kubectl istio-migrate check --step 1 -f values.yaml"
        "  # find everything that would make a step fail or hurt\n"
    )


def test_the_last_file_wins(folder: Path) -> None:
    (folder / "env.yaml").write_text(STEP1)
    result = run("status", "-f", "values.yaml", "-f", "env.yaml")
    assert "step 1 done: the switches say so\n" in result.out
    assert "istio.enabled           off   env.yaml\n" in result.out
    turned = run("status", "-f", "env.yaml", "-f", "values.yaml").out
    assert "istio.enabled           on    values.yaml\n" in turned


def test_values_by_stdin() -> None:
    assert "step 1 done" in run("status", "-f", "-", stdin=STEP1).out


@pytest.mark.parametrize(
    ("version", "window"), [("2.51.0", "early"), ("2.54.0", "the time to migrate"), ("2.49.0", "too early")]
)
def test_the_version_places_the_values_in_time(version: str, window: str) -> None:
    assert f"{version}, {window}" in run("status", "-f", "values.yaml", "--bigbang-version", version).out


def test_an_encrypted_switch_is_unknown(folder: Path) -> None:
    (folder / "secrets.yaml").write_text(SOPS)
    result = run("status", "-f", "values.yaml", "-f", "secrets.yaml")
    assert "istio.enabled           ?     secrets.yaml (its value is encrypted)\n" in result.out
    assert "ENC[" not in result.out


def test_manifests_show_gateways_and_bindings(folder: Path) -> None:
    (folder / "mesh.yaml").write_text(MESH)
    (folder / "chart.yaml").write_text("name: umbrella\n")
    result = run("status", "-f", ".")
    assert (result.code, result.err) == (0, "")
    assert "istio-system/public   *.example.com" in result.out
    assert "VirtualServices: 1 old-only\n" in result.out
    assert "  chart.yaml: not Big Bang values: none of their top-level keys is here\n" in result.out
    assert "  Pod: there is none in the files\n" in result.out


def test_manifests_alone_need_no_values(folder: Path) -> None:
    (folder / "mesh.yaml").write_text(MESH)
    result = run("status", "-f", "mesh.yaml")
    assert (result.code, result.err) == (0, "")
    assert "none: there is no control plane and no Big Bang" in result.out


def test_all_of_it_for_a_program() -> None:
    status = json.loads(run("status", "-f", "values.yaml", "-o", "json").out)
    assert (status["kind"], status["summary"]["place"]) == ("MeshStatus", "operator")
    assert status["items"][0]["switches"][1] == {
        "path": "istio.enabled",
        "on": True,
        "origin": "values.yaml",
        "note": "",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("istio:\n\tenabled: true\n", "bad.yaml:2:1: a tab cannot indent YAML; use spaces"),
        ("istio: {}\nistio: {}\n", "bad.yaml:2:1: "),
        ("a: 1\n", "bad.yaml: not Big Bang values: "),
        ("istioCore: {}\nistiod: {}\n", "the values have both istioCore "),
    ],
)
def test_what_cannot_be_used_is_one_line(folder: Path, text: str, line: str) -> None:
    (folder / "bad.yaml").write_text(text)
    result = run("status", "-f", "bad.yaml")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"error: {line}")


def test_files_that_do_not_tell_are_no_matter_of_rights(folder: Path) -> None:
    (folder / "namespace.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n")
    told = run("status", "-f", "namespace.yaml").out.splitlines()[-1]
    assert told == "Next: these files do not tell: name more of them, or look at the cluster, without -f"
