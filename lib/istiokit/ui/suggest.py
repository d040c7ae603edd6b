"""What somebody meant who typed a word or a flag that there is not. Imported only once something is wrong."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from string import digits

from istiokit.ui import suite
from istiokit.ui.commands import App, Command, command_parser, commands_of
from istiokit.ui.options import DRY_RUNS

_MEANT = {
    **dict.fromkeys(("undo", "revert", "restore", "abort", "cancel"), ("rollback",)),
    **dict.fromkeys(("history", "log", "logs", "runs"), ("journal",)),
    **dict.fromkeys(
        ("verify", "validate", "lint", "doctor", "preflight", "analyze"), ("check", "list --audit")
    ),
    **dict.fromkeys(("plan", "preview", "diff"), ("step1 --dry-run", "swap --dry-run", "restart --dry-run")),
    **dict.fromkeys(
        ("upgrade", "migrate", "next", "start", "run", "info", "show", "get", "ls"), ("status", "list")
    ),
    **dict.fromkeys(("sync", "refresh"), ("reconcile",)),
    **dict.fromkeys(("values", "translate"), ("convert",)),
    **dict.fromkeys(("drop", "delete", "uninstall"), ("remove",)),
    **dict.fromkeys(("bind", "attach"), ("add",)),
    **dict.fromkeys(("switch", "replace", "rebind"), ("swap",)),
    **dict.fromkeys(("explain", "describe"), ("why",)),
    **dict.fromkeys(("recycle", "rollout", "roll"), ("restart",)),
    "install": ("apply",),
    "flags": ("options",),
    "safe": ("safe-to-remove",),
    "version": ("--version",),
    **dict.fromkeys(("text", "txt", "plain"), ("table",)),
    "md": ("markdown",),
}
"""Words of other programs, and what is called so here: the first that exists, maybe with a flag."""


_FLAGS_MEANT = {"--server": "--context", "-s": "--context"}
"""Flags of kubectl, and what says the same here."""
_VERSION = "--version"
"""Stands in front of all commands, and is none of their flags."""


def nearest(word: str, known: Collection[str]) -> str:
    """The one of `known` that was meant, by its meaning or its spelling; empty where none is like it."""
    word = word.lower()
    alike = [one for one in known if not _differ_by_number(word, one)]
    return _called(word, known) or _spelled(word, alike, 0.6) or _called(_spelled(word, _MEANT), known)


def _differ_by_number(word: str, other: str) -> bool:
    """`step3` is no slip of the pen for `step2`."""
    numbers = dict.fromkeys(map(ord, digits))
    return any(map(str.isdigit, word)) and word.translate(numbers) == other.translate(numbers)


def _called(word: str, known: Collection[str]) -> str:
    return next((here for here in _MEANT.get(word, ()) if here.split()[0] in known), "")


def command(app: App, word: str, prog: str) -> str:
    """The command that a word stands for, in a clause; empty where nobody knows.

    Another plugin's command goes before one of this plugin that is merely spelled like it.
    """
    word = word.lower()
    names = [*(one.name for one in commands_of(app)), _VERSION]
    others = [f"'{plugin} {word}'" for plugin in suite.owners(word, app.name)]
    if others and word not in _MEANT:
        return f"did you mean {' or '.join(others)}?"
    if numbered := [f"'{prog} {name}'" for name in names if name != word and name.rstrip(digits) == word]:
        return f"did you mean {' or '.join(numbered)}?"
    near = nearest(word, names)
    return f"did you mean '{prog} {near}'?" if near else ""


def forgotten(app: App, word: str, leading: Sequence[str], prog: str) -> str:
    """The default command, where an unknown word is but the value of a flag before it: `-f values.yaml`."""
    last = leading[-1] if leading else ""
    default = next((one for one in app.commands if one.name == app.default), None)
    if command(app, word, prog) or default is None or last not in _flags(default, prog):
        return ""
    return f"did you mean '{prog} {' '.join((app.default, *leading, word))}'?"


def flag(app: App, asked: Command, words: Sequence[str], prog: str) -> str:
    """What an unknown flag among `words` stands for, or whose flag it is; empty where nobody knows."""
    unknown = next((word.partition("=")[0] for word in words if word.startswith("-")), "")
    if not unknown:
        return _separate(words)
    others = {one.name: _flags(one, prog) for one in commands_of(app) if one.name != asked.name}
    if named := [name for name, flags in others.items() if unknown in flags]:
        return _owned(unknown, named)
    if near := _own_flag(unknown, _flags(asked, prog)):
        meant = f"'{prog} {near}'" if near == _VERSION else near
        return f"did you mean {meant}?"
    near = _spelled(unknown, _long(flag for flags in others.values() for flag in flags))
    return _owned(near, [name for name, flags in others.items() if near in flags]) if near else ""


def _own_flag(unknown: str, flags: Collection[str]) -> str:
    """The flag of these, or flags, that an unknown one stands for: one that is begun goes before one that is alike."""
    if unknown == "-V":
        return _VERSION
    if len(unknown) == len("-a") and unknown.swapcase() in flags:
        return unknown.swapcase()
    if (known := _FLAGS_MEANT.get(unknown, "")) in flags:
        return known
    return " or ".join(_begun(unknown, flags)) or _spelled(unknown, [*_long(flags), _VERSION])


def _begun(unknown: str, flags: Iterable[str]) -> list[str]:
    """The flags that begin so, those with whole words first: `--all` is no half of `--allow`."""
    if len(unknown) < len("--al"):
        return []
    begun = [one for one in _long(flags) if one.startswith(unknown)]
    return [one for one in begun if one.startswith(f"{unknown}-")] or begun


def _separate(words: Sequence[str]) -> str:
    """`--dry-run server` is what kubectl refuses, too."""
    value = next((word for word in words if word in DRY_RUNS), "")
    return f"did you mean --dry-run={value}?" if value else ""


def _owned(flag: str, commands: Sequence[str]) -> str:
    return f"{flag} is a flag of {', '.join(commands)}"


def _spelled(word: str, known: Iterable[str], least: float = 0.75) -> str:
    """The one that is spelled most like it, of equals the first; empty where none is like it."""
    ratios = {one: difflib.SequenceMatcher(None, one, word).ratio() for one in known}
    best = max(ratios, key=ratios.__getitem__, default="")
    return best if ratios.get(best, 0.0) >= least else ""


def _long(flags: Iterable[str]) -> list[str]:
    """Without the short ones: each is spelled like any other."""
    return sorted({flag for flag in flags if flag.startswith("--")})


def _flags(command: Command, prog: str) -> set[str]:
    return {flag for action in command_parser(command, prog).actions() for flag in action.option_strings}
