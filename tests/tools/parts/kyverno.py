"""Kyverno: the objects of its own chart, and its three controllers as processes with just the rights in there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, ClassVar

import yaml

from tests.tools.kubeconfig import write_kubeconfig
from tests.tools.parts.base import Part
from tests.tools.process import RigError

NAMESPACE = "kyverno"
TOOLS = {
    "admission": "kyverno",
    "background": "background-controller",
    "reports": "reports-controller",
}
"""The controllers, each with the recipe of its program."""

# Who has the lease of a controller's name works; the admission controller's is called otherwise.
_LEASES = {name: f"kyverno-{name}-controller" for name in TOOLS} | {"admission": "kyverno"}

# The chart's CRDs are the module's own, which are applied as files; nobody here is its cleanup controller.
_VALUES = (
    "--set=crds.install=false",
    "--set=cleanupController.enabled=false",
    "--set=admissionController.tlsKeyAlgorithm=ECDSA",  # an RSA key may take seconds
)

_WEBHOOKS = (
    "mutatingwebhookconfiguration/kyverno-policy-mutating-webhook-cfg",
    "validatingwebhookconfiguration/kyverno-policy-validating-webhook-cfg",
)


class Kyverno(Part):
    """Policies are carried out and reported on. `stop` and `start` take "admission", "background" or "reports".

    The Deployments of the chart are fake ones, as all of the rig's pods: what works runs beside the cluster, with
    the flags, the environment and the ServiceAccount that its Deployment says.
    """

    tools: ClassVar[tuple[str, ...]] = (*TOOLS.values(), "helm")

    def start(self, name: str | None = None) -> None:
        """Without NAME: installs Kyverno, and returns when it admits. With it: starts that controller after `stop`.

        RigError if it runs already, or does not become ready.
        """
        if name is None:
            self._install()
        names = (name,) if name else tuple(TOOLS)
        for one in names:
            self._launch(one)
        for one in names:
            self._wait_until_ready(one)

    def stop(self, name: str) -> None:
        """Ends one controller. What it has written stays: its webhooks (which nobody answers then), its reports."""
        if _server(name) not in self.rig.servers.running:
            raise RigError(f"{_server(name)} is stopped")
        self.rig.servers.stop(_server(name))
        # So that its end is not mistaken for a pause: the next one waits for nobody.
        self.rig.kubectl("delete", "lease", _LEASES[name], f"--namespace={NAMESPACE}", "--ignore-not-found")

    def restart_reports(self, openreports: bool) -> None:
        """Has reports made of the group openreports.io, or again of wgpolicyk8s.io. Those that are there stay."""
        if openreports:
            self.rig.apply_crds(self._files / "openreports")
        if _server("reports") in self.rig.servers.running:
            self.stop("reports")
        only = (
            f"--show-only=templates/{name}-controller/deployment.yaml" for name in ("admission", "reports")
        )
        self.rig.apply(self._rendered(f"--set=openreports.enabled={str(openreports).lower()}", *only))
        self.start("reports")

    @property
    def _folder(self) -> Path:
        return self.rig.dir / "kyverno"

    @property
    def _files(self) -> Path:
        return self.rig.tool_dir(TOOLS["admission"])

    def _install(self) -> None:
        """Applies all that Helm would install."""
        self._folder.mkdir(mode=0o700)
        self._ports = {name: self.rig.ports.take() for name in (*TOOLS, "webhooks")}
        self._copy_chart()
        self.rig.apply_crds(*sorted((self._files / "crds").iterdir()))
        self.rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}])
        self.rig.apply(self._rendered())

    def _copy_chart(self) -> None:
        """A copy without the subcharts that only its release process adds, and that Helm would ask for."""
        chart = shutil.copytree(self._files / "chart", self._folder / "chart")
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        there = [one for one in about["dependencies"] if (chart / "charts" / one["name"]).is_dir()]
        (chart / "Chart.yaml").write_text(yaml.safe_dump({**about, "dependencies": there}))
        (chart / "Chart.lock").unlink()

    def _rendered(self, *flags: str) -> str:
        # Helm takes the version of its own release for the cluster's, and this Helm knows of none.
        version = json.loads(self.rig.kubectl("get", "--raw=/version"))["gitVersion"]
        chart = ("kyverno", str(self._folder / "chart"), f"--namespace={NAMESPACE}")
        common = ("--no-hooks", f"--kube-version={version}", *_VALUES)
        return self.rig.run("helm", "template", *chart, *common, *flags).stdout

    def _launch(self, name: str) -> None:
        """Starts the program as the container of its Deployment would be, except for where it listens."""
        if _server(name) in self.rig.servers.running:
            raise RigError(f"{_server(name)} runs already")
        spec = self.rig.get(f"--namespace={NAMESPACE}", "deployment", _deployment(name))["spec"]
        (container,) = spec["template"]["spec"]["containers"]
        env = {one["name"]: _value(one, name) for one in container["env"]}
        program = self.rig.dir / "bin" / TOOLS[name]
        # Of a flag that is given twice the last one counts.
        argv = [program, *container["args"], f"--kubeconfig={self._kubeconfig(name)}", *self._flags(name)]
        self.rig.servers.start(_server(name), argv, {**env, "TUF_ROOT": str(self._folder / "tuf")})

    def _flags(self, name: str) -> list[str]:
        flags = ["--disableLogColor", "--metricsHost=127.0.0.1", f"--metricsPort={self._ports[name]}"]
        if name != "reports":
            flags.append("--controllerRuntimeMetricsAddress=0")
        if name == "admission":
            port = self._ports["webhooks"]
            # With --serverIP the webhooks get a URL, since there is no Service that the API server could reach.
            flags.append(f"--serverIP=127.0.0.1:{port}")
            flags += ["--webhookServerHost=127.0.0.1", f"--webhookServerPort={port}"]
        return flags

    def _kubeconfig(self, name: str) -> Path:
        flags = (f"--namespace={NAMESPACE}", "--duration=8760h")
        token = self.rig.kubectl("create", "token", _deployment(name), *flags).strip()
        path = self._folder / f"{name}.kubeconfig"
        write_kubeconfig(path, self.rig.server_url, self.rig.ca_file, {"token": token}, NAMESPACE)
        return path

    def _wait_until_ready(self, name: str) -> None:
        server, metrics = _server(name), f"http://127.0.0.1:{self._ports[name]}/metrics"
        self.rig.servers.wait_for_url(server, metrics)
        self._wait_for(server, f"lease/{_LEASES[name]}")
        if name == "admission":
            self._wait_for(server, *_WEBHOOKS)
            url = f"https://127.0.0.1:{self._ports['webhooks']}/health/readiness"
            self.rig.servers.wait_for_url(server, url)

    def _wait_for(self, server: str, *objects: str) -> None:
        get = ("kubectl", "get", f"--namespace={NAMESPACE}", *objects)
        self.rig.servers.wait_for(
            server, lambda: self.rig.run(*get, check=False).returncode == 0, f"no {' and '.join(objects)}"
        )


def _server(name: str) -> str:
    """What the process is called among the rig's servers."""
    if name not in TOOLS:
        raise RigError(f"Kyverno has no controller {name}, only {', '.join(TOOLS)}")
    return f"kyverno-{name}"


def _deployment(name: str) -> str:
    """What the Deployment is called, and its ServiceAccount."""
    return f"kyverno-{name}-controller"


def _value(variable: dict[str, Any], name: str) -> str:
    """An environment variable as its pod would have it."""
    if "value" in variable:
        return str(variable["value"])
    path = variable["valueFrom"]["fieldRef"]["fieldPath"]
    return {"metadata.namespace": NAMESPACE, "metadata.name": f"{_deployment(name)}-0"}[path]
