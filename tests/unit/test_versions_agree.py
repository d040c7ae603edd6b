"""The version is said in one place, and so are the Pythons that it runs on."""

import re
import subprocess
import tomllib
from pathlib import Path

import yaml

from istiokit import __version__

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SAY_IT = {"lib/istiokit/__init__.py", "CHANGELOG.md", "uv.lock"}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_other_file_says_the_version() -> None:
    """Tests may: their numbers are their own."""
    said = re.compile(
        rf"(?<![\w.]){re.escape(__version__)}(?![\w]|\.\d)|(?<=\bv){re.escape(__version__)}(?!\d)"
    )
    files = [name for name in tracked() if name not in SAY_IT and not name.startswith("tests/")]
    wrong = [
        f"{name}:{number}"
        for name in files
        for number, line in enumerate(
            (ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if said.search(line)
    ]
    assert len(files) > 100
    assert wrong == []


def lowest() -> str:
    return str(PYPROJECT["project"]["requires-python"].removeprefix(">="))


def listed() -> set[str]:
    """The versions of Python that the classifiers name."""
    named = re.compile(r"Programming Language :: Python :: (3\.\d+)")
    return {match[1] for match in map(named.fullmatch, PYPROJECT["project"]["classifiers"]) if match}


def ci_pythons() -> tuple[set[str], set[str]]:
    """The versions that all tests, and that newer tests, run on: GitHub's, and GitLab's."""
    github = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    setup = next(
        step["with"] for step in github["everything"]["steps"] if "setup-python" in step.get("uses", "")
    )
    gitlab = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    images = re.match(r"python:(\d\.\d+)-", gitlab["everything"]["image"])
    assert images is not None
    return (
        {setup["python-version"], *github["newer-python"]["strategy"]["matrix"]["python"]},
        {images[1], *gitlab["newer-python"]["parallel"]["matrix"][0]["PYTHON_VERSION"]},
    )


def test_lowest_python_is_the_same_everywhere() -> None:
    tools = PYPROJECT["tool"]
    assert tools["mypy"]["python_version"] == lowest()
    assert tools["ruff"]["target-version"] == f"py{lowest().replace('.', '')}"
    assert min(listed(), key=lambda version: int(version.split(".")[1])) == lowest()
    makefile = (ROOT / "Makefile").read_text()
    assert f"sys.version_info < ({lowest().replace('.', ', ')})" in makefile


def test_ci_runs_on_every_python_that_is_listed() -> None:
    github, gitlab = ci_pythons()
    assert github == gitlab == listed()


def test_release_is_frozen_with_one_python_that_ci_tests() -> None:
    release = (ROOT / ".github/workflows/release.yml").read_text()
    gitlab = (ROOT / ".gitlab-ci.yml").read_text()
    versions = set(
        re.findall(
            r'python-version: "([\d.]+)"|PYTHON=python([\d.]+)|install .* python([\d.]+)$', release, re.M
        )
    )
    versions |= set(
        re.findall(r"PYTHON: python([\d.]+)|python@([\d.]+)|install .* python([\d.]+)$", gitlab, re.M)
    )
    frozen = {version for found in versions for version in found if version}
    assert len(frozen) == 1
    assert frozen <= listed()
