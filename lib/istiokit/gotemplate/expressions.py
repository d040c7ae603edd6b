"""Templates in the old gateway values, evaluated as the umbrella chart does with Helm's `tpl`. Pure.

The charts that follow do not template, so the results have to go into their values. A wrong host name would be
worse than none: whatever Helm might see in another way, or only Helm can know, is `Unknown`.

Source: text/template/exec.go of Go 1.26 and tplFun of Helm's pkg/engine, with `missingkey=zero`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from istiokit.gotemplate.functions import FUNCTIONS
from istiokit.gotemplate.syntax import LAZY, Call, Chain, Command, Fields, Literal, Operand, Pipe
from istiokit.gotemplate.tree import Node, Show, Text, read_tree
from istiokit.gotemplate.values import Nil, Top, Unclear, held, naming, text, truth

_METHODS = ("AsMap", "Encode", "PathValue", "Table", "YAML")
"""What Helm can call on `.Values` itself: a value of that name is hidden behind it."""
_ROOT = object()
"""The dot at the beginning, which holds much more than the values."""
_MISSING_KEY = "<no value>"
"""Go prints this for nil, and Helm removes it from the result, wherever it comes from."""


class Unknown(Exception):
    """An action that has no certain result: `expression` with its braces, and `why`, without a full stop."""

    def __init__(self, expression: str, why: str) -> None:
        super().__init__(f"{expression}: {why}")
        self.expression, self.why = expression, why


def is_template(text: str) -> bool:
    """Whether there is an action in it."""
    return "{{" in text


def evaluate(text: str, values: Mapping[str, Any]) -> str:
    """What Helm's `tpl` makes of the text with these values as `.Values`; raises Unknown if that is not certain."""
    try:
        told = _Evaluation(values).told(read_tree(text), _ROOT)
    except Unclear as doubt:
        raise Unknown(doubt.expression, doubt.why) from None
    return told.replace(_MISSING_KEY, "")


class _Evaluation:
    """Evaluates a tree; `dot` is what a `with` around has set."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = Top(values)

    def told(self, nodes: Sequence[Node], dot: Any) -> str:
        return "".join(self._node(node, dot) for node in nodes)

    def _node(self, node: Node, dot: Any) -> str:
        if isinstance(node, Text):
            return node.text
        with naming(node.source):
            value = self._pipe(node.pipe, dot)
            if isinstance(node, Show):
                return text(value)
            holds = truth(value)
        return self.told(node.then if holds else node.otherwise, value if holds and node.sets_dot else dot)

    def _pipe(self, pipe: Pipe, dot: Any) -> Any:
        value: tuple[Any, ...] = ()
        for command in pipe.commands:
            value = (self._command(command, dot, value),)
        return value[0]

    def _command(self, command: Command, dot: Any, before: Sequence[Any]) -> Any:
        """The value of a step; `before` is that of the step before it, which is given to the function last."""
        if not isinstance(command.head, Call):
            return self._operand(command.head, dot)
        return _called(command.head.name, self._given(command.given, dot, before))

    def _given(self, operands: Iterable[Operand], dot: Any, before: Iterable[Any]) -> Iterator[Any]:
        yield from (self._operand(operand, dot) for operand in operands)
        yield from before

    def _operand(self, operand: Operand, dot: Any) -> Any:
        if isinstance(operand, Literal):
            return operand.value
        if isinstance(operand, Call):
            return _called(operand.name, iter(()))
        if isinstance(operand, Chain):
            return self._chain(operand, dot)
        return self._fields(operand, dot)

    def _fields(self, operand: Fields, dot: Any) -> Any:
        start = _ROOT if operand.root else dot
        if start is not _ROOT:
            return _member(start, operand.names)
        top, *names = operand.names or ("",)
        if top != "Values":
            raise Unclear(f"{'.' + top if top else 'the root'} is known only to Helm")
        return _member(self._values, names, ".Values")

    def _chain(self, operand: Chain, dot: Any) -> Any:
        value = self._pipe(operand.pipe, dot)
        # Behind parentheses every field of nil is nil; elsewhere it is an error.
        return value if isinstance(value, Nil) else _member(value, operand.names)


def _called(name: str, given: Iterator[Any]) -> Any:
    return _chosen(name, given) if name in LAZY else FUNCTIONS[name].result(name, list(given))


def _chosen(name: str, given: Iterator[Any]) -> Any:
    """The first value that decides an `and` or `or`, else the last one; those behind it are not evaluated."""
    last: tuple[Any, ...] = ()
    for value in given:
        if truth(value) == (name == "or"):
            return value
        last = (value,)
    if not last:
        raise Unclear(f"{name} is given no value")
    return last[0]


def _member(value: Any, names: Sequence[str], path: str = "") -> Any:
    """The field of a field, and so on; raises Unclear where one on the way is nil or no mapping."""
    for name in names:
        if not isinstance(value, dict):
            raise Unclear(value.why if isinstance(value, Nil) else f"{path or 'the value'} has no {name}")
        if isinstance(value, Top) and name in _METHODS:
            raise Unclear(f"{name} is a method of .Values")
        path = f"{path}.{name}"
        value = held(value.get(name), path)
    return value
