"""`kubectl vs-gateways add`: bind to the new gateways as well."""

import argparse

from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import rebind_options
from kubectl_vs_gateways.rebind_options import Options


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Bind what is bound to an old Gateway to its successor as well, in the top-level list and in those of route "
        "conditions. Nothing is taken away."
    )
    parser.details = ("`--map mesh=NEW` binds what routes for the mesh; it keeps doing so.",)
    rebind_options.configure(parser, "add")


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return rebind_options.parse(namespace)


def run(given: Options, context: Context) -> int:
    """Read, plan, show, ask, change."""
    from istiokit.istio.rebinding import Operation

    return rebind_options.run(Operation.ADD, given, context)
