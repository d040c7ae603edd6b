"""What a pod belongs to, and how that is restarted.

Names of the template hashes: pkg/controller/deployment/sync.go of Kubernetes (`<deployment>-<hash>`) and
rollout/sync.go of Argo Rollouts, which takes over the rule with a label of its own.
"""

from dataclasses import dataclass
from enum import StrEnum

from istiokit.istio.workloads import OwnerReference, Pod

POD = "Pod"
"""The kind of an Owner that is the pod itself."""

_HASHES = {"pod-template-hash": "Deployment", "rollouts-pod-template-hash": "Rollout"}
FINITE = ("Job", "BroadcastJob", "AdvancedCronJob")
"""The kinds whose pods run to an end by themselves."""
NODE = "Node"
"""The owner of static pods."""
_OWN_NAMES = {
    ("StatefulSet", "apps.kruise.io"): "StatefulSet.apps.kruise.io",
    ("DaemonSet", "apps.kruise.io"): "DaemonSet.apps.kruise.io",
}
"""OpenKruise has kinds with the names of Kubernetes' own; kubectl tells them apart by the group."""


_SHORT = {
    "deploy": "Deployment",
    "sts": "StatefulSet",
    "ds": "DaemonSet",
    "rs": "ReplicaSet",
    "rc": "ReplicationController",
    "po": "Pod",
    "cj": "CronJob",
    "ro": "Rollout",
    "clone": "CloneSet",
}
_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "Job",
    "CronJob",
    "Rollout",
    "CloneSet",
    "StatefulSet.apps.kruise.io",
    "DaemonSet.apps.kruise.io",
)


class Way(StrEnum):
    """How a workload gets new pods."""

    ROLLOUT = "rollout"
    """By a field of its owner, which then replaces the pods as its strategy says."""
    EVICT = "evict"
    """Pod by pod through the Eviction API: the owner makes new ones."""
    LEFT = "left"
    """Not at all: it runs to an end by itself, or nobody would make it again."""


ROLLED = ("Deployment", "StatefulSet", "DaemonSet", "Rollout", "CloneSet", *_OWN_NAMES.values())
"""The kinds with a field that restarts them."""


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """What makes the pods: `kind` as `Kind.name` has it, `Pod` where nothing does."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def way(self) -> Way:
        """How it is restarted unless its own settings stand against that."""
        if self.kind in ROLLED:
            return Way.ROLLOUT
        return Way.LEFT if self.kind in (*FINITE, NODE, POD) else Way.EVICT


def owner_of(pod: Pod) -> Owner:
    """The workload of the pod: its controller, or what that belongs to itself."""
    namespace = pod.metadata.namespace or "default"
    reference = _controller(pod)
    if reference is None:
        return Owner(namespace, POD, pod.metadata.name)
    if reference.kind == "ReplicaSet":
        for label, kind in _HASHES.items():
            suffix = f"-{pod.metadata.labels.get(label)}"
            if reference.name.endswith(suffix):
                return Owner(namespace, kind, reference.name.removesuffix(suffix))
    group = reference.api_version.rpartition("/")[0]
    return Owner(namespace, _OWN_NAMES.get((reference.kind, group), reference.kind), reference.name)


def replica_set_of(pod: Pod) -> str:
    """The name of the ReplicaSet that made the pod; empty where none did."""
    reference = _controller(pod)
    return reference.name if reference is not None and reference.kind == "ReplicaSet" else ""


def kind_of_word(word: str) -> str:
    """A kind in any spelling of kubectl's; one that is not known may be that of another controller."""
    lower, kruise = word.lower(), ".apps.kruise.io"
    is_kruise = lower.endswith(kruise)
    plain = lower.removesuffix(kruise) if is_kruise else lower.partition(".")[0]
    for kind in _KINDS:
        base = kind.partition(".")[0].lower()
        if kind.endswith(kruise) == is_kruise and plain in (base, f"{base}s"):
            return kind
    return _SHORT.get(plain, word)


def left_reason(owner: Owner) -> str:
    """Why pods of such an owner are left alone."""
    if owner.kind == POD:
        return "nobody would make the pod again; --bare-pods evict or delete includes it"
    if owner.kind == NODE:
        return "a static pod of its node: the kubelet makes it from a file"
    return f"a {owner.kind} runs to its end by itself"


def _controller(pod: Pod) -> OwnerReference | None:
    return next((one for one in pod.metadata.owner_references if one.controller), None)
