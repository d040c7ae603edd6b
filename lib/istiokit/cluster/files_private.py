"""A file for a moment, for a library that takes a secret by its path only."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def private_file(data: bytes) -> Iterator[str]:
    """The path of a file that only we can read, gone when the block ends.

    On Linux it is in memory: a secret stays off the disk, and a container whose file system is read-only will do.
    """
    memory = _memory()
    if memory is None:
        with _on_disk(data) as path:
            yield path
        return
    with os.fdopen(memory, "wb") as file:
        file.write(data)
        file.flush()
        yield f"/proc/self/fd/{memory}"


def _memory() -> int | None:
    """A file without a name, by its descriptor; None where the system has no such thing, or no way to name it."""
    if sys.platform != "linux" or not hasattr(os, "memfd_create") or not os.access("/proc/self/fd", os.R_OK):
        return None
    with suppress(OSError):  # a sandbox may forbid the call
        return os.memfd_create("private")
    return None


@contextmanager
def _on_disk(data: bytes) -> Iterator[str]:
    """Closed before anybody reads it: Windows lets nobody else open it until then."""
    with ExitStack() as stack:
        with tempfile.NamedTemporaryFile(delete=False) as file:
            stack.callback(Path(file.name).unlink)
            file.write(data)
        yield file.name
