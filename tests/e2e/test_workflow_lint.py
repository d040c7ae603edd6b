"""Linters find nothing in the workflows; what only a runner can tell is listed in docs/releasing.md."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.build import tool

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
BROKEN = """\
on: push
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - run: echo ${{ github.event.head_commit.message }} ${{ steps.nobody.outputs.nothing }}
"""


def lint(command: str, *files: Path) -> subprocess.CompletedProcess[str]:
    programs: dict[str, list[str | Path]] = {
        "actionlint": [tool("actionlint"), "-no-color"],
        "zizmor": [BIN / "zizmor", "--offline", "--no-progress", "--quiet"],
        "github": [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        "gitlab": [
            BIN / "check-jsonschema",
            "--builtin-schema",
            "vendor.gitlab-ci",
            "--data-transform",
            "gitlab-ci",
        ],
    }
    return subprocess.run([*programs[command], *files], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("linter", ["actionlint", "zizmor", "github"])
def test_github_workflows(linter: str) -> None:
    done = lint(linter, *sorted(ROOT.glob(".github/workflows/*.yml")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_gitlab_pipeline() -> None:
    done = lint("gitlab", ROOT / ".gitlab-ci.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("linter", "told"),
    [("actionlint", "nobody"), ("zizmor", "template-injection"), ("gitlab", "errors"), ("github", "errors")],
)
def test_linters_see_what_is_wrong(linter: str, told: str, tmp_path: Path) -> None:
    """One that finds nothing in this file finds nothing anywhere."""
    broken = tmp_path / ".github/workflows/broken.yml"
    broken.parent.mkdir(parents=True)
    broken.write_text(BROKEN if linter in ("actionlint", "zizmor") else "jobs: 1\n")
    done = lint(linter, broken)
    assert done.returncode != 0
    assert told in done.stdout + done.stderr
