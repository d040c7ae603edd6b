"""Go's template syntax, as far as values use it: text in, a tree out. Pure.

Source: text/template/parse of Go 1.26 (lex.go and parse.go). This reads less than Go does, and nothing
in another way: what it does not know is refused, even where it would not be evaluated.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from istiokit.gotemplate.functions import FUNCTIONS
from istiokit.gotemplate.values import Nil, Unclear

_DEEPEST = 30
"""How deep parentheses are read."""
_TOKEN = re.compile(
    r"(?P<end>(?:[ \t\r\n]+-)?\}\})"
    r"|(?P<space>[ \t\r\n]+)"
    r'|(?P<string>"(?:\\[^\n]|[^"\\\n])*")'
    r"|(?P<raw>`[^`]*`)"
    r"|(?P<number>[+-]?[0-9][0-9A-Za-z_.+-]*)"
    r"|(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<dot>\.)"
    r"|(?P<variable>\$[A-Za-z0-9_]*)"
    # To Go if"a" is no keyword with a value behind it, but if(.a) and if.a are.
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)(?=[ \t\r\n.,|:)(]|\}\}|\Z)"
    r"|(?P<open>\()|(?P<close>\))|(?P<pipe>\|)"
)
_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,9}\.[0-9]{1,9}")
_ESCAPE = re.compile(r"\\(?:x([0-7][0-9a-fA-F])|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_CONSTANTS = {"true": True, "false": False, "nil": Nil("nil is not a value")}
LAZY = ("and", "or")
"""Functions that look at no more of their values than they have to."""
_REFUSED = {
    "include": "include needs the templates of the chart",
    "template": "template needs the templates of the chart",
    "tpl": "tpl is not supported within another template",
    "lookup": "lookup asks the cluster",
    "range": "range is not supported",
    "define": "define is not supported",
    "block": "block is not supported",
    "fail": "fail makes Helm give up",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an action; `kind` is the name of its group in the pattern."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, a number, true, false or nil."""

    value: Any


@dataclass(frozen=True, slots=True)
class Fields:
    """`.a.b` of the dot, or `$.a.b` of the root."""

    root: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """`(…).a.b`, or just `(…)`."""

    pipe: "Pipe"
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """The name of a function; what it is given stands beside it."""

    name: str


Operand = Literal | Fields | Chain | Call


@dataclass(frozen=True, slots=True)
class Command:
    """One step of a pipeline. Only a function is given anything."""

    head: Operand
    given: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    """`a | b | c`."""

    commands: tuple[Command, ...]


def next_token(text: str, position: int) -> Token:
    """The token at the position, within an action; raises Unclear where Go could not read it either, or not so."""
    found = _TOKEN.match(text, position)
    if not found or not found.lastgroup:
        raise Unclear("it cannot be read")
    if found.lastgroup == "variable" and found[0] != "$":
        raise Unclear(f"the variable {found[0]} is not supported")
    return Token(found.lastgroup, found[0])


def read_pipe(tokens: Sequence[Token]) -> Pipe:
    """The pipeline that the tokens of an action make, of which the last one ends it."""
    return _Reader(tokens).pipe("end")


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def pipe(self, closing: str) -> Pipe:
        commands = [self._command()]
        while self._take("pipe"):
            commands.append(self._command())
        if not self._take(closing):
            raise Unclear("it cannot be read")
        if not all(isinstance(command.head, Call) for command in commands[1:]):
            raise Unclear("there is something other than a function behind a |")
        return Pipe(tuple(commands))

    def _command(self) -> Command:
        self._take("space")
        head, *given = [self._operand()]
        while self._take("space") and self._kind not in ("pipe", "close", "end"):
            given.append(self._operand())
        if isinstance(head, Literal) and isinstance(head.value, Nil):
            raise Unclear(head.value.why)
        if given and not isinstance(head, Call):
            raise Unclear("it cannot be read: only a function can be given values")
        return Command(head, tuple(given))

    def _operand(self) -> Operand:
        token = self._next()
        if token.kind in ("field", "dot", "variable"):
            return self._fields(token)
        if token.kind == "open":
            return self._chain()
        if self._kind == "field":
            raise Unclear("it cannot be read: only a mapping has fields")
        if token.kind == "word" and token.text not in _CONSTANTS:
            return _call(token.text)
        return Literal(_literal(token))

    def _fields(self, token: Token) -> Fields:
        if token.kind == "dot" and self._kind == "field":
            raise Unclear("it cannot be read")
        own = (token.text[1:],) if token.kind == "field" else ()
        return Fields(token.kind == "variable", own + self._names())

    def _chain(self) -> Chain:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unclear("it is nested too deep")
        pipe = self.pipe("close")
        self._depth -= 1
        return Chain(pipe, self._names())

    def _names(self) -> tuple[str, ...]:
        names: list[str] = []
        while self._kind == "field":
            names.append(self._next().text[1:])
        return tuple(names)

    @property
    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise Unclear("it cannot be read")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str) -> bool:
        taken = self._kind == kind
        self._at += taken
        return taken


def _call(name: str) -> Call:
    if name not in FUNCTIONS and name not in LAZY:
        raise Unclear(_REFUSED.get(name, f"{name} is not supported"))
    return Call(name)


def _literal(token: Token) -> Any:
    """Go reads a number with a leading zero as an octal one, and drops carriage returns between backquotes."""
    if token.kind == "word":
        return _CONSTANTS[token.text]
    if token.kind == "string":
        return _ESCAPE.sub(_unescaped, token.text[1:-1])
    if token.kind == "raw":
        return token.text[1:-1].replace("\r", "")
    if _WHOLE.fullmatch(token.text):
        return int(token.text)
    if _DECIMAL.fullmatch(token.text):
        return float(token.text)
    raise Unclear(f"{token.text} is not supported" if token.kind == "number" else "it cannot be read")


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or "0", 16)
    if not match[3] and not 0xD800 <= code < 0xE000:
        return chr(code)
    if match[3] not in _ESCAPED:
        raise Unclear(f"the escape {match[0]} is not supported")
    return _ESCAPED[match[3]]
