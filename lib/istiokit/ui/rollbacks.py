"""A rollback as people and programs read it before it is done."""

from istiokit.plan import render
from istiokit.plan.listing import rollback_list
from istiokit.plan.rollback import RollbackPlan
from istiokit.ui.output import API_VERSION, as_json, as_yaml, table


def shown(plan: RollbackPlan, output: str) -> str:
    """What will be undone, in one of options.FORMATS; an empty plan is a document, and nothing else."""
    if output in ("json", "yaml"):
        document = {"apiVersion": API_VERSION, "kind": "RollbackPlan", **render.rollback_dict(plan)}
        return as_json(document) if output == "json" else as_yaml(document)
    if output == "table":
        return rollback_list(plan)
    if output == "name":
        return "".join(f"{row[2]}\n" for row in render.rollback_rows(plan))
    return table(render.ROLLBACK_HEADERS, render.rollback_rows(plan)) if plan.groups else ""
