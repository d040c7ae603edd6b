"""The table that the benchmark prints."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from istiokit.ui import output
from tests.bench.measure import Series

_HEADERS = ("CASE", "OURS", "THEIRS", "RATIO", "GOAL", "OK")
_ROW = tuple[str, ...]


class Told(Protocol):
    """What there is to tell about a case."""

    def rows(self) -> list[_ROW]:
        """Its lines of the table."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours against theirs, run in turns. Goals are the greatest ratios that we want; None: no goal."""

    case: str
    ours: Series
    theirs: Series
    goal: float | None = None
    memory_goal: float | None = None
    startup: Series | None = None
    """What ours takes where there is nothing to do: not counted in the ratio."""
    over: Series | None = None
    """What nobody can do without, such as the requests alone: not counted either."""

    @property
    def ratio(self) -> float:
        """The median over the rounds: a machine that slows down for a while slows both of a round."""
        nothing = sum(one.median for one in (self.startup, self.over) if one)
        pairs = zip(self.ours.samples, self.theirs.samples, strict=True)
        return statistics.median((ours.seconds - nothing) / theirs.seconds for ours, theirs in pairs)

    def rows(self) -> list[_ROW]:
        """The time as median (shortest to longest), and peak memory."""
        ours, theirs = self.ours.mebibytes, self.theirs.mebibytes
        apart = {"start-up": self.startup, "curl": self.over}
        after = "".join(f" ({name} {one.median:.3f} s not counted)" for name, one in apart.items() if one)
        return [
            (
                self.case + after,
                _seconds(self.ours),
                _seconds(self.theirs),
                *_judged(self.ratio, self.goal),
            ),
            (
                "- peak memory",
                f"{ours:.0f} MiB",
                f"{theirs:.0f} MiB",
                *_judged(ours / theirs, self.memory_goal),
            ),
        ]


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory that ours may take, in MB (10^6 bytes)."""

    case: str
    ours: Series
    goal: int

    def rows(self) -> list[_ROW]:
        """One line."""
        megabytes = self.ours.mebibytes * 1.048576
        good = "yes" if megabytes <= self.goal else "NO"
        return [(self.case, f"{megabytes:.0f} MB", "-", "-", f"<= {self.goal} MB", good)]


@dataclass(frozen=True, slots=True)
class Bound:
    """The time of ours against one that is known without measuring; `goal` is the greatest ratio that we want."""

    case: str
    ours: Series
    seconds: float
    goal: float

    def rows(self) -> list[_ROW]:
        """One line."""
        judged = _judged(self.ours.median / self.seconds, self.goal)
        return [(self.case, _seconds(self.ours), f"{self.seconds:.3f} s", *judged)]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that is no time, and the most that it may be; None: no goal."""

    case: str
    ours: float
    goal: float | None = None
    theirs: float | None = None
    """That of a rival, for whoever wants to know."""

    def rows(self) -> list[_ROW]:
        """One line."""
        theirs = "-" if self.theirs is None else f"{self.theirs:.4g}"
        if self.goal is None:
            return [(self.case, f"{self.ours:.4g}", theirs, "-", "-", "-")]
        good = "yes" if self.ours <= self.goal else "NO"
        return [(self.case, f"{self.ours:.4g}", theirs, "-", f"<= {self.goal:g}", good)]


def table(found: Iterable[Told]) -> str:
    """All of them, one below the other."""
    return output.table(_HEADERS, [row for one in found for row in one.rows()])


def _judged(ratio: float, goal: float | None) -> _ROW:
    if goal is None:
        return f"{ratio:.2f}", "-", "-"
    return f"{ratio:.2f}", f"<= {goal:.2f}", "yes" if ratio <= goal else "NO"


def _seconds(series: Series) -> str:
    return f"{series.median:.3f} s ({series.seconds[0]:.3f} to {series.seconds[-1]:.3f})"
