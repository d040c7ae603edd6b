"""Carrying istioCore on, as a move on a cluster."""

from collections.abc import Sequence

from istiokit.bigbang import core
from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.facts import Facts
from istiokit.bigbang.versions import SPLIT_SINCE, TARGET
from istiokit.plan.bigbang import StepPlan
from istiokit.plan.core import plan_core
from istiokit.plan.journal import Run
from kubectl_istio_migrate.moving import Move


def _notes(facts: Facts) -> list[str]:
    """The upgrade that people have to make."""
    if core.release_of(facts) is None:
        return []
    first = f"{SPLIT_SINCE.major}.{SPLIT_SINCE.minor}"
    edit = core.edit_to_make(facts.layers)
    told = "change its values in the same commit; neither version takes the keys of the other:"
    return [
        f"THE UPGRADE IS YOURS: once this waits for it, bring Big Bang to {first} or later ({TARGET} is the best)"
        + (f" and {told}" if edit else "; the values are changed already."),
        *(f"  {line}" for line in edit),
        "From the first action until then releases that depend on istio-core may wait. Leave it suspended.",
    ]


def _afterwards(facts: Facts, runs: Sequence[Run]) -> list[str]:
    behind = core.left_behind(facts.umbrella.namespace) if facts.umbrella else []
    return ["istio-crds and istiod have taken over; no CRD was lost", *behind]


CORE_MOVE = Move(
    title="carrying istioCore on",
    target=Target.CORE,
    plan=lambda facts, umbrella: StepPlan(plan_core(facts, umbrella), ()),
    notes=_notes,
    afterwards=_afterwards,
    judged=core.guarded,
    way_back="suspend istio-crds and istiod first, so that nothing is uninstalled, then revert the commit",
)
