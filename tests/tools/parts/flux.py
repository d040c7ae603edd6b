"""Flux: source-controller and helm-controller, and on request kustomize-controller."""

from __future__ import annotations

from typing import ClassVar

from tests.tools.parts.base import Part

NAMESPACE = "flux-system"

# Tests wait for these controllers: no jitter, no leader to elect, no throttling, quick retries.
_COMMON = (
    "--watch-all-namespaces=true",
    "--log-encoding=json",
    "--enable-leader-election=false",
    "--events-addr=",
    "--interval-jitter-percentage=0",
    "--concurrent=20",
    "--requeue-dependency=1s",
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
    "--min-retry-delay=200ms",
    "--max-retry-delay=10s",
)


class _Controllers(Part):
    """One or more controllers of Flux. They run as cluster admin, as Flux installs them."""

    def start_controller(self, name: str, *flags: str) -> str:
        """Starts the controller NAME and returns the URL that answers 200 when it is ready."""
        metrics, health = (f"127.0.0.1:{self.rig.ports.take()}" for _ in range(2))
        addresses = (f"--metrics-addr={metrics}", f"--health-addr={health}")
        env = {"RUNTIME_NAMESPACE": NAMESPACE, "TUF_ROOT": str(self.rig.dir / "tuf")}
        self.rig.start_tool(name, *_COMMON, *addresses, *flags, env=env)
        return f"http://{health}/readyz"


class Flux(_Controllers):
    """HelmReleases and every kind of source. The namespace `flux-system` exists."""

    tools: ClassVar[tuple[str, ...]] = ("source-controller", "helm-controller", "helm", "flux")

    def start(self) -> None:
        """Registers the kinds and waits until both controllers are ready."""
        self.rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}])
        controllers = ("source-controller", "helm-controller")
        self.rig.apply_crds(*(self.rig.tool_dir(name) / "crds" for name in controllers))
        storage = self.rig.dir / "sources"
        storage.mkdir()
        artifacts = f"127.0.0.1:{self.rig.ports.take()}"
        addresses = (f"--storage-addr={artifacts}", f"--storage-adv-addr={artifacts}")
        source = self.start_controller("source-controller", f"--storage-path={storage}", *addresses)
        helm = self.start_controller("helm-controller", "--graceful-shutdown-timeout=5s", "--http-retry=1")
        self.rig.servers.wait_for_url("source-controller", source)
        self.rig.servers.wait_for_url("helm-controller", helm)


class Kustomize(_Controllers):
    """Kustomizations."""

    needs: ClassVar[tuple[str, ...]] = ("flux",)
    tools: ClassVar[tuple[str, ...]] = ("kustomize-controller",)

    def start(self) -> None:
        """Registers the kind and waits until the controller is ready."""
        self.rig.apply_crds(self.rig.tool_dir("kustomize-controller") / "crds")
        url = self.start_controller("kustomize-controller", "--http-retry=1")
        self.rig.servers.wait_for_url("kustomize-controller", url)
