"""Whatever a command of a release is called with, what is wrong is one line, and the next step is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from krew.platforms import ReleaseError
from krew.ready import head
from tests.krew_release import fill

ROOT = Path(__file__).parents[2]
USED_WRONGLY = ("files", "glibc", "sbom", "provenance", "bundled", "render", "checksums --bad", "ready --bad")
HOMEPAGE = "--homepage https://git.example.com/x"
REFUSED = {
    "checksums {}/missing": "`make archive` makes it",
    "checksums {}/file": "`make archive` makes it",
    "checksums {}/empty": "`make archive` makes some",
    "files {}/empty": "`make checksums` writes it",
    f"provenance {{}}/empty {HOMEPAGE}": "`make checksums` writes it",
    "provenance {}/full --homepage foo": "--homepage is not a plain https:// URL",
    "provenance {}/full --homepage https://robot:hush-hush@git.example.com/x": "--homepage is not a plain https:// URL",
    f"sbom {{}}/missing --python {sys.executable}": "`make build` makes it",
    "sbom {}/full --python {}/missing": "`make build` makes it",
    "glibc {}/missing": "`make build` makes it",
    "bundled {}/empty {}/empty": "give the environment of the build",
    "archive {}/missing": "SOURCE_DATE_EPOCH is not set: run `make archive`",
}


def run(line: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *f"krew.{line}".split()]
    return subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("line", USED_WRONGLY)
def test_wrong_usage_is_one_line(line: str) -> None:
    done = run(line)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("error: ")
    assert "--help" in done.stderr


@pytest.mark.parametrize("line", REFUSED)
def test_refusal_is_one_line_with_the_next_step(line: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    fill(tmp_path / "full")
    there = sorted(tmp_path.rglob("*"))
    done = run(line.replace("{}", str(tmp_path)))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("error: ")
    assert REFUSED[line] in done.stderr
    assert "hush-hush" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == there


def test_changelog_that_is_not_there_can_be_brought_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "x").touch()
    for words in ("add x", "-c user.name=x -c user.email=x@example.com commit --quiet --message x"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    monkeypatch.setattr("krew.ready._ROOT", tmp_path)
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md cannot be read: .*; `git restore CHANGELOG\.md`"):
        head(None)
