"""Carrying out a plan: looking first, failing, resuming by the rule, refusing."""

import threading
import time

import pytest

from istiokit.cluster.types import Ref
from istiokit.errors import Conflict, Forbidden, OperationFailed, UsageError
from istiokit.plan.journal import RunState
from istiokit.plan.model import Action, Group, Plan, Skip, State, World
from istiokit.plan.rollback import plan_rollback
from istiokit.plan.runner import dry_run, run
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import (
    config_map,
    drive,
    lease_of,
    modes,
    only_run,
    plainly,
    plan_of,
    store_of,
    turn,
    world_of,
)


class Restart(Action, frozen=True, kw_only=True):
    """Something that cannot be taken back."""

    irreversible = True

    def target(self) -> str:
        return "Deployment shop/web"

    def change(self) -> str:
        return "restart"

    def state(self, world: World) -> State:
        return State.TODO

    def do(self, world: World, *, dry_run: bool = False) -> None:
        world.say("restarted")


def mesh(count: int = 4) -> FakeCluster:
    return FakeCluster([config_map(f"values-{n}", mode="old") for n in range(count)])


def test_a_run_remembers_who_what_and_with_which_findings_allowed() -> None:
    cluster = mesh()
    plan = plan_of([turn("values-0")])
    plan = Plan(
        "bigbang", "step1", plan.groups, skipped=(Skip("HelmRelease a/b", "suspended"),), notes=("mind",)
    )
    done = drive(plan, cluster, allowed=("IM007", "IM003"))
    stored = only_run(cluster)
    assert stored == done
    assert (stored.who, stored.name, stored.state) == ("alice@desk", "step1", RunState.DONE)
    assert stored.command == ("kubectl", "istio-migrate", "step1")
    assert stored.allowed == ("IM003", "IM007")
    assert stored.id.startswith("bigbang-step1-20")


def test_what_is_already_so_is_a_success_and_not_ours_to_undo() -> None:
    cluster = mesh()
    cluster.put(config_map("values-0", mode="new"))
    done = plainly(plan_of([turn("values-0"), turn("values-1")]), cluster)
    assert [(entry.state, entry.message) for entry in done.latest().values()] == [
        ("skipped", "already so"),
        ("done", ""),
    ]
    undos = [undo for group in plan_rollback([done], "bigbang").groups for undo in group.undos]
    assert [undo.action.target() for undo in undos] == ["ConfigMap bigbang/values-1"]


def test_what_somebody_else_has_changed_stops_the_run() -> None:
    cluster = mesh()
    cluster.put(config_map("values-0", mode="theirs"))
    with pytest.raises(Conflict) as caught:
        plainly(plan_of([turn("values-0")], [turn("values-1")]), cluster)
    assert "ConfigMap bigbang/values-0 is no longer as the plan found it" in str(caught.value)
    assert "run the same command again to go on, or roll back" in str(caught.value)
    assert modes(cluster, ["values-0", "values-1"]) == {"values-0": "theirs", "values-1": "old"}


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_failure_lets_its_group_finish_and_stops_the_next_one(concurrency: int) -> None:
    cluster = mesh()

    def deny(method: str, ref: Ref) -> None:
        if ref.name == "values-0":
            raise Forbidden("patch", "configmaps", "bigbang")

    cluster.on_write = deny
    plan = plan_of([turn("values-0"), turn("values-1")], [turn("values-2")], concurrency=concurrency)
    with pytest.raises(Forbidden, match="you may not patch configmaps"):
        drive(plan, cluster)
    assert modes(cluster, ["values-0", "values-1", "values-2"]) == {
        "values-0": "old",
        "values-1": "new",
        "values-2": "old",
    }
    assert only_run(cluster).state is RunState.FAILED
    cluster.on_write = lambda method, ref: None
    drive(plan, cluster)
    assert only_run(cluster).state is RunState.DONE
    assert [one.what for one in only_run(cluster).later] == ["resume"]


def test_a_group_runs_at_most_so_many_at_once() -> None:
    cluster, now, most, lock = mesh(6), 0, 0, threading.Lock()

    def slow(method: str, ref: Ref) -> None:
        nonlocal now, most
        if method == "json_patch":
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.02)
            with lock:
                now -= 1

    cluster.on_write = slow
    drive(plan_of([turn(f"values-{n}") for n in range(6)], concurrency=3), cluster)
    assert 1 < most <= 3


def test_two_journal_writes_for_each_group() -> None:
    cluster = mesh()
    drive(plan_of([turn("values-0"), turn("values-1")], [turn("values-2")]), cluster)
    journal = [method for method, ref in cluster.writes if ref.name == only_run(cluster).id]
    assert journal == ["create", *["replace"] * 5]


def test_a_rollback_names_what_cannot_be_undone_and_undoes_the_rest() -> None:
    cluster = mesh()
    groups = (Group((turn("values-0"),)), Group((Restart(why="old sidecars"),)))
    done = plainly(Plan("bigbang", "step1", groups), cluster)
    plan = plan_rollback([done], "bigbang")
    assert plan.skipped == (Skip("Deployment shop/web", "cannot be undone: restart"),)
    assert [undo.action.target() for group in plan.groups for undo in group.undos] == [
        "ConfigMap bigbang/values-0"
    ]


def test_a_rollback_to_a_step_keeps_it_and_refuses_a_name_that_never_ran() -> None:
    cluster = mesh()
    drive(plan_of([turn("values-0")]), cluster)
    drive(plan_of([turn("values-1")], name="step2"), cluster)
    runs = store_of(cluster).list("bigbang")
    plan = plan_rollback(runs, "bigbang", "step1")
    assert plan.runs == (runs[1].id,)
    assert plan_rollback(runs, "bigbang").runs == (runs[1].id, runs[0].id)
    with pytest.raises(UsageError, match="choose of: start, step1, step2"):
        plan_rollback(runs, "bigbang", "step9")


def test_an_interrupt_is_written_down_and_goes_on() -> None:
    cluster, said = mesh(), list[str]()

    def interrupt(method: str, ref: Ref) -> None:
        if ref.name == "values-1":
            raise KeyboardInterrupt

    cluster.on_write = interrupt
    world = World(cluster, said.append)
    plan = plan_of([turn("values-0"), turn("values-1"), turn("values-2")])
    with pytest.raises(KeyboardInterrupt) as caught:
        run(plan, world, store_of(cluster), lease_of(cluster), who="alice@desk", command=())
    assert [entry.state for entry in only_run(cluster).latest().values()] == ["done", "failed", "failed"]
    assert only_run(cluster).state is RunState.FAILED
    ways_on = "run the same command again to go on, or roll back"
    assert caught.value.__notes__ == [f"{ways_on} (journal {only_run(cluster).id})"]
    assert not cluster.raw(Ref("Lease", "istio-migrate-bigbang", "bigbang"))["spec"]["holderIdentity"]


def test_dry_run_asks_the_server_and_stores_nothing() -> None:
    cluster = mesh()

    def refuse(method: str, ref: Ref) -> None:
        if ref.name == "values-1":
            raise OperationFailed("admission webhook said no")

    cluster.on_write = refuse
    verdicts = dry_run(plan_of([turn("values-0"), turn("values-1")]), world_of(cluster))
    assert [verdict.refusal for verdict in verdicts] == ["", "admission webhook said no"]
    assert cluster.writes == []
