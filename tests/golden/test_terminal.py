"""The command on a real terminal (a pseudo-terminal of this machine): what is on the screen, and after Ctrl-C."""

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest

from tests.golden.terminal_driver import STUCK

ROOT = Path(__file__).parents[2]
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m")
MOVE = re.compile(rb"\x1b\[")
CTRL_C, CTRL_D = b"\x03", b"\x04"
PATIENCE = 60.0
LEFT_OUT = ("NO_COLOR", "COLUMNS", "LINES")
"""Of our own environment: they would overrule what the terminal says."""


@dataclass(frozen=True)
class Seen:
    """What a terminal showed."""

    code: int
    raw: bytes
    lines: list[str]
    cursor_hidden: bool
    settings_kept: bool
    """Whether echo, line editing and the rest are as they were before."""

    def starting(self, word: str) -> str:
        """The one line that begins with this word."""
        (line,) = [line for line in self.lines if line.startswith(word)]
        return line


def on_terminal(
    *argv: str, columns: int = 100, rows: int = 40, keys: tuple[str, bytes] = ("", b""), **env: str
) -> Seen:
    """Run the driver in a terminal of this size; when the text `keys[0]` is there, type `keys[1]`."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.golden.terminal_driver", *argv],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={
            **{key: value for key, value in os.environ.items() if key not in LEFT_OUT},
            "TERM": "xterm",
            **env,
        },
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    try:
        raw = _read(ours, process, *keys)
        code = process.wait(PATIENCE)
        kept = termios.tcgetattr(theirs) == before
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(raw)
    lines = [line.rstrip() for line in screen.display]
    return Seen(code, raw, lines, screen.cursor.hidden, kept)


def _read(ours: int, process: "subprocess.Popen[bytes]", cue: str, keys: bytes) -> bytes:
    """All that comes until the process has ended; the keys are typed in the first quiet moment after the cue."""
    raw, until = b"", time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if select.select([ours], [], [], 0.05)[0]:
            raw += os.read(ours, 65536)
        elif keys and cue.encode() in raw:
            os.write(ours, keys)
            keys = b""
        elif process.poll() is not None:
            return raw
    raise AssertionError(f"still running after {PATIENCE:.0f} s; the terminal shows: {raw!r}")


def test_the_table_is_drawn_in_place_and_its_last_state_stays() -> None:
    seen = on_terminal("wait")
    assert seen.code == 0
    assert b"Progressing" in seen.raw
    assert not any("Progressing" in line for line in seen.lines)
    assert seen.starting("NAME  ").split() == ["NAME", "STATE", "ELAPSED", "REASON"]
    assert seen.starting("istiod  ").split()[1] == "Ready"
    assert "2 ready" in seen.lines
    assert COLOUR.search(seen.raw)
    assert not seen.cursor_hidden


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_narrow_terminal_cuts_names_and_reasons_but_no_state(columns: int) -> None:
    seen = on_terminal("wait", "--timeout", "1500ms", columns=columns, SCENE="stuck")
    assert seen.code == 1
    row = next(line for line in seen.lines if "Progressing  " in line)
    assert STUCK.startswith(row.split("…")[0])
    assert re.match(r"\S+ +Progressing +\ds ", row)
    assert len(row) <= columns - 2


def test_a_low_terminal_shows_first_what_is_not_well() -> None:
    seen = on_terminal("wait", "--timeout", "20s", rows=12, keys=("public", CTRL_C), SCENE="many")
    assert seen.code == 130
    assert seen.starting("public").split()[1] == "Progressing"
    assert re.match(r"and 6[12] more +6[12] Ready", seen.starting("and"))


def test_ctrl_c_leaves_one_table_and_a_sane_terminal() -> None:
    seen = on_terminal("wait", columns=80, keys=("Running", CTRL_C), SCENE="stuck")
    assert seen.code == 130
    assert [line for line in seen.lines if line.startswith("NAME")] == [seen.starting("NAME")]
    assert [line for line in seen.lines if line][-1] == "interrupted"
    assert not seen.cursor_hidden
    assert seen.settings_kept


def test_no_color_keeps_the_table_and_leaves_the_colours_out() -> None:
    seen = on_terminal("wait", NO_COLOR="1")
    assert seen.starting("istiod  ").split()[1] == "Ready"
    assert MOVE.search(seen.raw)
    assert not COLOUR.search(seen.raw)


def test_a_dumb_terminal_gets_a_line_per_event() -> None:
    seen = on_terminal("wait", TERM="dumb")
    assert not MOVE.search(seen.raw)
    assert seen.starting("istiod: Progressing") == "istiod: Progressing (0s)"
    assert re.fullmatch(r"istiod: Ready: UpgradeSucceeded \(\d+s\)", seen.starting("istiod: Ready"))


def test_reconcile_draws_the_same_table() -> None:
    seen = on_terminal("reconcile", "istiod", keys=("NAME", CTRL_C))
    assert seen.code == 130
    assert seen.starting("NAME").split() == ["NAME", "STATE", "ELAPSED", "REASON"]


@pytest.mark.parametrize(
    ("keys", "code", "last"),
    [
        (b"n\n", 1, "error: answered no; nothing was written"),
        (CTRL_D, 1, "error: answered no; nothing was written"),
        (CTRL_C, 130, "interrupted"),
    ],
)
def test_the_question_can_be_refused_in_every_way(tmp_path: Path, keys: bytes, code: int, last: str) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("istio:\n  enabled: true\n")
    seen = on_terminal("step1", "-f", str(values), columns=300, keys=("[y/N]", keys))
    assert seen.code == code
    assert [line for line in seen.lines if line][-1] == last
    assert values.read_text() == "istio:\n  enabled: true\n"
    assert COLOUR.search(seen.raw)
