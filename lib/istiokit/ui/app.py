"""Runs a plugin: finds the command, reads its arguments, prints its errors, picks the exit code."""

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from istiokit import __version__
from istiokit.errors import NotDone, SuiteError, UsageError
from istiokit.ui import arguments
from istiokit.ui.commands import App, Command, command_parser, find, help_text, prog_name
from istiokit.ui.connection import Connection, connection
from istiokit.ui.context import Context, connect
from istiokit.ui.parser import HelpAsked, UnknownArguments
from istiokit.ui.printable import printable
from istiokit.ui.streams import nobody_reads, standard

if TYPE_CHECKING:
    import argparse

    from istiokit.cluster.types import Cluster

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
FAILED = SuiteError.exit_code

_PROBE_SECONDS = 5.0
_PROBE_PATIENCE, _PATIENCE = f"--request-timeout={_PROBE_SECONDS:.0f}s", "--request-timeout=30s"
"""How long a server may be silent in a run without arguments, at first and then; what the user says counts instead."""
COMPLETE = ("__complete", "__completeNoDesc", "__completeWhole")
"""The words by which a shell asks for completions (ui/completion/answer.py)."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The streams and the environment of one run."""

    out: TextIO
    err: TextIO
    stdin: TextIO
    env: Mapping[str, str]
    connector: Callable[[Connection], "Cluster"] = connect


class _Terminated(BaseException):
    """SIGTERM, as an exception so that `with` and `finally` get their turn."""


def main(app: App) -> int:
    """Run the plugin as this process and return its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    stdin, out, err = standard()
    terminal = Terminal(out, err, stdin, os.environ)
    if sys.argv[1:2] and sys.argv[1] in COMPLETE:
        _complete_and_end(app, terminal)
    code = run_app(app, sys.argv[1:], terminal, prog=prog_name(sys.argv[0], app.name))
    try:
        terminal.out.flush()
    except OSError as error:
        # Nobody reads it any more, or the disk is full. What is still buffered would fail again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not nobody_reads(error) and code != FAILED:
            _report(terminal, sys.argv, f"input or output: {error.strerror}")
        return FAILED
    return code


def complete(app: App) -> int:
    """Complete the words that are this process's arguments; kubectl gives them to an executable of its own."""
    sys.argv.insert(1, COMPLETE[0])
    return main(app)


def _complete_and_end(app: App, terminal: Terminal) -> NoReturn:
    """Answer, and leave at once whatever is still waiting for a server or a login program."""
    from istiokit.ui.completion import patience, silence

    silence.begin()
    with contextlib.suppress(OSError, UnicodeError):
        terminal.out.write(_completed(app, sys.argv[1:], terminal, patience.left()))
        terminal.out.flush()
    silence.end()
    os._exit(0)


def _completed(app: App, argv: Sequence[str], terminal: Terminal, seconds: float) -> str:
    """Whatever fails completes to nothing: an error on the screen while someone types is worse."""
    from istiokit.ui.completion.answer import NOTHING, answer

    try:
        return answer(app, argv, terminal.connector, seconds)
    except Exception:
        return NOTHING


def run_app(app: App, argv: Sequence[str], terminal: Terminal, *, prog: str = "") -> int:
    """Run one command line and return its exit code; nothing else is touched than `terminal`."""
    prog = prog or prog_name(app.name, app.name)
    try:
        return _told(app, argv, terminal, prog)
    except SuiteError as error:
        _report(terminal, argv, str(error))
        return error.exit_code
    except OSError as error:
        if nobody_reads(error):
            return FAILED
        _report(terminal, argv, f"{error.filename or 'input or output'}: {error.strerror or error}")
        return FAILED
    except KeyboardInterrupt as cause:
        terminal.err.write(_with_notes("interrupted", cause))
        return INTERRUPTED
    except _Terminated as cause:
        terminal.err.write(_with_notes("terminated", cause))
        return TERMINATED
    except Exception as error:  # the last line of defence: a defect is told in one line too
        what = f"internal error: {type(error).__name__}: {error}"
        _report(terminal, argv, f"{what}; run it again with -v 9 and report what it prints")
        return FAILED


def _told(app: App, argv: Sequence[str], terminal: Terminal, prog: str) -> int:
    try:
        return _dispatch(app, argv, terminal, prog)
    except HelpAsked as asked:
        terminal.out.write(asked.text)
        return 0


def _with_notes(word: str, cause: BaseException) -> str:
    """One line: the word, and what those have noted whom the signal met at work."""
    return "; ".join((word, *getattr(cause, "__notes__", ()))) + "\n"


def _dispatch(app: App, argv: Sequence[str], terminal: Terminal, prog: str) -> int:
    leading, rest = arguments.split(argv, any_flag=not app.names)
    if not rest and not (app.names and arguments.names_namespace(leading)):
        return _without_command(app, leading, terminal, prog)
    name, *rest = rest or [""]
    if name in COMPLETE and not leading:
        terminal.out.write(_completed(app, argv, terminal, _PROBE_SECONDS))
        return 0
    if app.names and arguments.is_for_default(app, name):
        return _run_default(app, name, argv, terminal, prog)
    if name in ("-h", "--help", "help"):
        topic = find(app, rest[0], prog) if rest else None
        raise HelpAsked(command_parser(topic, prog).format_help() if topic else help_text(app, prog))
    if name == "--version":
        terminal.out.write(f"{app.name} {__version__}\n")
        return 0
    return _run(app, _found(app, name, leading, prog), [*leading, *rest], terminal, prog)


def _run_default(app: App, name: str, argv: Sequence[str], terminal: Terminal, prog: str) -> int:
    """Run the default command; if it has no use for the first word, that may have been meant as a command."""
    try:
        return _run(app, find(app, app.default, prog), argv, terminal, prog)
    except (NotDone, UsageError) as error:
        from istiokit.ui import suggest

        if not (error.hint.endswith("?") or name.startswith("-") or "/" in name):
            error.hint = "; ".join(filter(None, (error.hint, suggest.command(app, name, prog))))
        raise


def _found(app: App, name: str, leading: Sequence[str], prog: str) -> Command:
    """The command `name`; raises UsageError where there is none, with what was meant: also a forgotten command."""
    try:
        return find(app, name, prog)
    except UsageError as unknown:
        from istiokit.ui import suggest

        if forgotten := suggest.forgotten(app, name, leading, prog):
            unknown.hint = forgotten
        raise


def _without_command(app: App, leading: Sequence[str], terminal: Terminal, prog: str) -> int:
    """Say what there is to see if a cluster answers; else why none does, and what can be done without one."""
    if not app.overview:
        raise HelpAsked(help_text(app, prog))
    overview = Command("", "", app.overview)
    probe = _read(app, overview, [_PROBE_PATIENCE, *leading], prog)
    try:
        terminal.connector(connection(probe)).server_version()
    except SuiteError as reason:
        from istiokit.ui.overview import without_cluster

        _report(terminal, leading, f"no cluster answers: {reason}")
        terminal.out.write(without_cluster(app, prog))
        return reason.exit_code
    return _run(app, overview, [_PATIENCE, *leading], terminal, prog)


def _read(app: App, command: Command, argv: Sequence[str], prog: str) -> "argparse.Namespace":
    """The arguments; raises UsageError, for an unknown flag with the one that was meant."""
    try:
        return command_parser(command, prog).read(argv)
    except UnknownArguments as error:
        from istiokit.ui import suggest

        meant = suggest.flag(app, command, error.words, prog)
        error.hint = meant if meant.endswith("?") else "; ".join(filter(None, (meant, error.hint)))
        raise


def _run(app: App, command: Command, argv: Sequence[str], terminal: Terminal, prog: str) -> int:
    namespace = _read(app, command, argv, prog)
    module: Any = importlib.import_module(command.module)
    context = Context(
        prog=prog,
        out=terminal.out,
        err=terminal.err,
        stdin=terminal.stdin,
        env=terminal.env,
        connection=connection(namespace),
        assume_yes=getattr(namespace, "yes", False),
        verbosity=namespace.verbosity,
        connector=terminal.connector,
    )
    code: int = module.run(module.parse(namespace), context)
    return code


def _report(terminal: Terminal, argv: Sequence[str], text: str) -> None:
    """Print one line about the error that is being handled, and with -v 9 where it came from."""
    with contextlib.suppress(OSError):  # a stderr that cannot be written to leaves the exit code
        if arguments.asks_for_traceback(argv):
            import traceback

            terminal.err.write(traceback.format_exc())
        terminal.err.write(f"error: {printable(' '.join(text.split()))}\n")


def _terminate(_signal: int, _frame: object) -> NoReturn:
    raise _Terminated
