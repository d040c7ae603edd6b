"""The pages in docs/guides/: the blocks that were written from runs, and whether they still say the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
_BLOCK = re.compile(r"(<!-- run: ([a-z0-9-]+) -->\n)```console\n(.*?)```\n", re.DOTALL)
_LETTERS = "[bcdfghjklmnpqrstvwxz2456789]"
"""What Kubernetes makes random names of."""
_MASKS = tuple(
    (re.compile(pattern, re.MULTILINE), mask)
    for pattern, mask in (
        (r"\d{8}t\d{6}-[0-9a-f]{4}", "RUN"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?", "WHEN"),
        (r"(?<![\w.-])(\d+(\.\d+)? ?(ms|[smhd]))+(?![\w-])", "TIME"),
        (rf"(?<=-){_LETTERS}{{8,10}}-{_LETTERS}{{5}}\b", "POD"),
        (r"\b127\.0\.0\.1:\d+|\b198\.18(\.\d+){2}\b", "ADDRESS"),
        (r"^\w+ [\w/-]+ +Recycled .*\n", ""),  # the last one, which may be gone from the table or not
        (r"^(\d+ depend on the policy, .*\n)+(?=NAMESPACE )", ""),  # reports come one by one, or all at once
        (r" {2,}", "  "),
    )
)
"""What two runs of the same commands need not have in common."""


def page(guide: str) -> Path:
    """The page of the guide."""
    return ROOT / "docs" / "guides" / f"{guide}.md"


def embedded(text: str) -> dict[str, str]:
    """The blocks of a page that come from runs, by the name of the run."""
    return {found[2]: found[3] for found in _BLOCK.finditer(text)}


def embed(text: str, transcripts: Mapping[str, str]) -> str:
    """The page with what was seen now, where that says something else; KeyError where a run is missing."""

    def block(found: re.Match[str]) -> str:
        kept = normal(found[3]) == normal(transcripts[found[2]])
        return f"{found[1]}```console\n{found[3] if kept else transcripts[found[2]]}```\n"

    return _BLOCK.sub(block, text)


def normal(transcript: str) -> str:
    """A transcript without times, random names, and the widths of columns, which follow from those."""
    for pattern, mask in _MASKS:
        transcript = pattern.sub(mask, transcript)
    return transcript
