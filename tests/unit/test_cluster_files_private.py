"""Secrets for libraries that take a path: where they are kept meanwhile, and that they are gone afterwards."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from istiokit.cluster.files_private import private_file

SECRET = b"-----BEGIN PRIVATE KEY-----\n"


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def kept(disk: Path) -> list[str]:
    """What is left on the disk once somebody has read the secret."""
    with private_file(SECRET) as path:
        assert Path(path).read_bytes() == SECRET
        assert Path(path).read_bytes() == SECRET  # as often as one likes
        found = [entry.name for entry in disk.iterdir()]
    assert not Path(path).exists()
    assert list(disk.iterdir()) == []
    return found


def test_on_linux_it_never_touches_the_disk(disk: Path) -> None:
    assert bool(kept(disk)) == (not hasattr(os, "memfd_create"))


def test_elsewhere_it_is_a_file_of_our_own(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    assert len(kept(disk)) == 1


def test_where_a_sandbox_forbids_it_too(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_name: str) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "memfd_create", forbidden, raising=False)
    assert len(kept(disk)) == 1


def test_it_is_gone_after_a_failure(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    with pytest.raises(RuntimeError), private_file(SECRET):
        raise RuntimeError
    assert list(disk.iterdir()) == []
