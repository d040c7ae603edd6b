"""`kubectl istio-migrate rollback`: undo what the journal says was done."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import NotDone
from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.plan.journal import JournalStore
    from kubectl_istio_migrate.driving import Drive


@dataclass(frozen=True, slots=True)
class Options:
    """How far back, and how to show it."""

    to: str
    namespace: str
    filenames: tuple[str, ...]
    journal_namespace: str
    dry_run: str
    timeout: float
    output: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Undo, newest first, what the journal says was done, then wait until Flux has brought the cluster back. "
        "An object that somebody else has changed since is left alone, and the rollback stops there."
    )
    parser.exit_one = "not done: a no, a time-out, a change by others"
    parser.examples = (
        ("Back to where it began", ""),
        ("Undo step 2 only", "--to step1"),
        ("Undo only what was begun after step 2", "--to step2"),
        ("See what it would undo", "--dry-run"),
        ("Undo the edit of a values file", "-f values.yaml"),
    )
    parser.add_argument(
        "--to",
        metavar="start|step1|step2",
        choices=("start", "step1", "step2"),
        default="start",
        help="The state to go back to (default: start).",
    )
    options.add_namespace(parser, what="Namespace of the umbrella HelmRelease (default: wherever it is).")
    options.add_edited_files(parser)
    options.add_dry_run(parser, server=False)
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask before the change is made.")
    options.add_timeout(parser, "30m")
    options.add_journal_namespace(parser, default="")
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(
        to=namespace.to,
        namespace=namespace.namespace,
        filenames=tuple(namespace.filenames),
        journal_namespace=namespace.journal_namespace,
        dry_run=namespace.dry_run,
        timeout=namespace.timeout,
        output=namespace.output,
    )


def run(given: Options, context: Context) -> int:
    """Show what will be undone, ask, undo, wait."""
    from istiokit.plan.bigbang import MIGRATION
    from istiokit.plan.rollback import plan_rollback
    from istiokit.ui.rollbacks import offered
    from kubectl_istio_migrate import rolling_back
    from kubectl_istio_migrate.journaling import open_store

    store = open_store(given.namespace, given.filenames, given.journal_namespace, context)
    runs = store.list(MIGRATION)
    plan = plan_rollback(runs, MIGRATION, given.to)
    if not given.filenames:
        rolling_back.refuse_past_upgrade(plan, runs, given.namespace, context)
    if not offered(plan, store.place, given, context):
        return 0
    drive = _drive(given, store, context)
    if plan.runs:
        drive.rollback(plan)
    if (files := rolling_back.left_to_git(plan)) and not given.filenames:
        hint = "commit and push, wait for Flux to bring it, then run `rollback` again"
        raise NotDone(f"{', '.join(files)} is restored in the clone, not in Git", hint)
    if runs and not given.filenames:
        # Also where nothing was left to undo: the rollback before this one may have been killed while it waited.
        rolling_back.converge(drive, given.namespace)
    if plan.runs:
        context.say(f"rolled back to {given.to}")
    return 0


def _drive(given: Options, store: "JournalStore", context: Context) -> "Drive":
    """The driver for files (a lock file beside them) or for the cluster (the Lease)."""
    from istiokit.cluster.files import FilesCluster
    from istiokit.plan.beside import file_lock
    from istiokit.plan.bigbang import MIGRATION
    from istiokit.survey.facts import survey
    from kubectl_istio_migrate.driving import Drive, lease
    from kubectl_istio_migrate.journaling import journal_namespace

    if given.filenames:
        lock = file_lock(given.filenames, MIGRATION)
        return Drive(context, FilesCluster(()), store, lock, given.timeout)
    facts = survey(context.cluster, given.namespace or None)
    namespace = journal_namespace(facts, given.journal_namespace)
    return Drive(context, context.cluster, store, lease(context.cluster, namespace, context), given.timeout)
