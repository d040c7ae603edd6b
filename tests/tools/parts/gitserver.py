"""Git repositories over HTTP, for GitRepository sources."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from tests.tools.parts.base import Part
from tests.tools.process import PYTHON, SERVERS_DIR, RigError

# Nobody's own Git configuration (signing, hooks, default branch) decides what a test sees.
_CONFIG = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "rig",
    "GIT_AUTHOR_EMAIL": "rig@example.invalid",
    "GIT_COMMITTER_NAME": "rig",
    "GIT_COMMITTER_EMAIL": "rig@example.invalid",
    "GIT_TERMINAL_PROMPT": "0",
}


class Git(Part):
    """Repositories at `<url>/<name>`; they can be cloned and pushed to. Brings kustomize-controller along."""

    needs: ClassVar[tuple[str, ...]] = ("kustomize",)

    url: str
    """The server's URL, without a slash at its end."""

    def start(self) -> None:
        """Starts the server, with no repository yet."""
        self._root.mkdir()
        port = self.rig.ports.take()
        self.url = f"http://127.0.0.1:{port}"
        self.rig.servers.start("git", [*PYTHON, SERVERS_DIR / "gitd.py", self._root, str(port)], env=_CONFIG)
        self.rig.servers.wait_for("git", self._listens, "the Git server does not answer")

    def repo_url(self, repo: str) -> str:
        """What `spec.url` of a GitRepository says to get REPO."""
        return f"{self.url}/{repo}"

    def commit(
        self, repo: str, files: Mapping[str, str | None], message: str = "change", branch: str = "main"
    ) -> str:
        """Writes FILES (path to text; None removes), commits them and returns the commit's hash.

        Makes the repository and the branch (from where the repository is now) if they do not exist.
        """
        folder = self._root / repo
        if not folder.exists():
            self._make(folder, branch)
        if self.run(repo, "branch", "--show-current") != branch:
            known = self.run(repo, "branch", "--list", branch)
            self.run(repo, "switch", "--quiet", *([] if known else ["--create"]), branch)
        for name, text in files.items():
            _write(folder / name, text)
        self.run(repo, "add", "--all")
        self.run(repo, "commit", "--quiet", "--allow-empty", "--message", message)
        return self.run(repo, "rev-parse", "HEAD")

    def run(self, repo: str, *arguments: str) -> str:
        """The output of `git ARGUMENTS` in REPO, stripped; for tags, logs and the like."""
        done = subprocess.run(
            ["git", "-C", str(self._root / repo), *arguments],
            env={**os.environ, **_CONFIG},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RigError(f"git {' '.join(arguments)} in {repo}: {done.stderr.strip()}")
        return done.stdout.strip()

    @property
    def _root(self) -> Path:
        return self.rig.dir / "git"

    def _make(self, folder: Path, branch: str) -> None:
        folder.mkdir(parents=True)
        self.run(folder.name, "init", "--quiet", f"--initial-branch={branch}")
        self.run(folder.name, "config", "http.receivepack", "true")
        # A push from outside shows in the work tree, which the next commit starts from.
        self.run(folder.name, "config", "receive.denyCurrentBranch", "updateInstead")

    def _listens(self) -> bool:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url, timeout=2)
        except urllib.error.HTTPError as answer:
            answer.close()
            return True  # "/" is no repository, but somebody says so
        except OSError:
            return False
        return True


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
