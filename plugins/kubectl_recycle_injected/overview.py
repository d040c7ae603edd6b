"""`kubectl recycle-injected` without arguments: how many sidecars are stale, and what to run next. Changes nothing."""

import argparse

from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_recycle_injected import scope

_EVERYTHING = scope.Given((), (), True, "", "", "", False, False)


def configure(parser: Parser) -> None:
    """The flags that may stand without a command."""
    options.add_connection(parser)


def parse(_namespace: argparse.Namespace) -> None:
    """Nothing but the cluster is asked for."""


def run(_given: None, context: Context) -> int:
    """Read, judge, count."""
    facts, found = scope.read(_EVERYTHING, context)

    from istiokit.istio.served_revisions import findings_of
    from istiokit.istio.sidecars import summary_of
    from istiokit.ui import unread
    from istiokit.ui.overview import Next, nothing_left, page
    from kubectl_recycle_injected.list_text import reasons_line, summary_line

    there = context.there
    summary = summary_of(found)
    findings = findings_of(found, facts.mesh, whole=True)
    shown = [
        ("cluster", context.cluster.name),
        ("sidecars", summary_line(summary)),
        ("why", reasons_line(found)),
        *[("finding", f"{one.code} {one.object}: {one.reason}") for one in findings[:2]],
        unread.row(facts.unread),
    ]
    step = nothing_left(facts.unread, empty=not found)
    if summary["staleWorkloads"]:
        step = Next(f"{there} -A --dry-run", "what would be restarted, how, in which order")
    context.write(page(shown, [step], f"{there} list -A, {context.prog} --help"))
    return 0
