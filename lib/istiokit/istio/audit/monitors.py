"""ServiceMonitors and PodMonitors that find the old gateway's metrics and not the new one's.

Rules: https://prometheus-operator.dev/docs/api-reference/api/ (ServiceMonitorSpec, PodMonitorSpec, NamespaceSelector):
without a namespaceSelector a monitor looks in its own namespace.
"""

from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.dependents.labels import Labels, Verdict, every, less, some
from istiokit.istio.dependents.model import PodMonitor, ServiceMonitor
from istiokit.istio.dependents.moves import Move, Place
from istiokit.istio.model import full_name

_Monitor = ServiceMonitor | PodMonitor


def _monitors(subject: Subject) -> Iterator[Finding]:
    everything: list[_Monitor] = [
        *subject.dependents.service_monitors,
        *subject.dependents.pod_monitors,
    ]
    blind: dict[int, list[Move]] = {}
    for move in subject.moves if everything else ():
        after = [every(_sees(one, pods) for pods in move.after) for one in everything]
        if True in after:
            continue  # whichever monitor found the old pods, one finds the new ones
        for at, one in enumerate(everything):
            before = some(_sees(one, pods) for pods in move.before)
            if before is True and less(after[at], before):
                blind.setdefault(at, []).append(move)
    for at, moves in blind.items():
        yield _finding(everything[at], moves)


def _finding(one: _Monitor, moves: list[Move]) -> Finding:
    namespaces = sorted({space for move in moves for space in move.new_namespaces})
    unseen = [space for space in namespaces if not _looks_in(one, space)]
    word = "does not find" if all(move.seen for move in moves) else "may not find"
    old, new = (", ".join(sorted({getattr(move, side) for move in moves})) for side in ("old", "new"))
    reason = f"it finds the metrics of {old} and {word} those of {new}"
    if unseen:
        reason += f": it does not look in namespace {', '.join(unseen)}"
        remedy = f"add {', '.join(unseen)} to spec.namespaceSelector.matchNames"
        if not one.spec.namespace_selector:
            remedy += f" (with {one.metadata.namespace or 'default'}, which it then has to name)"
    else:
        remedy = "select by a label that both have, or make a second one for the new pods"
    path = "spec.namespaceSelector" if unseen and one.spec.namespace_selector else "spec.selector"
    about = f"{type(one).__name__} {full_name(one)}"
    return Finding(
        "VSG023", Severity.INFO, about, reason, remedy + at_source(one.metadata, type(one).__name__), path
    )


def _looks_in(one: _Monitor, namespace: str) -> bool:
    chosen = one.spec.namespace_selector
    if chosen and chosen.any:
        return True
    return namespace in ((chosen and chosen.match_names) or (one.metadata.namespace or "default",))


def _sees(one: _Monitor, pods: Place) -> Verdict:
    """Whether it finds these pods: by their own labels, or by those of a Service in front of them."""
    if not _looks_in(one, pods.namespace):
        return False
    labels: tuple[Labels, ...] = (pods.labels,)
    if isinstance(one, ServiceMonitor) and pods.services is not None:
        labels = tuple(pods.services.values())
    return some(each.match(one.spec.selector) for each in labels)


RULES = (
    Rule(
        code="VSG023",
        title="A monitor finds only the old gateway's metrics",
        severity=Severity.INFO,
        why="A ServiceMonitor or PodMonitor that looks in the old namespace, or for the old labels, does not find the "
        "new gateway: its dashboards and alerts go blind when traffic moves. Nothing else breaks.",
        remedy="Let the monitor look in the new namespace too, or make one there.",
        run=_monitors,
    ),
)
