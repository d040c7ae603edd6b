"""What a conversion is made of: what becomes of each old key, and the new values. Pure data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from istiokit.errors import UsageError

Path = tuple[str | int, ...]
"""The way to a value: keys of mappings, indexes of lists."""
Values = dict[str, Any]


class Fate(StrEnum):
    """What becomes of an old key."""

    CARRIED = "carried"
    DEFAULT = "default"
    """There is nothing to do: it says what is so anyway, or it never had an effect."""
    LOST = "not carried"
    """Somebody has to do something."""


class KeyFate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One old key with all that is below it."""

    key: str
    """`istio.ingressGateways.public-ingressgateway.nodePortBase`."""
    fate: Fate
    to: tuple[str, ...] = ()
    """Where it was carried to."""
    why: str = ""
    todo: str = ""
    """What somebody has to do where it was not carried; where it was, what else is needed for it to work."""


class Problem(Exception):
    """Old values that mean nothing: `path` says where, so that the caller can name the file and the line."""

    def __init__(self, path: Path, what: str, hint: str) -> None:
        super().__init__(what)
        self.path, self.what, self.hint = path, what, hint


class Ledger:
    """What was said of each old key; what nobody has spoken of is found in the end.

    A word about a key is a word about all that is below it, unless there is a closer one.
    """

    def __init__(self, values: Values | None = None) -> None:
        """With `values`, a word about a key that they do not have is no word."""
        self._values, self._fates = values, dict[Path, KeyFate]()

    def carried(self, path: Path, *to: Path, why: str = "", todo: str = "") -> None:
        """It stands in the new values, at these places."""
        places = tuple(dotted(one) for one in to)
        self._note(path, Fate.CARRIED, to=places, why=why, todo=todo)

    def default(self, path: Path, why: str) -> None:
        """Nothing has to be done about it."""
        self._note(path, Fate.DEFAULT, why=why)

    def lost(self, path: Path, why: str, todo: str) -> None:
        """The new values cannot say it."""
        self._note(path, Fate.LOST, why=why, todo=todo)

    def spoken_of(self, path: Path) -> bool:
        """Whether something was said of the key, of one above it, or of what is inside of it."""
        above = any(path[:length] in self._fates for length in range(len(path), 0, -1))
        return above or any(one[: len(path)] == path for one in self._fates)

    def paths(self) -> dict[str, Path]:
        """The path of each key that something was said of."""
        return {dotted(path): path for path in self._fates}

    def fates(self) -> tuple[KeyFate, ...]:
        """All that was said, by key."""
        return tuple(fate for _, fate in sorted(self._fates.items(), key=lambda one: _sortable(one[0])))

    def _note(self, path: Path, fate: Fate, **words: Any) -> None:
        if self._values is None or at(self._values, path) is not None:
            self._fates[path] = KeyFate(key=dotted(path), fate=fate, **words)


class Pair(msgspec.Struct, frozen=True):
    """An old Gateway, `namespace/name`, and the new one that answers in its place."""

    old: str
    new: str


class CarriedSecret(msgspec.Struct, frozen=True):
    """A mapping with a private key that stands in the new values."""

    new: Path
    old: Path
    name: str
    """Of the Secret that it makes."""
    hosts: tuple[str, ...]
    """What the servers that use it answer to."""


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """The new values, and what became of the old ones."""

    values: Values
    """Top-level keys of the umbrella: istiod, istioCRDs, istioGateway. May hold private keys."""
    fates: tuple[KeyFate, ...]
    paths: Mapping[str, Path] = {}
    """Of the keys of the fates, for naming file and line."""
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()
    """What people should know besides."""
    secrets: tuple[CarriedSecret, ...] = ()
    """Private keys at new places: among these values, unless people have brought them there already."""
    secret_names: Mapping[str, Mapping[str, str]] = {}
    """By the new gateway: its Secrets that have another name than before."""

    @property
    def mapping(self) -> dict[str, str]:
        """Old Gateway to new one; those that become several are left out."""
        olds = [pair.old for pair in self.pairs]
        return {pair.old: pair.new for pair in self.pairs if olds.count(pair.old) == 1}

    @property
    def lost(self) -> tuple[KeyFate, ...]:
        """What somebody has to see to."""
        return tuple(one for one in self.fates if one.fate is Fate.LOST)


def dotted(path: Path) -> str:
    """`a.b[0].c`; a key with a dot in it stands in quotes, as in `labels."istio.io/rev"`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = f'"{step}"' if "." in step or not step else step
            text += f".{word}" if text else word
    return text


def leaves(values: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no mapping, with its path; lists are whole, and so are mappings without a key."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, (*path, str(key)))
    elif path:
        yield path, values


def at(values: Any, path: Sequence[str | int]) -> Any:
    """The value at the path; None where there is none."""
    for step in path:
        if isinstance(values, Mapping) and isinstance(step, str):
            values = values.get(step)
        elif isinstance(values, list) and isinstance(step, int):
            values = values[step] if step < len(values) else None
        else:
            return None
    return values


def put(values: Values, path: Sequence[str], value: Any) -> None:
    """Set the value, and make the mappings on the way."""
    for key in path[:-1]:
        values = values.setdefault(key, {})
    values[path[-1]] = value


def mapping(values: Any, path: Path) -> Values:
    """The mapping at the path; none counts as an empty one. Raises Problem for anything else."""
    found = at(values, path)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Problem(path, f"{dotted(path)} has to be a mapping", "correct the values")
    return found


def placed(problem: Problem, place: Callable[[Path], str]) -> UsageError:
    """The problem as the user meets it; `place` names file and line of a path."""
    return UsageError(f"{place(problem.path)}: {problem.what}", problem.hint)


def _sortable(path: Path) -> list[tuple[bool, str, int]]:
    return [(isinstance(step, int), str(step), step if isinstance(step, int) else 0) for step in path]
