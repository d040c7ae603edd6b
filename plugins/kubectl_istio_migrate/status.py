"""`kubectl istio-migrate status`: where this mesh stands, and the next command to run."""

import argparse
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_istio_migrate import flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from istiokit.bigbang.status import Status
    from istiokit.cluster.unread import Unread
    from istiokit.ui.overview import Next


@dataclass(frozen=True, slots=True)
class Options:
    """What to look at, and how to show it."""

    namespace: str
    filenames: tuple[str, ...]
    recursive: bool
    bigbang_version: str
    output: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Show where a mesh stands between the Istio operator and Helm, and the next command to run."
    )
    parser.exit_one = None
    parser.examples = (
        ("Look at the cluster of the current context", ""),
        ("Look at values files, without a cluster", "-f values.yaml -f secrets.yaml"),
        ("All of it for a program", "-o json"),
    )
    options.add_namespace(parser, what="Namespace of the umbrella HelmRelease (default: wherever it is).")
    options.add_files(parser)
    flags.add_bigbang_version(parser)
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(
        namespace=namespace.namespace,
        filenames=tuple(namespace.filenames),
        recursive=namespace.recursive,
        bigbang_version=namespace.bigbang_version,
        output=namespace.output,
    )


def run(given: Options, context: Context) -> int:
    """Read, judge, show."""
    from kubectl_istio_migrate.reading import read_facts, skipped_of

    facts = read_facts(given.namespace, given.filenames, given.recursive, context, meanwhile=_import_the_rest)

    from istiokit.bigbang.status import status
    from istiokit.ui.output import Document, render
    from kubectl_istio_migrate.journaling import journal_line, runs_of, unfinished_command
    from kubectl_istio_migrate.status_text import as_text

    runs = [] if given.filenames else runs_of(facts, context.cluster)
    found = status(facts, version=given.bigbang_version, unfinished=unfinished_command(runs))
    if given.filenames and found.next:
        found = replace(found, next=f"{found.next}{_files(given)}")
    if given.output in ("table", "wide"):
        ahead = _ahead(found, facts.unread, given, context)
        wide = given.output == "wide"
        context.write(as_text(found, facts.unread, journal_line(runs), ahead, wide=wide))
        return 0
    summary = {"place": found.place, "next": found.next, "journal": journal_line(runs)}
    document = Document("MeshStatus", [found], summary=summary, skipped=skipped_of(facts.unread))
    context.write(render(document, (), given.output, name=lambda item: f"mesh/{item.place}"))
    return 0


def _ahead(found: "Status", unread: "Sequence[Unread]", given: Options, context: Context) -> "list[Next]":
    """What to run next, with the flags that lead here; where files do not tell, that is no matter of rights."""
    from istiokit.ui.overview import Next
    from kubectl_istio_migrate.next_steps import steps

    if not given.filenames:
        others = f"{context.connection.flags()} -A"
        return steps(found, unread, flags.there(context, given.namespace), others, detailed=True)
    ahead = steps(found, unread, context.prog, _files(given), detailed=True)
    told = "these files do not tell: name more of them, or look at the cluster, without -f"
    return ahead if any(step.command for step in ahead) else [Next("", told)]


def _files(given: Options) -> str:
    from istiokit.plan.beside import file_flags

    return f" {shlex.join([*file_flags(given.filenames), *(['-R'] if given.recursive else [])])}"


def _import_the_rest() -> None:
    """What `run` imports once the facts are there; on a big mesh the server takes a second or two until then."""
    from kubectl_istio_migrate import journaling, next_steps, status_text  # noqa: F401 - imported for `run`
