"""The raw command line, before any parser has seen it. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from istiokit.ui import options
from istiokit.ui.commands import App, commands_of


def split(argv: Sequence[str], *, any_flag: bool) -> tuple[list[str], list[str]]:
    """The flags in front of the command, and the rest from the command (or --help, --version) on.

    Connection flags may stand in front, as with kubectl's own commands; they are read with the others. Without
    `any_flag` the first other flag ends them: it is one of the default command.
    """
    at = 0
    while at < len(argv) and argv[at].startswith("-") and argv[at] not in ("-h", "--help", "--version"):
        flag, equals, _ = argv[at].partition("=")
        if flag not in options.LEADING and not any_flag:
            break
        at += 2 if flag in options.LEADING and not equals else 1
    return list(argv[:at]), list(argv[at:])


def is_for_default(app: App, word: str) -> bool:
    """Whether a word that stands first is none of the plugin's commands, and thus the default one's."""
    commands = {command.name for command in commands_of(app)}
    return word not in (*commands, "-h", "--help", "help", "--version")


def names_namespace(leading: Sequence[str]) -> bool:
    """Whether a namespace is among these flags."""
    return any(word.partition("=")[0] in ("-n", "--namespace") for word in leading)


def asks_for_traceback(argv: Sequence[str]) -> bool:
    """Looks at the raw arguments, because reading them may be what failed."""
    pairs = pairwise([*argv, ""])
    return any(
        flag in ("-v9", "-v=9", "--v=9") or (flag, level) in (("-v", "9"), ("--v", "9"))
        for flag, level in pairs
    )
