"""The table that the benchmark prints."""

import statistics
from dataclasses import dataclass

from istiokit.ui import output
from tests.bench.measure import Series

_HEADERS = ("CASE", "OURS", "THEIRS", "RATIO", "GOAL", "OK")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours against theirs, run in turns. `goal` is the greatest ratio of times that we want; None: no goal."""

    case: str
    ours: Series
    theirs: Series
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """The median over the rounds: a machine that slows down for a while slows both of a round."""
        pairs = zip(self.ours.samples, self.theirs.samples, strict=True)
        return statistics.median(ours.seconds / theirs.seconds for ours, theirs in pairs)


def table(comparisons: list[Comparison]) -> str:
    """Two lines for each comparison: time as median (shortest to longest), and peak memory."""
    return output.table(_HEADERS, [row for one in comparisons for row in (_time(one), _memory(one))])


def _time(one: Comparison) -> tuple[str, ...]:
    goal = "" if one.goal is None else f"<= {one.goal:.2f}"
    verdict = "" if one.goal is None else "yes" if one.ratio <= one.goal else "NO"
    return (one.case, _seconds(one.ours), _seconds(one.theirs), f"{one.ratio:.2f}", goal, verdict)


def _memory(one: Comparison) -> tuple[str, ...]:
    ours, theirs = one.ours.mebibytes, one.theirs.mebibytes
    return ("- peak memory", f"{ours:.0f} MiB", f"{theirs:.0f} MiB", f"{ours / theirs:.2f}", "", "")


def _seconds(series: Series) -> str:
    return f"{series.median:.3f} s ({series.seconds[0]:.3f} to {series.seconds[-1]:.3f})"
