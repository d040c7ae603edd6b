"""Programs that a frozen executable starts: they get the environment of the user, and a missing one is named."""

from __future__ import annotations

import base64
import json
import os
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from istiokit import __version__
from tests.e2e.cli import Result
from tests.e2e.frozen import ROOT, archives
from tests.e2e.release import HERE, run

EXECUTABLES = ("istio-migrate/kubectl-istio_migrate", "flux-istio-migrate")
VALUES = ROOT / "examples" / "bigbang" / "values.yaml"
LOGIN = "client.authentication.k8s.io/v1"
HELM = """\
#!/bin/sh
echo "LD_LIBRARY_PATH=${LD_LIBRARY_PATH-unset}" >> "$SEEN"
exit 1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both archives, unpacked."""
    folder = tmp_path_factory.mktemp("unpacked")
    for name in (HERE.archive(__version__), HERE.flux_archive(__version__)):
        with tarfile.open(archives() / name) as archive:
            archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """As much of a chart as convincing the command to call helm takes."""
    chart = tmp_path / "gateway"
    chart.mkdir()
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: gateway\nversion: 1.0.0\n")
    return chart


@pytest.mark.parametrize("executable", EXECUTABLES)
@pytest.mark.parametrize("user", [{}, {"LD_LIBRARY_PATH": "/opt/theirs"}], ids=["nothing", "their own"])
def test_helm_is_not_given_our_libraries(
    executable: str, user: Mapping[str, str], folder: Path, chart: Path, tmp_path: Path
) -> None:
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(HELM)
    helm.chmod(0o755)
    seen = tmp_path / "seen"
    verify(folder / executable, chart, {**user, "PATH": str(helm.parent), "SEEN": str(seen)})
    assert seen.read_text().splitlines()[0] == f"LD_LIBRARY_PATH={user.get('LD_LIBRARY_PATH', 'unset')}"


def test_without_helm_the_next_step_is_said(folder: Path, chart: Path, tmp_path: Path) -> None:
    done = verify(folder / EXECUTABLES[0], chart, {"PATH": str(tmp_path)})
    assert (done.code, done.out) == (2, "")
    assert (
        done.err == "error: --chart needs helm, and there is none on PATH; install it, or leave --chart out\n"
    )


def test_without_the_program_of_a_login_its_hint_is_said(folder: Path, tmp_path: Path) -> None:
    login = {
        "exec": {"apiVersion": LOGIN, "command": "no-such-login", "installHint": "Ask your platform team"}
    }
    done = status(folder / EXECUTABLES[0], login, tmp_path)
    assert done.err == (
        "error: no credentials for context prod: no-such-login was not found; Ask your platform team\n"
    )


@pytest.mark.parametrize("executable", EXECUTABLES)
def test_logins_need_what_was_left_out_of_neither_executable(
    executable: str, folder: Path, tmp_path: Path
) -> None:
    """That the server is what cannot be reached means that there were credentials for it."""
    answer = {"apiVersion": LOGIN, "kind": "ExecCredential", "status": {"token": "a-token"}}
    program = {"apiVersion": LOGIN, "command": "/bin/echo", "args": [json.dumps(answer)]}
    lasts = (
        base64.urlsafe_b64encode(json.dumps({"exp": int(time.time()) + 3600}).encode()).decode().rstrip("=")
    )
    oidc = {"name": "oidc", "config": {"id-token": f"e30.{lasts}.e30", "idp-issuer-url": "https://127.0.0.1"}}
    for user in ({"exec": program}, {"auth-provider": oidc}):
        done = status(folder / executable, user, tmp_path)
        assert done.err.startswith("error: cannot reach the API server https://127.0.0.1:1: ")


def status(program: Path, user: Mapping[str, Any], folder: Path) -> Result:
    """What `status` says of a server that is not there, asked as USER of a kubeconfig; one line, and nothing else."""
    config = {
        "current-context": "prod",
        "clusters": [{"name": "prod", "cluster": {"server": "https://127.0.0.1:1"}}],
        "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "jane"}}],
        "users": [{"name": "jane", "user": user}],
    }
    (folder / "config").write_text(json.dumps(config))
    words = ("status", f"--kubeconfig={folder / 'config'}")
    done = run(program, *words, folder=folder, env={"PATH": os.devnull})
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1), done.err
    return done


def verify(program: Path, chart: Path, env: Mapping[str, str]) -> Result:
    """Runs the command that needs helm."""
    words = ("convert", f"--filename={VALUES}", "--verify", f"--chart={chart}")
    return run(program, *words, folder=chart.parent, env=env)
