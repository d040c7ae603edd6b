"""The candidates that a cluster knows, by source."""

from collections.abc import Callable, Mapping

from istiokit.ui.completable import Runs, Source
from istiokit.ui.completion import objects, pairs
from istiokit.ui.completion.look import Look

_SOURCES: Mapping[Source, Callable[[Look], None]] = {
    Source.NAMESPACES: objects.namespaces,
    Source.VIRTUAL_SERVICES: objects.virtual_services,
    Source.HOSTS: objects.hosts,
    Source.GATEWAYS: objects.gateways,
    Source.PAIRS: pairs.gateways,
    Source.WORKLOADS: objects.workloads,
    Source.HELM_RELEASES: objects.helm_releases,
    Source.POLICIES: objects.policies,
    Source.REVISIONS: pairs.revisions,
}


def look_up(source: Source | Runs, look: Look) -> None:
    """Add the candidates of the source; raises SuiteError where they cannot be had."""
    if isinstance(source, Runs):
        objects.runs(look, source.modules)
    else:
        _SOURCES[source](look)
