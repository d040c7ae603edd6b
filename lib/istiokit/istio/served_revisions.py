"""What stands in the way of sidecars: namespaces that name a revision nobody serves, contradicting labels. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from istiokit.findings import Finding, Severity
from istiokit.istio.injection import NAMESPACE_INJECTION, REVISION, expected_revision
from istiokit.istio.injectors import Injector
from istiokit.istio.sidecars import Workload
from istiokit.istio.staleness import Mesh, Standing
from istiokit.istio.workloads import Pod

UNSERVED = "RI001"
UNREACHABLE = "RI002"
BOTH_LABELS = "RI003"
SURPRISE = "RI004"
REFUSED = "RI005"


def findings_of(workloads: Sequence[Workload], mesh: Mesh, *, whole: bool = True) -> tuple[Finding, ...]:
    """What is to be mended before anything is restarted: by namespace, then by control plane.

    `whole` tells whether all pods of the namespaces were looked at.
    """
    return (
        *_unserved(workloads, mesh, whole=whole),
        *_contradicting(workloads, mesh),
        *_not_ready(workloads, mesh),
    )


def served(injectors: Sequence[Injector]) -> tuple[str, ...]:
    """The revisions and tags that some webhook stands for, sorted."""
    return tuple(sorted({one.tag or one.revision for one in injectors}))


def server_of(injectors: Sequence[Injector], labels: Mapping[str, str]) -> Injector | None:
    """The injector that takes pods of a namespace for having these labels."""
    taking = [one for one in injectors if one.serves(labels) and one.wants(Pod())]
    return taking[-1] if taking else None


def _unserved(workloads: Sequence[Workload], mesh: Mesh, *, whole: bool) -> list[Finding]:
    """Of pods that would lose their sidecars, and of namespaces whose pods to come would have none."""
    pods: Counter[tuple[str, str]] = Counter(
        (workload.owner.namespace, one.judgement.detail)
        for workload in workloads
        for one in workload.pods
        if one.judgement.standing is Standing.UNSERVED
    )
    touched = {namespace for namespace, _ in pods}
    empty = [(name, asked) for name, asked in _asking_in_vain(mesh) if whole and name not in touched]
    known = ", ".join(served(mesh.injectors or ())) or "none"
    found = [
        (namespace, f"{'its pod' if number == 1 else f'each of its {number} pods'} {detail}")
        for (namespace, detail), number in pods.items()
    ]
    found += [
        (name, f"asks for revision {asked}, which no webhook serves; it has no pods in the mesh")
        for name, asked in empty
    ]
    return [
        Finding(
            UNSERVED,
            Severity.ERROR,
            f"Namespace {namespace}",
            f"{reason} (served: {known})",
            "new pods start without a sidecar, and without an error: correct the label, or install that revision",
        )
        for namespace, reason in sorted(found)
    ]


def _asking_in_vain(mesh: Mesh) -> list[tuple[str, str]]:
    """Namespaces with the revision that their labels ask for, where no webhook takes their pods."""
    if mesh.injectors is None:
        return []
    asked = {name: expected_revision(Pod(), labels) for name, labels in mesh.namespaces.items()}
    return [
        (name, revision)
        for name, revision in asked.items()
        if revision is not None and server_of(mesh.injectors, mesh.namespaces[name]) is None
    ]


def _not_ready(workloads: Sequence[Workload], mesh: Mesh) -> list[Finding]:
    """Control planes that workloads rely on, and of which no pod is Ready."""
    revisions = {one.judgement.revision for workload in workloads for one in workload.pods}
    closed = {one.revision for one in mesh.injectors or () if one.fails_closed}
    planes = [mesh.planes[name] for name in sorted(revisions) if name in mesh.planes]
    return [
        Finding(
            UNREACHABLE,
            Severity.ERROR,
            plane.title,
            f"none of its pods is Ready: new pods of revision {plane.revision} "
            + ("are refused (failurePolicy Fail)" if plane.revision in closed else "start without a sidecar"),
            f"see why: kubectl -n {plane.namespace} describe deployment {plane.name}",
        )
        for plane in planes
        if not plane.ready
    ]


def _contradicting(workloads: Sequence[Workload], mesh: Mesh) -> list[Finding]:
    namespaces = sorted({workload.owner.namespace for workload in workloads})
    both = [
        name for name in namespaces if {NAMESPACE_INJECTION, REVISION} <= set(mesh.namespaces.get(name, {}))
    ]
    return [
        Finding(
            BOTH_LABELS,
            Severity.WARNING,
            f"Namespace {name}",
            f"has {NAMESPACE_INJECTION}={mesh.namespaces[name][NAMESPACE_INJECTION]} and "
            f"{REVISION}={mesh.namespaces[name][REVISION]}: the first wins, the revision is ignored",
            "remove the one that is not meant",
        )
        for name in both
    ]
