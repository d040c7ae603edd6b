"""What the sample plugin says without arguments."""

import argparse

from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser


def configure(parser: Parser) -> None:
    options.add_namespace(parser)
    options.add_connection(parser)


def parse(_namespace: argparse.Namespace) -> None:
    return None


def run(_given: None, context: Context) -> int:
    context.write(
        f"this is {context.cluster.name}{context.connection.flags()}, {context.connection.request_timeout} s\n"
    )
    return 0
