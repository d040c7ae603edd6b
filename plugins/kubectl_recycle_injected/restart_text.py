"""A plan of restarts as people read it before they say yes."""

from collections.abc import Sequence

from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.model import Action, Group, Plan
from istiokit.ui import plans
from istiokit.ui.output import table
from kubectl_recycle_injected.list_text import resource

_MANY = 40
"""So many rows people read; -o wide has them all."""
_HEADERS = ("wave", "target", "how", "why")


def shown(plan: Plan, output: str) -> str:
    """The plan in one of options.FORMATS; as a table a row for each action, with its wave where there are several."""
    if output == "name":
        return "".join(f"{_name(action)}\n" for action in plan.actions() if not action.passive)
    if output not in ("table", "wide"):
        return plans.shown(plan, output)
    rows = _rows(plan.groups)
    if not rows:
        return ""
    kept = rows if output == "wide" else rows[:_MANY]
    several = rows[-1][0] > 1
    cells = [row if several else row[1:] for row in kept]
    rest = len(rows) - len(kept)
    more = f"and {rest} more (-o wide shows all)\n" if rest else ""
    return table(_HEADERS if several else _HEADERS[1:], cells) + more


def _name(action: Action) -> str:
    """As `kubectl get -o name` spells it."""
    if isinstance(action, Recycle):
        return f"{resource(action.owner.kind)}/{action.owner.name}"
    kind, _, name = action.target().partition(" ")
    return f"{kind.lower()}/{name}"


def _rows(groups: Sequence[Group]) -> list[tuple[int, str, str, str]]:
    """Wave, target, change, why. A pause ends a wave, and the relabelling of a namespace begins one."""
    rows, wave, is_led = [], 0, False
    for group in groups:
        is_pause = all(action.passive for action in group.actions)
        wave += not (is_pause or is_led)
        is_led = not is_pause and not any(action.irreversible for action in group.actions)
        rows += [(wave, one.target(), one.change(), one.why) for one in group.actions]
    return rows
