"""Writes files, whole or not at all."""

import contextlib
import os
import stat
import sys
import tempfile
import time
from pathlib import Path

from istiokit.errors import Conflict, OperationFailed, UsageError

_PATIENCE_SECONDS = 2.0 if sys.platform == "win32" else 0.0
_PAUSE_SECONDS = 0.05


def replace_file(path: Path, old: bytes, new: bytes) -> None:
    """Write the file whole or not at all; raises Conflict if it no longer holds `old`."""
    try:
        if path.read_bytes() != old:
            raise Conflict(f"{path} was changed since it was read", "run the command again")
    except OSError as error:
        raise OperationFailed(f"{path}: {error.strerror}") from error
    write_atomic(path, new)


def write_private(path: Path, text: str) -> None:
    """A new file that nobody else can read. Raises UsageError where something is there, which is not overwritten."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already, and is not overwritten", "name another file") from None
    except OSError as error:
        raise OperationFailed(f"{path}: {error.strerror}", "nothing was written") from error


def write_atomic(path: Path, data: bytes) -> None:
    """Write a new file or replace one, keeping its mode and owner; symbolic links are followed."""
    target = path.resolve()
    try:
        before = target.stat() if target.exists() else None
        if before and not os.access(target, os.W_OK):
            raise OperationFailed(f"{path} is read-only", "nothing was written")
        _place(target, data, before)
        _sync_folder(target.parent)
    except OSError as error:
        raise OperationFailed(f"{path}: {error.strerror}", "nothing was written") from error


def _place(target: Path, data: bytes, before: os.stat_result | None) -> None:
    """Written beside the target first. It is closed before it takes its place: Windows moves no open file."""
    with contextlib.ExitStack() as undo:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            undo.callback(Path(file.name).unlink, missing_ok=True)
            file.write(data)
            file.flush()
            _like(Path(file.name), before)
            os.fsync(file.fileno())
        _replace(Path(file.name), target)
        undo.pop_all()


def _replace(source: Path, target: Path) -> None:
    """Windows refuses as long as somebody has the target open: another command, or whoever looks for viruses."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            source.replace(target)
            return
        except PermissionError:
            if time.monotonic() >= until:
                raise
            time.sleep(_PAUSE_SECONDS)


def _like(path: Path, before: os.stat_result | None) -> None:
    """The mode and owner of the file that is replaced; a new file is for everybody to read, as by umask."""
    if before is None:
        umask = os.umask(0)
        os.umask(umask)
        path.chmod(0o666 & ~umask)
        return
    if sys.platform != "win32":
        with contextlib.suppress(PermissionError):  # only root may give files away
            os.chown(path, before.st_uid, before.st_gid)
    path.chmod(stat.S_IMODE(before.st_mode))


def _sync_folder(folder: Path) -> None:
    """So that the new name is there after a crash too; Windows opens no folders."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
