"""Deployments with sidecars, namespace by namespace, whose pods take three seconds until they are Ready."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench.measure import BenchError
from tests.tools.parts.injector import PROXY
from tests.tools.rig import Rig

Object = dict[str, Any]

OLD, NEW = "1-30", "1-31"
TAGS = {OLD: "1.30.4", NEW: "1.31.1"}
"""The revisions, and what their sidecars are."""
REPLICAS, READY_SECONDS = 2, 3
PART = "bench/part"
"""Label of the namespaces: `rivals` or `others`."""

_IN_NAMESPACE, _SHARE = 5, 10
"""Deployments in each namespace, and what part of the namespaces is enough for the rivals."""
_MINE = "app.kubernetes.io/part-of=bench"
_START_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """`count` Deployments in a rig."""

    rig: Rig
    count: int

    @property
    def namespaces(self) -> list[str]:
        """All of them."""
        return [f"team-{number}" for number in range(-(-self.count // _IN_NAMESPACE))]

    @property
    def rivals(self) -> int:
        """How many Deployments are in the namespaces whose part is `rivals`."""
        return min(self.count, self._shared * _IN_NAMESPACE)

    @property
    def _shared(self) -> int:
        return max(1, len(self.namespaces) // _SHARE)

    def make(self) -> None:
        """Make all with sidecars of OLD, beside NEW; return when every pod is Ready, else raise BenchError."""
        for revision, tag in TAGS.items():
            self.rig.injector.install(revision, tag=tag)
        self.rig.apply([_namespace(name, number < self._shared) for number, name in self._numbered()])
        self.rig.apply([_deployment(number) for number in range(self.count)])
        end = time.monotonic() + _START_SECONDS
        while (ready := self._ready()) < self.count:
            if time.monotonic() > end:
                raise BenchError(f"only {ready} of {self.count} Deployments became ready")
            time.sleep(2)  # a look at all of them costs the servers something

    def relabel(self, revision: str, part: str = "rivals,others") -> None:
        """Let new pods of these namespaces get sidecars of REVISION."""
        where = f"--selector={PART} in ({part})"
        self.rig.kubectl("label", "namespaces", where, "--overwrite", f"istio.io/rev={revision}")

    def versions(self) -> Counter[tuple[str, str]]:
        """How many pods have which sidecar: (revision, image)."""
        found = self.rig.get("pods", "--all-namespaces", f"--selector={_MINE}")["items"]
        return Counter(map(_sidecar, found))

    def restarts(self) -> Counter[str]:
        """How many ReplicaSets each Deployment has: one more than it was restarted."""
        found = self.rig.get("replicasets", "--all-namespaces", f"--selector={_MINE}")["items"]
        return Counter(_owner(item["metadata"]) for item in found)

    def _numbered(self) -> list[tuple[int, str]]:
        return list(enumerate(self.namespaces))

    def _ready(self) -> int:
        path = "jsonpath={.items[*].status.availableReplicas}"
        words = ("get", "deployments", "--all-namespaces", f"--selector={_MINE}", f"--output={path}")
        return self.rig.kubectl(*words).split().count(str(REPLICAS))


def wanted(count: int, revision: str) -> Counter[tuple[str, str]]:
    """What `Fleet.versions` finds where all pods of COUNT Deployments are of REVISION."""
    return Counter({(revision, f"docker.io/istio/proxyv2:{TAGS[revision]}"): count * REPLICAS})


def not_once(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    """How many Deployments were restarted not at all, or more than once, between two `Fleet.restarts`."""
    return sum(after.get(name, 0) != number + 1 for name, number in before.items())


def _sidecar(pod: Object) -> tuple[str, str]:
    noted = json.loads(pod["metadata"]["annotations"].get("sidecar.istio.io/status", "{}"))
    spec = pod["spec"]
    images = [
        one["image"] for one in (*spec["containers"], *spec.get("initContainers", ())) if one["name"] == PROXY
    ]
    return noted.get("revision", ""), ",".join(images)


def _owner(metadata: Object) -> str:
    return f"{metadata['namespace']}/{metadata['ownerReferences'][0]['name']}"


def _namespace(name: str, is_shared: bool) -> Object:
    labels = {"istio.io/rev": OLD, PART: "rivals" if is_shared else "others"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _deployment(number: int) -> Object:
    name, labels = f"app-{number}", dict([_MINE.split("=")])
    template = {
        "metadata": {
            "labels": {"app": name, **labels},
            "annotations": {"rig/ready-after": f"{READY_SECONDS}s"},
        },
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": f"team-{number // _IN_NAMESPACE}", "labels": labels},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
        },
    }
