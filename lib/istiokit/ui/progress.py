"""Progress of many things at once, on stderr: a live table for people, a line per event for logs."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from istiokit.ui.duration import show_duration

if TYPE_CHECKING:  # slow to import, and only a terminal needs it
    from rich.table import Table


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
        self._live.update(_table(rows), refresh=True)

    def say(self, line: str) -> None:
        """Put the line above the table."""
        self._console.print(line, markup=False, soft_wrap=True)


def event_line(row: Row) -> str:
    """`bigbang/istiod: Ready (42s)`, with the reason where there is one."""
    parts = (row.state, row.reason, row.detail if row.good is False else "")
    said = ": ".join(part for part in parts if part)
    return f"{row.name}: {said} ({show_duration(row.elapsed)})"


def _table(rows: Sequence[Row]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="")
    table.add_column("NAME", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    table.add_column("ELAPSED", no_wrap=True)
    table.add_column("REASON", overflow="ellipsis", no_wrap=True)
    for row in rows:
        style = {True: "green", False: "red", None: "yellow"}[row.good]
        # Text, because a reason with [brackets] would otherwise be read as markup.
        told = ": ".join(part for part in (row.reason, row.detail) if part)
        cells = (row.name, row.state, show_duration(row.elapsed), told)
        table.add_row(*(Text(cell, style=style if index == 1 else "") for index, cell in enumerate(cells)))
    return table
