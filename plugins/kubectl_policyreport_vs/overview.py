"""`kubectl policyreport-vs` without arguments: who still needs the policy, and what to run next. Changes nothing."""

import argparse
from typing import TYPE_CHECKING

from istiokit.ui import options, pairs
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_policyreport_vs import asking

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.survey.dependence import DependenceReading
    from istiokit.ui.overview import Next

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
    from istiokit.ui.overview import page
    from kubectl_policyreport_vs.list_text import basis, counts_line

    there = context.there
    policies, couples, *_ = basis(read)
    shown = [
        ("cluster", context.cluster.name),
        ("policy", policies.removeprefix("policies: ")),
        ("pairs", couples.removeprefix("pairs: ")),
        ("sources", counts_line(read)),
        unread.row(read.unread),
    ]
    context.write(page(shown, [_step(read, context)], f"{there} -A, {context.prog} --help"))
    return 0


def _step(read: "DependenceReading", context: Context) -> "Next":
    from istiokit.ui.overview import Next, nothing_left

    flags = context.connection.flags()
    if any(one.pending for one in read.rows):
        return Next(f"{context.prog}{flags} -A --pending -o wide", "what to change where")
    if read.rows:
        return Next(f"{context.prog}{flags} safe-to-remove", "whether the policy may go")
    if read.policies or any(not item.missing for item in read.unread):
        return nothing_left(read.unread)
    why = "no policy keeps VirtualServices on both gateways; this shows where they are bound"
    return Next(f"kubectl vs-gateways{flags} -A", why)
