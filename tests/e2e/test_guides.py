"""The guides still say what the program does: their scenes, played again on a rig."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.pictures.guides import PICTURES, embedded, normal, page
from tests.pictures.scene import Scene
from tests.pictures.scenes import SCENES, played


@pytest.mark.parametrize("guide", SCENES)
def test_a_guide_shows_what_its_commands_print(guide: str) -> None:
    shown = embedded(page(guide).read_text("utf-8"))
    assert shown
    told = {name: normal(text) for name, text in shown.items()}
    scene = played(guide)
    if told != (fresh := _said(scene, shown)):
        # What a watch has seen when the time is over depends on the machine; what a program says does not.
        scene = played(guide)
        fresh = {
            name: text if told[name] == text else fresh[name] for name, text in _said(scene, shown).items()
        }
    assert told == fresh, "run make pictures, and read the guide again"
    pictures = {path.name for path in PICTURES.glob(f"{guide}-*.svg")}
    assert pictures == {f"{guide}-{name}.svg" for name in scene.pictures}


def _said(scene: Scene, names: Iterable[str]) -> dict[str, str]:
    return {name: normal(scene.transcripts[name]) for name in names}
