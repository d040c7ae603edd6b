"""The scenes, by the guide that shows them."""

from __future__ import annotations

from collections.abc import Callable

from tests.pictures import bigbang, gateways, policy_removal, recycling, values_files
from tests.pictures.scene import Scene
from tests.tools.rig import Rig

SCENES: dict[str, tuple[tuple[str, ...], Callable[[Scene], None]]] = {
    "bigbang": (bigbang.PARTS, bigbang.play),
    "values-files": (values_files.PARTS, values_files.play),
    "gateways": (gateways.PARTS, gateways.play),
    "policy-removal": (policy_removal.PARTS, policy_removal.play),
    "recycling": (recycling.PARTS, recycling.play),
}
"""The parts of the rig, and what is done there."""


def played(guide: str) -> Scene:
    """Runs the scene of this guide on a rig of its own."""
    parts, play = SCENES[guide]
    with Rig(parts=parts) as rig:
        folder = rig.dir / "work"
        folder.mkdir()
        scene = Scene(rig, folder)
        play(scene)
    return scene
