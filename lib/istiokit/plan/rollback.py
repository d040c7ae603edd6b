"""The way back: undo, newest first, what the journal says was done.

What was undone is written into the runs themselves, so a rollback that was killed goes on where it stopped,
and a run that is rolled back can be run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from istiokit.errors import Conflict, OperationFailed, UsageError
from istiokit.plan.codec import UnknownAction
from istiokit.plan.engine import Driver, Job, Observer
from istiokit.plan.journal import EntryState, JournalStore, Run, RunState, Sitting, oldest_first, sitting
from istiokit.plan.lease import Lock
from istiokit.plan.model import Action, Skip, State, World

START = "start"
"""The name of the state before the first run."""
_HISTORY = (RunState.ROLLED_BACK, RunState.ABANDONED)
_TO_UNDO = (EntryState.STARTED, EntryState.DONE, EntryState.FAILED, EntryState.UNDOING)


@dataclass(frozen=True, slots=True)
class Undo:
    """One action to undo; `certain` if the journal says that it was done, not only that it began."""

    index: int
    action: Action
    certain: bool


@dataclass(frozen=True, slots=True)
class UndoGroup:
    """Actions of one group of one run; like the group itself, they may be undone at the same time."""

    run_id: str
    concurrency: int
    undos: tuple[Undo, ...]


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback will do, newest first."""

    migration: str
    to: str
    runs: tuple[str, ...]
    """Ids of the runs that will be rolled back, newest first."""
    groups: tuple[UndoGroup, ...]
    skipped: tuple[Skip, ...] = ()
    """What cannot be undone, and why."""


def plan_rollback(runs: Sequence[Run], migration: str, to: str = START) -> RollbackPlan:
    """What leads back to the state before the first run (`start`) or after the last finished run of name or id `to`.

    Pure. Raises UsageError where no such run is in the journal, OperationFailed where an action to undo was
    written by another version that knows more.
    """
    newest_first = [run for run in reversed(_after(runs, to)) if run.state not in _HISTORY]
    groups = [group for run in newest_first for group in _groups(run)]
    reversible = [(group, _undos(group, irreversible=False)) for group in groups]
    return RollbackPlan(
        migration=migration,
        to=to,
        runs=tuple(run.id for run in newest_first),
        groups=tuple(
            UndoGroup(group.run_id, group.concurrency, undos) for group, undos in reversible if undos
        ),
        skipped=tuple(
            Skip(undo.action.target(), f"cannot be undone: {undo.action.change()}")
            for group in groups
            for undo in _undos(group, irreversible=True)
        ),
    )


def rollback(
    plan: RollbackPlan,
    world: World,
    store: JournalStore,
    lock: Lock,
    *,
    who: str,
    command: Sequence[str],
    observer: Observer = lambda progress: None,
) -> Sequence[Run]:
    """Undo what the plan says and mark the runs as rolled back; return them, newest first.

    Raises NotDone where somebody else drives the migration, Conflict where the journal has moved on since the
    plan was made, or where an object was changed by somebody else since the run.
    """
    driver = Driver(world, store, lock, observer)
    with lock:
        runs = store.list(plan.migration)
        if plan_rollback(runs, plan.migration, plan.to) != plan:
            raise Conflict(
                "the journal has moved on since this rollback was planned", "run the command again"
            )
        known = {run.id: run for run in runs}
        note = sitting("rollback", who=who, command=command)
        return [_undo_run(_opened(known[run_id], note, store), plan, driver) for run_id in plan.runs]


def standing(run: Run) -> tuple[Action, ...]:
    """What a run began and nobody has undone: of an abandoned run that stays as it is."""
    latest = run.latest()
    return tuple(
        action
        for index, action in enumerate(run.actions())
        if index in latest and latest[index].state in _TO_UNDO and not action.passive
    )


def abandon(run: Run, store: JournalStore, lock: Lock, *, who: str, command: Sequence[str]) -> Run:
    """Close a run that is neither finished nor undone, and change nothing; return it as stored.

    Raises NotDone where somebody else drives the migration, Conflict where the run has moved on since it was read.
    """
    with lock:
        note = sitting("abandon", who=who, command=command)
        closed = msgspec.structs.replace(run, state=RunState.ABANDONED, later=(*run.later, note))
        return store.update(closed)


def _opened(run: Run, note: Sitting, store: JournalStore) -> Run:
    later = (*run.later, note)
    return store.update(msgspec.structs.replace(run, state=RunState.ROLLING_BACK, later=later))


def _undo_run(run: Run, plan: RollbackPlan, driver: Driver) -> Run:
    for group in plan.groups:
        if group.run_id == run.id:
            run = driver.carry_out(
                run,
                [_job(undo, driver.world) for undo in group.undos],
                concurrency=group.concurrency,
                ahead=EntryState.UNDOING,
                failed=RunState.ROLLING_BACK,
            )
    return driver.store.update(run.with_entries([], RunState.ROLLED_BACK))


def _job(undo: Undo, world: World) -> Job:
    return Job(undo.index, undo.action, lambda: _undone(undo, world))


def _undone(undo: Undo, world: World) -> tuple[EntryState, str]:
    """Undo one action; one that only began, and is not so, was never done."""
    if not undo.certain and undo.action.state(world) is State.TODO:
        return EntryState.UNDONE, "it was never done"
    undo.action.undo(world)
    return EntryState.UNDONE, ""


def _after(runs: Sequence[Run], to: str) -> Sequence[Run]:
    """The runs that began after the state to return to, oldest first."""
    ordered = oldest_first(runs)
    if to == START:
        return ordered
    finished = [
        at for at, run in enumerate(ordered) if to in (run.name, run.id) and run.state is RunState.DONE
    ]
    if not finished:
        names = sorted({run.name for run in ordered if run.state is RunState.DONE})
        raise UsageError(
            f"no finished run named {to} is in the journal", f"choose of: {', '.join([START, *names])}"
        )
    return ordered[finished[-1] + 1 :]


def _groups(run: Run) -> Sequence[UndoGroup]:
    """What there is to undo in a run, newest first."""
    latest = run.latest()
    done = {entry.index for entry in run.entries if entry.state is EntryState.DONE}
    groups = []
    for group, numbered in run.numbered():
        undos = [
            Undo(index, action, index in done)
            for index, action in reversed(numbered)
            if index in latest and latest[index].state in _TO_UNDO and not action.passive
        ]
        groups.append(UndoGroup(run.id, group.concurrency, tuple(undos)))
        _refuse_unknown(run, undos)
    return list(reversed(groups))


def _undos(group: UndoGroup, *, irreversible: bool) -> tuple[Undo, ...]:
    return tuple(undo for undo in group.undos if undo.action.irreversible is irreversible)


def _refuse_unknown(run: Run, undos: Sequence[Undo]) -> None:
    for undo in undos:
        if isinstance(undo.action, UnknownAction):
            raise OperationFailed(
                f"{run.id} holds the action {undo.action.name}, which this version does not know",
                f"roll back with the version that began it ({run.version})",
            )
