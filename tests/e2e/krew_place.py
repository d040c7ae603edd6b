"""A user with krew: kubectl and krew on PATH, a home and a KREW_ROOT of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.cli import Result
from tests.e2e.release import run
from tests.tools import build

PLUGINS = ("istio-migrate", "policyreport-vs", "recycle-injected", "vs-gateways")
INDEX = "mesh"
"""What the user calls the custom index."""


class User:
    """All that krew writes is below `folder`, the temporary files too. On PATH is nothing else, not even a shell."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder, self.root = folder, folder / "krew"
        tools, self.temporary = folder / "bin", folder / "tmp"
        for path in (tools, self.temporary, folder / "home"):
            path.mkdir(parents=True)
        (tools / "kubectl").symlink_to(build.tool("kubectl"))
        (tools / "kubectl-krew").symlink_to(build.tool("krew"))
        (tools / "git").symlink_to(shutil.which("git") or "git")
        self.env = {
            "PATH": os.pathsep.join([str(self.root / "bin"), str(tools)]),
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
            "KREW_ROOT": str(self.root),
            "KREW_NO_UPGRADE_CHECK": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
            **env,
        }

    def kubectl(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """`kubectl WORDS`, in a terminal without input."""
        program = self.folder / "bin" / "kubectl"
        return run(program, *words, folder=self.folder, env={**self.env, **(env or {})})

    def krew(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """`kubectl krew WORDS`."""
        return self.kubectl("krew", *words, env=env)

    def installed(self) -> list[str]:
        """What is linked, and so what kubectl finds."""
        return sorted(path.name for path in (self.root / "bin").iterdir())

    def store(self, plugin: str) -> list[str]:
        """The versions of PLUGIN on the disk."""
        folder = self.root / "store" / plugin
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


class Index:
    """The Git repository of a custom index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "plugins").mkdir(parents=True)
        self._git("init", "--quiet", "--initial-branch=main")

    def release(self, manifests: Mapping[str, str], message: str) -> None:
        """Commits the manifests of krew among MANIFESTS, as krew/README.md tells a maintainer to."""
        for path, text in manifests.items():
            if path.startswith("plugins/"):
                (self.folder / path).write_text(text)
        self._git("add", "plugins")
        self._git("commit", "--quiet", f"--message={message}")

    def _git(self, *words: str) -> None:
        identity = ("-c", "user.name=release", "-c", "user.email=release@example.com")
        subprocess.run(["git", "-C", str(self.folder), *identity, *words], check=True)
