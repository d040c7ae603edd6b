"""Workloads and their sidecars as people read them. Everything returns strings."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from istiokit.istio.sidecars import PodRow, SidecarRow, Workload, row_of
from istiokit.ui.output import Column

COLUMNS: tuple[Column[SidecarRow], ...] = (
    Column("namespace", lambda row: row.namespace),
    Column("kind", lambda row: row.kind),
    Column("name", lambda row: row.name),
    Column("pods", lambda row: row.pods),
    Column("injected", lambda row: row.injected),
    Column("stale", lambda row: row.stale),
    Column("reason", lambda row: row.reason),
    Column("revision", lambda row: row.revision),
    Column("proxy", lambda row: row.proxy),
)
POD_COLUMNS: tuple[Column[PodRow], ...] = (
    Column("namespace", lambda row: row.namespace),
    Column("pod", lambda row: row.pod),
    Column("standing", lambda row: row.standing),
    Column("reason", lambda row: row.reason),
    Column("revision", lambda row: row.revision),
    Column("proxy", lambda row: row.proxy),
    Column("kind", lambda row: row.kind, wide=True),
    Column("name", lambda row: row.name, wide=True),
    Column("created", lambda row: row.created, wide=True),
)
_MOST_REASONS = 3
_NOUNS = (
    ("pinnedPods", "{} with an image of its own", "{} with images of their own"),
    ("unknownPods", "{} of unknown version", "{} of unknown version"),
    ("unservedPods", "{} that would lose its sidecar", "{} that would lose their sidecars"),
)


def name_of(row: SidecarRow) -> str:
    """As kubectl spells it: `deployment.apps/web`."""
    return f"{resource(row.kind)}/{row.name}"


def resource(kind: str) -> str:
    """The kind as kubectl prints it before a name."""
    name, _, group = kind.partition(".")
    groups = {"Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps", "ReplicaSet": "apps"}
    groups |= {"Rollout": "argoproj.io", "CloneSet": "apps.kruise.io", "Job": "batch"}
    group = group or groups.get(name, "")
    return f"{name.lower()}.{group}" if group else name.lower()


def summary_line(summary: Mapping[str, int]) -> str:
    """`3 of 12 workloads are stale (7 of 40 pods); 1 with an image of its own`."""
    head = (
        f"{summary['staleWorkloads']} of {summary['workloads']} workloads "
        f"{'is' if summary['staleWorkloads'] == 1 else 'are'} stale "
        f"({summary['stalePods']} of {summary['pods']} pods)"
    )
    rest = [
        (one if summary[key] == 1 else several).format(summary[key])
        for key, one, several in _NOUNS
        if summary[key]
    ]
    return "; ".join([head, *rest])


def reasons_line(found: Iterable[Workload]) -> str:
    """`revision 1-30 -> 1-31 (12), missing (1)`: why workloads are stale, the most frequent first."""
    counted = Counter(row_of(one).reason for one in found if one.stale)
    return ", ".join(f"{reason} ({number})" for reason, number in counted.most_common(_MOST_REASONS))


def doubt_lines(summary: Mapping[str, int]) -> list[str]:
    """What is neither stale nor current, and therefore left as it is."""
    number = summary["unknownPods"]
    who = "1 pod is" if number == 1 else f"{number} pods are"
    told = f"left: {who} of unknown version (`list --pods` shows them, --proxy-version may tell)"
    return [told] if number else []


def next_line(summary: Mapping[str, int], command: Sequence[str]) -> str:
    """What to do about it; empty where there is nothing."""
    return f"next: {' '.join(command)} --dry-run" if summary["staleWorkloads"] else ""
