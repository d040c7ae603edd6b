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
    """Add the candidates of the source; raises SuiteError where they cannot be had.

    With -f a command looks at files, and a cluster has nothing to say; to read them may take longer than anybody waits.
    """
    if isinstance(source, Runs):
        objects.runs(look, source.modules)
    elif not look.typed.values.get("filenames"):
        _SOURCES[source](look)
