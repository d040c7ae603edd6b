"""Values of Big Bang in files, as in a clone of the environment's repository: both steps, and back byte for byte."""

from __future__ import annotations

import shutil

from tests.pictures.guides import ROOT
from tests.pictures.scene import YES, Scene

PARTS = ()


def play(scene: Scene) -> None:
    """See the guide."""
    shutil.copy(ROOT / "examples" / "bigbang" / "values.yaml", scene.folder)
    scene.run("status", "kubectl istio-migrate status -f values.yaml")
    scene.run("check", "kubectl istio-migrate check --step 1 -f values.yaml")
    scene.run("convert", "kubectl istio-migrate convert -f values.yaml --in-place", keys=[YES])
    scene.run("verify", "kubectl istio-migrate convert -f values.yaml --verify")
    scene.run("step1", "kubectl istio-migrate step1 -f values.yaml", keys=[YES], columns=100, pictured=True)
    scene.run("step2", "kubectl istio-migrate step2 -f values.yaml", keys=[YES])
    scene.run("rollback", "kubectl istio-migrate rollback -f values.yaml", keys=[YES])
