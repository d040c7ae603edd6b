"""The frozen archive, unpacked on a machine that is not kind to it: every executable, with what it really prints."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit import __version__
from krew.platforms import this_platform
from tests.e2e.frozen import ROOT, archives
from tests.tools.rig import Rig

NAMESPACE = "frozen"
NOBODY = 65534
PLUGINS = ("istio_migrate", "vs_gateways", "recycle_injected", "policyreport_vs")
ASKED = {
    "istio_migrate": (("status",), "Kubernetes v1."),
    "vs_gateways": (("list", "-n", NAMESPACE), f"{NAMESPACE} web web.example.com"),
    "recycle_injected": (("list", "-n", NAMESPACE), f"{NAMESPACE} Deployment web 1"),
    "policyreport_vs": (("list", "-n", NAMESPACE), f"{NAMESPACE} web <none>"),
}
"""A command of each that reads the cluster, and what is in its answer, with one blank for many."""
RUBBISH = {
    "PYTHONPATH": "/nowhere:" + str(ROOT / "tests"),
    "PYTHONHOME": "/nowhere",
    "PYTHONSTARTUP": "/nowhere/startup.py",
    "LD_LIBRARY_PATH": "/nowhere",
}


@contextmanager
def extracted(archive: str) -> Iterator[Path]:
    """What is in the archive of this name, below a folder with a space in its name, where everybody may read."""
    with tempfile.TemporaryDirectory(prefix="a folder ") as place:
        Path(place).chmod(0o755)
        with tarfile.open(archives() / archive) as opened:
            opened.extractall(place, filter="data")
        yield Path(place)


@pytest.fixture(scope="session")
def unpacked() -> Iterator[Path]:
    """The folder of the archive."""
    with extracted(this_platform().archive(__version__)) as place:
        yield place / "istio-migrate"


@pytest.fixture(scope="session")
def flux_plugin() -> Iterator[Path]:
    """The executable in the archive for Flux."""
    with extracted(this_platform().flux_archive(__version__)) as place:
        yield place / "flux-istio-migrate"


@pytest.fixture(scope="module")
def mesh(rig: Rig) -> Iterator[Path]:
    """One VirtualService and one pod with a sidecar; a kubeconfig that everybody may read."""
    rig.kubectl("create", "namespace", NAMESPACE)
    rig.kubectl("wait", "--for=create", "-n", NAMESPACE, "serviceaccount/default", "--timeout=60s")
    rig.apply([_virtual_service(), _deployment()])
    rig.kubectl("rollout", "status", "-n", NAMESPACE, "deployment/web", "--timeout=60s")
    with tempfile.TemporaryDirectory(prefix="kubeconfig ") as place:
        Path(place).chmod(0o755)
        public = Path(place) / "config"
        public.write_bytes(rig.kubeconfig.read_bytes())
        public.chmod(0o644)
        yield public


def _virtual_service() -> dict[str, Any]:
    route = [{"route": [{"destination": {"host": "web"}}]}]
    spec = {"hosts": ["web.example.com"], "gateways": ["istio-system/public"], "http": route}
    metadata = {"name": "web", "namespace": NAMESPACE}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": metadata,
        "spec": spec,
    }


def _deployment() -> dict[str, Any]:
    containers = [{"name": "app", "image": "app:1"}, {"name": "istio-proxy", "image": "proxyv2:1.20.0"}]
    annotations = {"sidecar.istio.io/status": '{"revision": "1-20"}'}
    template = {"metadata": {"labels": {"app": "web"}, "annotations": annotations}}
    spec = {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {**template, "spec": {"containers": containers}},
    }
    metadata = {"name": "web", "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def run(*argv: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """What the program left. Its environment is just what is given; nothing of ours gets in."""
    more["env"] = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **more.get("env", {})}
    return subprocess.run(
        [str(word) for word in argv], capture_output=True, text=True, check=False, timeout=120, **more
    )


def answer(plugin: str, *argv: str | Path, kubeconfig: Path, **more: Any) -> None:
    """Asks the cluster by the program (the last of `argv`), and fails unless it answers as it should."""
    words, expected = ASKED[plugin]
    env = {"KUBECONFIG": str(kubeconfig), **more.pop("env", {})}
    done = run(*argv, *words, env=env, **more)
    assert done.returncode in (0, 1), done.stderr
    assert expected in " ".join(done.stdout.split()), f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


def test_each_executable_is_another_program(unpacked: Path) -> None:
    """Two of one name would be one program, or none, and exit with 0."""
    executables = sorted(
        path.name for path in unpacked.iterdir() if os.access(path, os.X_OK) and path.is_file()
    )
    assert executables == sorted(f"kubectl-{plugin}" for plugin in PLUGINS)
    for plugin in PLUGINS:
        spelled = plugin.replace("_", "-")
        version = run(unpacked / f"kubectl-{plugin}", "--version")
        assert (version.stdout, version.stderr) == (f"kubectl-{spelled} {__version__}\n", "")
        listed = run(unpacked / f"kubectl-{plugin}", "--help").stdout
        assert f"kubectl {spelled} COMMAND" in listed


def test_every_command_explains_itself(unpacked: Path) -> None:
    """Commands are imported by name: one that the analysis has missed is seen here alone."""
    for plugin in PLUGINS:
        program = unpacked / f"kubectl-{plugin}"
        listed = run(program, "--help").stdout.partition("commands:\n")[2].partition("\n\n")[0]
        names = re.findall(r"^  (\S+)  ", listed, re.MULTILINE)
        assert names
        for name in names:
            done = run(program, name, "--help")
            assert done.returncode == 0, done.stderr
            assert f"{plugin.replace('_', '-')} {name}" in done.stdout


@pytest.mark.parametrize("plugin", PLUGINS)
def test_it_answers(unpacked: Path, mesh: Path, plugin: str) -> None:
    answer(plugin, unpacked / f"kubectl-{plugin}", kubeconfig=mesh, env={"HOME": "/root"})


@pytest.mark.parametrize("plugin", PLUGINS)
def test_by_a_link(unpacked: Path, mesh: Path, plugin: str, tmp_path: Path) -> None:
    """As krew puts it on the PATH."""
    link = tmp_path / f"kubectl-{plugin}"
    link.symlink_to(unpacked / f"kubectl-{plugin}")
    answer(plugin, link, kubeconfig=mesh)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_where_the_environment_is_for_another_python(unpacked: Path, mesh: Path, plugin: str) -> None:
    answer(plugin, unpacked / f"kubectl-{plugin}", kubeconfig=mesh, env=RUBBISH)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_without_a_home(unpacked: Path, mesh: Path, plugin: str) -> None:
    answer(plugin, unpacked / f"kubectl-{plugin}", kubeconfig=mesh, env={"HOME": "/nonexistent"})


@pytest.mark.parametrize("plugin", PLUGINS)
def test_as_a_user_without_rights(unpacked: Path, mesh: Path, plugin: str) -> None:
    """As containers run it. Where the tests have no rights themselves, they are that user."""
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    answer(plugin, unpacked / f"kubectl-{plugin}", kubeconfig=mesh, cwd="/", **other)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_on_a_file_system_that_is_read_only(unpacked: Path, mesh: Path, plugin: str) -> None:
    """As with readOnlyRootFilesystem: not even /tmp can be written to."""
    remount = 'for at in / /tmp; do mount -o remount,bind,ro "$at" 2>/dev/null; done'
    locked = f'mount --make-rprivate /; {remount}; ! touch /tmp/written 2>/dev/null && exec "$@"'
    shell = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", locked, "sh")
    answer(plugin, *shell, unpacked / f"kubectl-{plugin}", kubeconfig=mesh)


def test_the_plugin_for_flux_answers_from_wherever_it_is(
    flux_plugin: Path, mesh: Path, tmp_path: Path
) -> None:
    answer("istio_migrate", flux_plugin, kubeconfig=mesh)
    answer("istio_migrate", flux_plugin, kubeconfig=mesh, env={**RUBBISH, "HOME": "/nonexistent"})
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    answer("istio_migrate", flux_plugin, kubeconfig=mesh, cwd="/", **other)
    help_text = run(flux_plugin, "--help", env={"TMPDIR": str(tmp_path)}).stdout
    assert "flux istio-migrate COMMAND" in help_text
    assert list(tmp_path.iterdir()) == []  # what it unpacked is gone again


def with_user(mesh: Path, user: dict[str, Any], folder: Path) -> Path:
    """The same kubeconfig with another way to log in."""
    config = yaml.safe_load(mesh.read_text())
    config["users"][0]["user"] = user
    path = folder / "config"
    path.write_text(yaml.safe_dump(config))
    return path


def test_it_logs_in_by_a_program(unpacked: Path, mesh: Path, rig: Rig, tmp_path: Path) -> None:
    """Of the kubernetes package only what does this is in the archive."""
    version = "client.authentication.k8s.io/v1"
    credential = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": rig.admin_token}}
    login = tmp_path / "login"
    login.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n")
    login.chmod(0o755)
    plugin = {"apiVersion": version, "command": str(login), "interactiveMode": "Never"}
    answer(
        "vs_gateways",
        unpacked / "kubectl-vs_gateways",
        kubeconfig=with_user(mesh, {"exec": plugin}, tmp_path),
    )


def test_it_shows_the_token_of_an_auth_provider(unpacked: Path, mesh: Path, tmp_path: Path) -> None:
    """This server takes no such token: that it refuses it shows that it was sent."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 4102444800}).encode()).decode().rstrip("=")
    config = {"id-token": f"e30.{claims}.AAAA", "client-id": "x", "idp-issuer-url": "https://127.0.0.1:1"}
    user = {"auth-provider": {"name": "oidc", "config": config}}
    kubeconfig = with_user(mesh, user, tmp_path)
    done = run(unpacked / "kubectl-vs_gateways", "list", env={"KUBECONFIG": str(kubeconfig)})
    assert done.returncode == 3
    assert "refused the credentials of context rig" in done.stderr


def test_it_looks_into_certificates(unpacked: Path, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("istio: {gateways: {public: {tls: {cert: not-one, key: none}}}}\n")
    converted = tmp_path / "converted.yaml"
    done = run(unpacked / "kubectl-istio_migrate", "convert", "-f", values, "--output-file", converted)
    assert "certificate: istio.gateways.public.tls: the certificate is not PEM" in done.stderr


def test_it_draws_the_live_table(unpacked: Path, flux_rig: Rig, flux_namespace: str) -> None:
    """On a terminal; of the package that draws it some parts are not in the archive."""
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "waits-for-ever", "namespace": flux_namespace},
        "spec": {"interval": "1h", "chartRef": {"kind": "OCIRepository", "name": "nowhere"}},
    }
    flux_rig.apply([release])
    wait = shlex.join(
        [str(unpacked / "kubectl-istio_migrate"), "wait", "-n", flux_namespace, "--timeout", "3s"]
    )
    env = {"KUBECONFIG": str(flux_rig.kubeconfig), "TERM": "xterm"}
    done = run("script", "--quiet", "--return", "--command", wait, "/dev/null", env=env)
    assert done.returncode == 1, done.stdout
    assert "waits-for-ever" in done.stdout
    assert "\x1b[" in done.stdout  # it was drawn, not told line by line


def test_it_trusts_whom_this_system_trusts(unpacked: Path, mesh: Path, rig: Rig, tmp_path: Path) -> None:
    """The system of the build may have that bundle elsewhere; then OpenSSL alone looks at a place that is not there."""
    config = yaml.safe_load(mesh.read_text())
    for key in ("certificate-authority", "certificate-authority-data"):
        config["clusters"][0]["cluster"].pop(key, None)
    bare = tmp_path / "config"
    bare.write_text(json.dumps(config))
    elsewhere = {"SSL_CERT_FILE": "/nowhere", "SSL_CERT_DIR": "/nowhere"}
    program = unpacked / "kubectl-vs_gateways"
    refused = run(program, *ASKED["vs_gateways"][0], env={"KUBECONFIG": str(bare), **elsewhere})
    assert "TLS: " in refused.stderr

    inside = f"mount --bind '{rig.dir / 'pki' / 'ca.crt'}' {_bundle()} && exec \"$@\""
    shell = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside, "sh")
    answer("vs_gateways", *shell, program, kubeconfig=bare, env=elsewhere)


def _bundle() -> str:
    """Where this distribution has the certificates that everybody trusts: Debian's place, or Red Hat's."""
    places = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem")
    return next(place for place in places if Path(place).is_file())
