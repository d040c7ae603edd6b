"""`kubectl policyreport-vs` without arguments: who still needs the policy, and what to run next. Changes nothing."""

import argparse

from istiokit.ui import options, pairs
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_policyreport_vs import asking

_EVERYTHING = asking.Given((), pairs.Given(), (), False, all_namespaces=True)


def configure(parser: Parser) -> None:
    """The flags that may stand without a command."""
    options.add_connection(parser)


def parse(_namespace: argparse.Namespace) -> None:
    """Nothing but the cluster is asked for."""


def run(_given: None, context: Context) -> int:
    """Read, judge, count."""
    asking.expect(_EVERYTHING, context)
    read = asking.read(_EVERYTHING, context, changes=False)

    from istiokit.ui import unread
    from istiokit.ui.overview import page, told
    from kubectl_policyreport_vs.list_text import basis, counts_line, next_line

    there = context.prog + context.connection.flags()
    policies, couples, *_ = basis(read)
    shown = [
        ("cluster", context.cluster.name),
        ("policy", policies.removeprefix("policies: ")),
        ("pairs", couples.removeprefix("pairs: ")),
        ("sources", counts_line(read)),
        unread.row(read.unread),
    ]
    step = next_line(read, there, ["-A"], [])
    context.write(page(shown, told(step), f"{there} -A, {context.prog} --help"))
    return 0
