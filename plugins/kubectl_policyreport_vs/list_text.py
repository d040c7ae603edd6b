"""VirtualServices and their verdicts as people read them. Everything returns strings."""

import csv
import io
import shlex
from collections import Counter
from collections.abc import Sequence

from istiokit.kyverno.dependence import Verdict
from istiokit.kyverno.dependents import DependentRow, summary_of
from istiokit.survey.dependence import DependenceReading
from istiokit.ui import unread
from istiokit.ui.duration import show_duration
from istiokit.ui.output import Column, Document, render
from istiokit.ui.printable import printable

_REASONS = 5
"""So many different reasons are told; -o wide has them all."""


def _age(one: DependentRow) -> str:
    if one.age_seconds is None:
        return ""
    return f"{show_duration(one.age_seconds)}{' stale' if one.stale else ''}"


COLUMNS: tuple[Column[DependentRow], ...] = (
    Column("namespace", lambda one: one.namespace),
    Column("name", lambda one: one.name),
    Column("rule", lambda one: one.rule),
    Column("result", lambda one: one.result),
    Column("age", _age),
    Column("source", lambda one: one.source),
    Column("owner", lambda one: one.owner),
    Column("verdict", lambda one: one.verdict),
    Column("declared", lambda one: one.declared or (), wide=True),
    Column("missing", lambda one: one.missing, wide=True),
    Column("gateways", lambda one: one.gateways, wide=True),
    Column("change", lambda one: one.change, wide=True),
    Column("why", lambda one: one.why, wide=True),
)
_TICKET = ("namespace", "name", "verdict", "owner", "missing", "change", "why")
"""The columns of a table that is pasted elsewhere."""


def rows_text(rows: Sequence[DependentRow], read: DependenceReading, output: str, *, no_headers: bool) -> str:
    """The rows in the format `output`."""
    if output == "markdown":
        return markdown_table(rows)
    if output == "csv":
        return csv_text(rows, no_headers=no_headers)
    summary = {
        "verdicts": summary_of(read.rows),
        "policies": [str(policy) for policy in read.policies],
        "pairs": [str(pair) for pair in read.mapping.pairs],
    }
    document = Document("DependentList", rows, summary, unread.skips(read.unread))
    return render(document, COLUMNS, output, name=_name, no_headers=no_headers)


def markdown_table(rows: Sequence[DependentRow]) -> str:
    """A table for a ticket."""
    if not rows:
        return "Nothing.\n"
    columns = _ticket_columns()
    lines = [" | ".join(one.header for one in columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(_escaped(_text(column.cell(row))) for column in columns) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def csv_text(rows: Sequence[DependentRow], *, no_headers: bool) -> str:
    """The same for a spreadsheet, with every column; RFC 4180 but for the line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not no_headers:
        writer.writerow([one.header for one in COLUMNS])
    writer.writerows([[_text(column.cell(row)) for column in COLUMNS] for row in rows])
    return text.getvalue()


def counts_line(read: DependenceReading) -> str:
    """`12 depend on the policy, 3 unknown, 985 migrated`; where none was found they would."""
    counts = summary_of(read.rows)
    depends, unknown, migrated = (counts[verdict] for verdict in Verdict)
    depend = "depends" if depends == 1 else "depend"
    what = f"{depend} on the policy" if read.policies else "would depend on a policy"
    return f"{depends} {what}, {unknown} unknown, {migrated} migrated"


def talk(read: DependenceReading, output: str) -> list[str]:
    """What the answer rests on, how it adds up, and why some of it is not known."""
    return [*basis(read), counts_line(read), *([] if output == "wide" else _doubts(read))]


def next_line(read: DependenceReading, prog: str, scope: Sequence[str], words: Sequence[str]) -> str:
    """What to do now; `scope` and `words` say what was listed, and by what."""
    if not read.rows:
        return ""
    if any(one.pending for one in read.rows):
        command = shlex.join([*prog.split(), *scope, *words, "--pending", "-o", "wide"])
        return f"next: {command} says what to change where"
    return f"next: {shlex.join([*prog.split(), 'safe-to-remove', *words])}"


def basis(read: DependenceReading) -> list[str]:
    """The policies, the pairs, and what a policy gives that is of no pair."""
    policies = ", ".join(str(policy) for policy in read.policies)
    pairs = ", ".join(str(pair) for pair in read.mapping.pairs)
    lines = [
        f"policies: {policies}"
        if policies
        else "no policy that adds to the gateways of VirtualServices was found"
    ]
    lines.append(
        f"pairs: {pairs}"
        if pairs
        else "no pair of an old and a new Gateway is known; name it with --map OLD=NEW"
    )
    lines += [
        f"a policy also gives Gateway {name}, which is of no pair; --map OLD=NEW tells"
        for name in read.puzzling
    ]
    return lines


def _doubts(read: DependenceReading) -> list[str]:
    """The reasons of unknown verdicts, the most frequent first."""
    reasons = Counter(one.why for one in read.rows if one.verdict is Verdict.UNKNOWN)
    lines = [f"{number} unknown: {why}" for why, number in reasons.most_common(_REASONS)]
    rest = len(reasons) - _REASONS
    return [*lines, f"and {rest} more reasons (-o wide shows all)"] if rest > 0 else lines


def _name(one: DependentRow) -> str:
    return f"virtualservice.networking.istio.io/{one.name}"


def _ticket_columns() -> list[Column[DependentRow]]:
    by_name = {one.header: one for one in COLUMNS}
    return [by_name[name] for name in _TICKET]


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _escaped(cell: str) -> str:
    return printable(" ".join(cell.split())).replace("|", "\\|") or " "
