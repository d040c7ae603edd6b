"""Files are written whole or not at all, and stay what they were."""

import os
from pathlib import Path

import pytest

from istiokit.cluster.files_write import replace_file, write_atomic
from istiokit.errors import Conflict, OperationFailed


def test_the_content_changes_and_the_mode_stays(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"old", b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    write_atomic(tmp_path / "new", b"x")
    assert (tmp_path / "new").stat().st_mode == usual.stat().st_mode


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    replace_file(tmp_path / "link", b"old", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_file_that_changed_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"theirs")
    with pytest.raises(Conflict, match="was changed since it was read"):
        replace_file(tmp_path / "a", b"ours", b"new")
    assert (tmp_path / "a").read_bytes() == b"theirs"


def test_a_file_that_went_away_or_has_no_folder(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match="a: No such file or directory"):
        replace_file(tmp_path / "a", b"", b"new")
    with pytest.raises(OperationFailed, match="No such file or directory; nothing was written"):
        write_atomic(tmp_path / "no" / "a", b"new")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OperationFailed, match="No space left on device; nothing was written"):
        replace_file(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_open_elsewhere_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Windows has it; here the first tries are refused for the test."""
    path, refusals, whole = tmp_path / "a", [1, 2], Path.replace

    def refusing(self: Path, target: Path) -> Path:
        if refusals:
            refusals.pop()
            raise PermissionError(13, "Permission denied")
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", refusing)
    with pytest.raises(OperationFailed, match="Permission denied; nothing was written"):
        write_atomic(path, b"new")
    monkeypatch.setattr("istiokit.cluster.files_write._PATIENCE_SECONDS", 5.0)
    write_atomic(path, b"new")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"new"]
