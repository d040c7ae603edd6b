"""The journal and the lock that lie beside the files which a command changes, and who changes them."""

import getpass
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from istiokit.cluster.files_read import STDIN, real
from istiokit.errors import UsageError
from istiokit.plan.actions import codec
from istiokit.plan.journal import JournalStore
from istiokit.plan.store_chosen import ChosenFiles
from istiokit.plan.store_files import FileLock, FileStore


def who() -> str:
    """user@host, for the journal and the Lease; in a container a user may have a number only."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # ImportError: Windows without USERNAME
        user = _number()
    return f"{user}@{socket.gethostname()}"


def _number() -> str:
    if sys.platform == "win32":
        return "somebody"
    return f"uid {os.getuid()}"


def file_store(filenames: Sequence[str]) -> JournalStore:
    """The journal of the files: beside the first of them."""
    return ChosenFiles(FileStore(_folder(filenames), codec()), filenames)


def existing_file_store(filenames: Sequence[str]) -> JournalStore:
    """The same, for a command that only looks back.

    Raises UsageError for a name that is no file: what was done to another must not look as if there were nothing.
    """
    for name in filenames:
        _refuse_missing(name)
    return file_store(filenames)


def file_lock(filenames: Sequence[str], migration: str) -> FileLock:
    """What keeps two people from working on the same files."""
    return FileLock(_folder(filenames), migration, who())


def file_flags(filenames: Sequence[str]) -> list[str]:
    """The files as flags, for a command to run next."""
    return [part for name in filenames for part in ("-f", name)]


def _refuse_missing(name: str) -> None:
    if name == STDIN:
        raise UsageError("-f -: what came by stdin has no journal", "name a file or folder")
    if not Path(name).exists():
        raise UsageError(f"{name}: No such file or directory", "check -f")


def _folder(filenames: Sequence[str]) -> Path:
    first = real(filenames[0])  # the same journal, whichever link leads to the file
    return first if first.is_dir() else first.parent
