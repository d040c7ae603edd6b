"""argparse with kubectl's manners: usage errors are values, help goes where the caller wants it."""

import argparse
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from istiokit.errors import UsageError
from istiokit.ui import exits

EVERY_COMMAND = "flags of every command"
"""Title of the group of flags that no help lists, because `options` does."""

WIDTH = 100
"""Help is never wider than this, and the same on every terminal that is wide enough."""


class HelpAsked(Exception):
    """Raised for -h and --help; `text` is the help to print."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class UnknownArguments(UsageError):
    """Flags or words that a command has no use for."""

    def __init__(self, words: Sequence[str], hint: str) -> None:
        super().__init__(f"unrecognized arguments: {' '.join(words)}", hint)
        self.words = tuple(words)


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Fixed measures, so that help does not depend on the terminal or the Python of whoever makes the docs."""

    def __init__(self, prog: str, width: int = WIDTH) -> None:
        super().__init__(prog, max_help_position=30, width=width)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """`-n, --namespace NAMESPACE`, as Python has it from 3.13 on; `--dry-run[=client]` where none is needed."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        space = "" if str(action.metavar).startswith("[") else " "
        return f"{', '.join(action.option_strings)}{space}{action.metavar}"


class _Help(argparse.Action):
    """-h, --help: hand the text up instead of printing it and leaving the process."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: Any = None
    ) -> None:
        raise HelpAsked(parser.format_help())


class Parser(argparse.ArgumentParser):
    """The parser of one command; its help is one screen.

    `examples` holds pairs: what it does, and the arguments that do it. `operands` is how the arguments that are
    no flags read in the usage line, where their metavars do not say it. `exit_one` is what exit code 1 means, None
    where it never happens. `details` holds paragraphs that only the documents have room for.
    """

    def __init__(self, prog: str, *, plugin: str = "", description: str = "") -> None:
        super().__init__(
            prog=prog,
            usage=prog,  # ours is written by `format_help`; argparse would work one out for each command line
            description=description,
            formatter_class=_HelpFormatter,
            add_help=False,
            allow_abbrev=False,  # kubectl does not guess either
        )
        self.color = False  # Python 3.14 would colour the help; the documents are made from it
        self.examples: Sequence[tuple[str, str]] = ()
        self.operands = ""
        self.exit_one: str | None = exits.ANY
        self.details: Sequence[str] = ()
        self._plugin = plugin
        self.add_argument_group(EVERY_COMMAND).add_argument(
            "-h", "--help", action=_Help, nargs=0, help="Show the help of a command."
        )

    def actions(self) -> Sequence[argparse.Action]:
        """Its flags and operands, as they were added."""
        return self._actions

    def rivals(self) -> Sequence[Sequence[argparse.Action]]:
        """The groups of flags of which only one may be given."""
        return [group._group_actions for group in self._mutually_exclusive_groups]

    def format_help(self) -> str:
        """One screen: usage, what it does, examples, its own flags, exit codes, where the other flags are."""
        usage = " ".join(part for part in (self.prog, self.operands or self._operands(), "[flags]") if part)
        closing = exits.line(self.exit_one, WIDTH)
        if self._plugin:
            closing += f"Use '{self._plugin} options' for the flags of every command.\n"
        parts = (f"usage: {usage}\n", filled(self.description or ""), self._examples(), self.flags(), closing)
        return "\n".join(part for part in parts if part)

    def flags(self, *, of_every_command: bool = False) -> str:
        """The section of this command's own arguments and flags, or of those that every command has."""
        shown = [
            action
            for group in self._action_groups
            if (group.title == EVERY_COMMAND) is of_every_command
            for action in group._group_actions
        ]
        operands = any(not action.option_strings for action in shown)
        formatter = self._get_formatter()
        formatter.start_section("arguments and flags" if operands else "flags")
        formatter.add_arguments(shown)
        formatter.end_section()
        return formatter.format_help()

    def _operands(self) -> str:
        wrapped = {"*": "[{}...]", "+": "{}...", "?": "[{}]"}
        named = [action for action in self._actions if not action.option_strings]
        return " ".join(
            wrapped.get(str(action.nargs), "{}").format(action.metavar or action.dest) for action in named
        )

    def error(self, message: str) -> NoReturn:
        """Raise argparse's complaint as a UsageError that names the help to read."""
        raise UsageError(message, "" if message.endswith("?") else f"see '{self.prog} --help'")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise argparse's complaint about a wrong choice, with the one that was meant."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as wrong:
            from istiokit.ui.suggest import nearest

            near = nearest(str(value), [str(choice) for choice in action.choices or ()])
            wrong.message += f"; did you mean {near}?" if near else ""
            raise

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse like kubectl: `--dry-run` alone means client, switches also take `=true` and `=false`.

        Raises UnknownArguments for flags and words that are none of the command's, UsageError for wrong ones.
        """
        self.operands = self.operands or self._operands()  # argparse takes them for none while it mixes
        options, operands = _at_dashes(argv)
        marked = [f"{_OPERAND}{word}" for word in operands]
        # Intermixed: names may stand between the flags, which plain parse_args takes for unrecognized.
        namespace, marked_unknown = self.parse_known_intermixed_args([*self._spelled_out(options), *marked])
        if unknown := [word.removeprefix(_OPERAND) for word in marked_unknown]:
            raise UnknownArguments(unknown, f"see '{self.prog} --help'")
        return namespace

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """The word as its type, without the mark."""
        return super()._get_value(action, arg_string.removeprefix(_OPERAND))

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
        return "examples:\n" + "\n".join(lines) + "\n"


def filled(text: str) -> str:
    """A paragraph in lines of the width of a help text."""
    return f"{textwrap.fill(text, WIDTH, break_on_hyphens=False)}\n" if text else ""


_OPERAND = "\0"
"""Marks what stands behind `--`, where nothing is a flag: argparse forgets that in its second pass. No argument of a
process can contain it."""


def _at_dashes(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What stands before the first `--`, and behind it."""
    end = argv.index("--") if "--" in argv else len(argv)
    return argv[:end], argv[end + 1 :]
