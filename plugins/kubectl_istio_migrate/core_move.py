"""Carrying istioCore on, as a move on a cluster."""

from collections.abc import Sequence

from istiokit.bigbang import core
from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.facts import Facts
from istiokit.bigbang.versions import SPLIT_SINCE, TARGET
from istiokit.plan.bigbang import StepPlan
from istiokit.plan.core import NAME, plan_core
from istiokit.plan.journal import Run
from kubectl_istio_migrate.moving import Move


def _notes(facts: Facts) -> list[str]:
    """The upgrade that people have to make, and what stays behind after it."""
    release = core.release_of(facts)
    if release is None:
        return []
    first = f"{SPLIT_SINCE.major}.{SPLIT_SINCE.minor}"
    return [
        f"THE UPGRADE IS YOURS: once this runs, bring Big Bang to {first} or later ({TARGET} is the best) and change "
        "its values in the same commit; neither version takes the keys of the other:",
        *(f"  {line}" for line in core.edit_to_make(facts.layers)),
        "Until then releases that depend on istio-core may wait: it is suspended.",
        *core.left_behind(release),
    ]


def _afterwards(facts: Facts, runs: Sequence[Run]) -> list[str]:
    """What the notes of the run that began it said of what stays behind: istio-core itself is gone by now."""
    notes = [run.notes for run in runs if run.name == NAME][-1:]
    behind = [
        list(lines[at:]) for lines in notes for at, line in enumerate(lines) if line.startswith("left behind")
    ]
    return ["istio-crds and istiod have taken over; no CRD was lost", *(behind[0] if behind else [])]


CORE_MOVE = Move(
    title="carrying istioCore on",
    target=Target.CORE,
    plan=lambda facts, umbrella: StepPlan(plan_core(facts, umbrella), ()),
    notes=_notes,
    afterwards=_afterwards,
    judged=core.guarded,
)
