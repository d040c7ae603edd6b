"""`kubectl vs-gateways swap`: bind to the new gateways instead of the old ones."""

import argparse

from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import rebind_options
from kubectl_vs_gateways.rebind_options import Options


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Put the new Gateway in the place of the old one, in the top-level list and in those of route conditions. "
        "Nothing else is changed."
    )
    parser.details = (
        "On a cluster it is refused where a host would stop answering or the new Gateway does not exist; with "
        "`-f` that is told.",
    )
    rebind_options.configure(parser, "swap")


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return rebind_options.parse(namespace)


def run(given: Options, context: Context) -> int:
    """Read, plan, show, ask, change."""
    from istiokit.istio.rebinding import Operation

    return rebind_options.run(Operation.SWAP, given, context)
