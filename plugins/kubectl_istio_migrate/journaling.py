"""Where the journal of a migration is, and what its last run says."""

from collections.abc import Sequence

from istiokit.bigbang.facts import Facts
from istiokit.cluster.types import Cluster
from istiokit.errors import Forbidden
from istiokit.plan.actions import codec
from istiokit.plan.beside import existing_file_store
from istiokit.plan.bigbang import MIGRATION
from istiokit.plan.journal import JournalStore, Run, RunState
from istiokit.plan.resume import unfinished
from istiokit.plan.store_cluster import ClusterStore
from istiokit.survey.facts import survey
from istiokit.ui.context import Context


def journal_namespace(facts: Facts, asked: str = "") -> str:
    """The namespace asked for, else the umbrella's, else istio-system."""
    if asked or facts.umbrella:
        return asked or (facts.umbrella.namespace if facts.umbrella else "")
    return "istio-system"


def store_of(facts: Facts, cluster: Cluster, asked: str = "") -> ClusterStore:
    """The journal of this cluster."""
    return ClusterStore(cluster, journal_namespace(facts, asked), codec())


def runs_of(facts: Facts, cluster: Cluster, asked: str = "") -> Sequence[Run]:
    """All runs, oldest first; none where we may not read them."""
    try:
        return store_of(facts, cluster, asked).list(MIGRATION)
    except Forbidden:
        return ()


def unfinished_command(runs: Sequence[Run]) -> str:
    """The command that finishes what was begun: `step1` or `rollback`; empty where nothing waits."""
    run = unfinished(runs)
    if run is None:
        return ""
    return "rollback" if run.state is RunState.ROLLING_BACK else run.name


def journal_line(runs: Sequence[Run]) -> str:
    """The last run in one line; empty without one."""
    if not runs:
        return ""
    last = runs[-1]
    return f"{last.name} {last.state}, begun {last.started[:19]}Z by {last.who} ({last.id})"


def open_store(namespace: str, filenames: Sequence[str], asked: str, context: Context) -> JournalStore:
    """The journal beside the files if any are named, else the cluster's.

    Raises UsageError for a name that is no file: what was done to another must not look as if there were nothing.
    """
    if filenames:
        return existing_file_store(filenames)
    if asked:
        return ClusterStore(context.cluster, asked, codec())
    facts = survey(context.cluster, namespace or None)
    facts.refuse_blindness()
    return store_of(facts, context.cluster)
