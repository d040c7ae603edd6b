"""The table that the benchmark prints."""

import statistics
from dataclasses import dataclass

from istiokit.ui import output
from tests.bench.measure import Series

_HEADERS = ("CASE", "OURS", "THEIRS", "RATIO", "GOAL", "OK")
_ROW = tuple[str, ...]


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

    @property
    def ratio(self) -> float:
        """The median over the rounds: a machine that slows down for a while slows both of a round."""
        nothing = self.startup.median if self.startup else 0.0
        pairs = zip(self.ours.samples, self.theirs.samples, strict=True)
        return statistics.median((ours.seconds - nothing) / theirs.seconds for ours, theirs in pairs)

    def rows(self) -> list[_ROW]:
        """The time as median (shortest to longest), and peak memory."""
        ours, theirs = self.ours.mebibytes, self.theirs.mebibytes
        after = f" (start-up {self.startup.median:.3f} s not counted)" if self.startup else ""
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


def table(found: list[Comparison | Peak]) -> str:
    """All of them, one below the other."""
    return output.table(_HEADERS, [row for one in found for row in one.rows()])


def _judged(ratio: float, goal: float | None) -> _ROW:
    if goal is None:
        return f"{ratio:.2f}", "-", "-"
    return f"{ratio:.2f}", f"<= {goal:.2f}", "yes" if ratio <= goal else "NO"


def _seconds(series: Series) -> str:
    return f"{series.median:.3f} s ({series.seconds[0]:.3f} to {series.seconds[-1]:.3f})"
