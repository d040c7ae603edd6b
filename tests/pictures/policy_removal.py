"""The policy has kept everything on both gateways; the sources are migrated, one by one, and it goes."""

from __future__ import annotations

from tests.pictures import gateways
from tests.pictures.mesh import NEW, apply_as_people_do, release, route
from tests.pictures.scene import YES, Scene
from tests.tools.rig import Rig

PARTS = gateways.PARTS
_REPORTS = 60.0
"""Seconds. A report of Kyverno comes 20 after the request that it is about."""


def play(scene: Scene) -> None:
    """See the guide."""
    rig = scene.rig
    gateways.prepare(rig)
    scene.run("apply", "kubectl istio-migrate policy apply --grant --touch", keys=[YES])
    rig.until(lambda: _reported(rig) >= 3, "Kyverno's reports", _REPORTS)
    scene.run("list", "kubectl policyreport-vs -A", columns=160, pictured=True)
    scene.run("pending", "kubectl policyreport-vs -A --pending -o wide")
    scene.run("unsafe", "kubectl policyreport-vs safe-to-remove", code=1)
    scene.run("refused", "kubectl istio-migrate policy remove", code=1)
    _migrate_sources(rig)
    scene.run("safe", "kubectl policyreport-vs safe-to-remove")
    scene.run("remove", "kubectl istio-migrate policy remove", keys=[YES])
    scene.run("bound", "kubectl vs-gateways -A")
    scene.run("back", "kubectl istio-migrate policy rollback --to apply", keys=[YES])


def _migrate_sources(rig: Rig) -> None:
    """What the teams do meanwhile, each at its source."""
    apply_as_people_do(rig, route("billing", "invoices", NEW))
    for name in ("checkout", "web"):
        rig.apply(release("shop", name, NEW, rig.charts.url))
        rig.run("flux", "reconcile", "helmrelease", name, "--namespace=shop")


def _reported(rig: Rig) -> int:
    return len(rig.get("policyreports.wgpolicyk8s.io", "--all-namespaces")["items"])
