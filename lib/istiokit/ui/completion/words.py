"""Which word is asked for: a command, a flag, the value of a flag or an operand, from the words before it.

Nothing is refused here: half a command line is read as far as it makes sense. Pure.
"""

from argparse import SUPPRESS, Action
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from istiokit.ui import options
from istiokit.ui.arguments import split
from istiokit.ui.commands import App, command_parser, commands_of, find
from istiokit.ui.completable import Completer, completion_of
from istiokit.ui.completion.protocol import Candidate
from istiokit.ui.parser import Parser

_ENDS = ("-h", "--help", "--version")
"""After one of these nothing else counts."""
_ALONE = "--dry-run"
"""Stands alone or takes its value behind =, never in the next word (ui/parser.py)."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What the words before come to."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of each flag that was given, by its `dest`; switches have an empty value."""
    operands: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)

    def last(self, *dests: str) -> str:
        """The value that counts of the first of these flags that has one."""
        for dest in dests:
            if given := self.values.get(dest):
                return given[-1]
        return next((self.defaults[dest] for dest in dests if dest in self.defaults), "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What could stand there."""

    prefix: str = ""
    """How the candidates begin, as far as it was typed."""
    candidates: tuple[Candidate, ...] = ()
    """Those that are known already; not all of them begin so."""
    completers: tuple[Completer, ...] = ()
    """What else there is has to be looked up."""
    glued: str = ""
    """What stands in front in the same word: the `-o` of `-ojson`. (A shell keeps the `--output=` for itself.)"""
    typed: Typed = Typed()
    taken: tuple[str, ...] = ()
    """Operands that were given already, and are not given twice."""


def asked(app: App, words: Sequence[str]) -> Asked:
    """What the last of the words could become."""
    *before, word = words or [""]
    front, rest = split(before, any_flag=False)
    if not rest and not _waits_for_value(front):
        return _beginning(app, front, word)
    name, *following = rest or [""]
    if name == "help":
        return Asked(word, () if following else tuple(_commands(app)))
    if name in (command.name for command in commands_of(app)):
        return _within(command_parser(find(app, name, app.name), app.name), [*front, *following], word)
    if app.names or not rest:
        return _within(_front_parser(app), before, word)
    return Asked(word)


def _waits_for_value(front: Sequence[str]) -> bool:
    """Whether the last of these flags is still without its value."""
    at = 0
    while at < len(front):
        at += 1 if "=" in front[at] else 2
    return at > len(front)


def _beginning(app: App, front: Sequence[str], word: str) -> Asked:
    """The first word: a command, or what the default command takes."""
    found = _within(_front_parser(app), front, word)
    if word.startswith("-"):
        version = () if "=" in word else (Candidate("--version", "Show the version."),)
        return replace(found, candidates=(*found.candidates, *version))
    return replace(found, candidates=tuple(_commands(app)), completers=found.completers if app.names else ())


def _front_parser(app: App) -> Parser:
    """The parser of what has no command in front: the default command's, or only flags that may stand there."""
    if app.names:
        return command_parser(find(app, app.default, app.name), app.name)
    parser = Parser(app.name)
    options.add_namespace(parser)
    options.add_connection(parser)
    options.add_verbosity(parser)
    return parser


def _commands(app: App) -> Iterator[Candidate]:
    return (Candidate(command.name, command.help) for command in commands_of(app))


def _within(parser: Parser, before: Sequence[str], word: str) -> Asked:
    """What could stand there among the arguments of a command."""
    scan = _Scan(parser)
    for one in before:
        scan.take(one)
    if scan.ended:
        return Asked(word)
    typed = scan.typed()
    if scan.waiting is not None:
        return _value(scan.waiting, word, typed)
    if scan.literal or not word.startswith("-"):
        return _operand(parser, word, typed)
    flag, equals, value = word.partition("=")
    if equals:
        action = scan.flag(flag) or scan.flag(f"-{flag[-1:]}" if not flag.startswith("--") else "")
        return _value(action, value, typed) if action is not None and action.nargs != 0 else Asked(value)
    _, action, front = scan.glued(word)
    if action is not None:
        found = _value(action, word.removeprefix(front), typed, front)
        if found.prefix or found.candidates:  # else a space is next, and then the value
            return found
    return Asked(word, tuple(_flags(parser, scan)), typed=typed)


class _Scan:
    """Reads words one by one, as argparse would, and forgives what it would refuse."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._by_flag = {flag: action for action in parser.actions() for flag in action.option_strings}
        self._values: dict[str, tuple[str, ...]] = {}
        self._operands: list[str] = []
        self.given: list[Action] = []
        """The flags that were typed."""
        self.waiting: Action | None = None
        """The flag whose value comes next."""
        self.literal = self.ended = False

    def flag(self, text: str) -> Action | None:
        return self._by_flag.get(text)

    def take(self, word: str) -> None:
        """Read the next word."""
        if self.waiting is not None:
            self._note(self.waiting, word)
            self.waiting = None
        elif self.literal or not word.startswith("-") or word == "-":
            self._operands.append(word)
        elif word == "--":
            self.literal = True
        else:
            self.ended = self.ended or word in _ENDS
            self._take_flag(word)

    def _take_flag(self, word: str) -> None:
        flag, equals, value = word.partition("=")
        action = self.flag(flag)
        if action is None:
            switches, action, front = self.glued(word)
            for switch in switches:
                self._note(switch, "")
            equals, value = "=" if word != front else "", word.removeprefix(front)
        if action is None:
            return
        if equals or action.nargs == 0 or _ALONE in action.option_strings:
            self._note(action, value)
        else:
            self.given.append(action)
            self.waiting = action

    def glued(self, word: str) -> tuple[Sequence[Action], Action | None, str]:
        """Of `-Aojson`: the switches in front, the flag with a value, and all that stands in front of that value."""
        switches: list[Action] = []
        for at, letter in enumerate(word[1:], 1) if not word.startswith("--") else ():
            action = self.flag(f"-{letter}")
            if action is None:
                return (), None, ""
            if action.nargs != 0:
                return switches, action, word[: at + 1]
            switches.append(action)
        return switches, None, word

    def _note(self, action: Action, value: str) -> None:
        self.given.append(action)
        self._values[action.dest] = (*self._values.get(action.dest, ()), value)

    def typed(self) -> Typed:
        """What was read so far."""
        defaults = {
            action.dest: action.default
            for action in self._by_flag.values()
            if isinstance(action.default, str) and action.default != SUPPRESS
        }
        return Typed(self._values, tuple(self._operands), defaults)


def _value(action: Action, prefix: str, typed: Typed, glued: str = "") -> Asked:
    """What could be the value of a flag."""
    return _completed(action, completion_of(action).first, prefix, typed, glued)


def _operand(parser: Parser, word: str, typed: Typed) -> Asked:
    """What could be the next operand."""
    slots = [action for action in parser.actions() if not action.option_strings]
    for at, action in enumerate(slots):
        several = action.nargs in ("*", "+")
        if several or at == len(typed.operands):
            completion = completion_of(action)
            is_first = len(typed.operands) == at
            found = _completed(action, completion.first if is_first else completion.later, word, typed)
            return replace(found, taken=typed.operands)
    return Asked(word, typed=typed)


def _completed(
    action: Action, completers: Iterable[Completer], prefix: str, typed: Typed, glued: str = ""
) -> Asked:
    known = [str(choice) for choice in action.choices or ()]
    known += [one for one in completers if isinstance(one, str)]
    unknown = tuple(one for one in completers if not isinstance(one, str))
    return Asked(prefix, tuple(Candidate(word) for word in known), unknown, glued, typed)


def _flags(parser: Parser, scan: _Scan) -> Iterator[Candidate]:
    """The flags that may still be given: those that gather values again and again, others once."""
    rivals = {other for group in parser.rivals() for one in scan.given if one in group for other in group}
    for action in parser.actions():
        gathers = isinstance(action.default, list)
        if gathers or (action not in scan.given and action not in rivals):
            yield from (Candidate(flag, action.help or "") for flag in action.option_strings)
