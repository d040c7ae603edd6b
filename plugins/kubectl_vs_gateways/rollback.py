"""`kubectl vs-gateways rollback`: undo what the journal says was done to bindings."""

import argparse
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import OperationFailed, UsageError
from istiokit.ui import options
from istiokit.ui.completable import Runs, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.plan.journal import JournalStore
    from istiokit.plan.lease import Lock


@dataclass(frozen=True, slots=True)
class Options:
    """How far back, and how to show it."""

    to: str
    abandon: bool
    """Close what is unfinished instead, and undo nothing."""
    filenames: tuple[str, ...]
    journal_namespace: str
    dry_run: str
    output: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Undo, newest first, what the journal says that add, swap, remove and isolate did. What somebody else has "
        "changed since is left alone."
    )
    parser.exit_one = "not done: a no, a change by others"
    parser.details = (
        "Lists get back the very entries they had; one that somebody else has changed since is left alone, and no "
        "earlier run is undone until that is settled.",
        "`--to` takes `start` (before everything), a command (after the last such one) or the id of a run "
        "(after it).",
        "`--abandon` closes the run that is neither finished nor undone, and leaves what it changed as it is.",
    )
    parser.examples = (
        ("Back to where it began", ""),
        ("Undo what came after the last add", "--to add"),
        ("See what it would undo", "--dry-run"),
        ("Undo the edits of manifests", "-f ./apps"),
        ("Where somebody has changed them since, and that shall stay", "-f ./apps --abandon"),
    )
    to = parser.add_argument(
        "--to",
        metavar="start|COMMAND|RUN",
        default="",
        help="The state to go back to (default: start).",
    )
    completed_by(to, "start", "add", "swap", "remove", "isolate", Runs(("istiokit.plan.rebind",)))
    parser.add_argument(
        "--abandon",
        action="store_true",
        help="Close an unfinished run, and leave what it changed as it is.",
    )
    options.add_edited_files(parser)
    options.add_dry_run(parser, server=False)
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask before the change is made.")
    options.add_journal_namespace(parser)
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for flags that exclude each other."""
    if namespace.abandon and namespace.to:
        raise UsageError("--abandon undoes nothing, and --to says how far to undo", "leave one of them out")
    return Options(
        to=namespace.to or "start",
        abandon=namespace.abandon,
        filenames=tuple(namespace.filenames),
        journal_namespace=namespace.journal_namespace,
        dry_run=namespace.dry_run,
        output=namespace.output,
    )


def run(given: Options, context: Context) -> int:
    """Show what will be undone, ask, undo."""
    import sys

    from istiokit.cluster.files import FilesCluster
    from istiokit.plan.beside import who
    from istiokit.plan.model import World
    from istiokit.plan.optimistic import ChangedByOthers
    from istiokit.plan.rebind import MIGRATION
    from istiokit.plan.rollback import plan_rollback, rollback
    from istiokit.ui.abandoning import run_abandon
    from istiokit.ui.counting import Counter
    from istiokit.ui.rollbacks import offered

    store, lock = _journal(given, context)
    if given.abandon:
        return run_abandon(MIGRATION, store, lock, context, dry_run=given.dry_run != "none")
    plan = plan_rollback(store.list(MIGRATION), MIGRATION, given.to)
    if not offered(plan, store.place, given, context) or not plan.runs:
        return 0
    number = sum(len(group.undos) for group in plan.groups)
    with context.progress() as progress:
        world = World(FilesCluster(()) if given.filenames else context.cluster, progress.say)
        counter = Counter(progress, "rollback", number)
        try:
            rollback(plan, world, store, lock, who=who(), command=sys.argv, observer=counter)
        except OperationFailed as error:
            if not (given.filenames or isinstance(error, ChangedByOthers)):
                raise  # a server that does not answer now will do so later
            error.hint += f"; to leave it all as it is: {_abandoning(given, context)}"
            raise
    context.say(f"rolled back to {given.to}")
    return 0


def _abandoning(given: Options, context: Context) -> str:
    from istiokit.plan.beside import file_flags

    place = file_flags(given.filenames) or ["--journal-namespace", given.journal_namespace]
    return shlex.join([*context.prog.split(), "rollback", *place, "--abandon"])


def _journal(given: Options, context: Context) -> "tuple[JournalStore, Lock]":
    """Beside the files with a lock file, or in the cluster with the Lease."""
    from istiokit.plan.actions import codec
    from istiokit.plan.beside import existing_file_store, file_lock, who
    from istiokit.plan.lease import ClusterLease
    from istiokit.plan.rebind import MIGRATION
    from istiokit.plan.store_cluster import ClusterStore

    if given.filenames:
        return existing_file_store(given.filenames), file_lock(given.filenames, MIGRATION)
    place = given.journal_namespace
    lease = ClusterLease(context.cluster, place, MIGRATION, who(), say=context.say)
    return ClusterStore(context.cluster, place, codec()), lease
