"""A real terminal for a program (a pseudo-terminal of this machine), with somebody who types on it."""

from __future__ import annotations

import copy
import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

PATIENCE = 60.0
Keys = tuple[str, bytes]
"""What is typed, behind the text that is waited for."""


class Screen(pyte.Screen):
    """What is on a terminal; it knows which of its rows go on in the next one."""

    def __init__(self, columns: int, rows: int) -> None:
        self.wrapped: set[int] = set()
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        """Puts characters where the cursor is."""
        for char in data:
            if self.cursor.x == self.columns:
                self.wrapped.add(self.cursor.y)
            super().draw(char)


@dataclass(frozen=True)
class Seen:
    """What a terminal showed."""

    code: int
    raw: bytes
    screen: Screen
    """As it was left."""
    still: Screen | None
    """As it was when the text of `still` was on it."""
    settings_kept: bool
    """Whether echo, line editing and the rest are as they were before."""

    @property
    def lines(self) -> list[str]:
        """The rows of the screen, without the spaces at their ends."""
        return [line.rstrip() for line in self.screen.display]

    def starting(self, word: str) -> str:
        """The one line that begins with this word."""
        (line,) = [line for line in self.lines if line.startswith(word)]
        return line


@dataclass
class _Watcher:
    """Reads what the program writes, types, and takes the still, each in a quiet moment."""

    fd: int
    screen: Screen
    keys: list[Keys]
    cue: str
    raw: bytes = b""
    still: Screen | None = None

    def watch(self, process: subprocess.Popen[bytes], patience: float) -> None:
        stream, until = pyte.ByteStream(self.screen), time.monotonic() + patience
        while time.monotonic() < until:
            if select.select([self.fd], [], [], 0.05)[0]:
                chunk = os.read(self.fd, 65536)
                self.raw += chunk
                stream.feed(chunk)
            elif process.poll() is not None:
                return
            else:
                self._act()
        raise AssertionError(f"still running after {patience:.0f} s; the terminal shows: {self.raw!r}")

    def _act(self) -> None:
        if self.cue and self.still is None and any(self.cue in line for line in self.screen.display):
            self.still = copy.deepcopy(self.screen)
        if self.keys and self.keys[0][0].encode() in self.raw:
            os.write(self.fd, self.keys.pop(0)[1])


def on_terminal(
    argv: Sequence[str],
    *,
    columns: int = 100,
    rows: int = 40,
    keys: Sequence[Keys] = (),
    still: str = "",
    env: Mapping[str, str],
    cwd: Path | None = None,
    patience: float = PATIENCE,
) -> Seen:
    """Runs ARGV on a terminal of this size to its end; AssertionError with what is seen if that takes too long.

    KEYS are typed one after the other. STILL is a text whose first appearance is kept as `Seen.still`.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    before = termios.tcgetattr(theirs)
    watcher = _Watcher(ours, Screen(columns, rows), list(keys), still)
    process = subprocess.Popen(
        list(argv),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env=env,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    try:
        watcher.watch(process, patience)
        code = process.wait(patience)
        kept = termios.tcgetattr(theirs) == before
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
    return Seen(code, watcher.raw, watcher.screen, watcher.still, kept)


def terminal_env(base: Mapping[str, str] = os.environ, /, **more: str) -> dict[str, str]:
    """The environment BASE, without what would overrule what the terminal says of itself."""
    left_out = ("NO_COLOR", "COLUMNS", "LINES")
    return {**{key: value for key, value in base.items() if key not in left_out}, "TERM": "xterm", **more}
