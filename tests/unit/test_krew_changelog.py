"""CHANGELOG.md is read and judged as Keep a Changelog has it."""

from pathlib import Path

import pytest

from krew.changelog import problems, section, sections

GOOD = """\
# Changelog

## [Unreleased]

## [1.10.0] - 2026-02-28

### Added

- More.

### Fixed

- Less.

## [1.9.0] - 2026-02-28 [YANKED]

Withdrawn.

[Unreleased]: https://git.example.com/compare/v1.10.0...HEAD
[1.10.0]: https://git.example.com/compare/v1.9.0...v1.10.0
[1.9.0]: https://git.example.com/releases/v1.9.0
"""

BAD = {
    "no Unreleased": (("## [Unreleased]\n", ""), "the first section is not ## [Unreleased]"),
    "no sections": ((GOOD, "# Changelog\n"), "the first section is not ## [Unreleased]"),
    "Unreleased with a date": (
        ("[Unreleased]\n\n", "[Unreleased] - 2026-03-01\n\n"),
        "line 3: Unreleased has a date",
    ),
    "no brackets": (("## [1.9.0]", "## 1.9.0"), "line 15: 1.9.0 - 2026-02-28 [YANKED] is no version"),
    "two numbers": (("[1.9.0] -", "[1.9] -"), "line 15: 1.9 is no version of three numbers"),
    "leading zero": (("[1.9.0] -", "[1.09.0] -"), "line 15: 1.09.0 is no version of three numbers"),
    "no date": (("[1.10.0] - 2026-02-28", "[1.10.0]"), "line 5: 1.10.0 has no date such as"),
    "no such day": (("[1.10.0] - 2026-02-28", "[1.10.0] - 2026-02-30"), "line 5: 1.10.0 has no date such as"),
    "another order": (
        ("[1.10.0] - 2026-02-28", "[1.10.0] - 28.02.2026"),
        "line 5: 1.10.0 has no date such as",
    ),
    "a week": (("[1.10.0] - 2026-02-28", "[1.10.0] - 2026-W09-6"), "line 5: 1.10.0 has no date such as"),
    "dates backwards": (
        ("[1.10.0] - 2026-02-28", "[1.10.0] - 2026-02-27"),
        "line 15: 1.9.0 is dated later than 1.10.0",
    ),
    "oldest first": (
        ("[1.10.0] -", "[1.8.0] -"),
        "line 15: 1.9.0 stands below 1.8.0: the newest comes first",
    ),
    "twice": (("[1.10.0] -", "[1.9.0] -"), "line 15: 1.9.0 stands below 1.9.0: the newest comes first"),
    "no text": (("Withdrawn.\n", ""), "line 15: 1.9.0 has no text"),
    "empty theme": (("- More.\n", ""), "line 5: Added is empty"),
    "unknown theme": (("### Fixed", "### Mended"), "line 5: Mended is none of Added, Changed,"),
    "theme twice": (("### Fixed", "### Added"), "line 5: Added is there twice"),
    "a link missing": (
        ("[1.9.0]: https://git.example.com/releases/v1.9.0\n", ""),
        "[1.9.0] has no link at the end",
    ),
    "a link too many": (("[1.9.0]: h", "[1.8.0]: h"), "the link [1.8.0] has no section"),
}


def test_good_one_has_no_problems() -> None:
    assert problems(GOOD) == []
    assert problems("".join(line for line in GOOD.splitlines(keepends=True) if "]: " not in line)) == []


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_with_its_line(case: str) -> None:
    (old, new), told = BAD[case]
    assert old in GOOD
    assert any(problem.startswith(told) for problem in problems(GOOD.replace(old, new, 1))), problems(
        GOOD.replace(old, new, 1)
    )


def test_sections_have_their_text_without_links() -> None:
    assert [it.version for it in sections(GOOD)] == ["Unreleased", "1.10.0", "1.9.0"]
    last = section(GOOD, "1.9.0")
    assert last is not None
    assert last.notes == "Withdrawn."
    assert section(GOOD, "2.0.0") is None


def test_ours_is_kept() -> None:
    assert problems((Path(__file__).parents[2] / "CHANGELOG.md").read_text()) == []
