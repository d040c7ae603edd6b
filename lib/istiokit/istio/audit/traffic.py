"""What NetworkPolicies open for the old gateway's pods and not for the new one's. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from istiokit.istio.dependents import network
from istiokit.istio.dependents.labels import Verdict, less
from istiokit.istio.dependents.model import NetworkPolicy, Opening, Peer
from istiokit.istio.dependents.moves import Move
from istiokit.istio.model import full_name


@dataclass(frozen=True, slots=True)
class Gap:
    """One rule that means old pods and not, or not surely, the new ones, and no other policy makes up for it."""

    direction: str
    path: str
    peer: Peer
    """The first of its peers that means the old pods."""
    moves: tuple[Move, ...]
    certain: bool
    partly: str = ""
    """Another policy that opens some of the ports for the new pods."""

    @property
    def names_pods(self) -> bool:
        """Whether it means certain pods, and not whatever is in a namespace."""
        return self.peer.pod_selector is not None and not self.peer.pod_selector.empty


@dataclass(frozen=True, slots=True)
class _Open:
    """One rule that means new pods, of some pair."""

    policy: NetworkPolicy
    rule: Opening
    sides: list[tuple[Verdict, Verdict]]


class Traffic:
    """All NetworkPolicies, by namespace. Remembers what lists of peers come to: thousands of policies share a few."""

    def __init__(self, moves: Sequence[Move], policies: Iterable[NetworkPolicy]) -> None:
        self._moves = moves
        self._by_place: dict[str, list[NetworkPolicy]] = {}
        for policy in policies:
            self._by_place.setdefault(policy.metadata.namespace or "default", []).append(policy)
        self._open: dict[tuple[str, str], list[_Open]] = {}
        self._known: dict[tuple[bytes, str], list[tuple[Verdict, Verdict]]] = {}

    def gaps(self, policy: NetworkPolicy, direction: str) -> Iterator[Gap]:
        """One for each rule, about all pairs that it concerns."""
        place = policy.metadata.namespace or "default"
        for at, rule in enumerate(network.rules_of(policy, direction)):
            found: Gap | None = None
            sides = self._sides(network.peers_of(rule, direction), place)
            for number, (before, after) in enumerate(sides):
                one = self._gap(policy, direction, at, rule, number) if less(after, before) else None
                if one is not None:
                    found = one if found is None else _joined(found, one)
            if found is not None:
                yield found

    def _gap(
        self, policy: NetworkPolicy, direction: str, at: int, rule: Opening, move_number: int
    ) -> Gap | None:
        place, move = policy.metadata.namespace or "default", self._moves[move_number]
        peers = network.peers_of(rule, direction)
        number = next((n for n, one in enumerate(peers) if _means_old(one, place, move)), None)
        if number is None:
            return None
        covered, partly = self._cover(policy, direction, rule, move_number)
        if covered:
            return None
        before, after = self._sides(peers, place)[move_number]
        side, word = ("ingress", "from") if direction == network.INGRESS else ("egress", "to")
        return Gap(
            direction=direction,
            path=f"spec.{side}[{at}].{word}[{number}]",
            peer=peers[number],
            moves=(move,),
            certain=move.seen and before is True and after is False and not partly,
            partly=partly,
        )

    def _cover(self, policy: NetworkPolicy, direction: str, rule: Opening, at: int) -> tuple[bool, str]:
        """Whether another rule for the same pods opens as much for the new ones; else one that opens some ports.

        `at` is the number of the move.
        """
        partly = ""
        for one in self._open_in(policy.metadata.namespace or "default", direction):
            if one.sides[at][1] is not True or not network.selects_all_of(one.policy, policy):
                continue
            if network.opens_as_much(one.rule, rule):
                return True, ""
            partly = f"NetworkPolicy {full_name(one.policy)}"
        return False, partly

    def _open_in(self, place: str, direction: str) -> list[_Open]:
        """The rules of the namespace's policies that mean new pods."""
        if (place, direction) not in self._open:
            self._open[place, direction] = [
                _Open(policy, rule, sides)
                for policy in self._by_place.get(place, ())
                for rule in network.rules_of(policy, direction)
                for sides in (self._sides(network.peers_of(rule, direction), place),)
                if any(after is True for _, after in sides)
            ]
        return self._open[place, direction]

    def _sides(self, peers: Sequence[Peer], place: str) -> list[tuple[Verdict, Verdict]]:
        """For each move whether old and new pods are meant; everybody is where there are no peers."""
        if not peers:
            return [(True, True)] * len(self._moves)
        own = any(one.namespace_selector is None for one in peers)
        key = (msgspec.json.encode(peers), place if own else "")
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = [
                (network.before(peers, place, move), network.after(peers, place, move))
                for move in self._moves
            ]
        return found


def _joined(found: Gap, one: Gap) -> Gap:
    """What is said of two pairs as one."""
    sure, partly = found.certain or one.certain, found.partly or one.partly
    return replace(found, moves=(*found.moves, *one.moves), certain=sure, partly=partly)


def _means_old(peer: Peer, place: str, move: Move) -> bool:
    """Whether it surely means old pods, or perhaps, by a label that is known to be theirs."""
    if peer.ip_block is not None:
        return False
    for pods in move.before:
        verdict = network.is_peer(peer, place, pods)
        selectors = ((pods.labels, peer.pod_selector), (pods.namespace_labels, peer.namespace_selector))
        shared = any(labels.share(one.match_labels) for labels, one in selectors if one)
        if verdict or (verdict is None and shared):
            return True
    return False
