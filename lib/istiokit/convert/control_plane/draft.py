"""New values in the making: what stands at the new place already wins, and each old key gets its fate.

Old keys are carried in the order of their weight: the first that comes to a new place has decided about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from istiokit.bigbang.layers import ENCRYPTED
from istiokit.bigbang.versions import Release
from istiokit.convert.control_plane.new_defaults import new_defaults
from istiokit.convert.control_plane.places import EACH_GATEWAY
from istiokit.convert.model import Ledger, Path, Problem, Values, at, dotted, leaves, mapping, put

_ABSENT = object()
_SPELLINGS = {"1Gi": "1024Mi", "2Gi": "2048Mi"}
"""Other ways to write amounts that the new charts have by default."""
_DEFAULT = "it is what the new packages do by default"


class _Outcome(Enum):
    """What becomes of one new place."""

    WRITTEN = auto()
    DEFAULT = auto()
    ALREADY = auto()
    """The user's new values say the same."""
    OTHERWISE = auto()
    """The user's new values say something else."""


@dataclass
class Draft:
    """What has been written so far, and by which old key."""

    values: Values
    """The umbrella's, as the user has set them."""
    release: Release
    ledger: Ledger
    new: Values = field(default_factory=dict)
    for_each_gateway: Values = field(default_factory=dict)
    _defaults: Values = field(default_factory=dict)
    _decided: dict[Path, tuple[Path, Any, _Outcome]] = field(default_factory=dict)
    _carried: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._defaults = new_defaults(self.values, self.release)

    def has(self, path: Path) -> bool:
        """Whether the user's values have the key, be it null."""
        return found(self.values, path) is not _ABSENT

    def below(self, path: Path) -> Values:
        """The mapping at the path; nothing where SOPS hides it. Raises Problem for anything else."""
        for length in range(1, len(path) + 1):
            if at(self.values, path[:length]) == ENCRYPTED:
                return {}
            mapping(self.values, path[:length])
        return mapping(self.values, path)

    def items(self, path: Path) -> list[Any]:
        """The list at the path; nothing where there is none. Raises Problem for anything else."""
        self.below(path[:-1])
        value = at(self.values, path)
        if value is None or value == ENCRYPTED:
            return []
        if not isinstance(value, list):
            raise Problem(path, f"{dotted(path)} has to be a list", "correct the values")
        return value

    def hidden(self, path: Path) -> bool:
        """Whether SOPS hides what stands there."""
        return bool(at(self.values, path) == ENCRYPTED)

    def flag(self, path: Path) -> bool | None:
        """The switch at the path; None where there is none or SOPS hides it. Raises Problem for anything else."""
        value = self.below(path[:-1]).get(str(path[-1]))
        if value is None or isinstance(value, bool):
            return value
        if self.hidden(path):
            return None
        raise Problem(path, f"{dotted(path)} has to be true or false", "write it without quotes")

    def text(self, path: Path) -> str | None:
        """The text at the path; None where there is none. Raises Problem for anything else."""
        value = self.below(path[:-1]).get(str(path[-1]))
        if value is None or isinstance(value, str):
            return value
        raise Problem(path, f"{dotted(path)} has to be a text", "put it in quotes")

    def carried(self, old: Path) -> bool:
        """Whether the old key was carried to new places by this draft."""
        return old in self._carried

    def fits(self, place: Path, value: Any) -> bool:
        """Whether the value can be written there, or stands there already."""
        agreed = not self._rival({place: value}) and self._outcome(place, value) is not _Outcome.OTHERWISE
        return agreed and value is not None and not hides(value)

    def carry(self, old: Path, *places: Path, why: str = "", todo: str = "") -> None:
        """Carry the value of an old key to these places, if there is such a key."""
        if self.has(old):
            value = at(self.values, old)
            self.write(old, dict.fromkeys(places, value), why=why, todo=todo)

    def carry_all(self, old: Path, *places: Path) -> None:
        """Carry a mapping leaf by leaf; raises Problem if it is none."""
        self.below(old)
        for path, _ in leaves(at(self.values, old), old) if self.has(old) else ():
            if not self.ledger.spoken_of(path):
                self.carry(path, *((*place, *path[len(old) :]) for place in places))

    def write(self, old: Path, wanted: Mapping[Path, Any], *, why: str = "", todo: str = "") -> None:
        """Write these values for an old key, all or none, and note what became of it."""
        if self._says_nothing(old, wanted):
            return
        rival = self._rival(wanted)
        if rival:
            self.ledger.default(old, f"{dotted(rival)} overrides it")
            return
        outcomes = {place: self._outcome(place, value) for place, value in wanted.items()}
        for place, value in wanted.items():
            self._decided.setdefault(place, (old, value, outcomes[place]))
        otherwise = [place for place, one in outcomes.items() if one is _Outcome.OTHERWISE]
        if otherwise:
            todo = f"decide which of the two is right, and write it to {dotted(otherwise[0])}"
            self.ledger.lost(old, f"{dotted(otherwise[0])} says otherwise", todo)
            return
        written = [place for place, one in outcomes.items() if one is _Outcome.WRITTEN]
        for place in written:
            self._put(old, place, wanted[place])
        self._note(old, outcomes, why, todo)

    def _note(self, old: Path, outcomes: Mapping[Path, _Outcome], why: str, todo: str) -> None:
        there = [place for place, one in outcomes.items() if one is not _Outcome.DEFAULT]
        already = [place for place, one in outcomes.items() if one is _Outcome.ALREADY]
        if len(there) > len(already):
            self.ledger.carried(old, *there, why=why, todo=todo)
            self._carried.add(old)
        elif already:
            self.ledger.default(old, f"{dotted(already[0])} has it already")
        else:
            self.ledger.default(old, _DEFAULT)

    def _says_nothing(self, old: Path, wanted: Mapping[Path, Any]) -> bool:
        """Whether the value is encrypted, empty or null, with a word about it."""
        listed = ", ".join(dotted(place) for place in wanted)
        values = list(wanted.values())
        if any(hides(value) for value in values):
            self.ledger.lost(old, "it is encrypted with SOPS", f"write {listed} in the file that holds it")
            for place, value in wanted.items():
                self._decided.setdefault(place, (old, value, _Outcome.OTHERWISE))
            return True
        if all(value == {} for value in values):
            self.ledger.default(old, "an empty mapping changes nothing")
            return True
        if any(value is None for value in values):
            self._null(old, wanted, listed)
            return True
        return False

    def _null(self, old: Path, wanted: Mapping[Path, Any], listed: str) -> None:
        """Helm takes null for the wish to be rid of a chart's default."""
        if any(at(self._defaults, place) for place in wanted):
            todo = f"set {listed} if the default of the new packages is not what you want"
            self.ledger.lost(
                old, "null took away a default of the old chart, and the new one has its own", todo
            )
        else:
            self.ledger.default(old, "null says nothing to the new chart, which has no default here")

    def _rival(self, wanted: Mapping[Path, Any]) -> Path | None:
        """The old key that has said something else about one of the places."""
        for place, value in wanted.items():
            first = self._decided.get(place)
            if first and not same(first[1], value):
                return first[0]
        return None

    def _outcome(self, place: Path, value: Any) -> _Outcome:
        if place in self._decided:
            return self._decided[place][2]
        if place[: len(EACH_GATEWAY)] != EACH_GATEWAY:
            self._check_way(place[:-1])
        there = found(self.values, place)
        if there is not _ABSENT:
            return _Outcome.ALREADY if same(there, value) else _Outcome.OTHERWISE
        default = found(self._defaults, place)
        return _Outcome.DEFAULT if default is not _ABSENT and same(default, value) else _Outcome.WRITTEN

    def _check_way(self, path: Path) -> None:
        """Raises Problem if something on the way to a new place is no mapping."""
        for length in range(1, len(path) + 1):
            mapping(self.values, path[:length])

    def _put(self, old: Path, place: Path, value: Any) -> None:
        target, way = self.new, place
        if place[: len(EACH_GATEWAY)] == EACH_GATEWAY:
            target, way = self.for_each_gateway, place[len(EACH_GATEWAY) :]
        above = [at(target, way[:length]) for length in range(1, len(way))]
        if any(not isinstance(one, dict | None) for one in above) or isinstance(at(target, way), dict):
            raise Problem(
                old, f"{dotted(old)} does not fit what another key says about it", "correct the values"
            )
        put(target, [str(step) for step in way], value)


def found(values: Any, path: Path) -> Any:
    """The value at the path, which may be null; `_ABSENT` where there is none."""
    above = at(values, path[:-1])
    return above.get(path[-1], _ABSENT) if isinstance(above, Mapping) else _ABSENT


def hides(value: Any) -> bool:
    """Whether SOPS hides it, or a part of it."""
    if isinstance(value, dict):
        return any(hides(one) for one in value.values())
    return any(hides(one) for one in value) if isinstance(value, list) else bool(value == ENCRYPTED)


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same to a chart: `10` and `"10"`, `2Gi` and `2048Mi`."""
    plain = (str, int, float)
    if isinstance(one, plain) and isinstance(other, plain) and not isinstance(one, bool):
        return _spelled(one) == _spelled(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _spelled(value: float | str) -> str:
    text = str(value)
    return _SPELLINGS.get(text, text)
