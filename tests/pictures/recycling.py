"""istiod was upgraded: its sidecars are recycled, one of them in vain; then a namespace moves to a revision."""

from __future__ import annotations

from tests.cluster.recycling import Manifest, is_ready, template, workload
from tests.pictures.mesh import namespaces
from tests.pictures.scene import YES, Scene

PARTS = ("injector",)
BEFORE, AFTER, NEXT = "1.23.6", "1.25.2", "1.26.0"
INJECTED = {"istio-injection": "enabled"}
_BREAKS = {"rig/breaks": "on-restart"}


def play(scene: Scene) -> None:
    """See the guide."""
    _prepare(scene)
    scene.run("list", "kubectl recycle-injected list -A", columns=110)
    scene.run("plan", "kubectl recycle-injected -A --wave-by namespace --order cart --dry-run")
    scene.run(
        "restart",
        "kubectl recycle-injected -A --wave-by namespace --order cart",
        keys=[YES],
        columns=110,
        pictured=True,
        still="Recycled",
    )
    scene.run("after", "kubectl recycle-injected list -A")

    _put(scene, "search", workload("Deployment", "index", 3, template=template("index", labels=_BREAKS)))
    scene.rig.injector.upgrade("", "1.25.3")
    scene.run("stuck", "kubectl recycle-injected -n search --timeout 8s", keys=[YES], code=1)
    _put(scene, "search", workload("Deployment", "index", 3))
    scene.run("mended", "kubectl recycle-injected -n search", keys=[YES])

    scene.rig.injector.install("1-26", tag=NEXT)
    scene.run("relabel", "kubectl recycle-injected -n cart --relabel istio-injection=1-26", keys=[YES])
    scene.run("back", "kubectl recycle-injected rollback", keys=[YES])


def _prepare(scene: Scene) -> None:
    """Workloads with the sidecars of the istiod that was there before."""
    scene.rig.injector.install("", tag=BEFORE)
    slow = {"rig/ready-after": "2s"}
    _put(
        scene,
        "shop",
        workload("Deployment", "web", 3, template=template("web", slow)),
        workload("DaemonSet", "agent"),
        workload("StatefulSet", "orders", template=template("orders", slow)),
    )
    _put(scene, "cart", workload("Deployment", "cart"), workload("Deployment", "price", 1))
    scene.rig.injector.upgrade("", AFTER)


def _put(scene: Scene, namespace: str, *workloads: Manifest) -> None:
    rig = scene.rig
    rig.apply(namespaces(namespace, **INJECTED))
    rig.kubectl("wait", "--for=create", f"--namespace={namespace}", "serviceaccount/default", "--timeout=60s")
    for one in workloads:
        one["metadata"]["namespace"] = namespace
    rig.apply(list(workloads))
    rig.until(lambda: _all_ready(scene, namespace, len(workloads)), f"the pods of {namespace}", 60)


def _all_ready(scene: Scene, namespace: str, workloads: int) -> bool:
    pods = scene.rig.get("pods", f"--namespace={namespace}")["items"]
    owners = {pod["metadata"]["labels"]["app"] for pod in pods}
    return len(owners) == workloads and all(is_ready(pod) for pod in pods)
