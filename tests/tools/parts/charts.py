"""A Helm repository over HTTP, for HelmRepository sources."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from tests.tools.parts.base import Part
from tests.tools.process import PYTHON


class Charts(Part):
    """Charts that were published can be installed from `url`, each version for ever."""

    tools: ClassVar[tuple[str, ...]] = ("helm",)

    url: str
    """What `spec.url` of a HelmRepository says."""

    def start(self) -> None:
        """Starts the server, with an empty repository."""
        self._packages.mkdir(parents=True)
        port = self.rig.ports.take()
        self.url = f"http://127.0.0.1:{port}"
        self._index()
        serve = ("-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", self._root)
        self.rig.servers.start("charts", [*PYTHON, *serve])
        self.rig.servers.wait_for_url("charts", f"{self.url}/index.yaml")

    def publish(self, *folders: Path, version: str | None = None) -> None:
        """Packs each chart folder (as VERSION, if given) and adds it to the index.

        Sources that know the repository see the new version when they are reconciled next.
        """
        flags = ["--version", version] if version else []
        for folder in folders:
            self.rig.run("helm", "package", str(folder), "--destination", str(self._packages), *flags)
        self._index()

    @property
    def _root(self) -> Path:
        return self.rig.dir / "charts"

    @property
    def _packages(self) -> Path:
        return self._root / "packages"

    def _index(self) -> None:
        self.rig.run("helm", "repo", "index", str(self._packages), "--url", f"{self.url}/packages")
        # Helm writes in place; nobody shall read half an index.
        new = self._root / "index.new"
        shutil.copyfile(self._packages / "index.yaml", new)
        new.replace(self._root / "index.yaml")
