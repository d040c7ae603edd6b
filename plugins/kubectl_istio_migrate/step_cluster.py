"""Step 1 and step 2 as moves on a cluster."""

from collections.abc import Sequence

from istiokit.bigbang import report
from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.facts import Facts, Umbrella
from istiokit.bigbang.layers import merge
from istiokit.bigbang.place import known_release
from istiokit.bigbang.switches import Step, family_of
from istiokit.plan.bigbang import StepPlan, plan_step
from istiokit.plan.journal import Run
from istiokit.ui.context import Context
from kubectl_istio_migrate.moving import Move
from kubectl_istio_migrate.step_options import Options


def move_of(step: Step, given: Options, context: Context) -> Move:
    """The move that brings the cluster to the end of the step."""
    return Move(
        title=f"step {step}",
        target=Target(str(step)),
        plan=lambda facts, umbrella: _planned(facts, umbrella, step, given, context),
        notes=report.before_step1 if step == 1 else lambda facts: (),
        afterwards=lambda facts, runs: _afterwards(step, facts, runs, context),
    )


def _planned(facts: Facts, umbrella: Umbrella, step: Step, given: Options, context: Context) -> StepPlan:
    about = known_release(given.bigbang_version or umbrella.version)
    family = family_of(merge(facts.layers), about)
    made = plan_step(facts, umbrella, step, family)
    if not made.blocked or not given.git_dir:
        return made
    from istiokit.survey.git import clone_layers

    clone = clone_layers(given.git_dir, facts.layers, say=context.say)
    return plan_step(facts, umbrella, step, family, clone)


def _afterwards(step: Step, facts: Facts, runs: Sequence[Run], context: Context) -> list[str]:
    if step == 1:
        return report.after_step1(facts, context.prog)
    notes = [note for run in runs if run.name == "step1" for note in run.notes]
    return report.after_step2(facts, notes)
