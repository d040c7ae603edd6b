"""A file for a moment, for a library that takes a secret by its path only."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def private_file(data: bytes) -> Iterator[str]:
    """The path of a file that only we can read, gone when the block ends."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file.name
