"""`options`, a command of every plugin: the flags that all its commands have, which their help leaves out."""

import argparse

from istiokit.ui import exits, options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser


def configure(parser: Parser) -> None:
    """Just the flags that it is about."""
    parser.description = "List the flags that every command has, and what the exit codes mean."
    parser.examples = (("Show them", ""),)
    parser.exit_one = None
    options.add_connection(parser)


def parse(_namespace: argparse.Namespace) -> None:
    """Nothing is asked."""


def run(_given: None, context: Context) -> int:
    """Show them."""
    context.write(text())
    return 0


def text() -> str:
    """The page: which cluster, as whom, and the exit codes."""
    parser = Parser("")
    options.add_connection(parser)
    options.add_verbosity(parser)
    head = "Every command has these flags; they may stand before it or behind it.\n"
    return "\n".join((head, parser.flags(of_every_command=True), exits.TABLE))
