"""The command on a real terminal (a pseudo-terminal of this machine): what is on the screen, and after Ctrl-C."""

import re
import sys
from pathlib import Path

import pytest

from tests import terminal
from tests.golden.terminal_driver import STUCK
from tests.terminal import Seen, terminal_env

ROOT = Path(__file__).parents[2]
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m")
MOVE = re.compile(rb"\x1b\[")
CTRL_C, CTRL_D = b"\x03", b"\x04"


def on_terminal(
    *argv: str, columns: int = 100, rows: int = 40, keys: tuple[str, bytes] | None = None, **env: str
) -> Seen:
    """Run the driver in a terminal of this size; when the text `keys[0]` is there, type `keys[1]`."""
    return terminal.on_terminal(
        [sys.executable, "-m", "tests.golden.terminal_driver", *argv],
        columns=columns,
        rows=rows,
        keys=[keys] if keys else [],
        env=terminal_env(**env),
        cwd=ROOT,
    )


def test_the_table_is_drawn_in_place_and_its_last_state_stays() -> None:
    seen = on_terminal("wait")
    assert seen.code == 0
    assert b"Progressing" in seen.raw
    assert not any("Progressing" in line for line in seen.lines)
    assert seen.starting("NAME  ").split() == ["NAME", "STATE", "ELAPSED", "REASON"]
    assert seen.starting("istiod  ").split()[1] == "Ready"
    assert "2 ready" in seen.lines
    assert COLOUR.search(seen.raw)
    assert not seen.screen.cursor.hidden


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
    assert not seen.screen.cursor.hidden
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
