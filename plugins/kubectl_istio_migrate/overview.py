"""`kubectl istio-migrate` without arguments: what this mesh is, what is open, what to run next. Changes nothing."""

import argparse
from dataclasses import dataclass

from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_istio_migrate.flags import there


@dataclass(frozen=True, slots=True)
class Options:
    """What to look at."""

    namespace: str


def configure(parser: Parser) -> None:
    """The flags that may stand without a command."""
    options.add_namespace(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(namespace.namespace)


def run(given: Options, context: Context) -> int:
    """Read, judge, show."""
    from kubectl_istio_migrate.reading import read_facts

    facts = read_facts(given.namespace, (), False, context, meanwhile=_import_the_rest)

    from istiokit.bigbang.status import status
    from istiokit.ui.overview import page
    from kubectl_istio_migrate.journaling import journal_line, runs_of, unfinished_command
    from kubectl_istio_migrate.next_steps import steps
    from kubectl_istio_migrate.overview_text import rows

    runs = runs_of(facts, context.cluster)
    found = status(facts, unfinished=unfinished_command(runs))
    here = there(context, given.namespace)
    shown = rows(found, facts.unread, journal_line(runs))
    more = f"{here} status, {context.prog} --help"
    context.write(page(shown, steps(found, facts.unread, here, f"{context.connection.flags()} -A"), more))
    return 0


def _import_the_rest() -> None:
    """What `run` imports once the facts are there."""
    from kubectl_istio_migrate import journaling, next_steps, overview_text  # noqa: F401 - imported for `run`
