"""Reads the mutation policies that `vs-gateways policy` made, of whichever engine."""

from istiokit.bigbang.facts import Unread
from istiokit.cluster import kinds
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Cluster, Where
from istiokit.kyverno.standing import SELECTOR, StandingPolicy, standing_policy
from istiokit.survey.reading import Reading

_KINDS = (kinds.CLUSTER_POLICY, kinds.MUTATING_POLICY, kinds.MUTATING_ADMISSION_POLICY)


def read_policies(cluster: Cluster) -> tuple[tuple[StandingPolicy, ...], tuple[Unread, ...]]:
    """The policies, and which kinds may not be read; an engine that is not installed has none."""
    where = Where(labels=SELECTOR)
    with Reading(cluster) as reading:
        begun = [(kind.name, reading.list(kind, Object, where)) for kind in _KINDS]
        found = tuple(standing_policy(name, item) for name, items in begun for item in items.result())
        return found, tuple(one for one in reading.unread if not one.missing)
