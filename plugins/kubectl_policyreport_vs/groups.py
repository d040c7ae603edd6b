"""Rows by owner, namespace or rule, for chasing those who have to change something. Values, and their texts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from istiokit.kyverno.dependence import Verdict
from istiokit.kyverno.dependents import DependentRow
from istiokit.survey.dependence import DependenceReading
from istiokit.ui import unread
from istiokit.ui.output import Column, Document, render
from kubectl_policyreport_vs.list_text import csv_text, markdown_table

NOBODY = "nobody"
_NONE = "none"


class Group(msgspec.Struct, frozen=True):
    """Rows that have something in common."""

    group: str
    pending: int
    """How many of them keep the policy."""
    depends: int
    unknown: int
    migrated: int
    items: tuple[DependentRow, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Those that keep the policy."""
        return tuple(one.full_name for one in self.items if one.pending)


_GROUP_COLUMNS: tuple[Column[Group], ...] = (
    Column("group", lambda one: one.group),
    Column("depends", lambda one: one.depends),
    Column("unknown", lambda one: one.unknown),
    Column("migrated", lambda one: one.migrated),
    Column("pending", lambda one: one.names),
)


def grouped(rows: Iterable[DependentRow], by: str) -> list[Group]:
    """The groups, those with most to do first."""
    found: dict[str, list[DependentRow]] = defaultdict(list)
    for one in rows:
        found[_key(one, by)].append(one)
    groups = [_group(name, items) for name, items in found.items()]
    return sorted(groups, key=lambda one: (-one.pending, one.group))


def groups_text(
    groups: Sequence[Group], by: str, read: DependenceReading, output: str, *, no_headers: bool
) -> str:
    """The groups in the format `output`: a line each, or a heading each with a table for a ticket."""
    if output == "markdown":
        parts = (f"### {one.group} ({len(one.items)})\n\n{markdown_table(one.items)}" for one in groups)
        return "\n".join(parts) or "Nothing.\n"
    if output == "csv":
        return csv_text([item for one in groups for item in one.items], no_headers=no_headers)
    summary = {"by": by, "groups": len(groups)}
    columns = [Column(by, _GROUP_COLUMNS[0].cell), *_GROUP_COLUMNS[1:]]
    document = Document("DependentGroupList", groups, summary, unread.skips(read.unread))
    return render(document, columns, output, name=lambda one: one.group, no_headers=no_headers)


def _key(one: DependentRow, by: str) -> str:
    match by:
        case "owner":
            return one.owner or NOBODY
        case "namespace":
            return one.namespace
    return one.rule or _NONE


def _group(name: str, items: Sequence[DependentRow]) -> Group:
    number = {verdict: sum(one.verdict is verdict for one in items) for verdict in Verdict}
    depends, unknown = number[Verdict.DEPENDS], number[Verdict.UNKNOWN]
    return Group(name, depends + unknown, depends, unknown, number[Verdict.MIGRATED], tuple(items))
