"""A step on a cluster: read, check, plan, show, ask, do, report."""

from collections.abc import Sequence
from dataclasses import replace

from istiokit.bigbang import report
from istiokit.bigbang.checks import WITHOUT_UMBRELLA, check, refusing
from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.edit import Blocked
from istiokit.bigbang.facts import Facts, Source, Umbrella
from istiokit.bigbang.layers import merge
from istiokit.bigbang.place import known_release
from istiokit.bigbang.switches import Step, family_of
from istiokit.errors import NotDone
from istiokit.findings import Finding
from istiokit.plan.bigbang import StepPlan, plan_step
from istiokit.plan.journal import Run
from istiokit.plan.model import Plan, World
from istiokit.plan.render import question, verdict_lines
from istiokit.plan.resume import unfinished
from istiokit.plan.runner import dry_run
from istiokit.survey.extras import survey_for_check
from istiokit.survey.facts import survey
from istiokit.ui.context import Context
from kubectl_istio_migrate import plan_text
from kubectl_istio_migrate.driving import Drive, lease
from kubectl_istio_migrate.journaling import journal_namespace, runs_of, store_of
from kubectl_istio_migrate.step_options import Options


def run_on_cluster(step: Step, given: Options, context: Context) -> int:
    """Carry out the step; returns 0 when it is done, raises what stands in its way."""
    target = Target(str(step))
    facts = survey_for_check(context.cluster, survey(context.cluster, given.namespace or None), target)
    found = check(facts, target, given.bigbang_version)
    umbrella = _umbrella(facts, found)
    made = _planned(facts, umbrella, step, given, context)
    plan = replace(made.plan, findings=found, notes=_notes(facts, step))
    context.write(plan_text.shown(plan, given.output))
    plan_text.say_what_to_know(plan, context)
    if given.dry_run != "none":
        return _dry(plan, made.blocked, given, context)
    _refuse(found, made.blocked, given, context)
    if not plan.groups and not _unfinished(facts, plan, given, context):
        context.say(
            f"step {step} is done already: every switch is set and every HelmRelease is as it should be"
        )
        return 0
    return _carry_out(plan, facts, step, given, context)


def _umbrella(facts: Facts, found: Sequence[Finding]) -> Umbrella:
    """The umbrella that Flux installs; raises NotDone, with what to do instead, where it does not."""
    if facts.umbrella is not None and facts.umbrella.release is not None:
        return facts.umbrella
    told = next(item for item in found if item.code == WITHOUT_UMBRELLA)
    raise NotDone(told.reason, told.remedy)


def _planned(facts: Facts, umbrella: Umbrella, step: Step, given: Options, context: Context) -> StepPlan:
    about = known_release(given.bigbang_version or umbrella.version)
    family = family_of(merge(facts.layers), about)
    made = plan_step(facts, umbrella, step, family)
    if not made.blocked or not given.git_dir:
        return made
    from istiokit.survey.git import clone_layers

    clone = clone_layers(given.git_dir, facts.layers, say=context.say)
    return plan_step(facts, umbrella, step, family, clone)


def _unfinished(facts: Facts, plan: Plan, given: Options, context: Context) -> bool:
    """Whether the journal has this step begun and not finished: that is to be told to it, even if all is so."""
    run = unfinished(runs_of(facts, context.cluster, given.journal_namespace))
    return run is not None and run.name == plan.name


def _notes(facts: Facts, step: Step) -> tuple[str, ...]:
    return tuple(report.before_step1(facts)) if step == 1 else ()


def _dry(plan: Plan, blocked: Sequence[Blocked], given: Options, context: Context) -> int:
    """A dry run gives 0, whatever stands in the way: it says so."""
    if given.dry_run == "server":
        for line in verdict_lines(dry_run(plan, World(context.cluster, context.say))):
            context.say(line)
    try:
        _refuse(plan.findings, blocked, given, context)
    except NotDone as refusal:
        context.say(f"without --dry-run it would be refused: {refusal.what}")
    context.say("nothing was changed (--dry-run)")
    return 0


def _refuse(found: Sequence[Finding], blocked: Sequence[Blocked], given: Options, context: Context) -> None:
    """Raise NotDone where a finding or a switch that cannot be written stands in the way."""
    errors = refusing(found, given.allow)
    if errors:
        codes = ", ".join(sorted({item.code for item in errors}))
        many = f"{len(errors)} findings stand" if len(errors) > 1 else "a finding stands"
        raise NotDone(
            f"{many} in the way ({codes}); nothing was changed",
            f"mend them (`{context.prog} check`), or let one pass with --allow CODE",
        )
    if blocked:
        for line in plan_text.edits_to_make(blocked):
            context.say(line)
        hint = (
            "make the edit there, or name a clone with --git-dir"
            if _in_git(blocked)
            else "make the edit there"
        )
        raise NotDone("the switches cannot be written here; nothing was changed", hint)


def _in_git(blocked: Sequence[Blocked]) -> bool:
    sources = [item.layer.address for item in blocked if item.layer is not None]
    return any(isinstance(source, Source) and source.place is not None for source in sources)


def _carry_out(plan: Plan, facts: Facts, step: Step, given: Options, context: Context) -> int:
    if not context.confirm(question(plan)):
        raise NotDone("answered no; nothing was changed")
    namespace = journal_namespace(facts, given.journal_namespace)
    store = store_of(facts, context.cluster, given.journal_namespace)
    drive = Drive(context, context.cluster, store, lease(context.cluster, namespace, context), given.timeout)
    done = drive.run(plan, given.allow)
    after = survey(context.cluster, given.namespace or None)
    earlier = runs_of(after, context.cluster, given.journal_namespace)
    for line in _afterwards(step, after, earlier, context):
        context.say(line)
    context.say(f"step {step} is done (journal {done.id}); the way back: {context.prog} rollback")
    return 0


def _afterwards(step: Step, facts: Facts, runs: Sequence[Run], context: Context) -> list[str]:
    if step == 1:
        return report.after_step1(facts, context.prog)
    notes = [note for run in runs if run.name == "step1" for note in run.notes]
    return report.after_step2(facts, notes)
