"""What stands in the way of sidecars: namespaces that name a revision nobody serves, contradicting labels. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from istiokit.findings import Finding, Severity
from istiokit.istio.injection import NAMESPACE_INJECTION, REVISION
from istiokit.istio.injectors import Injector
from istiokit.istio.sidecars import Workload
from istiokit.istio.staleness import Mesh, Standing
from istiokit.istio.workloads import Pod

UNSERVED = "RI001"
UNREACHABLE = "RI002"
BOTH_LABELS = "RI003"
SURPRISE = "RI004"
REFUSED = "RI005"

TITLES = {
    UNSERVED: "A revision that no injector serves",
    UNREACHABLE: "An injector that cannot be reached",
    BOTH_LABELS: "A namespace with both injection labels",
    SURPRISE: "An injector does not do what its configuration says",
    REFUSED: "New pods would be refused",
}


def findings_of(workloads: Sequence[Workload], mesh: Mesh) -> tuple[Finding, ...]:
    """What is to be mended before anything is restarted, by namespace."""
    return (*_unserved(workloads, mesh), *_contradicting(workloads, mesh))


def served(injectors: Sequence[Injector]) -> tuple[str, ...]:
    """The revisions and tags that some webhook stands for, sorted."""
    return tuple(sorted({one.tag or one.revision for one in injectors}))


def server_of(injectors: Sequence[Injector], labels: Mapping[str, str]) -> Injector | None:
    """The injector that takes pods of a namespace for having these labels."""
    taking = [one for one in injectors if one.takes(Pod(), labels)]
    return taking[-1] if taking else None


def _unserved(workloads: Sequence[Workload], mesh: Mesh) -> list[Finding]:
    pods: dict[tuple[str, str], int] = defaultdict(int)
    for workload in workloads:
        for one in workload.pods:
            if one.judgement.standing is Standing.UNSERVED:
                pods[workload.owner.namespace, one.judgement.detail] += 1
    known = ", ".join(served(mesh.injectors or ())) or "none"
    return [
        Finding(
            UNSERVED,
            Severity.ERROR,
            f"Namespace {namespace}",
            f"{'its pod' if number == 1 else f'each of its {number} pods'} {detail} (served: {known})",
            "a restart would bring them back without a sidecar: correct the label, or install that revision",
        )
        for (namespace, detail), number in sorted(pods.items())
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
