"""The targets that publish give all files of a release to the platform's program, or never start it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from istiokit import __version__
from tests.krew_release import fill

ROOT = Path(__file__).parents[2]
LENT = ("Makefile", "pyproject.toml", "uv.lock", "krew")
TARGETS = {"publish-github": "gh", "publish-gitlab": "curl", "publish-pypi": "uv"}


class Project:
    """A tagged commit with our Makefile, and programs that note what they are called with instead of publishing it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "bin/calls"
        (folder / "CHANGELOG.md").write_text(
            f"## [Unreleased]\n\n## [{__version__}] - 2026-01-31\n\n- Better.\n"
        )
        (folder / ".gitignore").write_text("/bin\n/dist\n/.venv\n")
        for name in LENT:
            (folder / name).symlink_to(ROOT / name)
        (folder / ".venv").symlink_to(sys.prefix)
        for command in ("init --quiet", "add .", "commit --quiet --message x"):
            git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *command.split()]
            subprocess.run(git, cwd=folder, check=True)
        (folder / "bin").mkdir()
        (folder / "dist").mkdir()
        for name in TARGETS.values():
            program = folder / "bin" / name
            program.write_text(f'#!/bin/sh\necho {name} "$@" >> {self.calls}\n')
            program.chmod(0o755)

    def make(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs make; nothing is installed, since the tests run in what is."""
        given = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "TAG": f"v{__version__}",
            **environment,
        }
        return subprocess.run(
            ["make", "--old-file=.venv/.installed", *words],
            cwd=self.folder,
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("target", TARGETS)
def test_all_files_are_published(target: str, project: Project) -> None:
    fill(project.folder / "dist")
    done = project.make(target, BASE_URL="https://git.example.com/packages", CI_JOB_TOKEN="x")
    assert done.returncode == 0, done.stderr
    calls = project.calls.read_text()
    assert calls.startswith(TARGETS[target])
    assert f"dist/istio_migrate-{__version__}-py3-none-any.whl" in calls
    others = ("dist/checksums.txt", "dist/manifests/flux/istio-migrate.yaml")
    assert all((other in calls) == (target != "publish-pypi") for other in others)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_published_of_an_incomplete_release(target: str, project: Project) -> None:
    done = project.make(target, BASE_URL="https://git.example.com/packages", CI_JOB_TOKEN="x")
    assert done.returncode != 0
    assert "checksums.txt cannot be read" in done.stderr
    assert not project.calls.exists()


@pytest.mark.parametrize("target", ["manifests", "provenance", "publish-gitlab"])
def test_make_never_expands_an_address(target: str, project: Project) -> None:
    """The address of a release has the name of its tag in it, which may be $(shell ...)."""
    trap = "https://git.example.com/$(shell touch trapped)"
    project.make("--dry-run", target, BASE_URL=trap, HOMEPAGE="https://git.example.com")
    done = project.make("--eval=show: ; @printenv BASE_URL", "show", BASE_URL=trap)
    assert trap in done.stdout.splitlines()  # beside what a make above this one says of folders
    assert not (project.folder / "trapped").exists()
