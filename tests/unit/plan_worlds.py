"""Small plans and worlds for the tests of the plan engine."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from istiokit.cluster.types import Ref
from istiokit.plan.actions import codec
from istiokit.plan.actions.objects import SetField
from istiokit.plan.engine import Moment, Observer, Progress
from istiokit.plan.journal import JournalStore, Run
from istiokit.plan.lease import ClusterLease
from istiokit.plan.model import Action, Group, Plan, State, World
from istiokit.plan.runner import run
from istiokit.plan.store_cluster import ClusterStore
from tests.fakes import FakeCluster

PLACE = "bigbang"


class Killed(Exception):
    """Raised by an observer where a real process would be killed."""


def config_map(name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": PLACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def world_of(cluster: Any) -> World:
    return World(cluster, lambda line: None, timeout=5)


def store_of(cluster: Any) -> JournalStore:
    return ClusterStore(cluster, PLACE, codec())


def lease_of(cluster: Any, who: str = "alice@desk", duration: float = 15) -> ClusterLease:
    return ClusterLease(cluster, PLACE, "bigbang", who, say=lambda line: None, duration=duration)


def turn(name: str, before: str = "old", after: str = "new") -> SetField:
    ref = Ref("ConfigMap", name, PLACE)
    return SetField(why="a test", ref=ref, path="/data/mode", before=before, after=after)


def left(plan: Plan, world: World) -> Plan:
    """The plan as it is computed anew from the world: only what is not so yet."""
    groups = [
        Group(tuple(one for one in group.actions if one.state(world) != "done"), group.concurrency)
        for group in plan.groups
    ]
    return Plan(plan.migration, plan.name, tuple(group for group in groups if group.actions))


def drive(plan: Plan, cluster: Any, observer: Observer = lambda progress: None, **more: Any) -> Run:
    """Run the plan as a command would: computed anew from the world each time."""
    world = world_of(cluster)
    return run(
        left(plan, world),
        world,
        store_of(cluster),
        lease_of(cluster),
        who="alice@desk",
        command=("kubectl", "istio-migrate", plan.name),
        observer=observer,
        **more,
    )


def plainly(plan: Plan, cluster: FakeCluster, **more: Any) -> Any:
    """Run the plan as given, not computed anew."""
    return run(
        plan, world_of(cluster), store_of(cluster), lease_of(cluster), who="alice@desk", command=(), **more
    )


def killer(at: int) -> Observer:
    """An observer that kills at the n-th thing it is told (from 0), whatever thread tells it."""
    lock, counter = threading.Lock(), iter(range(10**6))
    dead = False

    def observe(progress: Progress) -> None:
        nonlocal dead
        with lock:
            dead = dead or next(counter) == at
            if dead:
                raise Killed(progress.moment)

    return observe


def killer_at(moment: Moment, group: int = 0) -> Observer:
    """An observer that kills at the n-th time of this moment."""
    counter: Iterator[int] = iter(range(10**6))

    def observe(progress: Progress) -> None:
        if progress.moment is moment and next(counter) == group:
            raise Killed(moment)

    return observe


def modes(cluster: FakeCluster, names: Sequence[str]) -> dict[str, str]:
    """What the plan's objects say now."""
    return {name: cluster.raw(Ref("ConfigMap", name, PLACE))["data"]["mode"] for name in names}


def only_run(cluster: Any) -> Run:
    (single,) = store_of(cluster).list("bigbang")
    return single


def plan_of(*groups: Sequence[Action], name: str = "step1", concurrency: int = 1) -> Plan:
    return Plan("bigbang", name, tuple(Group(tuple(group), concurrency) for group in groups))


def there_and_back(action: Action, cluster: FakeCluster, ref: Ref) -> None:
    """Each step twice: an action looks first."""
    world, before = world_of(cluster), _content(cluster, ref)
    assert action.state(world) is State.TODO
    action.do(world, dry_run=True)
    assert action.state(world) is State.TODO
    for _ in range(2):
        action.do(world)
        assert action.state(world) is State.DONE
    for _ in range(2):
        action.undo(world)
        assert action.state(world) is State.TODO
    assert _content(cluster, ref) == before


def _content(cluster: FakeCluster, ref: Ref) -> dict[str, Any]:
    manifest = cluster.raw(ref)
    return {
        **manifest,
        "metadata": {k: v for k, v in manifest["metadata"].items() if k in ("labels", "annotations")},
    }
