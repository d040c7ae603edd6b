"""VirtualServices of teams and of Helm are bound to both gateways, by hand and by a policy; then the old one may go."""

from __future__ import annotations

from tests.pictures.mesh import (
    NEW,
    OLD,
    apply_as_people_do,
    helm_install,
    install_gateways,
    namespaces,
    route,
)
from tests.pictures.scene import YES, Scene
from tests.tools.rig import Rig

PARTS = ("istio_crds", "loadbalancer", "charts")


def play(scene: Scene) -> None:
    """See the guide."""
    prepare(scene.rig)
    scene.run("list", "kubectl vs-gateways -A", columns=150, pictured=True)
    scene.run("audit", "kubectl vs-gateways -A --audit")
    scene.run("why", "kubectl vs-gateways why shop/web")
    scene.run("add", "kubectl vs-gateways add -n billing", keys=[YES])
    scene.run("policy", "kubectl istio-migrate policy apply --touch", keys=[YES])
    scene.run("after", "kubectl vs-gateways -A")
    scene.run("served", "kubectl vs-gateways -A --served")
    scene.run("can-drop", "kubectl vs-gateways can-drop istio-system/public", code=1)
    scene.run("isolate", "kubectl vs-gateways isolate istio-system/public", keys=[YES])
    scene.run("can-drop-then", "kubectl vs-gateways can-drop istio-system/public")
    scene.run("policy-back", "kubectl istio-migrate policy rollback --allow PR001", keys=[YES])
    scene.run("rollback", "kubectl vs-gateways rollback", keys=[YES])


def prepare(rig: Rig) -> None:
    """Gateways, and four VirtualServices: two that people have applied, two that Helm has installed."""
    install_gateways(rig)
    rig.apply(namespaces("billing", "shop"))
    for name in ("checkout", "web"):
        helm_install(rig, "shop", name, OLD)
    apply_as_people_do(rig, route("billing", "invoices", OLD), route("billing", "portal", OLD, NEW))
