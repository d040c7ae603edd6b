"""`kubectl vs-gateways` without arguments: how far the VirtualServices are, and what to run next. Changes nothing."""

import argparse
from typing import TYPE_CHECKING

from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.pairs import Given
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import scope

if TYPE_CHECKING:  # --help needs none of it
    from collections.abc import Sequence

    from istiokit.istio.bindings import Sides
    from istiokit.istio.listing import BindingRow
    from istiokit.survey.routes import RouteReading

_EVERYTHING = scope.Scope((), "", True, "", "", (), False, "")


def configure(parser: Parser) -> None:
    """The flags that may stand without a command."""
    options.add_connection(parser)


def parse(_namespace: argparse.Namespace) -> None:
    """Nothing but the cluster is asked for."""


def run(_given: None, context: Context) -> int:
    """Read, classify, count."""
    reading = scope.read_scope(_EVERYTHING, context)

    from istiokit.istio.listing import rows, sides_in
    from istiokit.istio.wording import worded
    from istiokit.ui.overview import Next, nothing_left, page
    from kubectl_vs_gateways.next_step import next_step

    wordings = worded(reading.facts.virtual_services)
    sides = sides_in(reading.facts, None, wordings)
    found = rows(reading.facts, reading.owners, sides, wordings)
    there = context.there
    shown = [("cluster", context.cluster.name), *_rows(reading, found, sides)]
    words, why = next_step(found, sides, _EVERYTHING, Given())
    step = Next(f"{there} {words}", why) if words else nothing_left(reading.unread, empty=not found)
    context.write(page(shown, [step], f"{there} -A, {context.prog} --help"))
    return 0


def _rows(reading: "RouteReading", found: "Sequence[BindingRow]", sides: "Sides") -> list[tuple[str, str]]:
    from istiokit.ui import unread
    from kubectl_vs_gateways.list_text import owners_line, summary_line

    pairs = ", ".join(f"{old}={new}" for old, new in sorted(sides.successors.items()))
    left_out = len(reading.unusable)
    return [
        ("bound", summary_line(found)),
        ("owners", owners_line(found).removeprefix("owners: ")),
        ("pairs", pairs or "no old Gateway with a successor was found"),
        unread.row(reading.unread),
        ("left out", f"{left_out} that cannot be understood" if left_out else ""),
    ]
