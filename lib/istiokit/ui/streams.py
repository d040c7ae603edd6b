"""The three standard streams, as commands want them; a shell may have closed them (`<&-`, `>&-`)."""

import errno
import io
import sys
from typing import NoReturn, TextIO

_CONSOLES = (-11, -12)
"""What Windows calls stdout and stderr (GetStdHandle)."""
_VIRTUAL_TERMINAL = 4
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING (SetConsoleMode)."""


def standard() -> tuple[TextIO, TextIO, TextIO]:
    """stdin, stdout and stderr of this process, in UTF-8 whatever the locale says, as kubectl's are.

    Line endings are kept: a file that comes by stdin goes to stdout with those that it has.
    """
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.platform == "win32":
        _let_consoles_colour()
    # Python gives None for a stream that is closed.
    return sys.stdin or Closed("stdin"), sys.stdout or Closed("stdout"), sys.stderr or Nowhere()


def nobody_reads(error: OSError) -> bool:
    """Whether what we write to has been closed at its other end; Windows may call that an invalid argument."""
    if isinstance(error, BrokenPipeError):
        return True
    return sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None


if sys.platform == "win32":

    def _let_consoles_colour() -> None:
        """Have old consoles obey escape sequences; who has no console has nothing to be set."""
        import ctypes

        kernel = ctypes.windll.kernel32
        for number in _CONSOLES:
            handle, mode = kernel.GetStdHandle(number), ctypes.c_ulong()
            if kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                kernel.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL)


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
