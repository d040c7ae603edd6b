"""Streams that are not there: a shell has closed them (`<&-`, `>&-`), and Python gives None for them."""

import errno
import io
from typing import NoReturn


class Closed(io.StringIO):
    """A stream of which whoever needs it learns, in one line, that it is closed."""

    def __init__(self, name: str) -> None:
        """`name` as people call it: `stdin`."""
        super().__init__()
        self._name = name

    def read(self, size: int | None = -1, /) -> str:
        """Refused."""
        self._refuse()

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # the stubs disagree
        """Refused."""
        self._refuse()

    def write(self, text: str, /) -> int:
        """Refused."""
        self._refuse()

    def isatty(self) -> bool:
        """There is nobody to ask."""
        return False

    def _refuse(self) -> NoReturn:
        raise OSError(errno.EBADF, "it is closed", self._name)


class Nowhere(io.StringIO):
    """What is written here nobody gets."""

    def write(self, text: str, /) -> int:
        """Take it."""
        return len(text)
