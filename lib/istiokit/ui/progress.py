"""Progress of many things at once, on stderr: a live table for people, a line per event for logs."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from istiokit.ui.duration import show_duration
from istiokit.ui.printable import printable

if TYPE_CHECKING:  # slow to import, and only a terminal needs it
    from rich.table import Table
    from rich.text import Text

_AROUND = 3
"""Lines of a terminal that the rows of the table leave free: the header, and room for what is told next."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is being waited for."""

    name: str
    state: str
    """A word: `Ready`, `Progressing`, `Failed`."""
    reason: str = ""
    """A word or two: `InstallSucceeded`."""
    detail: str = ""
    """A sentence about it; the table shows it, a log only where it went wrong."""
    elapsed: float = 0.0
    """Seconds since the waiting began."""
    good: bool | None = None
    """True: done; False: failed; None: still under way. Decides the colour."""


class Progress(Protocol):
    """A display to be used in a `with` block, so that the terminal is put right after an interruption too."""

    def __enter__(self) -> "Progress":
        """Begin to show."""

    def __exit__(self, *exc: object) -> None:
        """Leave the last state on the screen."""

    def update(self, rows: Sequence[Row]) -> None:
        """Show this state of all rows, in this order."""

    def say(self, line: str) -> None:
        """Tell people one line that stays, above the table."""


class PlainProgress(contextlib.AbstractContextManager["PlainProgress"]):
    """A line when a row appears, and whenever its state or reason is another than before."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._seen: dict[str, tuple[str, str]] = {}

    def __exit__(self, *exc: object) -> None:
        return None

    def update(self, rows: Sequence[Row]) -> None:
        """Tell what is new in these rows."""
        for row in rows:
            if self._seen.get(row.name) != (row.state, row.reason):
                self._seen[row.name] = (row.state, row.reason)
                self._say(event_line(row))

    def say(self, line: str) -> None:
        """Tell the line."""
        self._say(line)


class LiveProgress(contextlib.AbstractContextManager["LiveProgress"]):
    """A table that is drawn over itself."""

    def __init__(self, err: TextIO, *, colour: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=err, force_terminal=True, no_color=not colour, highlight=False)
        # No drawing thread: the caller polls anyway, and an interrupted process has nothing more to stop.
        self._live = Live(
            console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> "LiveProgress":
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def update(self, rows: Sequence[Row]) -> None:
        """Draw the table anew."""
        from rich.constrain import Constrain

        # Two columns stay free: the `^C` that the terminal echoes must not wrap, or the table is drawn a line off.
        shown = Constrain(_table(_fitting(rows, self._console.height - _AROUND)), self._console.width - 2)
        self._live.update(shown, refresh=True)

    def say(self, line: str) -> None:
        """Put the line above the table."""
        self._console.print(printable(line), markup=False, soft_wrap=True)


def event_line(row: Row) -> str:
    """`bigbang/istiod: Ready (42s)`, with the reason where there is one."""
    reason = row.reason if row.reason != row.state else ""
    parts = (row.state, reason, row.detail if row.good is False else "")
    said = ": ".join(part for part in parts if part)
    return f"{row.name}: {printable(said)} ({show_duration(row.elapsed)})"


def _fitting(rows: Sequence[Row], room: int) -> Sequence[Row]:
    """All rows, or where a terminal is too low for them those that are not well, and how many there are else."""
    if len(rows) <= room:
        return rows
    first = [row for row in rows if not row.good][: max(1, room - 1)]
    good = sum(row.good is True for row in rows)
    elapsed = max(row.elapsed for row in rows)
    return [*first, Row(f"and {len(rows) - len(first)} more", f"{good} Ready", elapsed=elapsed, good=True)]


def _table(rows: Sequence[Row]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="")
    # On a narrow terminal the columns that may wrap give way; their cells are cut instead of wrapped.
    table.add_column("NAME")
    table.add_column("STATE", no_wrap=True)
    table.add_column("ELAPSED", no_wrap=True)
    table.add_column("REASON")
    for row in rows:
        style = {True: "green", False: "red", None: "yellow"}[row.good]
        # Text, because a reason with [brackets] would otherwise be read as markup.
        told = ": ".join(part for part in (row.reason, row.detail) if part)
        elapsed = show_duration(row.elapsed)
        table.add_row(_cut(row.name), Text(row.state, style=style), Text(elapsed), _cut(told))
    return table


def _cut(cell: str) -> "Text":
    """A cell that is cut where its column ends."""
    from rich.text import Text

    return Text(printable(cell), no_wrap=True, overflow="ellipsis")
