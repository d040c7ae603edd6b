"""Carries out a plan so that it can be killed at any point, resumed, and undone.

Each action looks first: what is already so is a success. The order of writing and doing is in engine.py, the
rule of resuming in resume.py.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from istiokit.errors import Conflict, NotDone, SuiteError
from istiokit.plan.engine import Driver, Job, Observer, Pace
from istiokit.plan.journal import EntryState, JournalStore, Run, RunState, begin, sitting
from istiokit.plan.lease import Lock
from istiokit.plan.model import Action, Plan, State, World
from istiokit.plan.resume import open_run, remaining, resumed


def run(
    plan: Plan,
    world: World,
    store: JournalStore,
    lock: Lock,
    *,
    who: str,
    command: Sequence[str],
    allowed: Sequence[str] = (),
    resume: bool = True,
    observer: Observer = lambda progress: None,
    pace: Pace = Pace(),  # noqa: B008 - frozen, so one for all is as good as many
) -> Run:
    """Carry out the plan, or what an unfinished run of the same name has left of it; return the finished run.

    `who` is user@host, `command` the command line as typed, `allowed` the finding codes of `--allow`.
    Raises NotDone where somebody else drives the migration or another step of it is unfinished, Conflict
    where an object is neither as the plan found it nor as it would leave it, and what an action raises.
    """
    driver = Driver(world, store, lock, observer, pace)
    with lock:
        current = open_run(store.list(plan.migration), plan)
        if current is None:
            current = store.create(begin(plan, who=who, command=command, allowed=allowed))
        elif resume:
            world.say(f"going on with {current.id}, begun {current.started} by {current.who}")
            current = store.update(_taken_up(current, plan, world, who, command, allowed))
        else:
            raise NotDone(f"{current.id} is not finished", "resume it, or `rollback` undoes it")
        current = _all_groups(current, driver)
        if driver.errors:
            current = store.update(current.with_entries([], RunState.FAILED))
            driver.raise_first(current)
        return store.update(current.with_entries([], RunState.DONE))


def _taken_up(
    run: Run, plan: Plan, world: World, who: str, command: Sequence[str], allowed: Sequence[str]
) -> Run:
    again = resumed(run, plan, lambda action: action.state(world))
    return msgspec.structs.replace(
        again,
        allowed=tuple(sorted({*run.allowed, *allowed})),
        later=(*run.later, sitting("resume", who=who, command=command)),
    )


def _all_groups(run: Run, driver: Driver) -> Run:
    left, begun = remaining(run), run.latest()
    for group, numbered in run.numbered():
        jobs = [
            _job(index, action, driver.world, index in begun) for index, action in numbered if index in left
        ]
        if jobs:
            run = driver.carry_out(
                run,
                jobs,
                concurrency=group.concurrency,
                ahead=EntryState.STARTED,
                failed=RunState.FAILED,
            )
    return run


def _job(index: int, action: Action, world: World, begun: bool) -> Job:
    return Job(index, action, lambda: _perform(action, world, begun))


def _perform(action: Action, world: World, begun: bool) -> tuple[EntryState, str]:
    """Look, then act. What is so without us having begun it is not ours to undo: it is skipped."""
    match action.carry_out(world):
        case State.DONE:
            return (EntryState.DONE if begun else EntryState.SKIPPED), "already so"
        case State.CHANGED:
            raise Conflict(
                f"{action.target()} is no longer as the plan found it ({action.change()})",
                "somebody else has changed it: look at it",
            )
    return EntryState.DONE, ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server says to one action in a dry run; `refusal` is empty where it would accept."""

    action: Action
    refusal: str = ""


def dry_run(plan: Plan, world: World) -> Sequence[Verdict]:
    """Send every change with dryRun=All, as many at a time as its group would, and collect what admission says.

    Nothing is stored, so an action that builds on an earlier one (an object in a namespace that the plan
    creates) may be refused here and accepted later.
    """
    verdicts: list[Verdict] = []
    for group in plan.groups:
        pool = ThreadPoolExecutor(group.concurrency, thread_name_prefix="dry-run")
        try:
            verdicts += pool.map(lambda action: _judged(action, world), group.actions)
        finally:
            pool.shutdown(cancel_futures=True)
    return verdicts


def _judged(action: Action, world: World) -> Verdict:
    try:
        if action.state(world) is State.TODO:
            action.do(world, dry_run=True)
    except SuiteError as error:
        return Verdict(action, str(error))
    return Verdict(action)
