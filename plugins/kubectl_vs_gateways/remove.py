"""`kubectl vs-gateways remove`: drop the old gateways where the new ones are bound."""

import argparse

from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import rebind_options
from kubectl_vs_gateways.rebind_options import Options


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Drop the old Gateway wherever its successor stands beside it. A VirtualService that names the old one "
        "alone, in any list, stays as it is."
    )
    parser.details = (
        "On a cluster it is refused where a host would stop answering; with `-f` that is told.",
    )
    rebind_options.configure(parser, "remove")


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return rebind_options.parse(namespace)


def run(given: Options, context: Context) -> int:
    """Read, plan, show, ask, change."""
    from istiokit.istio.rebinding import Operation

    return rebind_options.run(Operation.REMOVE, given, context)
