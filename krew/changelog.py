"""Reads CHANGELOG.md, which is kept as keepachangelog.com/en/1.1.0 has it, and says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from krew.release import VERSION

UNRELEASED = "Unreleased"

_HEADING = re.compile(r"## \[([^\]]+)\](?: - (\S+))?(?: \[YANKED\])?")
_LINK = re.compile(r"\[([^\]]+)\]: \S+")
_THEMES = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


@dataclass(frozen=True)
class Section:
    """What one version changed."""

    version: str
    """"1.2.3" or UNRELEASED; as it stands there, even if it is neither."""
    date: str | None
    line: int
    """Of the heading, counted from 1."""
    body: tuple[str, ...]
    """The lines below the heading, without links."""

    @property
    def notes(self) -> str:
        """The text for the release's page; empty if the section is."""
        return "\n".join(self.body).strip()


def sections(text: str) -> tuple[Section, ...]:
    """The sections of TEXT from top to bottom; what stands above the first one is left out."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("## ")]
    return tuple(_section(lines, start, end) for start, end in pairwise([*starts, len(lines)]))


def _section(lines: Sequence[str], start: int, end: int) -> Section:
    match = _HEADING.fullmatch(lines[start].rstrip())
    version, day = match.groups() if match else (lines[start].removeprefix("## "), None)
    body = tuple(line for line in lines[start + 1 : end] if not _LINK.fullmatch(line))
    return Section(version, day, start + 1, body)


def section(text: str, version: str) -> Section | None:
    """What TEXT says of VERSION, if it has a section for it."""
    return next((it for it in sections(text) if it.version == version), None)


def problems(text: str) -> list[str]:
    """What is wrong with TEXT, a line each, in the order of the file; empty if all is well."""
    found = sections(text)
    if not found or found[0].version != UNRELEASED:
        return [f"the first section is not ## [{UNRELEASED}]"]
    wrong = [f"line {it.line}: {problem}" for it in found for problem in _of_section(it)]
    wrong += [
        f"line {old.line}: {problem}" for new, old in pairwise(found[1:]) for problem in _order(new, old)
    ]
    return wrong + list(_of_links(text, [it.version for it in found]))


def _of_section(it: Section) -> Iterator[str]:
    if it.version == UNRELEASED:
        if it.date is not None:
            yield f"{UNRELEASED} has a date"
    elif not VERSION.fullmatch(it.version):
        yield f"{it.version} is no version of three numbers in brackets, with a date"
    else:
        if not _is_date(it.date):
            yield f"{it.version} has no date such as 2026-01-31"
        if not it.notes:
            yield f"{it.version} has no text"
    yield from _of_themes(it)


def _of_themes(it: Section) -> Iterator[str]:
    themes = [line.removeprefix("### ") for line in it.body if line.startswith("### ")]
    yield from (f"{theme} is none of {', '.join(_THEMES)}" for theme in themes if theme not in _THEMES)
    yield from (f"{theme} is there twice" for theme in dict.fromkeys(themes) if themes.count(theme) > 1)
    parts = re.split(r"^### (.*)$", "\n".join(it.body), flags=re.MULTILINE)
    yield from (
        f"{theme} is empty" for theme, text in zip(parts[1::2], parts[2::2], strict=True) if not text.strip()
    )


def _order(new: Section, old: Section) -> Iterator[str]:
    """What is wrong with OLD standing right below NEW."""
    if not (VERSION.fullmatch(new.version) and VERSION.fullmatch(old.version)):
        return
    if _numbers(old.version) >= _numbers(new.version):
        yield f"{old.version} stands below {new.version}: the newest comes first"
    if _is_date(new.date) and _is_date(old.date) and (old.date or "") > (new.date or ""):
        yield f"{old.version} is dated later than {new.version}"


def _of_links(text: str, versions: Sequence[str]) -> Iterator[str]:
    """Headings in brackets are links once one of them is: then each needs its target, and each target a heading."""
    targets = [match.group(1) for match in map(_LINK.fullmatch, text.splitlines()) if match]
    if targets:
        yield from (f"[{version}] has no link at the end" for version in versions if version not in targets)
    yield from (f"the link [{target}] has no section" for target in targets if target not in versions)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _is_date(text: str | None) -> bool:
    if text is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
