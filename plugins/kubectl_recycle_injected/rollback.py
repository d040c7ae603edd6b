"""`kubectl recycle-injected rollback`: close an unfinished run, and undo the relabelling of namespaces."""

import argparse
from dataclasses import dataclass

from istiokit.ui import options
from istiokit.ui.completable import Runs, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser


@dataclass(frozen=True, slots=True)
class Options:
    """How far back, and how to show it."""

    to: str
    journal_namespace: str
    dry_run: str
    output: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Undo, newest first, what the journal says was done to the labels of namespaces. Restarts cannot be undone: "
        "they are told, and the run is closed."
    )
    parser.exit_one = "not done: a no, a change by others"
    parser.details = (
        "A run that is closed is not gone on with: the next one begins anew. Pods get the old sidecars when they are "
        "restarted again.",
        "`--to` takes `start` (before everything), `restart` or `relabel` (after the last one) or the id of a "
        "run (after it).",
    )
    parser.examples = (
        ("Back to where it began", ""),
        ("Undo what came after the run of this id", "--to recycle-relabel-20261125t093000-1a2b"),
        ("See what it would undo", "--dry-run"),
    )
    to = parser.add_argument(
        "--to",
        metavar="start|COMMAND|RUN",
        default="start",
        help="The state to go back to (default: start).",
    )
    completed_by(to, "start", "restart", "relabel", Runs(("istiokit.plan.recycle",)))
    options.add_dry_run(parser, server=False)
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask before the change is made.")
    options.add_journal_namespace(parser)
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(namespace.to, namespace.journal_namespace, namespace.dry_run, namespace.output)


def run(given: Options, context: Context) -> int:
    """Show what will be undone, ask, undo."""
    import sys

    from istiokit.plan.actions import codec
    from istiokit.plan.actions.relabel import RelabelNamespace
    from istiokit.plan.beside import who
    from istiokit.plan.lease import ClusterLease
    from istiokit.plan.model import World
    from istiokit.plan.recycle import MIGRATION
    from istiokit.plan.rollback import plan_rollback, rollback
    from istiokit.plan.store_cluster import ClusterStore
    from istiokit.ui.rollbacks import offered

    store = ClusterStore(context.cluster, given.journal_namespace, codec())
    plan = plan_rollback(store.list(MIGRATION), MIGRATION, given.to)
    if not offered(plan, store.place, given, context) or not plan.runs:
        return 0
    lease = ClusterLease(context.cluster, given.journal_namespace, MIGRATION, who(), say=context.say)
    with context.progress() as progress:
        world = World(context.cluster, progress.say)
        rollback(plan, world, store, lease, who=who(), command=sys.argv)
    undone = [undo.action for group in plan.groups for undo in group.undos if undo.certain]
    moved = sorted({one.namespace for one in undone if isinstance(one, RelabelNamespace)})
    context.say(f"rolled back to {given.to}")
    if moved:
        where = " ".join(
            [*(f"-n {name}" for name in moved), f"--journal-namespace {given.journal_namespace}"]
        )
        context.say(f"next: {context.prog} {where}, which gives their pods the sidecars of the old revision")
    return 0
