"""`kubectl istio-migrate journal`: what was done, when, by whom."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui import options
from istiokit.ui.completable import Runs, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.plan.journal import JournalStore, Run


@dataclass(frozen=True, slots=True)
class Options:
    """All runs (`show` empty), or one of them."""

    show: str
    namespace: str
    filenames: tuple[str, ...]
    journal_namespace: str
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = "List the runs in the journal, or show what one of them did."
    parser.exit_one = None
    parser.examples = (
        ("All runs", ""),
        ("Every action of one run", "show bigbang-step1-20261121t094512-ab12"),
        ("Those of `policy`, which are elsewhere", "--journal-namespace istio-system"),
        ("The journal beside a values file", "-f values.yaml"),
    )
    parser.operands = "[show ID]"
    words = parser.add_argument(
        "words", metavar="show ID", nargs="*", help="Show this run (default: list all)."
    )
    completed_by(words, "show", later=[Runs(("istiokit.plan.bigbang", "istiokit.plan.policy"))])
    options.add_namespace(parser, what="Namespace of the umbrella HelmRelease (default: wherever it is).")
    options.add_edited_files(parser)
    options.add_journal_namespace(parser, default="")
    options.add_output(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for words other than `show ID`."""
    words = namespace.words
    if words and (words[0] != "show" or len(words) != 2):
        raise UsageError(f"unknown words: {' '.join(words)}", "write `journal` or `journal show ID`")
    return Options(
        show=words[1] if words else "",
        namespace=namespace.namespace,
        filenames=tuple(namespace.filenames),
        journal_namespace=namespace.journal_namespace,
        output=namespace.output,
        no_headers=namespace.no_headers,
    )


def run(given: Options, context: Context) -> int:
    """List or show."""
    from istiokit.plan.bigbang import MIGRATION
    from istiokit.plan.journal import oldest_first
    from istiokit.plan.policy import MIGRATION as POLICY
    from istiokit.plan.render import JOURNAL_HEADERS, journal_rows, run_dict
    from istiokit.ui.output import Document, envelope, table
    from kubectl_istio_migrate.journaling import open_store

    store = open_store(given.namespace, given.filenames, given.journal_namespace, context)
    if given.show:
        return _show(store, given, context)
    runs = oldest_first([*store.list(MIGRATION), *store.list(POLICY)])
    if given.output in ("table", "wide"):
        context.write(table(JOURNAL_HEADERS, journal_rows(runs), no_headers=given.no_headers) if runs else "")
        if not runs:
            context.say(f"the journal is empty ({store.place})")
    elif given.output == "name":
        context.write("".join(f"{item.id}\n" for item in runs))
    else:
        document = Document("RunList", [run_dict(item) for item in runs], summary={"runs": len(runs)})
        context.write(_dumped(envelope(document), given.output))
    return 0


def _show(store: "JournalStore", given: Options, context: Context) -> int:
    from istiokit.plan.render import ENTRY_HEADERS, entry_rows, run_dict
    from istiokit.ui.output import Document, envelope, table

    found = store.load(given.show)
    if found is None:
        raise UsageError(f"no run {given.show} in the journal ({store.place})", "see `journal` for their ids")
    if given.output in ("table", "wide"):
        context.write(
            _head(found) + "\n" + table(ENTRY_HEADERS, entry_rows(found), no_headers=given.no_headers)
        )
        return 0
    document = Document("Run", [run_dict(found, whole=True)], summary={"state": found.state})
    context.write(f"{found.id}\n" if given.output == "name" else _dumped(envelope(document), given.output))
    return 0


def _head(found: "Run") -> str:
    """Who began it and who drove it since, then what it told them."""
    lines = [f"{found.id}: {found.name} {found.state}", f"begun {found.started} by {found.who}"]
    lines += [f"{sitting.what} {sitting.when} by {sitting.who}" for sitting in found.later]
    lines += [f"allowed: {', '.join(found.allowed)}"] if found.allowed else []
    return "".join(f"{line}\n" for line in [*lines, *found.notes])


def _dumped(document: dict[str, object], output: str) -> str:
    from istiokit.ui.output import as_json, as_yaml

    return as_json(document) if output == "json" else as_yaml(document)
