"""A change of bindings may be killed anywhere, though it does not look before it writes."""

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.types import Ref
from istiokit.istio.rebinding import ListChange
from istiokit.plan.actions.bindings import EditBindings
from istiokit.plan.journal import EntryState, RunState
from istiokit.plan.model import Plan
from istiokit.plan.rollback import plan_rollback, rollback
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import Killed, drive, killer, lease_of, only_run, plan_of, store_of, world_of

NAMES = tuple(f"vs-{number}" for number in range(5))


def manifest(name: str, *gateways: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "web"}
    spec = {"hosts": [name], "gateways": list(gateways)}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": metadata,
        "spec": spec,
    }


def edit(name: str) -> EditBindings:
    change = ListChange("/spec/gateways", ("a/old",), ("a/new",))
    return EditBindings(why="test", ref=Ref("VirtualService", name, "web"), changes=(change,))


def gateways(cluster: FakeCluster) -> set[tuple[str, ...]]:
    return {tuple(cluster.raw(Ref("VirtualService", name, "web"))["spec"]["gateways"]) for name in NAMES}


def back(cluster: FakeCluster) -> None:
    store = store_of(cluster)
    plan = plan_rollback(store.list("bigbang"), "bigbang")
    rollback(plan, world_of(cluster), store, lease_of(cluster), who="bob@hall", command=())


def begun(at: int, concurrency: int) -> tuple[FakeCluster, Plan]:
    cluster = FakeCluster(manifest(name, "a/old") for name in NAMES)
    plan = plan_of([edit(name) for name in NAMES], concurrency=concurrency)
    with contextlib.suppress(Killed):
        drive(plan, cluster, killer(at))
    return cluster, plan


@given(at=st.integers(0, 20), concurrency=st.integers(1, 3))
def test_killed_and_run_again_and_rolled_back(at: int, concurrency: int) -> None:
    cluster, plan = begun(at, concurrency)
    if only_run(cluster).state is not RunState.DONE:
        drive(plan, cluster)
    assert (gateways(cluster), only_run(cluster).state) == ({("a/new",)}, RunState.DONE)
    assert {entry.state for entry in only_run(cluster).latest().values()} == {EntryState.DONE}
    back(cluster)
    assert gateways(cluster) == {("a/old",)}


@given(at=st.integers(0, 20), concurrency=st.integers(1, 3))
def test_killed_and_rolled_back(at: int, concurrency: int) -> None:
    cluster, _ = begun(at, concurrency)
    back(cluster)
    assert gateways(cluster) == {("a/old",)}


def test_what_somebody_else_has_done_before_us_is_not_ours_to_undo() -> None:
    cluster = FakeCluster([manifest(NAMES[0], "a/new"), *(manifest(name, "a/old") for name in NAMES[1:])])
    drive(plan_of([edit(name) for name in NAMES], concurrency=3), cluster)
    back(cluster)
    assert gateways(cluster) == {("a/new",), ("a/old",)}
