"""The switches of Big Bang's Istio packages: what each step wants, what is set, how far a mesh has come.

Sources: for the steps Big Bang's guide "Migrating from Istio Operator to Helm based Istio", for the defaults
chart/values.yaml of the tags 2.49.0 to 3.0.0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from istiokit.bigbang.layers import ENCRYPTED, Layer, merge, where
from istiokit.bigbang.versions import KNOWN, TARGET, Family, Release
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import UsageError

Step = Literal[1, 2]

OPERATOR, OLD = "istioOperator.enabled", "istio.enabled"
CORE, CRDS, ISTIOD, GATEWAY = (
    "istioCore.enabled",
    "istioCRDs.enabled",
    "istiod.enabled",
    "istioGateway.enabled",
)
_NEW = {Family.CORE: (CORE,), Family.SPLIT: (CRDS, ISTIOD), Family.HELM_ONLY: (CRDS, ISTIOD)}
_CORE_SPLIT = (
    "from 2.51 on it is istioCRDs and istiod; before the upgrade run kubectl istio-migrate carry-core"
)
_DEFAULT_ORIGIN = "the chart's default"


class Phase(StrEnum):
    """How far a mesh has come, by its switches."""

    OPERATOR = "operator"
    STEP1 = "step 1 done"
    STEP2 = "step 2 done"
    MIXED = "mixed"
    NONE = "none"
    """Every Istio package is off."""
    UNKNOWN = "unknown"
    """A switch is encrypted."""


@dataclass(frozen=True, slots=True)
class State:
    """One switch: its `value`, and what a Helm template makes of it."""

    value: Any
    on: bool | None
    """None where the value is encrypted."""
    origin: str
    """The layer that decides, or the chart's default."""
    note: str = ""
    """What is odd about it: `"false" is a string, and every string but "" is on`."""


@dataclass(frozen=True, slots=True)
class Switches:
    """All Istio switches of one family."""

    family: Family
    states: Mapping[str, State]
    """By dotted path: `istio.enabled`."""


def wanted(step: Step, family: Family) -> dict[str, bool]:
    """What the step's switches have to be, by dotted path, in the order of the guide.

    Raises UsageError for Big Bang 3.0, where the old packages are gone.
    """
    if family is Family.HELM_ONLY:
        what = "Big Bang 3.0 has no operator packages: its schema rejects istio and istioOperator"
        raise UsageError(what, f"migrate on Big Bang {TARGET}, then go to 3.0")
    new = dict.fromkeys(_NEW[family], True)
    return {OPERATOR: step == 1, OLD: False, **new, GATEWAY: step == 2}


def defaults(family: Family) -> dict[str, bool]:
    """What each switch is when no values set it."""
    if family is Family.HELM_ONLY:
        return {CRDS: True, ISTIOD: True, GATEWAY: True}
    return {OPERATOR: True, OLD: True, **dict.fromkeys(_NEW[family], False), GATEWAY: False}


def family_of(values: Mapping[str, Any], release: Release | None = None) -> Family:
    """Which packages these effective values are for: by their keys, then by the version, else SPLIT.

    Raises UsageError where the keys contradict each other or the version.
    """
    core = "istioCore" in values
    split = [key for key in ("istioCRDs", "istiod") if key in values]
    if core and split:
        what = f"the values have both istioCore (Big Bang 2.49 and 2.50) and {split[0]} (2.51 and later)"
        raise UsageError(what, "no Big Bang has both: delete the keys of the other version")
    if release is None:
        return Family.CORE if core else Family.SPLIT
    if (core and release.family is not Family.CORE) or (split and release.family is Family.CORE):
        key = "istioCore" if core else split[0]
        hint = _CORE_SPLIT if core else f"check the version; known: {KNOWN}"
        raise UsageError(f"Big Bang {release.version} has no package {key}", hint)
    return release.family


def rejected(values: Mapping[str, Any], family: Family) -> tuple[str, ...]:
    """The top-level Istio keys in these values that the schema of this family's Big Bang rejects."""
    allowed = {path.partition(".")[0] for path in defaults(family)}
    known = ("istioOperator", "istio", "istioCore", "istioCRDs", "istiod", "istioGateway")
    return tuple(key for key in known if key in values and key not in allowed)


def switches(layers: Sequence[Layer], family: Family) -> Switches:
    """Every switch of the family as the layers and the chart's defaults make it."""
    values = merge(layers)
    return Switches(
        family, {path: _state(layers, values, path, off) for path, off in defaults(family).items()}
    )


def truthy(value: Any) -> bool:
    """Whether `if` in a Helm template takes the value for true: false, 0, null and what is empty are not."""
    return bool(value)


def phase(switches: Switches) -> Phase:
    """How far the mesh has come."""
    now = {path: state.on for path, state in switches.states.items()}
    if None in now.values():
        return Phase.UNKNOWN
    if not any(now.values()):
        return Phase.NONE
    if switches.family is Family.HELM_ONLY:
        return Phase.STEP2 if all(now.values()) else Phase.MIXED
    known = {
        Phase.OPERATOR: defaults(switches.family),
        Phase.STEP1: wanted(1, switches.family),
        Phase.STEP2: wanted(2, switches.family),
    }
    return next((one for one, states in known.items() if states == now), Phase.MIXED)


def _state(layers: Sequence[Layer], values: Mapping[str, Any], dotted: str, default: bool) -> State:
    path = tuple(dotted.split("."))
    layer = where(layers, path)
    if layer is None:
        return State(default, default, _DEFAULT_ORIGIN)
    found, value = read_at(values, path)
    if value == ENCRYPTED:
        return State(value, None, layer.origin, "its value is encrypted")
    if not found:
        return State(None, False, layer.origin, f"{path[0]} is no mapping: the chart's defaults are gone")
    return State(value, truthy(value), layer.origin, _note(value))


def _note(value: Any) -> str:
    if isinstance(value, bool):
        return ""
    if value is None:
        return "null removes the chart's default: it is off"
    if isinstance(value, str) and value:
        return f'"{value}" is a string, and every string but "" is on'
    return f"not true or false: Helm takes it for {'on' if truthy(value) else 'off'}"
