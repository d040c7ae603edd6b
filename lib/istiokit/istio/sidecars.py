"""Pods with sidecars as workloads: what is stale, of what, and why. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from istiokit.cluster.decode import Condition
from istiokit.istio.injection import INJECT, STATUS_ANNOTATION, is_injected, proxy_version, revision_of
from istiokit.istio.owners import Owner, owner_of
from istiokit.istio.staleness import (
    OVERRIDES,
    PROXY_IMAGE,
    Judgement,
    Mesh,
    Question,
    Reason,
    Standing,
    judge,
)
from istiokit.istio.workloads import Pod, PodMetadata, PodStatus

_ANNOTATIONS = (STATUS_ANNOTATION, INJECT, PROXY_IMAGE, OVERRIDES)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class JudgedPod:
    """A pod with what is to be said about it."""

    pod: Pod
    judgement: Judgement

    @property
    def stale(self) -> bool:
        """Whether a restart would change its sidecar, or was asked for."""
        return self.judgement.standing is Standing.STALE


@dataclass(frozen=True, slots=True)
class Workload:
    """All pods of one owner that are in the mesh, or should be."""

    owner: Owner
    pods: tuple[JudgedPod, ...]
    """Sorted by name, at least one."""

    @property
    def stale(self) -> tuple[JudgedPod, ...]:
        """Those of its pods that are stale."""
        return tuple(one for one in self.pods if one.stale)

    @property
    def unserved(self) -> bool:
        """Whether one of its pods would come back without a sidecar."""
        return any(one.judgement.standing is Standing.UNSERVED for one in self.pods)


@dataclass(frozen=True, slots=True)
class SidecarRow:
    """A workload as it is shown."""

    namespace: str
    kind: str
    name: str
    pods: int
    injected: int
    stale: int
    reason: str
    """`version 1.23.2 -> 1.25.1` of a stale one, else what else is to be said; empty where all is well."""
    revision: str
    """The revisions that injected its pods."""
    proxy: str
    """The versions that its pods run."""


@dataclass(frozen=True, slots=True)
class PodRow:
    """A pod as it is shown."""

    namespace: str
    pod: str
    kind: str
    name: str
    standing: Standing
    reason: str
    revision: str
    proxy: str
    created: str


class Slimmer:
    """Keeps of each pod what the suite judges, and of equal parts one: `Cluster.list(keep=)`."""

    def __init__(self) -> None:
        self._once: dict[Any, Any] = {}

    def __call__(self, pod: Pod) -> Pod:
        """The same pod with less in it."""
        metadata, once = pod.metadata, self._shared
        annotations = {key: value for key, value in metadata.annotations.items() if key in _ANNOTATIONS}
        ready = tuple(
            Condition(type=one.type, status=one.status)
            for one in pod.status.conditions
            if one.type == "Ready"
        )
        return Pod(
            metadata=PodMetadata(
                name=metadata.name,
                namespace=once(("namespace", metadata.namespace), metadata.namespace),
                uid=metadata.uid,
                creation_timestamp=metadata.creation_timestamp,
                deletion_timestamp=metadata.deletion_timestamp,
                labels=once(("labels", *metadata.labels.items()), metadata.labels),
                annotations=once(("annotations", *annotations.items()), annotations),
                owner_references=once(("owners", *metadata.owner_references), metadata.owner_references),
            ),
            spec=once(("spec", pod.spec), pod.spec),
            status=once(
                ("status", pod.status.phase, ready), PodStatus(phase=pod.status.phase, conditions=ready)
            ),
        )

    def _shared(self, key: Any, part: _T) -> _T:
        """The first part of this key, which begins with the name of the field: `()` and `{}` have the same items."""
        kept: _T = self._once.setdefault(key, part)
        return kept


def workloads(pods: Iterable[Pod], mesh: Mesh, question: Question) -> tuple[Workload, ...]:
    """The workloads of the mesh, sorted; pods outside of it are left out."""
    found: dict[Owner, list[JudgedPod]] = {}
    judged = _once_for_equals(mesh, question)
    for pod in pods:
        judgement = judged(pod)
        if judgement.standing is not Standing.OUTSIDE:
            found.setdefault(owner_of(pod), []).append(JudgedPod(pod, judgement))
    return tuple(
        Workload(owner, tuple(sorted(found[owner], key=lambda one: one.pod.metadata.name)))
        for owner in sorted(found)
    )


def _once_for_equals(mesh: Mesh, question: Question) -> Callable[[Pod], Judgement]:
    """`judge`, once for all pods that share their parts (see `Slimmer`) and are as old where age counts."""
    known: dict[tuple[object, ...], tuple[Pod, Judgement]] = {}

    def judged(pod: Pod) -> Judgement:
        metadata = pod.metadata
        age = metadata.creation_timestamp if question.before else None
        parts = (id(metadata.labels), id(metadata.annotations), id(pod.spec))
        key = (metadata.namespace, *parts, pod.finished, pod.leaving, age)
        if key not in known:
            # With the pod: its parts must not go, or others would get their ids.
            known[key] = (pod, judge(pod, mesh, question))
        return known[key][1]

    return judged


def row_of(workload: Workload) -> SidecarRow:
    """One line about a workload."""
    pods = [one.pod for one in workload.pods]
    return SidecarRow(
        namespace=workload.owner.namespace,
        kind=workload.owner.kind,
        name=workload.owner.name,
        pods=len(pods),
        injected=sum(map(is_injected, pods)),
        stale=len(workload.stale),
        reason=reasons_of(workload.stale or workload.pods),
        revision=_listed(revision_of(pod) for pod in pods),
        proxy=_listed(_proxy(pod) for pod in pods),
    )


def pod_row_of(owner: Owner, judged: JudgedPod) -> PodRow:
    """One line about a pod."""
    metadata = judged.pod.metadata
    return PodRow(
        namespace=owner.namespace,
        pod=metadata.name,
        kind=owner.kind,
        name=owner.name,
        standing=judged.judgement.standing,
        reason=reason_of(judged.judgement),
        revision=revision_of(judged.pod) or "",
        proxy=_proxy(judged.pod) or "",
        created=metadata.creation_timestamp or "",
    )


def reason_of(judgement: Judgement) -> str:
    """`version 1.23.2 -> 1.25.1`; a sentence where there is one."""
    if judgement.reason in (Reason.REVISION, Reason.VERSION):
        return f"{judgement.reason} {judgement.detail}"
    return judgement.detail


def summary_of(found: Sequence[Workload]) -> Mapping[str, int]:
    """How many workloads and pods there are, and how many of each are stale, unserved or unknown."""
    pods = [one for workload in found for one in workload.pods]
    standings = [one.judgement.standing for one in pods]
    return {
        "workloads": len(found),
        "staleWorkloads": sum(bool(one.stale) for one in found),
        "pods": len(pods),
        "stalePods": standings.count(Standing.STALE),
        "pinnedPods": standings.count(Standing.PINNED),
        "unknownPods": standings.count(Standing.UNKNOWN),
        "unservedPods": standings.count(Standing.UNSERVED),
    }


def reasons_of(pods: Iterable[JudgedPod]) -> str:
    """What is to be said about these pods, each thing once; of ages only the oldest, or each pod would have its own."""
    judgements = [one.judgement for one in pods]
    # These begin with the time of the pod.
    oldest = min((one.detail for one in judgements if one.reason is Reason.BEFORE), default="")
    told = dict.fromkeys(oldest if one.reason is Reason.BEFORE else reason_of(one) for one in judgements)
    return "; ".join(filter(None, told))


def _proxy(pod: Pod) -> str | None:
    """The version of the sidecar; `?` where its image does not tell."""
    if not is_injected(pod):
        return None
    return str(proxy_version(pod) or "?")


def _listed(words: Iterable[str | None]) -> str:
    return ",".join(sorted({word for word in words if word}))
