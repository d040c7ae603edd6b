"""`kubectl vs-gateways [list]`: which gateways each VirtualService is bound to. Changes nothing."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui import codes, options, pairs
from istiokit.ui.completable import completed_by
from istiokit.ui.context import Context
from istiokit.ui.pairs import Given
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import scope
from kubectl_vs_gateways.scope import Scope

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.istio.listing import BindingRow

_WITH_SOURCES = ("wide", "json", "yaml")
"""The outputs that show where owners have their objects from; only for them it is read."""
STATES = ("delegate", "broken", "mesh-only", "old-only", "both", "new-only", "other")


@dataclass(frozen=True, slots=True)
class Options:
    """What to list, and how to show it."""

    scope: Scope
    states: tuple[str, ...]
    """Only these; none means all."""
    fast: bool
    """Without the routes' own lists of gateways."""
    audit: bool
    served: bool
    """What would answer, instead of what is referred to."""
    pairs: Given
    explain: str
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Show which gateways each VirtualService is bound to, and how far it has come from the old ones to the new. "
        "Nothing is changed."
    )
    parser.exit_one = "no such name, or with --audit an error"
    parser.details = (
        "The states are delegate, broken (a Gateway does not exist), mesh-only, old-only, both, new-only and "
        "other; the first that applies. Gateways named in route conditions count: the least migrated part decides.",
        "`--fast` reads the server's table of them: much less to send, without the gateways of route conditions. "
        "`--audit` looks at policies that name an old gateway, too. `--served` goes by a model of istiod's rules.",
        scope.GATEWAYS_DETAILS,
        pairs.DETAILS,
    )
    parser.examples = (
        ("All VirtualServices of the cluster", "-A"),
        ("Those that still need work", "-A --state old-only --state broken"),
        ("One of them", "shop/web"),
        ("On which side each host would answer", "-A --served"),
        ("What is wrong with the manifests of a repository", "--audit -f ./apps -R"),
        ("What a code means", "--explain VSG005"),
    )
    scope.add_flags(parser)
    parser.add_argument(
        "--state",
        dest="states",
        metavar="STATE",
        choices=STATES,
        action="append",
        default=[],
        help="Show only those in this state, such as old-only (repeatable).",
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help="Read less: without the gateways of route conditions.",
    )
    parser.add_argument(
        "--audit",
        action="store_true",
        help="Say instead what is wrong, and what would make it right.",
    )
    parser.add_argument(
        "--served",
        action="store_true",
        help="Show instead which side would answer for each host.",
    )
    pairs.add_flags(parser)
    explain = parser.add_argument(
        "--explain", metavar="CODE", default="", help="Say what a code of the audit means, and do no more."
    )
    completed_by(explain, codes.audit)
    options.add_output(parser, "sarif", "markdown")


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for contradicting ones."""
    if namespace.output in ("sarif", "markdown") and not namespace.audit:
        raise UsageError(f"-o {namespace.output} is for findings", "add --audit")
    if namespace.fast and (namespace.audit or namespace.served or namespace.filenames):
        what = "--fast reads a server's table, without routes"
        raise UsageError(what, "leave out --fast, or --audit, --served and -f")
    if namespace.audit and namespace.served:
        raise UsageError("--audit and --served show different things", "leave one of them out")
    return Options(
        scope=scope.parse_scope(namespace),
        states=tuple(namespace.states),
        fast=namespace.fast,
        audit=namespace.audit,
        served=namespace.served,
        pairs=pairs.parse(namespace),
        explain=namespace.explain,
        output=namespace.output,
        no_headers=namespace.no_headers,
    )


def run(given: Options, context: Context) -> int:
    """Read, classify, show; with --audit 1 if there is an error."""
    if given.explain:
        from kubectl_vs_gateways.audit_text import explanation

        context.write(explanation(given.explain))
        return 0
    is_whole = given.audit or given.served  # hosts are shared, so all of them count
    scope.expect(scope.everywhere(given.scope) if is_whole else given.scope, context, fast=given.fast)
    if given.audit:
        from kubectl_vs_gateways.auditing import run_audit

        return run_audit(given.scope, given.pairs, given.output, context, no_headers=given.no_headers)
    if given.served:
        from kubectl_vs_gateways.serving_table import run_served

        return run_served(given.scope, given.pairs, given.output, context, no_headers=given.no_headers)
    return _list(given, context)


def _list(given: Options, context: Context) -> int:
    sources = given.output in _WITH_SOURCES
    reading = scope.read_scope(given.scope, context, fast=given.fast)
    if sources and not given.scope.filenames:
        reading = scope.with_origins(reading, context)

    from istiokit.istio.listing import rows, sides_in, summary_of
    from istiokit.istio.wording import worded
    from istiokit.ui.output import Document, render
    from kubectl_vs_gateways.list_text import COLUMNS, owners_line, row_name, summary_line
    from kubectl_vs_gateways.next_step import next_line
    from kubectl_vs_gateways.patch_text import with_patches

    mapping = pairs.told_mapping(given.pairs, context)
    reading = with_patches(reading, mapping, context.prog)
    wordings = worded(reading.facts.virtual_services)
    sides = sides_in(reading.facts, mapping, wordings)
    everything = rows(reading.facts, reading.owners, sides, wordings, sources=sources)
    shown = [row for row in everything if not given.states or row.state in given.states]
    summary, skipped = summary_of(everything), scope.skipped_of(reading)
    document: Document[BindingRow] = Document("BindingList", shown, summary=summary, skipped=skipped)
    context.write(render(document, COLUMNS, given.output, name=row_name, no_headers=given.no_headers))
    step = next_line(everything, sides, context.prog, given.scope, given.pairs)
    lines = [summary_line(everything), owners_line(everything), step, *scope.unread_lines(reading)]
    for line in filter(None, lines):
        context.say(line)
    for item in reading.unusable:
        context.say(f"left out: {scope.left_out(item)}")
    if given.fast:
        context.say("--fast: gateways of route conditions were not read, so a state may be too good")
    return 0
