"""NetworkPolicies that know the old gateway's pods or namespace, and not the new one's."""

from collections.abc import Iterator
from dataclasses import dataclass

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.audit.traffic import Gap, Traffic
from istiokit.istio.dependents.facts import NAME_LABEL
from istiokit.istio.dependents.labels import LabelSelector, Verdict, every, less, some
from istiokit.istio.dependents.model import NetworkPolicy, Peer
from istiokit.istio.dependents.moves import Move, Place
from istiokit.istio.dependents.network import EGRESS, INGRESS
from istiokit.istio.model import full_name

_ISTIOD = {"app": "istiod"}


def _network(subject: Subject) -> Iterator[Finding]:
    if not subject.moves:
        return
    traffic = Traffic(subject.moves, subject.dependents.network_policies)
    for policy in subject.dependents.network_policies:
        for direction in (INGRESS, EGRESS):
            for gap in traffic.gaps(policy, direction):
                if direction == INGRESS or gap.names_pods:
                    yield _finding(policy, gap, subject)
        yield from _left_behind(policy, subject)


def _finding(policy: NetworkPolicy, gap: Gap, subject: Subject) -> Finding:
    move = gap.moves[0]
    place = policy.metadata.namespace or "default"
    meant = gap.names_pods or place in subject.bound_namespaces or _is_of_istiod(policy)
    sure = gap.certain and meant and gap.direction == INGRESS
    old, new = (", ".join(sorted({getattr(one, side) for one in gap.moves})) for side in ("old", "new"))
    verb = ("lets in", "comes from") if gap.direction == INGRESS else ("lets out to", "goes to")
    no, is_ = ("not", "is") if sure else ("perhaps not", "may be")
    reason = f"it {verb[0]} the pods of {old} and {no} of {new}: what {verb[1]} the new gateway {is_} dropped"
    if _is_of_istiod(policy) and gap.direction == INGRESS:
        reason += ", and without istiod it gets no configuration"
    if gap.partly:
        reason += f"; {gap.partly} opens a part of the ports"
    side = "from" if gap.direction == INGRESS else "to"
    remedy = f"add to {side}: {_beside(gap.peer, move)}{at_source(policy.metadata, 'NetworkPolicy')}"
    severity = Severity.ERROR if sure else Severity.WARNING
    return Finding("VSG021", severity, f"NetworkPolicy {full_name(policy)}", reason, remedy, gap.path)


def _is_of_istiod(policy: NetworkPolicy) -> bool:
    selector = policy.spec.pod_selector
    return selector is not None and selector.match_labels == _ISTIOD


def _beside(peer: Peer, move: Move) -> str:
    """The peer that means the new pods as `peer` means the old ones."""
    spaces = " or ".join(move.new_namespaces)
    words = f"namespaceSelector {NAME_LABEL}: {spaces}"
    labels = _told(move.after[0], peer.pod_selector)
    return f"{words} with podSelector {labels}" if labels else words


def _told(pods: Place, selector: LabelSelector | None) -> str:
    """A label of the new pods, where the old ones are selected by labels."""
    if selector is None or selector.empty:
        return ""
    wanted = (*(selector.match_labels or {}), "app", "istio")
    key = next((one for one in wanted if one in pods.labels.known), "")
    return f"{key}: {pods.labels.known[key]}" if key else "of the new pods"


@dataclass(frozen=True, slots=True)
class _Cover:
    """Whether a policy is on the pods of both sides."""

    before: Verdict
    after: Verdict


def _left_behind(policy: NetworkPolicy, subject: Subject) -> Iterator[Finding]:
    """A policy that limits what the old pods may do, made for them by label."""
    selector = policy.spec.pod_selector
    if selector is None or selector.empty:
        return
    for move in subject.moves:
        cover = _cover(policy, move)
        if cover.before is not True or not less(cover.after, True):
            continue
        if any(_cover(one, move).after for one in subject.dependents.network_policies):
            continue
        reason = f"it limits the pods of {move.old}, and no NetworkPolicy is on those of {move.new}"
        space = ", ".join(move.new_namespaces)
        remedy = f"make one like it for the new pods in namespace {space}{at_source(policy.metadata, 'NetworkPolicy')}"
        about = f"NetworkPolicy {full_name(policy)}"
        yield Finding("VSG021", Severity.WARNING, about, reason, remedy, "spec.podSelector")
        return


def _cover(policy: NetworkPolicy, move: Move) -> _Cover:
    place, selector = policy.metadata.namespace or "default", policy.spec.pod_selector
    if place not in {pods.namespace for pods in (*move.before, *move.after)}:
        return _Cover(False, False)

    def on(pods: Place) -> Verdict:
        return every((pods.namespace == place, pods.labels.match(selector)))

    return _Cover(some(map(on, move.before)), every(map(on, move.after)))


RULES = (
    Rule(
        code="VSG021",
        title="A NetworkPolicy knows only the old gateway's pods",
        severity=Severity.ERROR,
        why="The new gateway's pods are in another namespace, so a NetworkPolicy that lets in the old namespace or the "
        "old pods drops what comes from the new ones: clients wait until they time out, and nothing logs it.",
        remedy="Let in the new gateway's namespace (and pods) beside the old ones before traffic moves.",
        run=_network,
    ),
)
