"""A real shell on a pseudo-terminal: keys in, screen out."""

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

PATIENCE = 60.0
_COLUMNS, _ROWS = 250, 90
PROMPT = "ready> "
TAB = "\t"
_WHO = (b"\x1b[c", b"\x1b[0c")
"""A terminal is asked what it is; a shell may wait for the answer."""


class ShellTerminal:
    """A shell that waits at its prompt. A context: it is killed at the end."""

    def __init__(self, argv: Sequence[str | Path], env: Mapping[str, str], folder: Path) -> None:
        self._screen = pyte.Screen(_COLUMNS, _ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            argv,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={"TERM": "xterm", "LANG": "C.UTF-8", **env},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    def __enter__(self) -> "ShellTerminal":
        self.until(PROMPT.strip())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without empty lines."""
        return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def line(self) -> str:
        """What stands at the prompt up to the cursor."""
        row = self._screen.display[self._screen.cursor.y][: self._screen.cursor.x]
        return row.rpartition(PROMPT)[2]

    def type(self, keys: str) -> None:
        """Press these keys, once the shell has come to rest."""
        self._read(0.3)
        os.write(self._ours, keys.encode())

    @property
    def shown(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    def until(self, *texts: str) -> None:
        """Wait until all these texts are on the screen. Raises AssertionError."""
        if not self._until(lambda: all(text in self.shown for text in texts), PATIENCE):
            raise AssertionError(f"the screen does not show {texts}:\n{self.shown}")

    def completes(self, text: str) -> None:
        """Press TAB until just this stands at the prompt. Raises AssertionError.

        Once is enough but for what a cluster is asked: that is given up soon, and a machine may be busy.
        """
        end = time.monotonic() + PATIENCE
        while self.line != text:
            if time.monotonic() > end:
                raise AssertionError(f"{self.line!r} stands at the prompt, not {text!r}:\n{self.shown}")
            self.type(TAB)
            self._until(lambda: self.line == text, 3.0)

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Whether it was done in time."""
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            self._read(0.05)
        return done()

    def _read(self, quiet: float) -> None:
        """Take what comes, until nothing has come for so many seconds."""
        while select.select([self._ours], [], [], quiet)[0]:
            try:
                data = os.read(self._ours, 65536)
            except OSError:
                return  # the shell has gone
            self._stream.feed(data)
            if any(question in data for question in _WHO):
                os.write(self._ours, b"\x1b[?62c")
