"""The guides still say what the program does: their scenes, played again on a rig."""

from __future__ import annotations

import pytest

from tests.pictures.guides import PICTURES, embedded, normal, page
from tests.pictures.scenes import SCENES, played


@pytest.mark.parametrize("guide", SCENES)
def test_a_guide_shows_what_its_commands_print(guide: str) -> None:
    shown = embedded(page(guide).read_text("utf-8"))
    scene = played(guide)
    assert shown
    fresh = {name: normal(scene.transcripts[name]) for name in shown}
    assert {name: normal(text) for name, text in shown.items()} == fresh, (
        "run make pictures, and read the guide again"
    )
    pictures = {path.name for path in PICTURES.glob(f"{guide}-*.svg")}
    assert pictures == {f"{guide}-{name}.svg" for name in scene.pictures}
