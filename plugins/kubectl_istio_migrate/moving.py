"""A move of the migration on a cluster: read, check, plan, show, ask, do, report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from istiokit.bigbang.checks import WITHOUT_UMBRELLA, check, refusing
from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.edit import Blocked
from istiokit.bigbang.facts import Facts, Source, Umbrella
from istiokit.errors import NotDone
from istiokit.findings import Finding
from istiokit.plan.bigbang import StepPlan
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


@dataclass(frozen=True, slots=True)
class Move:
    """What tells one move from another. All but `plan` is pure."""

    title: str
    """For people: `step 1`."""
    target: Target
    plan: Callable[[Facts, Umbrella], StepPlan]
    notes: Callable[[Facts], Sequence[str]]
    """What has to be known before the question."""
    afterwards: Callable[[Facts, Sequence[Run]], Sequence[str]]
    """What is left to do, from the cluster after the move and the journal."""
    judged: Callable[[Facts], Facts] = lambda facts: facts
    """What the checks have to look at, where the move itself mends what they would refuse."""
    way_back: str = ""
    """What takes it back once it is done; empty for `rollback`."""


def run_on_cluster(move: Move, given: Options, context: Context) -> int:
    """Make the move; returns 0 when it is done, raises what stands in its way."""
    facts = survey_for_check(context.cluster, survey(context.cluster, given.namespace or None), move.target)
    found = check(move.judged(facts), move.target, given.bigbang_version)
    made = move.plan(facts, _umbrella(facts, found))
    plan = replace(made.plan, findings=found, notes=tuple(move.notes(facts)))
    context.write(plan_text.shown(plan, given.output))
    plan_text.say_what_to_know(plan, context)
    if given.dry_run != "none":
        return _dry(move, plan, made.blocked, given, context)
    _refuse(move, found, made.blocked, given, context)
    if not plan.groups and not _unfinished(facts, plan, given, context):
        done = "everything is set and every HelmRelease is as it should be"
        context.say(f"{move.title} is done already: {done}")
        return 0
    return _carry_out(move, plan, facts, given, context)


def _umbrella(facts: Facts, found: Sequence[Finding]) -> Umbrella:
    """The umbrella that Flux installs; raises NotDone, with what to do instead, where it does not."""
    if facts.umbrella is not None and facts.umbrella.release is not None:
        return facts.umbrella
    told = next(item for item in found if item.code == WITHOUT_UMBRELLA)
    raise NotDone(told.reason, told.remedy)


def _unfinished(facts: Facts, plan: Plan, given: Options, context: Context) -> bool:
    """Whether the journal has this step begun and not finished: that is to be told to it, even if all is so."""
    run = unfinished(runs_of(facts, context.cluster, given.journal_namespace))
    return run is not None and run.name == plan.name


def _dry(move: Move, plan: Plan, blocked: Sequence[Blocked], given: Options, context: Context) -> int:
    """A dry run gives 0, whatever stands in the way: it says so."""
    if given.dry_run == "server":
        for line in verdict_lines(dry_run(plan, World(context.cluster, context.say))):
            context.say(line)
    try:
        _refuse(move, plan.findings, blocked, given, context)
    except NotDone as refusal:
        context.say(f"without --dry-run it would be refused: {refusal.what}")
    context.say("nothing was changed (--dry-run)")
    return 0


def _refuse(
    move: Move, found: Sequence[Finding], blocked: Sequence[Blocked], given: Options, context: Context
) -> None:
    """Raise NotDone where a finding or a switch that cannot be written stands in the way."""
    errors = refusing(found, given.allow)
    if errors:
        codes = ", ".join(sorted({item.code for item in errors}))
        many = f"{len(errors)} findings stand" if len(errors) > 1 else "a finding stands"
        raise NotDone(
            f"{many} in the way ({codes}); nothing was changed",
            f"mend them (`{context.prog} check {_target_flag(move.target)}`), or let one pass with --allow CODE",
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


def _target_flag(target: Target) -> str:
    return f"--step {target}" if target.step else f"--target {target}"


def _in_git(blocked: Sequence[Blocked]) -> bool:
    sources = [item.layer.address for item in blocked if item.layer is not None]
    return any(isinstance(source, Source) and source.place is not None for source in sources)


def _carry_out(move: Move, plan: Plan, facts: Facts, given: Options, context: Context) -> int:
    if not context.confirm(question(plan)):
        raise NotDone("answered no; nothing was changed")
    namespace = journal_namespace(facts, given.journal_namespace)
    store = store_of(facts, context.cluster, given.journal_namespace)
    drive = Drive(context, context.cluster, store, lease(context.cluster, namespace, context), given.timeout)
    done = drive.run(plan, given.allow)
    after = survey(context.cluster, given.namespace or None)
    earlier = runs_of(after, context.cluster, given.journal_namespace)
    for line in move.afterwards(after, earlier):
        context.say(line)
    way_back = move.way_back or f"{context.prog} rollback"
    context.say(f"{move.title} is done (journal {done.id}); the way back: {way_back}")
    return 0
