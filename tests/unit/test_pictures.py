"""What a terminal shows becomes text and a picture; a guide takes it up where its mark is."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from xml.etree import ElementTree

import pytest

from tests.pictures.guides import embed, embedded, normal
from tests.pictures.scene import Scene
from tests.pictures.shots import picture, transcript
from tests.terminal import Seen, on_terminal, terminal_env
from tests.tools.rig import Rig

PAGE = """\
Look first:

<!-- run: look -->
```console
$ look
3 pods, 12s
```

And so on.
"""
LONG = "a sentence that is longer than the terminal is wide"


def seen(program: str, **how: object) -> Seen:
    env = terminal_env(PYTHONDONTWRITEBYTECODE="1")
    return on_terminal([sys.executable, "-c", program], columns=20, rows=30, env=env, cwd=Path.cwd(), **how)  # type: ignore[arg-type]  # how is passed on


def test_a_line_that_the_terminal_wraps_is_whole_in_the_text() -> None:
    shown = seen(f"print({LONG!r}); print('x' * 20); print('next')")
    assert shown.lines[0] == LONG[:20]
    assert transcript("say", shown.screen) == f"$ say\n{LONG}\n{'x' * 20}\nnext\n"


def test_what_is_typed_is_in_the_text() -> None:
    shown = seen("print(input('go on? ') + '!')", keys=[("go on?", b"yes\n")])
    assert transcript("ask", shown.screen) == "$ ask\ngo on? yes\nyes!\n"


def test_a_still_is_what_was_there_at_that_moment() -> None:
    shown = seen(
        "import time; print('one', flush=True); time.sleep(1); print('\\x1b[1A\\x1b[2Ktwo')", still="one"
    )
    assert shown.still is not None
    assert shown.still.display[0].rstrip() == "one"
    assert shown.lines[0] == "two"


def test_a_picture_is_well_formed_has_the_colours_and_fetches_nothing() -> None:
    shown = seen("print('\\x1b[31mfailed\\x1b[0m <and> more')")
    svg = picture("look", "look & see", shown.screen)
    root = ElementTree.fromstring(svg)
    words = [
        (element.text or "").replace("\xa0", " ") for element in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert "look & see" in words
    assert "failed" in words
    assert "#f06e69" in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "@font-face" not in svg


def test_a_page_takes_up_what_says_something_else() -> None:
    assert embedded(PAGE) == {"look": "$ look\n3 pods, 12s\n"}
    assert embed(PAGE, {"look": "$ look\n3 pods, 14s\n"}) == PAGE
    assert "4 pods, 14s" in embed(PAGE, {"look": "$ look\n4 pods, 14s\n"})
    with pytest.raises(KeyError):
        embed(PAGE, {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("istiod  Ready  3s", "istiod      Ready   1m12s"),
        ("journal bigbang-step1-20261121t094512-ab12", "journal bigbang-step1-20270101t000000-0001"),
        ("2026-11-21T09:45:12Z", "2026-11-21T09:46:00.123Z"),
        ("pod web-7c5ddbdf54-x2k9p", "pod web-879745975-7rhhf"),
        ("not done after 8 s (0 of 3", "not done after 12 s (0 of 3"),
        ("at http://127.0.0.1:4000/charts", "at http://127.0.0.1:31234/charts"),
    ],
)
def test_what_differs_by_nature_is_the_same(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 of 4", "4 of 4"),
        ("1-30", "1-31"),
        ("proxy 1.23.6", "proxy 1.25.2"),
        ("Ready", "Failed"),
        ("2 pods", "3 pods"),
    ],
)
def test_what_says_something_is_not_masked(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_a_scene_is_as_wide_as_it_says_whatever_the_environment_says(tmp_path: Path) -> None:
    rig = SimpleNamespace(env={**os.environ, "COLUMNS": "17", "LINES": "4", "NO_COLOR": "1"})
    scene = Scene(cast(Rig, rig), tmp_path)
    scene.run("env", """sh -c 'echo "${COLUMNS-}${LINES-}${NO_COLOR-} of $(stty size)"'""", columns=50)
    assert scene.transcripts["env"].splitlines()[1] == " of 400 50"
