"""`kubectl istio-migrate carry-core`: an istioCore installation outlives the upgrade that splits it."""

import argparse

from istiokit.ui import codes, options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_istio_migrate.step_options import Options


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Carry an istioCore installation (Big Bang 2.49, 2.50) on to istioCRDs and istiod (2.51 and later), so that "
        "neither a CRD nor istiod is ever uninstalled. Run it before the upgrade."
    )
    parser.exit_one = "not done: a finding stops it, a no, a time-out, a CRD that was lost"
    parser.details = (
        "It makes the upgrade harmless, says which values change with it, waits until you or Git have brought "
        "it, and proves that no CRD was lost.",
    )
    parser.examples = (
        ("Show the plan and the values to change, change nothing", "--dry-run"),
        ("Make the upgrade harmless, then wait for it", ""),
        ("Wait for the upgrade until tomorrow", "--timeout 24h"),
    )
    options.add_namespace(parser, what="Namespace of the umbrella HelmRelease (default: wherever it is).")
    options.add_dry_run(parser)
    options.add_confirmation(parser, codes.checks)
    options.add_timeout(parser, "2h")
    options.add_journal_namespace(parser, default="")
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(
        namespace=namespace.namespace,
        filenames=(),
        recursive=False,
        git_dir="",
        dry_run=namespace.dry_run,
        output=namespace.output,
        allow=tuple(code.upper() for code in namespace.allow),
        timeout=namespace.timeout,
        bigbang_version="",
        journal_namespace=namespace.journal_namespace,
    )


def run(given: Options, context: Context) -> int:
    """Show the plan, ask, do, report."""
    from istiokit.bigbang.checks import find_check
    from kubectl_istio_migrate.core_move import CORE_MOVE
    from kubectl_istio_migrate.moving import run_on_cluster

    for code in given.allow:
        find_check(code)
    return run_on_cluster(CORE_MOVE, given, context)
