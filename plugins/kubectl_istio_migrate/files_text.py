"""What a step on values files tells people. Everything returns strings."""

from collections.abc import Sequence

from istiokit.bigbang.edit import Blocked
from istiokit.bigbang.embedded import Address
from istiokit.bigbang.layers import Layer
from istiokit.cluster.files_read import shortest
from istiokit.plan import render
from istiokit.plan.model import Plan
from istiokit.ui.diffs import coloured


def diff(plan: Plan, *, colour: bool = False) -> str:
    """The plan as one unified diff; empty where nothing changes."""
    return coloured(render.plan_diff(plan), colour=colour)


def edits_to_make(blocked: Sequence[Blocked]) -> list[str]:
    """The switches that people have to set themselves, under the file where each belongs."""
    places: dict[str, list[Blocked]] = {}
    for item in blocked:
        places.setdefault(item.layer.origin if item.layer else "values", []).append(item)
    lines: list[str] = []
    for place, items in places.items():
        lines.append(f"{place}: {items[0].reason}. {_how(items[0].layer)}:")
        for item in items:
            package, _, key = item.path.partition(".")
            lines += [f"  {package}:", f"    {key}: {str(item.value).lower()}"]
    return lines


def unseen(layers: Sequence[Layer]) -> list[str]:
    """A warning for each file that nobody can look into."""
    return [
        f"{layer.origin} is encrypted as a whole: see that it sets none of these switches, or it may win"
        for layer in layers
    ]


def _how(layer: Layer | None) -> str:
    address = layer.address if layer else None
    if layer and layer.encrypted and isinstance(address, Address):
        return f"Run `sops {shortest(address.path)}` and set"
    return "Set there by hand"
