"""A Kubernetes cluster of real servers, as plain processes on free loopback ports.

    with Rig(parts=("istio_crds", "flux")) as rig:
        rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}])
        print(rig.kubectl("get", "namespaces"))

Any number of rigs run side by side. A rig ends with its process, even if that is killed.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.tools import build
from tests.tools.accounts import USERS_NAMESPACE, account_objects
from tests.tools.kubeconfig import write_kubeconfig
from tests.tools.parts import PARTS, with_needs
from tests.tools.parts.base import Part
from tests.tools.parts.charts import Charts
from tests.tools.parts.controlplane import ControlPlane
from tests.tools.parts.envoy import Envoy
from tests.tools.parts.gitserver import Git
from tests.tools.parts.injector import Injector
from tests.tools.parts.istiod import Istiod
from tests.tools.parts.kyverno import Kyverno
from tests.tools.parts.loadbalancer import LoadBalancer
from tests.tools.ports import PortBlock
from tests.tools.process import RigError, Server, Servers, server_env
from tests.tools.recipes import RECIPES

P = TypeVar("P", bound=Part)


class CommandError(RigError):
    """A command of the rig (kubectl, helm, ...) failed. `stderr` is what it said."""

    def __init__(self, argv: list[str], done: subprocess.CompletedProcess[str]) -> None:
        super().__init__(f"{' '.join(argv)} exited with {done.returncode}: {done.stderr.strip()}")
        self.returncode = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr


class Rig:
    """One cluster. Between `start` and `stop` (or in a `with`) all its servers run."""

    server_url: str
    """The URL of kube-apiserver."""
    ca_file: Path
    """The CA of kube-apiserver, as PEM."""
    admin_token: str
    """A bearer token of the group system:masters."""
    etcd_url: str
    """The URL of etcd: what is written there the API server takes for its own."""

    def __init__(
        self, parts: Iterable[str] = (), folder: Path | None = None, apiserver_flags: Iterable[str] = ()
    ) -> None:
        """PARTS are names of `tests.tools.parts.PARTS`; FOLDER (default: a temporary one) must not exist.

        APISERVER_FLAGS go to kube-apiserver behind those of the rig. RIG_KEEP=1 in the environment keeps the folder,
        with all logs, after the end.
        """
        self._names = with_needs(parts)
        self._folder = folder
        self.apiserver_flags = tuple(apiserver_flags)
        self._parts: dict[str, Part] = {}
        self.times: dict[str, float] = {}
        """How long each part took to start, in seconds."""

    def start(self) -> Self:
        """Starts all parts. Raises BuildError or RigError with the reason, and leaves nothing behind."""
        # Build first: a build can take minutes, and nothing should run meanwhile.
        self._tools = {
            name: build.tool_dir(name) for name in self._tool_names() if not build.from_assets(name)
        }
        self.dir = self._make_folder()
        try:
            self._link_programs()
            self.ports = PortBlock(build.cache_dir() / "locks")
            self.servers = Servers(self.dir, {**server_env(), **self._own_env()}, (self.ports.lock_fd,))
        except BaseException:
            shutil.rmtree(self.dir)
            raise
        try:
            for name in self._names:
                self._start_part(name)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends all servers and removes the rig's folder."""
        self.servers.close()
        self.ports.close()
        if not (self.dir / "keep").exists():
            shutil.rmtree(self.dir, ignore_errors=True)  # it is there only if the supervisor was killed

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of a cluster admin."""
        return self.dir / "kubeconfig"

    @property
    def env(self) -> dict[str, str]:
        """The environment for commands: KUBECONFIG, the rig's programs first on PATH, caches of its own."""
        return {**os.environ, **self._own_env()}

    @property
    def loadbalancer(self) -> LoadBalancer:
        """The part "loadbalancer"."""
        return self.part("loadbalancer", LoadBalancer)

    @property
    def git(self) -> Git:
        """The part "git"."""
        return self.part("git", Git)

    @property
    def charts(self) -> Charts:
        """The part "charts"."""
        return self.part("charts", Charts)

    @property
    def istiod(self) -> Istiod:
        """The part "istiod"."""
        return self.part("istiod", Istiod)

    @property
    def envoy(self) -> Envoy:
        """The part "envoy"."""
        return self.part("envoy", Envoy)

    @property
    def injector(self) -> Injector:
        """The part "injector"."""
        return self.part("injector", Injector)

    @property
    def kyverno(self) -> Kyverno:
        """The part "kyverno"."""
        return self.part("kyverno", Kyverno)

    def part(self, name: str, kind: type[P]) -> P:
        """The started part NAME; RigError if this rig was made without it."""
        part = self._parts.get(name)
        if not isinstance(part, kind):
            raise RigError(f"this rig has no part {name}; it has {', '.join(self._parts)}")
        return part

    def run(
        self, *argv: str, input: str | None = None, env: Mapping[str, str] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command in the rig's environment; with CHECK, raises CommandError if it fails."""
        # An absolute path, because the search for a bare name uses this process's PATH and not the rig's.
        program = shutil.which(argv[0], path=self.env["PATH"]) or argv[0]
        done = subprocess.run(
            [program, *argv[1:]],
            input=input,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise CommandError(list(argv), done)
        return done

    def kubectl(self, *arguments: str, input: str | None = None) -> str:
        """What `kubectl ARGUMENTS` prints; raises CommandError if it fails."""
        return self.run("kubectl", *arguments, input=input).stdout

    def get(self, *arguments: str) -> dict[str, Any]:
        """The object that `kubectl get ARGUMENTS` names, or the List of several."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "--output=json"))
        return found

    def apply(self, docs: list[dict[str, Any]] | str, field_manager: str = "rig") -> None:
        """Applies objects, or YAML text, on the server side."""
        text = (
            docs if isinstance(docs, str) else json.dumps({"apiVersion": "v1", "kind": "List", "items": docs})
        )
        flags = ("--server-side", "--force-conflicts", f"--field-manager={field_manager}")
        self.kubectl("apply", *flags, "-f", "-", input=text)

    def apply_crds(self, *paths: Path) -> None:
        """Applies CRDs from files and folders, and waits until their kinds are served."""
        files = [word for path in paths for word in ("-f", str(path))]
        names = self.kubectl("apply", "--server-side", "--output=name", *files).split()
        # One look at all of them: `kubectl wait` takes them one after the other, 0.1 s each.
        self.until(lambda: _all_established(self.get(*names)), "CRDs to be established", 120)

    def until(self, condition: Callable[[], bool], what: str, timeout: float = 30) -> None:
        """Waits (seconds) until CONDITION is true; RigError "... WHAT" otherwise."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise RigError(f"waited {timeout:.0f} s in vain for {what}")
            time.sleep(0.1)

    def kubeconfig_for(self, cluster_role: dict[str, Any], name: str | None = None) -> Path:
        """A kubeconfig of a new ServiceAccount that may do what CLUSTER_ROLE says, in all namespaces.

        CLUSTER_ROLE is a ClusterRole object; NAME is what role, binding and account are called.
        """
        name = name or cluster_role.get("metadata", {}).get("name") or f"user-{secrets.token_hex(4)}"
        self.apply(account_objects(name, cluster_role))
        flags = (f"--namespace={USERS_NAMESPACE}", "--duration=24h")
        token = self.kubectl("create", "token", name, *flags).strip()
        path = self.dir / f"{name}.kubeconfig"
        write_kubeconfig(path, self.server_url, self.ca_file, {"token": token})
        return path

    def start_tool(self, name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Server:
        """Starts the program of the tool NAME as a server of this rig."""
        return self.servers.start(name, [self.dir / "bin" / name, *arguments], env)

    def restart_apiserver(self, down: float = 0.0) -> None:
        """Ends kube-apiserver, keeps it away for DOWN seconds, starts it on the same port, and waits for it."""
        self.part("base", ControlPlane).restart_apiserver(down)

    def tool_dir(self, name: str) -> Path:
        """The folder of a tool of this rig, with the files that its recipe keeps."""
        return self._tools[name]

    def _tool_names(self) -> list[str]:
        return list(dict.fromkeys(tool for name in self._names for tool in PARTS[name].tools))

    def _make_folder(self) -> Path:
        if self._folder is None:
            return Path(tempfile.mkdtemp(prefix="rig-"))
        self._folder.mkdir(parents=True, mode=0o700)
        return self._folder.absolute()

    def _link_programs(self) -> None:
        """One bin folder for the rig: for PATH, and so that every server's command line names the rig."""
        programs = self.dir / "bin"
        programs.mkdir()
        for name in self._tool_names():
            if RECIPES[name].package is not None:
                (programs / name).symlink_to(build.tool(name))
        if os.environ.get("RIG_KEEP"):
            (self.dir / "keep").touch()

    def _own_env(self) -> dict[str, str]:
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "PATH": f"{self.dir / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "KUBECACHEDIR": str(self.dir / "cache" / "kube"),
            "HELM_CACHE_HOME": str(self.dir / "cache" / "helm"),
            "HELM_CONFIG_HOME": str(self.dir / "config" / "helm"),
            "HELM_DATA_HOME": str(self.dir / "data" / "helm"),
        }

    def _start_part(self, name: str) -> None:
        started = time.monotonic()
        part = PARTS[name](self)
        part.start()
        self._parts[name] = part
        self.times[name] = round(time.monotonic() - started, 2)


def _all_established(found: dict[str, Any]) -> bool:
    return all(_established(crd) for crd in found.get("items", [found]))


def _established(crd: dict[str, Any]) -> bool:
    # In the first moment of a CRD, `conditions` is there and null.
    conditions = crd.get("status", {}).get("conditions") or []
    return any((one["type"], one["status"]) == ("Established", "True") for one in conditions)
