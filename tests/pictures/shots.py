"""One command that was run on a terminal, as text and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from itertools import groupby

from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.terminal import Screen

_COLOURS = {"brown": "yellow", "brightbrown": "bright_yellow"}
"""How pyte calls colours that rich calls otherwise."""
_THEME = TerminalTheme(
    (24, 28, 34),
    (215, 220, 226),
    [
        (70, 77, 87),
        (240, 110, 105),
        (126, 198, 105),
        (222, 184, 84),
        (103, 172, 240),
        (197, 140, 230),
        (86, 192, 192),
        (215, 220, 226),
    ],
)
_NARROWEST = 80
"""Columns, so that a short picture is not blown up."""
# The fonts are those of whoever looks: nothing is fetched. Each row's width is fixed, so any of them fits.
_SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def transcript(line: str, screen: Screen) -> str:
    """The command as it was typed and what came after it; lines that the terminal has wrapped are whole again."""
    return "\n".join([f"$ {line}", *_unwrapped(screen)]).rstrip() + "\n"


def picture(name: str, line: str, screen: Screen) -> str:
    """The same as an SVG, with its colours."""
    rows = [_styled(row) for row in _rows(screen)]
    typed = Text.assemble(("$ ", "bold green"), (line, "bold"))
    width = max(_NARROWEST, *(text.cell_len for text in (typed, *rows)))
    console = Console(
        record=True, width=width, file=StringIO(), color_system="truecolor", force_terminal=True
    )
    for text in (typed, *rows, Text()):  # without an empty row the descenders of the last one are cut off
        console.print(text, soft_wrap=True)
    svg = console.export_svg(title="", theme=_THEME, code_format=_SVG, unique_id=f"picture-{name}")
    return svg.replace("</text><text", "</text>\n<text")  # lines, so that a change can be seen in a diff


def _unwrapped(screen: Screen) -> Iterator[str]:
    pending = ""
    for number, row in enumerate(_rows(screen)):
        pending += "".join(char.data for char in row)
        if number not in screen.wrapped:
            yield pending.rstrip()
            pending = ""


def _rows(screen: Screen) -> list[list[Char]]:
    """Each row down to the last that has anything."""
    found = [[screen.buffer[row][column] for column in range(screen.columns)] for row in range(screen.lines)]
    while found and not "".join(char.data for char in found[-1]).strip():
        found.pop()
    return found


def _styled(row: list[Char]) -> Text:
    runs = groupby(row, _style)
    text = Text.assemble(*(("".join(char.data for char in chars), style) for style, chars in runs))
    text.rstrip()
    return text


def _style(char: Char) -> Style:
    return Style(
        color=_colour(char.fg),
        bgcolor=_colour(char.bg),
        bold=char.bold,
        italic=char.italics,
        underline=char.underscore,
        reverse=char.reverse,
    )


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name.lower()):
        return f"#{name}"
    known = _COLOURS.get(name, name)
    return known.replace("bright", "bright_") if known.startswith("bright") and "_" not in known else known
