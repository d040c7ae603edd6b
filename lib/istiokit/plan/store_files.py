"""The journal beside the files: `.istio-migrate/<run id>.jsonl`, and the lock that goes with it.

The folder ignores itself in Git. Runs are readable by their owner only: plans name hosts and values.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from istiokit.cluster.files_lock import take
from istiokit.cluster.files_write import write_atomic
from istiokit.errors import Conflict, NotDone, OperationFailed
from istiokit.plan.codec import Codec
from istiokit.plan.journal import Run, now, oldest_first

FOLDER = ".istio-migrate"


class FileStore:
    """A `JournalStore` in `.istio-migrate/` of one folder."""

    def __init__(self, beside: Path, codec: Codec) -> None:
        """`beside` is the folder of the files that are changed; ours is made when the first run is stored."""
        self._folder, self._codec = beside / FOLDER, codec

    @property
    def place(self) -> str:
        """Where that is, in words."""
        return f"{self._folder}{os.sep}"

    def list(self, migration: str) -> Sequence[Run]:
        """All runs of the migration, oldest first."""
        ids = [path.stem for path in self._folder.glob("*.jsonl")]
        runs = [run for run_id in ids if (run := self.load(run_id))]
        return oldest_first([run for run in runs if run.migration == migration])

    def load(self, run_id: str) -> Run | None:
        """The run, or None."""
        data = self._read(run_id)
        if data is None:
            return None
        run = self._codec.decode(data.decode(errors="replace"), f"the journal {self._path(run_id)}")
        return msgspec.structs.replace(run, revision=_revision(data))

    def create(self, run: Run) -> Run:
        """Store a new run."""
        if self._read(run.id) is not None:
            raise Conflict(f"the journal {self._path(run.id)} already exists")
        return self._write(run)

    def update(self, run: Run) -> Run:
        """Store a run that was read before."""
        data = self._read(run.id)
        if data is None or _revision(data) != run.revision:
            raise Conflict(
                f"the journal {self._path(run.id)} was written by somebody else meanwhile",
                "look at it with the command `journal`",
            )
        return self._write(run)

    def _write(self, run: Run) -> Run:
        _prepare(self._folder)
        data = self._codec.encode(run).encode()
        _write_private(self._path(run.id), data)
        return msgspec.structs.replace(run, revision=_revision(data))

    def _read(self, run_id: str) -> bytes | None:
        try:
            # An empty file is one whose writer was killed before the first word: there is no run.
            return self._path(run_id).read_bytes() or None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OperationFailed(f"{self._path(run_id)}: {error.strerror}") from None

    def _path(self, run_id: str) -> Path:
        return self._folder / f"{Path(run_id).name}.jsonl"


class FileLock:
    """The lock of file mode; the system lets it go when the process ends, however it ends."""

    def __init__(self, beside: Path, migration: str, who: str) -> None:
        """`who` is user@host, for the message that a second driver gets."""
        self._path = beside / FOLDER / f"{migration}.lock"
        self._holder = f"{who} (pid {os.getpid()}) since {now()}"
        self._handle = -1

    def __enter__(self) -> Self:
        """Take it, or raise NotDone with the name of who has it."""
        _prepare(self._path.parent)
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not take(self._handle):
            holder = os.read(self._handle, 1000).decode(errors="replace").strip()
            os.close(self._handle)
            raise NotDone(
                f"{holder or 'another command'} is driving this migration ({self._path})",
                "wait until that command has ended, or end it, then run this one again",
            )
        os.ftruncate(self._handle, 0)
        os.write(self._handle, self._holder.encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go; the file stays, as removing it would open a race."""
        os.close(self._handle)

    def check(self) -> None:
        """It cannot be lost."""


def _prepare(folder: Path) -> None:
    """Make the folder, with the .gitignore that hides it."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / ".gitignore").exists():
            _write_private(folder / ".gitignore", b"*\n")
    except OSError as error:
        raise OperationFailed(
            f"{folder}: {error.strerror}", "the journal needs a folder to write in"
        ) from None


def _write_private(path: Path, data: bytes) -> None:
    """Write the whole file at once (a reader sees the old or the new one), for its owner only."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))  # write_atomic keeps the mode of what is there
    write_atomic(path, data)


def _revision(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
