"""Reads the owners of pods that a field restarts."""

from collections.abc import Iterable

from istiokit.cluster.kinds import KINDS
from istiokit.cluster.types import Cluster, Where
from istiokit.cluster.unread import Unread
from istiokit.istio.controllers import Controller
from istiokit.istio.owners import Owner
from istiokit.survey.reading import Reading
from istiokit.survey.sidecars import Scope


def read_controllers(
    cluster: Cluster, scope: Scope, kinds: Iterable[str]
) -> tuple[dict[Owner, Controller], tuple[Unread, ...]]:
    """The owners of these kinds in the scope, and what may not be read."""
    with Reading(cluster) as reading:
        asked = [
            (kind, reading.list(KINDS[kind], Controller, Where(place.namespace)))
            for kind in kinds
            for place in scope.places
        ]
        found = {
            Owner(item.metadata.namespace or "default", kind, item.metadata.name): item
            for kind, future in asked
            for item in future.result()
        }
        return found, reading.unread
