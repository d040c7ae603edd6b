"""`kubectl istio-migrate wait`: until every HelmRelease is Ready."""

import argparse
from dataclasses import dataclass

from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser


@dataclass(frozen=True, slots=True)
class Options:
    """Where, and for how long."""

    namespace: str
    timeout: float
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Wait until every HelmRelease of the namespace is Ready; stop early where waiting cannot help."
    )
    parser.exit_one = "a HelmRelease is not Ready, or there is none"
    parser.examples = (
        ("The umbrella's namespace", ""),
        ("Another one, five minutes at most", "-n apps --timeout 5m"),
    )
    options.add_namespace(parser, "bigbang", "Namespace of the HelmReleases (default: bigbang).")
    options.add_timeout(parser, "30m")
    options.add_output(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(namespace.namespace, namespace.timeout, namespace.output, namespace.no_headers)


def run(given: Options, context: Context) -> int:
    """Wait, show."""
    from istiokit.cluster.types import Where
    from istiokit.flux.options import WaitOptions
    from istiokit.flux.wait import wait_ready
    from kubectl_istio_migrate.driving import Table
    from kubectl_istio_migrate.outcomes import finish, refuse_none

    # A server that never answers is told at once; one that falls silent later is given time.
    context.cluster.server_version()
    with context.progress() as progress:
        how = WaitOptions(timeout=given.timeout)
        outcomes = wait_ready(context.cluster, Where(given.namespace), how, Table(progress))
    refuse_none(outcomes, given.namespace)
    return finish(outcomes, given.output, context, no_headers=given.no_headers)
