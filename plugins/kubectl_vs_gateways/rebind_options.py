"""The flags that `add`, `swap` and `remove` share."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui import codes, options, pairs
from istiokit.ui.context import Context
from istiokit.ui.pairs import Given
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import scope
from kubectl_vs_gateways.scope import Scope

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.istio.rebinding import Operation


@dataclass(frozen=True, slots=True)
class Options:
    """What to change, how carefully, and how to show it."""

    scope: Scope
    pairs: Given
    dry_run: str
    output: str
    allow: tuple[str, ...]
    journal_namespace: str


def configure(parser: Parser, verb: str) -> None:
    """The flags; `verb` is the command's name, for the examples."""
    parser.exit_one = "not done: a finding, a no, some that were left alone"
    parser.details = (*parser.details, scope.GATEWAYS_DETAILS, pairs.DETAILS)
    parser.examples = (
        ("Show the plan for all namespaces, change nothing", "-A --dry-run"),
        (
            "One pair of Gateways, in the namespace of the context",
            "--map istio-system/public=istio-gateway/new",
        ),
        ("Just these VirtualServices", "shop/web shop/api"),
        (f"{verb.capitalize()} in the manifests of a repository, byte by byte", "-f ./apps -R"),
    )
    scope.add_flags(parser)
    pairs.add_flags(parser)
    options.add_dry_run(parser)
    options.add_confirmation(parser, codes.changes)
    options.add_journal_namespace(parser)
    options.add_output(parser, headers=False)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for flags that exclude each other."""
    given = Options(
        scope=scope.parse_scope(namespace),
        pairs=pairs.parse(namespace),
        dry_run=namespace.dry_run,
        output=namespace.output,
        allow=tuple(code.upper() for code in namespace.allow),
        journal_namespace=namespace.journal_namespace,
    )
    if given.scope.filenames and given.dry_run == "server":
        raise UsageError("--dry-run=server needs a server, and -f has none", "use --dry-run=client")
    return given


def run(operation: "Operation", given: Options, context: Context) -> int:
    """Work on the files if any are named, else on the cluster; raises UsageError for a code that stops nothing."""
    from istiokit.plan.rebind import REFUSING

    for code in given.allow:
        if code not in REFUSING:
            raise UsageError(
                f"--allow {code}: no such finding stands in the way here", f"{' or '.join(REFUSING)}"
            )
    if given.scope.filenames:
        from kubectl_vs_gateways.rebinding_files import run_on_files

        return run_on_files(operation, given, context)
    from kubectl_vs_gateways.rebinding import run_on_cluster

    return run_on_cluster(operation, given, context)
