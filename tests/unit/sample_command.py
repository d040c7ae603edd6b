"""A command as plugins write them, for the tests of the command-line kit."""

import argparse
from dataclasses import dataclass

from istiokit.errors import NotDone, UsageError
from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser


@dataclass(frozen=True)
class Options:
    """What to do, what to do it on."""

    deed: str
    names: tuple[str, ...]
    dry_run: str
    timeout: float
    output: str
    no_headers: bool
    allow: tuple[str, ...]
    all_namespaces: bool
    filenames: tuple[str, ...]
    concurrency: int


def configure(parser: Parser) -> None:
    parser.description = "Do a deed."
    parser.examples = (("Greet the cluster", "greet"), ("Ask before greeting", "ask --timeout 10s"))
    parser.add_argument("deed", nargs="?", default="greet")
    parser.add_argument("names", nargs="*")
    options.add_dry_run(parser)
    options.add_output(parser, "dot")
    options.add_confirmation(parser, "IM001")
    options.add_timeout(parser, "10m")
    options.add_concurrency(parser, 4)
    options.add_files(parser)
    options.add_scope(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    if namespace.all_namespaces and namespace.filenames:
        raise UsageError("-A and -f exclude each other")
    return Options(
        deed=namespace.deed,
        names=tuple(namespace.names),
        dry_run=namespace.dry_run,
        timeout=namespace.timeout,
        output=namespace.output,
        no_headers=namespace.no_headers,
        allow=tuple(namespace.allow),
        all_namespaces=namespace.all_namespaces,
        filenames=tuple(namespace.filenames),
        concurrency=namespace.concurrency,
    )


def run(given: Options, context: Context) -> int:
    match given.deed:
        case "greet":
            context.write(f"hello from {context.cluster.name}\n")
        case "options":
            context.write(f"{given}\n{context.connection}\n")
        case "ask":
            if not context.confirm("Do it?"):
                raise NotDone("nothing was done")
        case "find":
            return 1
        case deed:
            _fail(deed)
    return 0


def _fail(deed: str) -> None:
    failures: dict[str, BaseException] = {
        "interrupt": KeyboardInterrupt(),
        "interrupt-at-work": _noted(KeyboardInterrupt(), "run it again"),
        "defect": ValueError("two\nlines"),
        "pipe": BrokenPipeError(32, "Broken pipe"),
        "disk": OSError(28, "No space left on device", "values.yaml"),
    }
    raise failures[deed]


def _noted(error: BaseException, note: str) -> BaseException:
    error.add_note(note)
    return error
