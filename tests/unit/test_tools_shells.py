"""What brings the shells: the one of this machine first, and a clear word where there is none."""

import os
from pathlib import Path

import pytest

from tests.tools import shells
from tests.tools.golang import BuildError


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on PATH and nothing in the cache; its folder of programs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return programs


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_the_shell_of_the_machine_is_taken(bare: Path) -> None:
    program(bare / "fish", "exit 0")
    assert shells.fish() == shells.Shell(bare / "fish")


def test_without_apt_it_says_what_to_install(bare: Path) -> None:
    with pytest.raises(
        BuildError, match=r"zsh is needed to test completion, and there is no apt-get .*: install zsh"
    ):
        shells.zsh()


def test_the_last_word_of_apt_is_told(bare: Path) -> None:
    program(bare / "dpkg-deb", "exit 0")
    program(bare / "apt-get", "echo 'E: first' >&2; echo 'E: no way to reach the archive' >&2; exit 100")
    with pytest.raises(BuildError, match="cannot be brought: E: no way to reach the archive; install fish"):
        shells.fish()
    assert [path.name for path in Path(os.environ["XDG_CACHE_HOME"], "istio-migrate-tools").iterdir()] == [
        "locks"
    ]
