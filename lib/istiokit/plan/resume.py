"""What to do when the journal holds a run that was not finished.

The rule: the stored plan goes on where it stopped, as long as it still fits. It fits if all that the newly
computed plan wants is in it, and nothing that is left of it was changed by somebody else. If it does not fit,
what is left of it is marked as replaced, and the new plan is added behind it, in the same run: so one
rollback undoes both. An action that was done, and that the new plan wants again (a controller has reverted
it), is done again. Every action looks before it acts, so repeating one is harmless.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from istiokit.errors import NotDone
from istiokit.plan.codec import encode_action
from istiokit.plan.journal import Entry, EntryState, Run, RunState, entry
from istiokit.plan.model import Action, Group, Plan, State

_OVER = (EntryState.DONE, EntryState.SKIPPED)
_UNFINISHED = (RunState.RUNNING, RunState.FAILED, RunState.ROLLING_BACK)


def unfinished(runs: Sequence[Run]) -> Run | None:
    """The run that was begun and neither finished nor rolled back; there is one at most."""
    return next((run for run in reversed(runs) if run.state in _UNFINISHED), None)


def open_run(runs: Sequence[Run], plan: Plan) -> Run | None:
    """The run of this plan's name that can be resumed, or None to begin one.

    Raises NotDone, with the ways out, where another step or a rollback of the migration is unfinished.
    """
    run = unfinished(runs)
    if run is None:
        return None
    begun = f"{run.name} of {run.migration}, begun {run.started} by {run.who} ({run.id})"
    if run.state is RunState.ROLLING_BACK:
        raise NotDone(f"the rollback of {begun} is not finished", "run `rollback` again to finish it")
    if run.name != plan.name:
        raise NotDone(
            f"{begun}, is not finished", f"run `{run.name}` again to finish it, or `rollback` to undo it"
        )
    return run


def resumed(run: Run, plan: Plan, look: Callable[[Action], State]) -> Run:
    """The stored run, ready to go on towards the new plan; not yet stored.

    `look` tells the state of an action now; it is asked only about those of which the new plan says nothing.
    """
    wanted = {_key(action) for action in plan.actions()}
    stored = {_key(action): index for index, action in enumerate(run.actions())}
    states = _states_of_unwanted(run, wanted, look)
    if wanted <= set(stored) and State.CHANGED not in states.values():
        again = [stored[key] for key in wanted]
        return run.with_entries(_reopened(run, again), RunState.RUNNING)
    replaced = run.with_entries(_replaced(run, states), RunState.RUNNING)
    known = {_key(action): action for action in run.actions()}
    groups = tuple(_as_stored(group, known) for group in plan.groups if group.actions)
    return msgspec.structs.replace(replaced, groups=(*run.groups, *groups))


def remaining(run: Run) -> frozenset[int]:
    """The indexes of the actions that are neither done nor skipped."""
    latest = run.latest()
    over = {index for index, last in latest.items() if last.state in _OVER}
    return frozenset(range(len(run.actions()))) - over


def _states_of_unwanted(run: Run, wanted: set[bytes], look: Callable[[Action], State]) -> dict[int, State]:
    """How those actions stand that are left of the stored plan and not part of the new one."""
    actions = run.actions()
    return {index: look(actions[index]) for index in remaining(run) if _key(actions[index]) not in wanted}


def _reopened(run: Run, wanted: Sequence[int]) -> list[Entry]:
    left = remaining(run)
    return [
        entry(index, EntryState.STARTED, "to be done again") for index in sorted(wanted) if index not in left
    ]


def _replaced(run: Run, states: dict[int, State]) -> list[Entry]:
    """The last entries of what is left: done if it was begun and is so now, else skipped."""
    begun = run.latest()
    return [
        entry(index, EntryState.DONE, "found done on the resume")
        if index in begun and states.get(index) is State.DONE
        else entry(index, EntryState.SKIPPED, "replaced by the plan of the resume")
        for index in sorted(remaining(run))
    ]


def _as_stored(group: Group, known: Mapping[bytes, Action]) -> Group:
    """The group with the stored form of each action that the run has already: its evidence is the older one."""
    actions = tuple(known.get(_key(action), action) for action in group.actions)
    return msgspec.structs.replace(group, actions=actions)


def _key(action: Action) -> bytes:
    return encode_action(action.identity())
