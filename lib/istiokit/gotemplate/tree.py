"""Templates in values as a tree: text, what is printed, and the branches of `if` and `with`. Pure.

Source: text/template/parse of Go 1.26 (lexText and lexComment of lex.go, parseControl of parse.go).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from istiokit.gotemplate.syntax import Pipe, Token, next_token, read_pipe
from istiokit.gotemplate.values import Unclear, naming

_SPACES = " \t\r\n"
_OPENING = re.compile(r"\{\{(?P<trim>-(?=[ \t\r\n]))?")
_COMMENT_END = re.compile(r"\*/(?P<trim>[ \t\r\n]-)?\}\}")
_DEEPEST = 30
"""How deep branches are read."""


@dataclass(frozen=True, slots=True)
class Text:
    """What stands as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """An action that prints a value; `source` is its text with the braces."""

    source: str
    pipe: Pipe


@dataclass(frozen=True, slots=True)
class Branch:
    """`if` or `with`."""

    source: str
    sets_dot: bool
    """Whether it is a `with`."""
    pipe: Pipe
    then: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]"


Node = Text | Show | Branch


@dataclass(frozen=True, slots=True)
class _Action:
    """The tokens between two braces, the last of which are the closing ones; none of a comment."""

    source: str
    tokens: tuple[Token, ...]
    trims: tuple[bool, bool]
    """Whether it takes away the spaces before it, and those after it."""

    @property
    def word(self) -> str:
        """What kind of action it is, as far as a word says so."""
        first = self.tokens[0]
        return first.text if first.kind == "word" else ""

    def rest(self) -> "_Action":
        """The same without its first word."""
        tokens = self.tokens[1:]
        return _Action(self.source, tokens[tokens[0].kind == "space" :], self.trims)


def read_tree(text: str) -> tuple[Node, ...]:
    """The whole template; raises Unclear for whatever is not supported in it."""
    return _Builder(text).all()


class _Builder:
    """Builds the tree from the pieces of the text, in their order."""

    def __init__(self, text: str) -> None:
        self._pieces = list(_pieces(text))
        self._at, self._depth = 0, 0

    def all(self) -> tuple[Node, ...]:
        nodes, last = self._nodes()
        if last:
            with naming(last.source):
                raise Unclear(f"there is nothing that this {last.word} belongs to")
        return nodes

    def _nodes(self) -> tuple[tuple[Node, ...], _Action | None]:
        """All up to an `end` or `else`, and that; None at the end of the text."""
        nodes: list[Node] = []
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            self._at += 1
            if isinstance(piece, _Action) and piece.word in ("end", "else"):
                return tuple(nodes), piece
            nodes.append(self._node(piece))
        return tuple(nodes), None

    def _node(self, piece: str | _Action) -> Node:
        if isinstance(piece, str):
            return Text(piece)
        with naming(piece.source):
            if piece.word in ("if", "with"):
                return self._branch(piece)
            return Show(piece.source, read_pipe(piece.tokens))

    def _branch(self, action: _Action) -> Branch:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unclear("it is nested too deep")
        pipe = read_pipe(action.rest().tokens)
        then, closing = self._nodes()
        otherwise: tuple[Node, ...] = ()
        if closing and closing.word == "else":
            otherwise = self._otherwise(action, closing.rest())
        else:
            _expect_end(closing)
        self._depth -= 1
        return Branch(action.source, action.word == "with", pipe, then, otherwise)

    def _otherwise(self, action: _Action, behind: _Action) -> tuple[Node, ...]:
        """What an `else` begins."""
        with naming(behind.source):
            if action.word == behind.word == "if":
                return (self._branch(behind),)
            if behind.word == "with":
                raise Unclear("only newer versions of Helm know else with")
            _expect_bare(behind)
        nodes, closing = self._nodes()
        _expect_end(closing)
        return nodes


def _expect_end(closing: _Action | None) -> None:
    if not closing or closing.word != "end":
        raise Unclear("it has no end")
    with naming(closing.source):
        _expect_bare(closing.rest())


def _expect_bare(behind: _Action) -> None:
    if len(behind.tokens) != 1:
        raise Unclear("it cannot be read")


def _pieces(text: str) -> Iterator[str | _Action]:
    """Text and actions in turn, without the spaces that the trim markers take away; comments are dropped."""
    position = 0
    while (start := text.find("{{", position)) >= 0:
        action = _action(text, start)
        yield text[position:start].rstrip(_SPACES if action.trims[0] else "")
        if action.tokens:
            yield action
        position = start + len(action.source)
        while action.trims[1] and position < len(text) and text[position] in _SPACES:
            position += 1
    yield text[position:]


def _action(text: str, start: int) -> _Action:
    with naming(text[start:] if (end := text.find("}}", start)) < 0 else text[start : end + 2]):
        opening = _OPENING.match(text, start)
        trims = bool(opening and opening["trim"])
        if text.startswith("/*", start + 2 + 2 * trims):
            return _comment(text, start, trims)
        position = start + 2 + trims
        tokens = [next_token(text, position)]
        while tokens[-1].kind != "end":
            position += len(tokens[-1].text)
            tokens.append(next_token(text, position))
    source = text[start : position + len(tokens[-1].text)]
    kept = tokens[tokens[0].kind == "space" :]
    return _Action(source, tuple(kept), (trims, tokens[-1].text != "}}"))


def _comment(text: str, start: int, trims: bool) -> _Action:
    closing = text.find("*/", start + 4 + 2 * trims)
    found = _COMMENT_END.match(text, closing) if closing >= 0 else None
    if not found:
        raise Unclear("the comment does not end together with its action")
    return _Action(text[start : found.end()], (), (trims, bool(found["trim"])))
