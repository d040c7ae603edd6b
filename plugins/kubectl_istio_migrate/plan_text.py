"""A plan as people read it before they say yes, and the edits that they have to make themselves."""

from collections.abc import Iterable, Mapping, Sequence

from istiokit.bigbang.edit import Blocked
from istiokit.bigbang.facts import home_of
from istiokit.findings import Severity
from istiokit.plan import render
from istiokit.plan.listing import plan_list
from istiokit.plan.model import Plan
from istiokit.ui.context import Context
from istiokit.ui.findings import finding_lines
from istiokit.ui.output import API_VERSION, as_json, as_yaml, table

_TOLD_BY_NOTES = ("IM013",)
"""That serving stops: a note says it, last of all before the question."""


def shown(plan: Plan, output: str) -> str:
    """The plan for stdout: a list (wide: a table) and its diff, or a document. Of an empty plan, nothing."""
    if output in ("json", "yaml"):
        document = {"apiVersion": API_VERSION, "kind": "Plan", **render.plan_dict(plan)}
        return as_json(document) if output == "json" else as_yaml(document)
    if not plan.groups:
        return ""
    if output == "name":
        return "".join(f"{row[1]}\n" for row in render.plan_rows(plan.groups))
    wide, rows = output == "wide", render.plan_rows(plan.groups)
    actions = table(render.PLAN_HEADERS, rows) if wide else plan_list(plan.groups)
    diff = render.plan_diff(plan)
    return actions + (f"\n{diff}\n" if diff else "")


def say_what_to_know(plan: Plan, context: Context) -> None:
    """Findings, what is left alone and the notes, on stderr."""
    for finding in plan.findings:
        if finding.code in _TOLD_BY_NOTES and plan.notes:
            continue
        if finding.severity is not Severity.INFO or context.verbosity:
            for line in finding_lines(finding):
                context.say(line)
    for line in render.skipped_lines(plan.skipped):
        context.say(line)
    for note in plan.notes:
        context.say(note)


def edits_to_make(blocked: Sequence[Blocked]) -> list[str]:
    """The switches that people have to set themselves, under the place where each belongs."""
    places: dict[str, list[Blocked]] = {}
    for item in blocked:
        place = home_of(item.layer) if item.layer else "values"
        places.setdefault(place, []).append(item)
    lines: list[str] = []
    for place, items in places.items():
        lines += [f"{place}: {items[0].reason}", *(f"  {line}" for line in _yaml(items))]
    return lines


def _yaml(items: Iterable[Blocked]) -> list[str]:
    """The switches as the lines that a values file needs."""
    tree: dict[str, Mapping[str, bool]] = {}
    for item in items:
        package, _, key = item.path.partition(".")
        tree[package] = {key: item.value}
    return as_yaml(tree).splitlines()
