"""A plan, a run or a rollback for people and for programs: strings, rows and plain values, nothing printed.

Rows go with their headers to `ui.output.table`, dicts to `ui.output.Document`.
The field names of the dicts are part of the suite's interface (docs/journal.md).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from istiokit.findings import Finding
from istiokit.plan.codec import encode_action
from istiokit.plan.journal import Run, oldest_first
from istiokit.plan.model import Action, Group, Plan, Skip
from istiokit.plan.rollback import RollbackPlan
from istiokit.plan.runner import Verdict

PLAN_HEADERS = ("#", "TARGET", "CHANGE", "UNDO", "WHY")
JOURNAL_HEADERS = ("ID", "STEP", "STATE", "DONE", "STARTED", "WHO")
ROLLBACK_HEADERS = ("#", "RUN", "TARGET", "UNDOES")
ENTRY_HEADERS = ("#", "TARGET", "CHANGE", "STATE", "WHEN", "MESSAGE")

Row = tuple[str, ...]


def plan_rows(groups: Sequence[Group]) -> list[Row]:
    """One row for each action, under PLAN_HEADERS."""
    actions = [action for group in groups for action in group.actions]
    return [
        (str(number), action.target(), action.change(), _undo_word(action), action.why)
        for number, action in enumerate(actions, 1)
    ]


def _undo_word(action: Action) -> str:
    if action.passive:
        return "-"
    return "no" if action.irreversible else "yes"


def plan_diff(plan: Plan) -> str:
    """What the plan changes in texts and objects, as one unified diff."""
    diffs = [action.diff() for action in plan.actions()]
    return "\n".join(diff for diff in diffs if diff)


def plan_dict(plan: Plan) -> dict[str, Any]:
    """The plan for `-o json` and `-o yaml`: items, skipped, findings, notes and a summary."""
    items = items_of(plan.groups)
    return {
        "items": items,
        "summary": {
            "migration": plan.migration,
            "name": plan.name,
            "actions": len(items),
            "irreversible": sum(not item["reversible"] for item in items),
        },
        "skipped": skipped_of(plan.skipped),
        "findings": findings_of(plan.findings),
        "notes": list(plan.notes),
    }


def items_of(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """One dict for each action: index and group (from 0), type, target, change, why, reversible, diff."""
    numbered = [(at, action) for at, group in enumerate(groups) for action in group.actions]
    return [
        {
            "index": index,
            "group": group,
            "type": _type_of(action),
            "target": action.target(),
            "change": action.change(),
            "why": action.why,
            "reversible": not action.irreversible,
            "diff": action.diff(),
        }
        for index, (group, action) in enumerate(numbered)
    ]


def skipped_of(skipped: Sequence[Skip]) -> list[dict[str, str]]:
    """One dict for each: object, reason."""
    return [{"object": skip.object, "reason": skip.reason} for skip in skipped]


def findings_of(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """One dict for each: code, severity, object, reason, remedy, path."""
    plain: list[dict[str, str]] = msgspec.to_builtins(list(findings))
    return plain


def skipped_lines(skipped: Sequence[Skip]) -> list[str]:
    """One line for each, for stderr."""
    return [f"skipped: {skip.object}: {skip.reason}" for skip in skipped]


def question(plan: Plan) -> str:
    """What is asked before the plan is carried out."""
    actions = plan.actions()
    final = sum(action.irreversible for action in actions)
    warning = f", {final} of them cannot be undone" if final else ""
    return f"{plan.name} of {plan.migration}: {_count(len(actions), 'action')}{warning}. Go on?"


def rollback_rows(plan: RollbackPlan) -> list[Row]:
    """One row for each action to undo, in that order, under ROLLBACK_HEADERS."""
    undos = [(group.run_id, undo) for group in plan.groups for undo in group.undos]
    return [
        (str(number), run_id, undo.action.target(), undo.action.change())
        for number, (run_id, undo) in enumerate(undos, 1)
    ]


def rollback_dict(plan: RollbackPlan) -> dict[str, Any]:
    """The rollback for `-o json`: items (index, run, type, target, change, certain), skipped, summary."""
    undos = [(group.run_id, undo) for group in plan.groups for undo in group.undos]
    items = [
        {
            "index": index,
            "run": run_id,
            "type": _type_of(undo.action),
            "target": undo.action.target(),
            "change": undo.action.change(),
            "certain": undo.certain,
        }
        for index, (run_id, undo) in enumerate(undos)
    ]
    summary = {"migration": plan.migration, "to": plan.to, "runs": list(plan.runs), "actions": len(items)}
    return {"items": items, "summary": summary, "skipped": skipped_of(plan.skipped)}


def rollback_question(plan: RollbackPlan) -> str:
    """What is asked before the rollback is carried out."""
    count = sum(len(group.undos) for group in plan.groups)
    kept = f", {len(plan.skipped)} cannot be undone" if plan.skipped else ""
    return f"rollback of {plan.migration} to {plan.to}: {_count(count, 'action')} to undo{kept}. Go on?"


def verdict_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """What the server said to each action of a dry run."""
    return [
        f"{verdict.action.target()}: {f'refused: {verdict.refusal}' if verdict.refusal else 'accepted'}"
        for verdict in verdicts
    ]


def journal_rows(runs: Sequence[Run]) -> list[Row]:
    """One row for each run, oldest first, under JOURNAL_HEADERS."""
    return [
        (run.id, run.name, run.state.value, f"{_done(run)}/{len(run.actions())}", run.started, run.who)
        for run in oldest_first(runs)
    ]


def entry_rows(run: Run) -> list[Row]:
    """One row for each action of a run, under ENTRY_HEADERS: what became of it last."""
    latest = run.latest()
    rows: list[Row] = []
    for index, action in enumerate(run.actions()):
        last = latest.get(index)
        became = (last.state.value, last.when, last.message) if last else ("-", "-", "")
        rows.append((str(index + 1), action.target(), action.change(), *became))
    return rows


def run_dict(run: Run, *, whole: bool = False) -> dict[str, Any]:
    """A run for `-o json`; with `whole`, its actions as stored and every entry."""
    plain: dict[str, Any] = {
        "id": run.id,
        "migration": run.migration,
        "name": run.name,
        "state": run.state.value,
        "who": run.who,
        "started": run.started,
        "command": list(run.command),
        "version": run.version,
        "allowed": list(run.allowed),
        "later": msgspec.to_builtins(run.later),
        "actions": len(run.actions()),
        "done": _done(run),
    }
    if whole:
        actions = run.actions()
        plain["items"] = [
            {**item, "stored": msgspec.json.decode(encode_action(action))}
            for item, action in zip(items_of(run.groups), actions, strict=True)
        ]
        plain["entries"] = msgspec.to_builtins(run.entries)
        plain["skipped"] = skipped_of(run.skipped)
        plain["findings"] = findings_of(run.findings)
        plain["notes"] = list(run.notes)
    return plain


def _done(run: Run) -> int:
    return sum(entry.state.value in ("done", "skipped") for entry in run.latest().values())


def _type_of(action: Action) -> str:
    return str(msgspec.json.decode(encode_action(action))["type"])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
