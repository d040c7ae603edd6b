"""Which layer each switch is written to, and the exact changes; nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from istiokit.bigbang.layers import ENCRYPTED, Layer, document_of, hidden, mapping_at, merge, where
from istiokit.cluster.yamltext import Change, apply
from istiokit.cluster.yamlvalues import read_at, with_value

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayerEdit:
    """What changes in one layer."""

    layer: Layer
    """As it was read."""
    switches: Mapping[str, bool]
    """The switches that change here, by dotted path."""
    changes: tuple[Change, ...] = ()
    """The same as changes to the layer's text, each to be made after the one before; empty without a text."""
    text: str | None = None
    """The layer's text afterwards."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A switch that cannot be written: `value` has to go to `path` in the layer, by hand."""

    layer: Layer | None
    """None: there is no layer at all."""
    path: str
    value: bool
    reason: str


@dataclass(frozen=True, slots=True)
class EditPlan:
    """What to write. If anything is blocked there are no edits: half a step is worse than none."""

    edits: tuple[LayerEdit, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    already: tuple[str, ...] = ()
    """The switches that are set as wanted."""
    unknown: tuple[Layer, ...] = ()
    """Layers that nobody can look into, and that would win if they set one of the switches."""


def plan_edits(layers: Sequence[Layer], wanted: Mapping[str, bool]) -> EditPlan:
    """The edits that make every wanted switch explicit and effective.

    A switch that is absent is written even if the chart's default is right: Big Bang 3.0 has other defaults.
    It goes to the last layer that sets it, else to the last editable one. Raises UsageError where a text does
    not allow it.
    """
    current = list(layers)
    edits: dict[int, LayerEdit] = {}
    blocked: list[Blocked] = []
    already: list[str] = []
    for dotted, value in wanted.items():
        path = tuple(dotted.split("."))
        if _is(current, path, value):
            already.append(dotted)
            continue
        index = _place(current, path)
        problem = _problem(current, index, path)
        if index is None or problem:
            blocked.append(Blocked(layers[index] if index is not None else None, dotted, value, problem))
            continue
        current[index], change = _written(current[index], path, value)
        edits[index] = _extended(edits.get(index), layers[index], dotted, value, change, current[index].text)
        if not _is(current, path, value):
            blocked.append(Blocked(layers[index], dotted, value, "another source of values overrides it"))
    if blocked:
        return EditPlan((), tuple(blocked), tuple(already), _unknown(layers))
    ordered = tuple(edits[index] for index in sorted(edits))
    return EditPlan(ordered, (), tuple(already), _unknown(layers))


def _is(layers: Sequence[Layer], path: Path, value: bool) -> bool:
    return read_at(merge(layers), path)[1] is value


def _place(layers: Sequence[Layer], path: Path) -> int | None:
    """The index of the layer to write to: the one that decides, else the last editable one, else the last."""
    decider = where(layers, path)
    if decider is not None:
        return next(index for index, layer in enumerate(layers) if layer is decider)
    last = len(layers) - 1 if layers else None
    return next((index for index in reversed(range(len(layers))) if layers[index].editable), last)


def _problem(layers: Sequence[Layer], index: int | None, path: Path) -> str:
    """Why the switch cannot be written there; empty if it can."""
    if index is None:
        return "there is no source of values"
    layer = layers[index]
    if layer.editable:
        return ""
    hidden_value = read_at(layer.values, path)[1] == ENCRYPTED
    return f"{layer.why_not}, and its value cannot be seen" if hidden_value else layer.why_not


def _written(layer: Layer, path: Path, value: bool) -> tuple[Layer, Change | None]:
    if layer.text is None:
        return replace(layer, values=with_value(layer.values, path, value)), None
    change = document_of(layer).set((*layer.root, *path), value)
    if change is None:
        return layer, None
    written = replace(layer, text=apply(layer.text, (change.splice,)))
    return replace(written, values=hidden(mapping_at(document_of(written), layer.root))), change


def _extended(
    edit: LayerEdit | None, layer: Layer, dotted: str, value: bool, change: Change | None, text: str | None
) -> LayerEdit:
    before = edit or LayerEdit(layer, {})
    changes = (*before.changes, change) if change else before.changes
    return LayerEdit(layer, {**before.switches, dotted: value}, changes, text)


def _unknown(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    return tuple(layer for layer in layers if layer.opaque)
