"""Values as Go's templates have them: nil, the two kinds of whole numbers, how they print, what is empty. Pure.

Sources: text/template/exec.go and fmt of Go 1.26; Helm's chartutil, and strvals for what `--set` makes of a number.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from istiokit.bigbang.layers import ENCRYPTED

_EXPONENT = 1_000_000
"""From here on Go prints a float64 with an exponent."""


class Unclear(Exception):
    """An action has no certain result; `why` is a phrase without a full stop."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why, self.expression = why, ""


@contextmanager
def naming(expression: str) -> Iterator[None]:
    """What is unclear in here is so in this action, unless a closer one was named."""
    try:
        yield
    except Unclear as doubt:
        doubt.expression = doubt.expression or expression
        raise


@dataclass(frozen=True, slots=True)
class Nil:
    """Go's nil, with the reason for it: few functions take it, and what it prints is hardly what was meant."""

    why: str


class Counted(int):
    """A whole number of the values: a float64 out of YAML, an int64 where `--set` or a targetPath has set it."""


class Top(dict[str, Any]):
    """`.Values` itself: to Go its type is not that of the mappings in it."""


def held(value: Any, name: str) -> Any:
    """What a mapping or a list holds, as functions take it; raises Unclear for what SOPS has encrypted."""
    if value is None or isinstance(value, Nil):
        return Nil(f"{name} is not set")
    if isinstance(value, str) and value == ENCRYPTED:
        raise Unclear(f"{name} is encrypted")
    return Counted(value) if isinstance(value, int) and not isinstance(value, bool) else value


def text(value: Any) -> str:
    """As an action and fmt's `%v` print it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list):
        return f"[{' '.join(map(part, value))}]"
    if isinstance(value, dict) and not isinstance(value, Top):
        return f"map[{' '.join(f'{key}:{part(value[key])}' for key in sorted(value))}]"
    raise Unclear(value.why if isinstance(value, Nil) else "it is unclear how Helm prints that")


def truth(value: Any) -> bool:
    """Whether it is not empty; Go's `if` and sprig's `empty` agree on that."""
    if isinstance(value, Nil):
        return False
    # Versions of Helm differ in which nulls they drop.
    if isinstance(value, dict) and value and all(one is None for one in value.values()):
        raise Unclear("it is unclear whether a mapping of nothing but nulls is empty")
    if isinstance(value, str | int | float | list | dict):
        return bool(value)
    raise Unclear("it is unclear whether that is empty")


def part(value: Any) -> str:
    """As it is printed within a list or a mapping."""
    return text(held(value, "a value in it"))


def _number(value: float) -> str:
    if type(value) is int:
        return str(value)
    if value and not 1e-4 <= abs(value) < _EXPONENT:
        raise Unclear(f"whether Helm prints {value} with an exponent depends on how it was set")
    return repr(value).removesuffix(".0")
