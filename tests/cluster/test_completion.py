"""Completion as a process, on a real API server, and on servers and login programs that never answer."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.patient_plugin import put_plugins
from tests.tools.build import tool
from tests.tools.rig import Rig

SCRIPTS = Path(sys.executable).parent
GIVEN_UP = 3.0
"""Seconds that names may take on top of what is known without a cluster: one is promised, but a machine may be busy."""


def complete(program: str | Path, *words: str, env: Mapping[str, str]) -> list[str]:
    """The words of the executable's answer, the directive last."""
    done = subprocess.run(
        [program, "__completeWhole", *words],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plugins, which wait for their cluster."""
    folder = tmp_path_factory.mktemp("plugins")
    put_plugins(folder)
    return folder


def virtual_service(namespace: str, name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    spec = {"hosts": [f"{name}.example.com"]}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": metadata,
        "spec": spec,
    }


def test_names_come_from_the_cluster_and_the_namespace_that_was_typed(
    rig: Rig, namespace: str, plugins: Path
) -> None:
    rig.apply([virtual_service(namespace, name) for name in ("cart", "catalogue", "web")])
    migrate, vs_gateways = plugins / "kubectl-istio_migrate", plugins / "kubectl-vs_gateways"
    report = plugins / "kubectl-policyreport_vs"
    config = ("--kubeconfig", str(rig.kubeconfig))
    nothing = {"KUBECONFIG": "/nowhere"}
    assert complete(migrate, *config, "-n", namespace, env=nothing) == [namespace, ":4"]
    here = (*config, "-n", namespace)
    assert complete(vs_gateways, "list", *here, "ca", env=nothing) == ["cart", "catalogue", ":4"]
    full = f"{namespace}/web"
    assert complete(vs_gateways, "why", f"{namespace}/w", env=rig.env) == [full, ":4"]
    assert complete(vs_gateways, "why", full, "", env=rig.env) == ["web.example.com", ":4"]
    assert complete(report, *config, "-A", f"{namespace}/w", env=nothing) == [full, ":4"]


def test_revisions_come_from_webhooks_and_namespaces(rig: Rig, namespace: str, plugins: Path) -> None:
    rig.kubectl("label", "namespace", namespace, f"istio.io/rev={namespace}-old")
    webhook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": namespace, "labels": {"istio.io/rev": f"{namespace}-new"}},
        "webhooks": [],
    }
    rig.apply([webhook])
    relabel = (plugins / "kubectl-recycle_injected", "--relabel")
    assert complete(*relabel, f"{namespace}-old", env=rig.env) == [f"{namespace}-old=", ":6"]
    wanted = f"{namespace}-old={namespace}-new"
    assert complete(*relabel, f"{namespace}-old={namespace}", env=rig.env) == [wanted, ":4"]


def test_runs_come_from_the_journal(rig: Rig, namespace: str, plugins: Path) -> None:
    labels = {
        "istio-migrate.dev/journal": "bindings",
        "istio-migrate.dev/step": "swap",
        "istio-migrate.dev/state": "done",
    }
    head = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "r1", "namespace": namespace, "labels": labels},
    }
    rig.apply([head])
    rollback = ("rollback", "--journal-namespace", namespace, "--to", "r1")
    assert complete(plugins / "kubectl-vs_gateways", *rollback, env=rig.env) == ["r1", ":4"]


def test_what_an_account_may_not_read_completes_to_nothing(rig: Rig, plugins: Path) -> None:
    config = rig.kubeconfig_for({"metadata": {"name": "completes-nothing"}, "rules": []})
    assert complete(plugins / "kubectl-istio_migrate", "-n", "", env={"KUBECONFIG": str(config)}) == [":4"]


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def kubeconfig(folder: Path, server: str, user: Mapping[str, Any] | None = None) -> Mapping[str, str]:
    """The environment that names this server."""
    path = folder / "config"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(config))
    return {"KUBECONFIG": str(path)}


def seconds(*words: str, env: Mapping[str, str]) -> float:
    """The least time that an answer took, of a few: others work on this machine too."""
    taken = []
    for _ in range(5):
        begun = time.monotonic()
        assert complete(SCRIPTS / "kubectl-istio_migrate", *words, env=env) == [":4"]
        taken.append(time.monotonic() - begun)
    return min(taken)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_never_answers_is_given_up_within_a_second(
    silent_server: str, tmp_path: Path, scheme: str
) -> None:
    env = kubeconfig(tmp_path, f"{scheme}://{silent_server}")
    known = seconds("no-such-command", "", env=env)
    assert seconds("status", "-n", "", env=env) - known < GIVEN_UP


def test_a_login_program_that_hangs_is_given_up_within_a_second(silent_server: str, tmp_path: Path) -> None:
    program = tmp_path / "login"
    program.write_text("#!/bin/sh\necho please wait >&2\nexec sleep 1000\n")
    program.chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    user = {"exec": {"apiVersion": version, "command": str(program), "interactiveMode": "IfAvailable"}}
    env = kubeconfig(tmp_path, f"http://{silent_server}", user)
    known = seconds("no-such-command", "", env=env)
    assert seconds("status", "-n", "", env=env) - known < GIVEN_UP


def test_kubectl_hears_our_answer(tmp_path: Path) -> None:
    """By the executables that a wheel brings."""
    links = tmp_path / "bin"
    links.mkdir()
    for name in ("kubectl-istio_migrate", "kubectl_complete-istio_migrate"):
        (links / name).symlink_to(SCRIPTS / name)
    done = subprocess.run(
        [tool("kubectl"), "__complete", "istio-migrate", "step2", "--journal-n"],
        env={**os.environ, "PATH": f"{links}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    # What fails ends in an empty answer: so the plugin is asked directly, too, where a failure shows.
    assert done.stdout == _asked_directly(), done.stderr
    assert done.stdout.startswith("--journal-namespace\t")
    assert done.stdout.endswith("\n:4\n")


def _asked_directly() -> str:
    """What kubectl should have heard, told by the plugin in a process where a failure shows."""
    code = (
        "from kubectl_istio_migrate.main import APP; from istiokit.ui.completion.answer import answer; "
        "print(answer(APP, ['__complete', 'step2', '--journal-n'], None, 1), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_flux_hears_our_answer(tmp_path: Path) -> None:
    (tmp_path / "flux-istio-migrate").symlink_to(SCRIPTS / "kubectl-istio_migrate")
    env = {**os.environ, "FLUXCD_PLUGINS": str(tmp_path)}
    told = {
        words: subprocess.run(
            [tool("flux"), "__complete", "istio-migrate", *words],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for words in (("journ",), ("status", "-o", "js"))
    }
    assert told == {
        ("journ",): "journal\tList what was done, when and by whom\n:4\n",
        ("status", "-o", "js"): "json\n:4\n",
    }


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">/dev/full"])
def test_streams_that_are_closed_are_no_reason_to_complain(closed: str) -> None:
    command = f"'{SCRIPTS}/kubectl-istio_migrate' __complete st {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
