"""Workloads with real sidecars for the tests of `recycle-injected`, and the command on them."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kubectl_recycle_injected.main import APP
from tests.run import Result, run
from tests.tools.rig import Rig

OLD, NEW = "1.30.4", "1.31.1"
"""What the revisions 1-30 and 1-31 inject."""
_INJECTED = {"1-30": OLD, "1-31": NEW, "stable": NEW, "1-99": ""}
Manifest = dict[str, Any]


def template(
    name: str, annotations: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None
) -> Manifest:
    metadata = {"labels": {"app": name, **(labels or {})}, "annotations": dict(annotations or {})}
    return {"metadata": metadata, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}


def workload(kind: str, name: str, replicas: int = 2, **spec: Any) -> Manifest:
    """A workload of `apps/v1`; `template` among SPEC replaces the ordinary one."""
    body: Manifest = {"selector": {"matchLabels": {"app": name}}, "template": template(name), **spec}
    if kind != "DaemonSet":
        body["replicas"] = replicas
    if kind == "StatefulSet":
        body["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body}


def bare_pod(name: str, **metadata: Any) -> Manifest:
    spec = {"containers": [{"name": "app", "image": "app:1"}], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": spec}


class Place:
    """One namespace of a rig whose pods get real sidecars."""

    def __init__(self, rig: Rig, namespace: str) -> None:
        self.rig, self.namespace = rig, namespace

    def make(self, *manifests: Manifest, pods: int) -> None:
        """Create them, and wait until there are so many Ready pods in all."""
        for one in manifests:
            one["metadata"]["namespace"] = self.namespace
        self.rig.apply(list(manifests))
        self.until(lambda: len([pod for pod in self.pods() if is_ready(pod)]) == pods, f"{pods} Ready pods")

    def move(self, revision: str = "1-31") -> None:
        """Give the namespace another revision, and wait until new pods get other sidecars."""
        self.move_label(revision)
        if revision in _INJECTED:
            self.until(lambda: self.injected_now() == _INJECTED[revision], f"pods of revision {revision}")

    def move_label(self, revision: str) -> None:
        self.rig.kubectl("label", "namespace", self.namespace, f"istio.io/rev={revision}", "--overwrite")

    def injected_now(self) -> str:
        """The version that a new pod would get."""
        made = self.rig.kubectl(
            "create",
            "-n",
            self.namespace,
            "--dry-run=server",
            "-o=json",
            "-f=-",
            input=json.dumps(bare_pod("try")),
        )
        return proxy(json.loads(made))

    def run(self, *words: str, live: bool = True, **how: Any) -> Result:
        """Run the command in this namespace, with its journal there too."""
        env = {"KUBECONFIG": str(self.rig.kubeconfig)}
        flags = ["-n", self.namespace, *([] if "list" in words else ["--journal-namespace", self.namespace])]
        where = [] if "rollback" in words else flags[:2]
        kubeconfig = ["--kubeconfig", how.pop("kubeconfig", env["KUBECONFIG"])]
        return run(*words, *where, *flags[2:], *kubeconfig, app=APP, live=live, **how)

    def restart(self, *words: str, **how: Any) -> Result:
        return self.run("restart", "--yes", "--timeout", "60s", *words, **how)

    def rows(self, *words: str) -> dict[str, Manifest]:
        """What `list -o json` says, by `Kind/name`."""
        done = self.run("list", "-o", "json", *words)
        return {f"{row['kind']}/{row['name']}": row for row in json.loads(done.out)["items"]}

    def pods(self, **labels: str) -> list[Manifest]:
        words = (
            [f"--selector={','.join(f'{key}={value}' for key, value in labels.items())}"] if labels else []
        )
        found: list[Manifest] = self.rig.get("pods", "-n", self.namespace, *words)["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def uids(self, **labels: str) -> set[str]:
        return {pod["metadata"]["uid"] for pod in self.pods(**labels)}

    def proxies(self, **labels: str) -> set[str]:
        """The versions that the pods run."""
        return {proxy(pod) for pod in self.pods(**labels)}

    def replica_sets(self, name: str) -> int:
        found = self.rig.get("replicasets", "-n", self.namespace, f"--selector=app={name}")["items"]
        return len(found)

    def events(self, reason: str) -> set[str]:
        """The workloads that have an Event with this reason, as `Kind/name`."""
        found = self.rig.get("events", "-n", self.namespace, f"--field-selector=reason={reason}")["items"]
        return {f"{one['involvedObject']['kind']}/{one['involvedObject']['name']}" for one in found}

    def until(self, condition: Callable[[], bool], what: str) -> None:
        self.rig.until(condition, what, 90)


class Beside:
    """`restart` in a thread of its own."""

    def __init__(self, place: Place, *words: str) -> None:
        self._result: list[Result] = []
        self._thread = threading.Thread(target=lambda: self._result.append(place.restart(*words)))
        self._thread.start()

    def result(self) -> Result:
        self._thread.join()
        return self._result[0]


def proxy(pod: Manifest) -> str:
    """The version of its sidecar by its image; empty without one."""
    containers: Iterable[Manifest] = (*pod["spec"]["containers"], *pod["spec"].get("initContainers", ()))
    images = [one["image"] for one in containers if one["name"] == "istio-proxy"]
    return str(images[0].rpartition(":")[2]) if images else ""


def is_ready(pod: Manifest) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any((one["type"], one["status"]) == ("Ready", "True") for one in conditions)
