"""What answers where, as a table and in sentences. Everything returns strings."""

from collections.abc import Sequence
from itertools import groupby

from istiokit.istio.routing.served import Answer, Verdict
from istiokit.istio.serving import ServedRow, place_of
from istiokit.ui.output import Column
from istiokit.ui.printable import printable

COLUMNS: tuple[Column[ServedRow], ...] = (
    Column("namespace", lambda row: row.namespace),
    Column("name", lambda row: row.name),
    Column("host", lambda row: row.host),
    Column("served", lambda row: row.served),
    Column("why not", lambda row: row.why),
)


def counts(rows: Sequence[ServedRow]) -> dict[str, int]:
    """How many hosts there are of each verdict that occurs."""
    found = [row.served for row in rows]
    return {str(verdict): found.count(verdict) for verdict in Verdict if verdict in found}


def summary_line(rows: Sequence[ServedRow]) -> str:
    """`12 hosts: 3 old, 9 both`."""
    told = ", ".join(f"{number} {verdict}" for verdict, number in counts(rows).items())
    return f"{len(rows)} {'host' if len(rows) == 1 else 'hosts'}{f': {told}' if told else ''}"


def explained(name: str, found: Sequence[Answer]) -> str:
    """One VirtualService in sentences: a paragraph for each host, a line for each place."""
    lines = [f"VirtualService {name}"]
    for host, group in groupby(found, key=lambda one: one.host):
        lines += ["", f"{host}:" if host else "It has no hosts:"]
        lines += [f"  {_sentence(one)}" for one in group]
    return "".join(f"{printable(line)}\n" for line in lines)


def _sentence(one: Answer) -> str:
    word = "answers" if one.answers else "does not answer" if one.known else "cannot be told"
    if not one.workload:
        return f"{word} anywhere: {one.sentence}"
    return f"{place_of(one)}: {one.sentence if one.answers else f'{word}: {one.sentence}'}"
