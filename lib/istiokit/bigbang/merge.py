"""Merging values as Flux's helm-controller does (fluxcd/pkg chartutil) and Helm's `--set` notation (strvals).

Maps are shared, not copied, exactly where the originals share them: it decides what a targetPath overwrites.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from istiokit.errors import UsageError

Values = dict[str, Any]
_INTEGER = re.compile(r"[+-]?[1-9][0-9]*|[+-]0[0-9]*|0")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_MOST_ITEMS = 65536
_TOO_BIG = 2**63


def merge_maps(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> Values:
    """`upper` over `lower`: mappings are merged, anything else is replaced, and null is kept."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = merge_maps(below, value) if both and isinstance(below, dict) else value
    return merged


def set_target(values: Values, target_path: str, raw: str, origin: str) -> None:
    """Put one value at a `targetPath` of a HelmRelease's valuesFrom, in place, as `helm --set` would.

    In quotes the value stays a string. Raises UsageError, which names `origin`, where Helm would refuse it.
    """
    quoted = any(raw.startswith(mark) and raw.endswith(mark) for mark in "'\"") and bool(raw)
    text = raw.strip("'\"") if quoted else raw
    try:
        for path, value in _assignments(f"{target_path}={text}"):
            if path:
                _put(values, path, _typed(value, quoted=quoted))
    except (TypeError, ValueError) as error:
        what = f"{origin}: its value does not fit the targetPath {target_path}"
        raise UsageError(what, "correct the targetPath or the value") from error


def _assignments(text: str) -> Iterator[tuple[list[str | int], str | list[str]]]:
    """`a.b[0]=x,c={1,2}` as paths with their raw values."""
    rest = text
    while rest:
        name, stop, rest = _until(rest, "=")
        if not stop:
            raise ValueError("a key without a value")
        value: str | list[str]
        if rest.startswith("{"):
            value, rest = _list(rest[1:])
        else:
            value, _, rest = _until(rest, ",", unescape=True)
        yield _path(name), value


def _list(rest: str) -> tuple[list[str], str]:
    items: list[str] = []
    while True:
        item, stop, rest = _until(rest, ",}", unescape=True)
        if not stop:
            raise ValueError("the list does not end")
        items.append(item)
        if stop == "}":
            return items, rest.removeprefix(",")


def _path(name: str) -> list[str | int]:
    steps: list[str | int] = []
    rest = name
    while rest:
        key, stop, rest = _until(rest, ".[", unescape=True)
        if key:
            steps.append(key)
        if stop == "[":
            index, _, rest = _until(rest, "]")
            if not 0 <= int(index) <= _MOST_ITEMS:
                raise ValueError("an index out of range")
            steps.append(int(index))
            if rest and rest[0] not in ".[":
                raise ValueError("text behind an index")
            rest = rest.removeprefix(".")
    return steps


def _until(text: str, stops: str, *, unescape: bool = False) -> tuple[str, str, str]:
    """The text up to one of the stops, the stop, and the rest; a backslash takes a stop's meaning away."""
    taken: list[str] = []
    position = 0
    while position < len(text):
        if text[position] == "\\" and position + 1 < len(text):
            taken.append(text[position + 1] if unescape else text[position : position + 2])
            position += 2
        elif text[position] in stops:
            return "".join(taken), text[position], text[position + 1 :]
        else:
            taken.append(text[position])
            position += 1
    return "".join(taken), "", ""


def _typed(value: str | list[str], *, quoted: bool) -> Any:
    if isinstance(value, list):
        return [_typed(item, quoted=quoted) for item in value]
    if quoted:
        return value
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    return int(value) if _INTEGER.fullmatch(value) and abs(int(value)) < _TOO_BIG else value


def _put(container: Any, path: list[str | int], value: Any) -> None:
    """Set the value in nested mappings and lists, and make those that are missing; TypeError for a misfit."""
    step = path[0]
    fits = isinstance(container, list) if isinstance(step, int) else isinstance(container, dict)
    if not fits:
        raise TypeError("the path does not fit the values")
    if isinstance(step, int):
        container.extend([None] * (step + 1 - len(container)))
    if len(path) == 1:
        container[step] = value
        return
    missing: Any = [] if isinstance(path[1], int) else {}
    if isinstance(step, int):
        replaced = not isinstance(container[step], dict | list)
        container[step] = missing if replaced else container[step]
    else:
        container.setdefault(step, missing)
    _put(container[step], path[1:], value)
