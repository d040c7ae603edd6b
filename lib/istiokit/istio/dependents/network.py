"""Whom the NetworkPolicies of a namespace let in and out, as far as gateways are concerned. Pure.

Rules: https://kubernetes.io/docs/concepts/services-networking/network-policies/ and staging/src/k8s.io/api/
networking/v1/types.go. A peer without a namespaceSelector means pods of the policy's own namespace. A pod that some
policy selects gets what at least one of its policies lets through, and nothing else. Whether addresses (ipBlock)
are those of pods is not judged: they are never certain.
"""

from collections.abc import Iterable

from istiokit.istio.dependents.labels import Verdict, every, some
from istiokit.istio.dependents.model import NetworkPolicy, Opening, Peer
from istiokit.istio.dependents.moves import Move, Place

INGRESS, EGRESS = "Ingress", "Egress"


def rules_of(policy: NetworkPolicy, direction: str) -> tuple[Opening, ...]:
    """The rules of one direction, as far as the policy is about it at all."""
    spec = policy.spec
    types = spec.policy_types or ((INGRESS, EGRESS) if spec.egress else (INGRESS,))
    if direction not in types:
        return ()
    return (spec.ingress if direction == INGRESS else spec.egress) or ()


def peers_of(rule: Opening, direction: str) -> tuple[Peer, ...]:
    """Its peers; none means everybody."""
    return (rule.sources if direction == INGRESS else rule.to) or ()


def is_peer(peer: Peer, place: str, pods: Place) -> Verdict:
    """Whether the peer of a policy in namespace `place` means these pods."""
    if peer.ip_block is not None:
        return None
    if peer.namespace_selector is None:
        return every((pods.namespace == place, pods.labels.match(peer.pod_selector)))
    return every((pods.namespace_labels.match(peer.namespace_selector), pods.labels.match(peer.pod_selector)))


def before(peers: Iterable[Peer], place: str, move: Move) -> Verdict:
    """Whether some of the old pods are meant; addresses do not count, they mean whom they meant before."""
    named = [one for one in peers if one.ip_block is None]
    return some(is_peer(one, place, pods) for pods in move.before for one in named)


def after(peers: Iterable[Peer], place: str, move: Move) -> Verdict:
    """Whether all of the new pods are meant."""
    each = list(peers)
    return every(some(is_peer(one, place, pods) for one in each) for pods in move.after)


def selects_all_of(other: NetworkPolicy, policy: NetworkPolicy) -> bool:
    """Whether `other` surely selects every pod that `policy` selects, both in one namespace."""
    wide, narrow = other.spec.pod_selector, policy.spec.pod_selector
    if wide is None or wide.empty or wide == narrow:
        return True
    if wide.match_expressions or narrow is None:
        return False
    return (wide.match_labels or {}).items() <= (narrow.match_labels or {}).items()


def opens_as_much(other: Opening, rule: Opening) -> bool:
    """Whether it opens every port that `rule` opens."""
    return not other.ports or (bool(rule.ports) and set(rule.ports or ()) <= set(other.ports))
