"""The audit's findings as people, merge requests and code scanners read them. Everything returns strings."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from istiokit.findings import Finding, Severity
from istiokit.istio.audit import RULES, find_rule
from istiokit.survey.dependents import DependentsRead
from istiokit.survey.routes import RouteReading
from istiokit.ui import findings
from istiokit.ui.output import Column, Document, as_json, render
from istiokit.ui.printable import printable
from kubectl_vs_gateways.repository import location
from kubectl_vs_gateways.scope import skipped_of

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_LACKS = {
    "Namespace": "each is known by its name alone, and what selects by other labels was not judged",
    "ConfigMap": "the root namespace and the trust domain are taken to be istio-system and cluster.local",
}
_NOT_JUDGED = "whether they name the old gateway was not judged"
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


class Placed(Finding, frozen=True, gc=False):
    """A finding, and where in the files its object stands."""

    place: str = ""
    """`apps/web.yaml:12`; empty on a cluster."""


def findings_text(
    found: Sequence[Finding],
    reading: RouteReading,
    summary: Mapping[str, Any],
    output: str,
    *,
    no_headers: bool = False,
) -> str:
    """The findings in the format `output`; a block each for people, a row each with wide."""
    placed = [_placed(one, reading.places) for one in found]
    if output == "table":
        return findings.blocks([msgspec.structs.replace(one, object=_named(one)) for one in placed])
    if output == "sarif":
        return as_json(sarif(found, reading.places))
    if output == "markdown":
        return markdown(found, reading.places)
    if output == "wide" and not found:
        return ""
    counted = {f"{severity}s": number for severity, number in findings.counts(found).items()}
    document = Document(
        "BindingFindingList", placed, summary={**counted, **summary}, skipped=skipped_of(reading)
    )
    columns: list[Column[Any]] = [*findings.columns(found)]
    if any(one.place for one in placed):
        columns.append(Column("place", lambda one: one.place))
    return render(document, columns, output, name=lambda one: one.code, no_headers=no_headers)


def verdict_line(found: Sequence[Finding], prog: str) -> str:
    """`2 errors, 1 warning; next: ...`."""
    codes = sorted({one.code for one in found if one.severity is Severity.ERROR})
    then = f"; mend {', '.join(codes)} first ({prog} --explain {codes[0]})" if codes else ""
    return f"{findings.counted(found)}{then}"


def not_judged(reading: RouteReading) -> list[str]:
    """What the audit could not know, so that its silence is no pass."""
    facts, lines = reading.facts, []
    if facts.workloads is None:
        lines.append(
            "no pods were read: each Gateway is taken to have pods of its own, with just its selector's labels"
        )
    if facts.secrets is None:
        lines.append(
            "no Secrets were read: whether certificates are where the pods are was not judged (VSG017)"
        )
    return lines


def beside_lines(read: DependentsRead, *, paired: bool) -> list[str]:
    """What was looked at beside VirtualServices, and what was not, so that silence about a kind means something.

    Without a pair of Gateways (`paired`) nothing of it is old.
    """
    there = [f"{number} {_plural(kind, number)}" for kind, number in read.counts.items() if number]
    absent = {one.kind for one in read.unread if one.missing}
    none = [_plural(kind, 0) for kind, number in read.counts.items() if number == 0 and kind not in absent]
    lines = []
    if there:
        lines.append(f"looked at besides: {', '.join(there)}" + (f"; no {', '.join(none)}" if none else ""))
    elif none:
        lines.append(
            "looked at besides: there are no policies, monitors or certificates that could name a gateway"
        )
    if there and not paired:
        lines.append("no old Gateway is known, so none of it could be judged; name it with --map OLD=NEW")
    if absent:
        lines.append(f"not installed, so there are none: {', '.join(sorted(absent))}")
    lines += [
        f"not read: {_plural(one.kind, 0)}: {one.reason}; {_LACKS.get(one.kind, _NOT_JUDGED)}"
        for one in read.unread
        if not one.missing
    ]
    return lines


def _plural(kind: str, number: int) -> str:
    """`NetworkPolicies`, `Telemetry` for one."""
    if number == 1:
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def explanation(code: str) -> str:
    """What a code means, for --explain; raises UsageError for one that no rule has."""
    return findings.explained(find_rule(code))


def sarif(found: Sequence[Finding], places: Mapping[str, str]) -> dict[str, Any]:
    """A SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanners take it."""
    rules = [
        {
            "id": rule.code,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.why},
            "help": {"text": rule.remedy},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in RULES
    ]
    driver = {"name": "kubectl vs-gateways", "rules": rules}
    results = [_result(one, places) for one in found]
    return {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def markdown(found: Sequence[Finding], places: Mapping[str, str]) -> str:
    """A table for the comment of a merge request."""
    if not found:
        return "No findings.\n"
    lines = ["| severity | code | object | field | reason | remedy |", "|---|---|---|---|---|---|"]
    for one in found:
        cells = (one.severity, one.code, _named(_placed(one, places)), one.path, one.reason)
        lines.append("| " + " | ".join(_escaped(cell) for cell in (*cells, one.remedy)) + " |")
    return "\n".join(lines) + "\n"


def _result(one: Finding, places: Mapping[str, str]) -> dict[str, Any]:
    text = (
        f"{one.object} {one.path}: {one.reason}. {one.remedy}" if one.path else f"{one.object}: {one.reason}"
    )
    logical = {"fullyQualifiedName": f"{one.object} {one.path}".strip(), "kind": "object"}
    physical = location(_place(one, places))
    place: dict[str, Any] = {"logicalLocations": [logical]}
    return {
        "ruleId": one.code,
        "level": _LEVELS[one.severity],
        "message": {"text": text},
        "locations": [{**place, "physicalLocation": physical} if physical else place],
    }


def _placed(one: Finding, places: Mapping[str, str]) -> Placed:
    return Placed(one.code, one.severity, one.object, one.reason, one.remedy, one.path, _place(one, places))


def _named(one: Placed) -> str:
    """The object with its place, unless it is a place."""
    return f"{one.object} ({one.place})" if one.place not in ("", one.object) else one.object


def _place(one: Finding, places: Mapping[str, str]) -> str:
    return places.get(one.object, "")


def _escaped(cell: str) -> str:
    return printable(" ".join(cell.split())).replace("|", "\\|") or " "
