"""Findings as people read them, whichever command has them. Everything returns strings."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from istiokit.findings import Finding, Severity
from istiokit.ui.output import Column
from istiokit.ui.printable import printable

_COLUMNS: tuple[Column[Finding], ...] = (
    Column("severity", lambda one: one.severity),
    Column("code", lambda one: one.code),
    Column("object", lambda one: one.object),
    Column("path", lambda one: one.path),
    Column("reason", lambda one: one.reason),
    Column("remedy", lambda one: one.remedy),
)


class Explained(Protocol):
    """What a code means: a check of `istio-migrate`, or a rule of another command."""

    @property
    def code(self) -> str:
        """IM, VSG, RI or PR and three digits."""

    @property
    def title(self) -> str:
        """What is wrong, in a few words."""

    @property
    def severity(self) -> Severity:
        """At worst."""

    @property
    def why(self) -> str:
        """Why it matters."""

    @property
    def remedy(self) -> str:
        """What to do about it."""


def explained(one: Explained, *more: str) -> str:
    """The text of --explain; `more` stands beside the severity."""
    lines = (
        f"{one.code}: {one.title}",
        "; ".join((f"at worst: {one.severity}", *more)),
        "",
        f"Why it matters: {one.why}",
        f"What to do: {one.remedy}",
        f"More: docs/checks/{one.code}.md",
    )
    return "".join(f"{line}\n" for line in lines)


def columns(found: Sequence[Finding]) -> Sequence[Column[Finding]]:
    """The columns of a table; without that of the field where none of them is about one."""
    return [one for one in _COLUMNS if one.header != "path" or any(finding.path for finding in found)]


def finding_lines(finding: Finding) -> list[str]:
    """A finding in three lines: what and where, what was seen, what to do."""
    path = f"  {finding.path}" if finding.path else ""
    return [
        f"{finding.severity} {finding.code}  {printable(finding.object)}{printable(path)}",
        f"  {printable(finding.reason)}",
        f"  -> {printable(finding.remedy)}",
    ]


def blocks(found: Sequence[Finding]) -> str:
    """A block of lines for each finding, with an empty line between: their sentences are too long for a table."""
    return "\n".join("".join(f"{line}\n" for line in finding_lines(one)) for one in found)


def counts(found: Sequence[Finding]) -> dict[str, int]:
    """How many there are of each severity, also where there is none."""
    numbers = Counter(one.severity for one in found)
    return {str(severity): numbers[severity] for severity in Severity}


def counted(found: Sequence[Finding]) -> str:
    """`2 errors, 1 warning, 3 facts`; `nothing found` without any."""
    words = (_counted(count, severity) for severity, count in counts(found).items() if count)
    return ", ".join(words) or "nothing found"


def _counted(count: int, severity: str) -> str:
    """Infos are facts, and are called so."""
    word = "fact" if severity == Severity.INFO else severity
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
