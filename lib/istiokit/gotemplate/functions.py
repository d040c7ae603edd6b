"""The functions that Helm gives to templates, as far as their result is certain. Pure.

Sources: text/template/funcs.go and fmt of Go 1.26, sprig 3.3.0, pkg/engine of Helm 3.22 and 4.2.
`and` and `or` are not here: they look at no more of their values than they have to.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from istiokit.gotemplate.values import Counted, Nil, Top, Unclear, held, part, text, truth

_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's unicode.IsSpace knows; Python strips some more."""
_EXACT = 2**53
"""Up to here a float64 holds every whole number."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f"}
_ESCAPES |= {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_VERB = re.compile("%(.?)", re.DOTALL)


class Kind(StrEnum):
    """What a function takes in one place."""

    TEXT = "a string"
    ASCII = "a string of ASCII characters"
    WHOLE = "a whole number"
    """Go's int: a literal or the result of `int`. A number of the values is none."""
    TRUTH = "true or false"
    MAPPING = "a mapping"
    LIST = "a list"
    VALUE = "a value"
    ANY = "a value or nil"


_TEXT, _VALUE, _ANY = Kind.TEXT, Kind.VALUE, Kind.ANY
_TYPES: Mapping[Kind, type] = {
    Kind.TEXT: str,
    Kind.ASCII: str,
    Kind.WHOLE: int,
    Kind.TRUTH: bool,
    Kind.MAPPING: dict,
    Kind.LIST: list,
}


@dataclass(frozen=True, slots=True)
class Function:
    """What to call, and with what."""

    call: Callable[..., Any]
    takes: tuple[Kind, ...] = ()
    more: Kind | None = None
    """What any number of further values have to be; None where there must not be any."""

    def result(self, name: str, given: Sequence[Any]) -> Any:
        """Raises Unclear where Go would refuse the call."""
        surplus = len(given) - len(self.takes)
        if surplus < 0 or (surplus and not self.more):
            raise Unclear(f"{name} does not take {len(given)} values")
        kinds = (*self.takes, *[self.more or Kind.ANY] * surplus)
        return self.call(*[_fitting(*pair, name) for pair in zip(kinds, given, strict=True)])


def _fitting(kind: Kind, value: Any, name: str) -> Any:
    if kind is Kind.ANY:
        return value
    if isinstance(value, Nil):
        raise Unclear(value.why)
    fits = isinstance(value, _TYPES.get(kind, object))
    if kind is Kind.WHOLE:
        fits = type(value) is int
    elif kind is Kind.ASCII:
        fits = isinstance(value, str) and value.isascii()
    if not fits:
        raise Unclear(f"{name} needs {kind} here")
    return value


def _quoted(value: str) -> str:
    if not value.isascii():
        raise Unclear("it is unclear how Helm quotes characters beyond ASCII")
    told = (_ESCAPES.get(one) or (one if one.isprintable() else f"\\x{ord(one):02x}") for one in value)
    return f'"{"".join(told)}"'


def _printed(*values: Any) -> str:
    """Like fmt.Sprint, which puts a space between two values where neither is a string."""
    told = ""
    for number, value in enumerate(values):
        apart = number and not isinstance(value, str) and not isinstance(values[number - 1], str)
        told += " " * bool(apart) + text(value)
    return told


_VERBS = {
    "s": (Kind.TEXT, text),
    "d": (Kind.WHOLE, text),
    "v": (Kind.VALUE, text),
    "q": (Kind.TEXT, _quoted),
    "t": (Kind.TRUTH, text),
}


def _formatted(form: str, *values: Any) -> str:
    rest = list(values)

    def told(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        if match[1] not in _VERBS or not rest:
            raise Unclear(f"the format {form} is not supported for these values")
        kind, tell = _VERBS[match[1]]
        return tell(_fitting(kind, rest.pop(0), f"printf %{match[1]}"))

    formatted = _VERB.sub(told, form)
    if rest:
        raise Unclear(f"the format {form} is not supported for these values")
    return formatted


def _required(message: str, value: Any) -> Any:
    if isinstance(value, Nil) or value == "":
        raise Unclear(message.rstrip(".") or "a required value is not set")
    return value


def _coalesce(*values: Any) -> Any:
    return next(filter(truth, values), Nil("none of the values is set"))


def _equal(one: Any, *others: Any) -> bool:
    return any(_same(one, other) for other in others)


def _same(one: Any, other: Any) -> bool:
    # A number of the values is a float64 or an int64: Go refuses to compare it with any other kind.
    if type(one) is not type(other) or type(one) not in (str, bool, int, float):
        raise Unclear("it is unclear whether Helm can compare these two")
    return bool(one == other)


def _whole(value: Any) -> int:
    if type(value) not in (int, Counted) or abs(value) > _EXACT:
        raise Unclear("int is supported only for whole numbers")
    return int(value)


def _trunc(count: int, value: str) -> str:
    return value[:count] if count >= 0 else value[count:]


def _split(separator: str, value: str) -> list[str]:
    if not separator:
        raise Unclear("splitList has no separator")
    return value.split(separator)


def _join(separator: str, value: Any) -> str:
    return separator.join(map(part, value)) if isinstance(value, list) else text(value)


def _end(items: list[Any], place: int) -> Any:
    return held(items[place], "an item") if items else Nil("the list is empty")


def _index(item: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(item, dict) and isinstance(key, str):
            item = held(item.get(key), f'"{key}"')
        elif isinstance(item, list) and type(key) is int and 0 <= key < len(item):
            item = held(item[key], f"item {key}")
        else:
            raise Unclear(item.why if isinstance(item, Nil) else "index finds nothing there")
    return item


def _dig(*given: Any) -> Any:
    """Only from the mappings in the values: sprig refuses `.Values` itself, whose type is another one."""
    if len(given) < 3 or isinstance(given[-1], Top):
        raise Unclear("dig needs keys, a default and a mapping other than .Values")
    *keys, default, found = given
    for key in keys:
        found = _fitting(Kind.MAPPING, found, "dig")
        if _fitting(Kind.TEXT, key, "dig") not in found:
            return default
        found = held(found[key], f'"{key}"')
    return found


def _has_key(mapping: dict[str, Any], key: str) -> bool:
    # Versions of Helm differ in which nulls they drop.
    if key in mapping and mapping[key] is None:
        raise Unclear(f'it is unclear whether Helm keeps the null at "{key}"')
    return key in mapping


def _dict(*pairs: Any) -> dict[str, Any]:
    keys = [_fitting(Kind.TEXT, key, "dict") for key in pairs[::2]]
    return dict(zip(keys, (*pairs[1::2], *[""] * (len(pairs) % 2)), strict=True))


FUNCTIONS: Mapping[str, Function] = {
    "default": Function(
        lambda other, *given: given[0] if given and truth(given[0]) else other, (_ANY,), _ANY
    ),
    "coalesce": Function(_coalesce, (), _ANY),
    "ternary": Function(lambda yes, no, holds: yes if holds else no, (_ANY, _ANY, Kind.TRUTH)),
    "required": Function(_required, (_TEXT, _ANY)),
    "empty": Function(lambda value: not truth(value), (_ANY,)),
    "not": Function(lambda value: not truth(value), (_ANY,)),
    "eq": Function(_equal, (_VALUE, _VALUE), _VALUE),
    "ne": Function(lambda one, other: not _same(one, other), (_VALUE, _VALUE)),
    "int": Function(_whole, (_VALUE,)),
    "toString": Function(text, (_VALUE,)),
    "print": Function(_printed, (), _VALUE),
    "printf": Function(_formatted, (_TEXT,), _VALUE),
    "quote": Function(lambda *values: " ".join(_quoted(text(value)) for value in values), (), _VALUE),
    "squote": Function(lambda *values: " ".join(f"'{text(value)}'" for value in values), (), _VALUE),
    # Go's case tables are not Python's, and sprig's nospace and trunc go by bytes.
    "lower": Function(str.lower, (Kind.ASCII,)),
    "upper": Function(str.upper, (Kind.ASCII,)),
    "nospace": Function(lambda value: "".join(one for one in value if one not in _SPACES), (Kind.ASCII,)),
    "trunc": Function(_trunc, (Kind.WHOLE, Kind.ASCII)),
    "trim": Function(lambda value: value.strip(_SPACES), (_TEXT,)),
    "trimAll": Function(lambda characters, value: value.strip(characters), (_TEXT, _TEXT)),
    "trimPrefix": Function(lambda start, value: value.removeprefix(start), (_TEXT, _TEXT)),
    "trimSuffix": Function(lambda end, value: value.removesuffix(end), (_TEXT, _TEXT)),
    "replace": Function(lambda old, new, value: value.replace(old, new), (_TEXT, _TEXT, _TEXT)),
    "contains": Function(lambda piece, value: piece in value, (_TEXT, _TEXT)),
    "hasPrefix": Function(lambda start, value: value.startswith(start), (_TEXT, _TEXT)),
    "hasSuffix": Function(lambda end, value: value.endswith(end), (_TEXT, _TEXT)),
    "splitList": Function(_split, (_TEXT, _TEXT)),
    "join": Function(_join, (_TEXT, _VALUE)),
    "list": Function(lambda *items: list(items), (), _VALUE),
    "first": Function(lambda items: _end(items, 0), (Kind.LIST,)),
    "last": Function(lambda items: _end(items, -1), (Kind.LIST,)),
    "index": Function(_index, (_VALUE,), _VALUE),
    "dict": Function(_dict, (), _VALUE),
    "get": Function(lambda mapping, key: held(mapping.get(key), f'"{key}"'), (Kind.MAPPING, _TEXT)),
    "hasKey": Function(_has_key, (Kind.MAPPING, _TEXT)),
    "dig": Function(_dig, (), _ANY),
}
