"""The rule of resuming: the stored plan goes on as long as it fits."""

import pytest

from istiokit.errors import NotDone
from istiokit.plan.engine import Moment
from istiokit.plan.journal import RunState
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import (
    Killed,
    config_map,
    drive,
    killer_at,
    modes,
    only_run,
    plainly,
    plan_of,
    turn,
)


def mesh(count: int = 4) -> FakeCluster:
    return FakeCluster([config_map(f"values-{n}", mode="old") for n in range(count)])


def test_another_step_is_refused_while_one_is_unfinished() -> None:
    cluster = mesh()
    with pytest.raises(Killed):
        drive(plan_of([turn("values-0")]), cluster, killer_at(Moment.AHEAD))
    with pytest.raises(NotDone, match="run `step1` again to finish it, or `rollback` to undo it"):
        drive(plan_of([turn("values-1")], name="step2"), cluster)
    with pytest.raises(NotDone, match="is not finished"):
        drive(plan_of([turn("values-0")]), cluster, resume=False)


def test_a_resume_does_again_what_a_controller_has_reverted() -> None:
    cluster = mesh()
    plan = plan_of([turn("values-0")], [turn("values-1")])
    with pytest.raises(Killed):
        drive(plan, cluster, killer_at(Moment.GROUP, 1))
    cluster.put(config_map("values-0", mode="old"))
    drive(plan, cluster)
    assert modes(cluster, ["values-0", "values-1"]) == {"values-0": "new", "values-1": "new"}


def test_a_resume_with_a_plan_that_no_longer_fits_goes_on_with_the_new_one() -> None:
    cluster = mesh()
    with pytest.raises(Killed):
        drive(
            plan_of([turn("values-0")], [turn("values-1")], [turn("values-2")]),
            cluster,
            killer_at(Moment.END),
        )
    cluster.put(config_map("values-1", mode="theirs"))
    new = plan_of([turn("values-1", before="theirs")], [turn("values-3")])
    drive(new, cluster)
    assert modes(cluster, [f"values-{n}" for n in range(4)]) == {
        "values-0": "new",
        "values-1": "new",
        "values-2": "old",
        "values-3": "new",
    }
    messages = [entry.message for entry in only_run(cluster).latest().values()]
    assert messages[:3] == ["found done on the resume", *["replaced by the plan of the resume"] * 2]


def test_what_is_left_and_changed_by_others_does_not_block_a_resume_for_ever() -> None:
    cluster = mesh()
    with pytest.raises(Killed):
        drive(plan_of([turn("values-0")]), cluster, killer_at(Moment.BEGIN))
    cluster.put(config_map("values-0", mode="theirs"))
    plainly(plan_of([turn("values-1")]), cluster)
    assert only_run(cluster).state is RunState.DONE
    assert modes(cluster, ["values-0", "values-1"]) == {"values-0": "theirs", "values-1": "new"}
