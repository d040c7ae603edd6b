"""argparse with kubectl's manners: usage errors are values, help goes where the caller wants it."""

import argparse
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from istiokit.errors import UsageError

EXIT_CODES = """\
exit codes:
  0    all well
  1    findings, or not done: a no, a time-out, an edit left to Git
  2    usage: the arguments, or a file named in them, cannot be used
  3    the operation failed: server, network, permission, input or output
  130  interrupted (SIGINT)
  143  terminated (SIGTERM)
"""

_WIDTH = 100
"""Help is never wider than this, and the same on every terminal that is wide enough."""


class HelpAsked(Exception):
    """Raised for -h and --help; `text` is the help to print."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Fixed measures, so that help does not depend on the terminal or the Python of whoever makes the docs."""

    def __init__(self, prog: str, width: int = _WIDTH) -> None:
        super().__init__(prog, max_help_position=30, width=width)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """`-n, --namespace NAMESPACE`, as Python has it from 3.13 on."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        return f"{', '.join(action.option_strings)} {action.metavar}"


class _Help(argparse.Action):
    """-h, --help: hand the text up instead of printing it and leaving the process."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: Any = None
    ) -> None:
        raise HelpAsked(parser.format_help())


class Parser(argparse.ArgumentParser):
    """The parser of one command.

    `examples` holds pairs: what it does, and the arguments that do it; `operands` is how the arguments that are
    no flags read in the usage line, where their metavars do not say it.
    """

    def __init__(self, prog: str, *, description: str = "", epilog: str = EXIT_CODES) -> None:
        super().__init__(
            prog=prog,
            description=description,
            formatter_class=_HelpFormatter,
            add_help=False,
            allow_abbrev=False,  # kubectl does not guess either
        )
        self.color = False  # Python 3.14 would colour the help; the documents are made from it
        self.examples: Sequence[tuple[str, str]] = ()
        self.operands = ""
        self._closing = epilog
        self.add_argument("-h", "--help", action=_Help, nargs=0, help="Show this help.")

    def actions(self) -> Sequence[argparse.Action]:
        """Its flags and operands, as they were added."""
        return self._actions

    def rivals(self) -> Sequence[Sequence[argparse.Action]]:
        """The groups of flags of which only one may be given."""
        return [group._group_actions for group in self._mutually_exclusive_groups]

    def format_help(self) -> str:
        """The help with the examples and the exit codes at its end."""
        self.usage = " ".join(
            part for part in (self.prog, self.operands or self._operands(), "[flags]") if part
        )
        self.description = textwrap.fill(self.description or "", _WIDTH)
        self.epilog = "\n".join(part for part in (self._examples(), self._closing.rstrip()) if part)
        return super().format_help()

    def _operands(self) -> str:
        wrapped = {"*": "[{}...]", "+": "{}...", "?": "[{}]"}
        named = [action for action in self._actions if not action.option_strings]
        return " ".join(
            wrapped.get(str(action.nargs), "{}").format(action.metavar or action.dest) for action in named
        )

    def error(self, message: str) -> NoReturn:
        """Raise argparse's complaint as a UsageError that names the help to read."""
        raise UsageError(message, f"see '{self.prog} --help'")

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse like kubectl: `--dry-run` alone means client, switches also take `=true` and `=false`."""
        self.operands = self.operands or self._operands()  # argparse takes them for none while it mixes
        options, rest = _before_dashes(argv)
        # Intermixed: names may stand between the flags, which plain parse_args takes for unrecognized.
        return self.parse_intermixed_args([*self._spelled_out(options), *rest])

    def _spelled_out(self, options: Iterable[str]) -> Iterable[str]:
        for option in options:
            name, _, value = option.partition("=")
            if option == "--dry-run":
                yield "--dry-run=client"
            elif value in ("true", "false") and self._is_switch(name):
                if value == "true":
                    yield name
            elif value and self._is_switch(name):
                self.error(f"argument {name}: {value!r} is neither true nor false")
            else:
                yield option

    def _is_switch(self, name: str) -> bool:
        return any(action.nargs == 0 and name in action.option_strings for action in self._actions)

    def _examples(self) -> str:
        if not self.examples:
            return ""
        lines = (f"  # {what}\n  {self.prog} {arguments}".rstrip() for what, arguments in self.examples)
        return "examples:\n" + "\n\n".join(lines) + "\n"


def _before_dashes(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    end = argv.index("--") if "--" in argv else len(argv)
    return argv[:end], argv[end:]
