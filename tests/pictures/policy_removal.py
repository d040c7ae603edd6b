"""The policy has kept everything on both gateways; the sources are migrated, one by one, and it goes."""

from __future__ import annotations

from collections.abc import Mapping

from tests.pictures import gateways
from tests.pictures.mesh import NEW, OLD, apply_as_people_do, helm_install, route
from tests.pictures.scene import YES, Scene
from tests.tools.rig import Rig

PARTS = (*gateways.PARTS, "kyverno")
_TOUCHED = {"invoices": "pass", "checkout": "pass", "web": "pass"}
"""portal has had both all the time, so nobody has seen it pass."""
_MIGRATED = dict.fromkeys(_TOUCHED, "skip")


def play(scene: Scene) -> None:
    """See the guide."""
    gateways.prepare(scene.rig)
    scene.run("apply", "kubectl istio-migrate policy apply --engine kyverno --grant --touch", keys=[YES])
    _wait_for_reports(scene.rig, _TOUCHED)
    scene.run("list", "kubectl policyreport-vs -A", columns=160, pictured=True)
    scene.run("pending", "kubectl policyreport-vs -A --pending -o markdown")
    scene.run("unsafe", "kubectl policyreport-vs safe-to-remove", code=1)
    scene.run("refused", "kubectl istio-migrate policy remove", code=1)
    _migrate_sources(scene.rig)
    _wait_for_reports(scene.rig, _MIGRATED)
    scene.run("wait", "kubectl policyreport-vs -A --wait", columns=160)
    scene.run("safe", "kubectl policyreport-vs safe-to-remove")
    scene.run("remove", "kubectl istio-migrate policy remove", keys=[YES])
    scene.run("bound", "kubectl vs-gateways -A")
    scene.run("back", "kubectl istio-migrate policy rollback --to apply", keys=[YES])


def _wait_for_reports(rig: Rig, expected: Mapping[str, str]) -> None:
    """Kyverno takes 20 s for them. EXPECTED is a result for each VirtualService: pass, if any of the rules says so."""

    def are_there() -> bool:
        found = {}
        for one in rig.get("policyreports.wgpolicyk8s.io", "--all-namespaces")["items"]:
            results = {rule["result"] for rule in one["results"]}
            found[one["scope"]["name"]] = "pass" if "pass" in results else "skip"
        return found == expected

    rig.until(are_there, f"the reports {expected}", 120)


def _migrate_sources(rig: Rig) -> None:
    """What the teams do meanwhile, each at its source."""
    apply_as_people_do(rig, route("billing", "invoices", OLD, NEW))
    for name in ("checkout", "web"):
        helm_install(rig, "shop", name, OLD, NEW)
