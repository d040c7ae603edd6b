"""A run or a rollback may be killed anywhere: repeating the command leads to the same end."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.errors import Conflict, NotDone
from istiokit.plan.engine import Moment, Observer
from istiokit.plan.journal import RunState
from istiokit.plan.model import Plan
from istiokit.plan.rollback import plan_rollback, rollback
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import (
    Killed,
    config_map,
    drive,
    killer,
    killer_at,
    lease_of,
    modes,
    only_run,
    plan_of,
    store_of,
    turn,
    world_of,
)

NAMES = [f"values-{n}" for n in range(5)]
shapes = st.lists(st.integers(1, 3), min_size=1, max_size=3)


def mesh() -> FakeCluster:
    return FakeCluster([config_map(f"values-{n}", mode="old", other="kept") for n in range(9)])


def shaped(shape: list[int], concurrency: int) -> tuple[Plan, list[str]]:
    numbers = iter(range(9))
    groups = [[turn(f"values-{next(numbers)}") for _ in range(size)] for size in shape]
    return plan_of(*groups, concurrency=concurrency), [f"values-{n}" for n in range(sum(shape))]


def back(cluster: FakeCluster, observer: Observer = lambda progress: None) -> None:
    store = store_of(cluster)
    plan = plan_rollback(store.list("bigbang"), "bigbang")
    rollback(
        plan,
        world_of(cluster),
        store,
        lease_of(cluster),
        who="bob@hall",
        command=("rollback",),
        observer=observer,
    )


@given(shape=shapes, at=st.integers(0, 40), again=st.integers(0, 40), concurrency=st.integers(1, 3))
def test_killed_twice_and_run_again_ends_as_if_never_killed(
    shape: list[int], at: int, again: int, concurrency: int
) -> None:
    cluster = mesh()
    plan, names = shaped(shape, concurrency)
    for moment in (at, again):
        try:
            drive(plan, cluster, killer(moment))
        except Killed:
            continue
        break
    if only_run(cluster).state is not RunState.DONE:
        drive(plan, cluster)
    assert modes(cluster, names) == dict.fromkeys(names, "new")
    assert only_run(cluster).state is RunState.DONE
    back(cluster)
    assert modes(cluster, names) == dict.fromkeys(names, "old")


@given(shape=shapes, at=st.integers(0, 40), again=st.integers(0, 40), concurrency=st.integers(1, 3))
def test_rolled_back_from_anywhere_ends_at_the_start(
    shape: list[int], at: int, again: int, concurrency: int
) -> None:
    cluster = mesh()
    plan, names = shaped(shape, concurrency)
    with contextlib.suppress(Killed):
        drive(plan, cluster, killer(at))
    try:
        back(cluster, killer(again))
    except Killed:
        back(cluster)
    assert modes(cluster, names) == dict.fromkeys(names, "old")
    assert only_run(cluster).state is RunState.ROLLED_BACK
    drive(plan, cluster)
    assert modes(cluster, names) == dict.fromkeys(names, "new")


@given(at=st.integers(0, 30), again=st.integers(0, 30))
def test_a_rollback_of_two_runs_may_be_killed_anywhere(at: int, again: int) -> None:
    cluster = mesh()
    drive(plan_of([turn("values-0")], [turn("values-1")]), cluster)
    drive(plan_of([turn("values-0", "new", "newer")], [turn("values-2")], name="step2"), cluster)
    for moment in (at, again):
        with contextlib.suppress(Killed):
            back(cluster, killer(moment))
    back(cluster)
    assert modes(cluster, NAMES[:3]) == dict.fromkeys(NAMES[:3], "old")
    assert {run.state for run in store_of(cluster).list("bigbang")} == {RunState.ROLLED_BACK}


@pytest.mark.parametrize("moment", [Moment.GROUP, Moment.AHEAD, Moment.BEGIN, Moment.END, Moment.WRITTEN])
def test_every_moment_is_passed_and_survived(moment: Moment) -> None:
    cluster = mesh()
    plan = plan_of([turn("values-0")], [turn("values-1")])
    with pytest.raises(Killed):
        drive(plan, cluster, killer_at(moment))
    drive(plan, cluster)
    assert modes(cluster, NAMES[:2]) == {"values-0": "new", "values-1": "new"}
    assert [entry.state for entry in only_run(cluster).latest().values()] == ["done", "done"]


def test_a_change_that_the_journal_does_not_know_yet_is_undone_all_the_same() -> None:
    cluster = mesh()
    with pytest.raises(Killed):
        drive(plan_of([turn("values-0")]), cluster, killer_at(Moment.END))
    assert only_run(cluster).latest()[0].state == "started"
    back(cluster)
    assert modes(cluster, NAMES[:1]) == {"values-0": "old"}


def test_an_unfinished_rollback_must_be_finished_first() -> None:
    cluster = mesh()
    plan = plan_of([turn("values-0")], [turn("values-1")])
    drive(plan, cluster)
    with pytest.raises(Killed):
        back(cluster, killer_at(Moment.END))
    with pytest.raises(NotDone, match=r"rollback of step1 of bigbang.* not finished"):
        drive(plan, cluster)
    back(cluster)
    assert modes(cluster, NAMES[:2]) == {"values-0": "old", "values-1": "old"}


def test_rollback_refuses_what_somebody_else_has_changed_and_goes_on_when_it_is_put_right() -> None:
    cluster = mesh()
    drive(plan_of([turn("values-0")], [turn("values-1")]), cluster)
    cluster.put(config_map("values-0", mode="theirs", other="kept"))
    with pytest.raises(
        Conflict, match=r'values-0 was changed by somebody else: data.mode should be "new" or "old"'
    ):
        back(cluster)
    assert modes(cluster, NAMES[:2]) == {"values-0": "theirs", "values-1": "old"}
    cluster.put(config_map("values-0", mode="new", other="kept"))
    back(cluster)
    assert modes(cluster, NAMES[:2]) == {"values-0": "old", "values-1": "old"}
