"""Mutation policies of ours that a cluster has, and which of them would undo a change. Pure."""

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass

from istiokit.cluster.decode import Object
from istiokit.errors import UsageError
from istiokit.istio.mapping import Mapping, mapping_of, parse_flag
from istiokit.kyverno.policies import DIRECTION, LABELS, MAPPING, ONE_WAY

SELECTOR = ",".join(f"{key}={value}" for key, value in LABELS.items())
"""The label selector that finds them, by whatever name they have."""


@dataclass(frozen=True, slots=True)
class StandingPolicy:
    """One policy: its kind, its name, the pairs it was made of, and whether it gives the old Gateway back."""

    kind: str
    name: str
    pairs: frozenset[str]
    """`OLD=NEW`, each with full names."""
    both_ways: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def standing_policy(kind: str, item: Object) -> StandingPolicy:
    """The policy as its annotations tell (`policies.policy` writes them); one without a direction goes both ways."""
    told = item.metadata.annotations
    pairs = frozenset(filter(None, told.get(MAPPING, "").split(",")))
    return StandingPolicy(kind, item.metadata.name, pairs, not is_one_way(told))


def told_mapping(annotations: AnyMapping[str, str]) -> Mapping | None:
    """The pairs that a policy says it was made of, in their order; None where it says none that can be read."""
    texts = [text for text in annotations.get(MAPPING, "").split(",") if text]
    try:
        return mapping_of(parse_flag(text) for text in texts) if texts else None
    except UsageError:
        return None


def is_one_way(annotations: AnyMapping[str, str]) -> bool:
    """Whether it says that it only gives the new Gateway; one that says nothing goes both ways."""
    return annotations.get(DIRECTION) == ONE_WAY


def giving_back(policies: Iterable[StandingPolicy], mapping: Mapping) -> list[StandingPolicy]:
    """Those that bind to the OLD of a pair again what is bound to its NEW, by name."""
    wanted = {str(pair) for pair in mapping.pairs}
    found = (one for one in policies if one.both_ways and one.pairs & wanted)
    return sorted(found, key=str)
