"""Where the journal of a cluster is, who writes it, and what its last run says."""

import getpass
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from istiokit.bigbang.facts import Facts
from istiokit.cluster.files import STDIN
from istiokit.cluster.types import Cluster
from istiokit.errors import Forbidden, UsageError
from istiokit.plan.actions import codec
from istiokit.plan.bigbang import MIGRATION
from istiokit.plan.journal import JournalStore, Run, RunState
from istiokit.plan.resume import unfinished
from istiokit.plan.store_chosen import ChosenFiles
from istiokit.plan.store_cluster import ClusterStore
from istiokit.plan.store_files import FileLock, FileStore
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


def who() -> str:
    """user@host, for the journal and the Lease; in a container a user may have a number only."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def open_store(namespace: str, filenames: Sequence[str], asked: str, context: Context) -> JournalStore:
    """The journal beside the files if any are named, else the cluster's.

    Raises UsageError for a name that is no file: what was done to another must not look as if there were nothing.
    """
    if filenames:
        for name in filenames:
            _refuse_missing(name)
        return file_store(filenames)
    if asked:
        return ClusterStore(context.cluster, asked, codec())
    facts = survey(context.cluster, namespace or None)
    facts.refuse_blindness()
    return store_of(facts, context.cluster)


def file_store(filenames: Sequence[str]) -> JournalStore:
    """The journal of the files: beside the first of them."""
    return ChosenFiles(FileStore(_folder(filenames), codec()), filenames)


def file_flags(filenames: Sequence[str]) -> list[str]:
    """The files as flags, for a command to run next."""
    return [part for name in filenames for part in ("-f", name)]


def file_lock(filenames: Sequence[str]) -> FileLock:
    """What keeps two people from working on the same files."""
    return FileLock(_folder(filenames), MIGRATION, who())


def _refuse_missing(name: str) -> None:
    if name == STDIN:
        raise UsageError("-f -: what came by stdin has no journal", "name a file or folder")
    if not Path(name).exists():
        raise UsageError(f"{name}: No such file or directory", "check -f")


def _folder(filenames: Sequence[str]) -> Path:
    first = Path(filenames[0]).resolve()  # the same journal, whichever link leads to the file
    return first if first.is_dir() else first.parent
