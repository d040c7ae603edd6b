"""A change of the policy may be killed anywhere: the same command goes on, and a rollback undoes it."""

import contextlib
from collections.abc import Callable

import pytest

from istiokit.cluster.types import Ref
from istiokit.kyverno.access import Access, Account
from istiokit.kyverno.policies import Engine
from istiokit.plan.actions import codec
from istiokit.plan.engine import Observer
from istiokit.plan.journal import RunState
from istiokit.plan.lease import ClusterLease
from istiokit.plan.model import Plan, World
from istiokit.plan.policy import MIGRATION, Wanted, plan_apply, plan_narrow, plan_remove
from istiokit.plan.rollback import plan_rollback, rollback
from istiokit.plan.runner import run
from istiokit.plan.store_cluster import ClusterStore
from istiokit.survey.policies import read_standing
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, TWO, Manifest, manifest, mapping
from tests.unit.plan_worlds import Killed, killer
from tests.unit.policy_world import PolicyCluster, reports_controller

PLACE = "istio-system"
MOST = 60
"""More events than any of these plans has."""
ACCOUNT = Account("kyverno", "kyverno-reports-controller")

Make = Callable[[PolicyCluster], Plan]


def world_of(cluster: PolicyCluster) -> World:
    return World(cluster, lambda line: None, timeout=2)


def store_of(cluster: PolicyCluster) -> ClusterStore:
    return ClusterStore(cluster, PLACE, codec())


def lease_of(cluster: PolicyCluster) -> ClusterLease:
    return ClusterLease(cluster, PLACE, MIGRATION, "alice@desk", say=lambda line: None, duration=2)


def drive(cluster: PolicyCluster, make: Make, observer: Observer = lambda progress: None) -> None:
    """As the command does: the plan is made anew from what is there."""
    run(
        make(cluster),
        world_of(cluster),
        store_of(cluster),
        lease_of(cluster),
        who="alice@desk",
        command=(),
        observer=observer,
    )


def back(cluster: PolicyCluster, to: str, observer: Observer = lambda progress: None) -> None:
    plan = plan_rollback(store_of(cluster).list(MIGRATION), MIGRATION, to)
    lease = lease_of(cluster)
    rollback(plan, world_of(cluster), store_of(cluster), lease, who="bob@hall", command=(), observer=observer)


def apply(engine: Engine, *pairs: str) -> Make:
    wanted = Wanted(engine, mapping(*pairs))
    access = Access(ACCOUNT, missing=("get",))
    return lambda cluster: plan_apply(read_standing(cluster), wanted, access, grant=True)


def narrow(cluster: PolicyCluster) -> Plan:
    return plan_narrow(read_standing(cluster))


def remove(cluster: PolicyCluster) -> Plan:
    return plan_remove(read_standing(cluster), ())


def objects(cluster: PolicyCluster) -> dict[Ref, Manifest]:
    """All but the journal and its Lease, without what the server sets."""
    kinds = ("ConfigMap", "Lease")
    return {
        ref: {key: value for key, value in item.items() if key not in ("metadata", "status")}
        for ref, item in cluster._objects.items()
        if ref.kind not in kinds
    }


def begun(before: Make | None) -> PolicyCluster:
    new = [manifest(name="new", gateways=[NEW_PUBLIC]), manifest(name="old", gateways=[PUBLIC])]
    cluster = PolicyCluster([*new, reports_controller()])
    if before:
        drive(cluster, before)
    return cluster


CASES: dict[str, tuple[Make | None, Make]] = {
    "apply-admission": (None, apply(Engine.ADMISSION, *ONE)),
    "apply-kyverno": (None, apply(Engine.KYVERNO, *ONE)),
    "other-pairs": (apply(Engine.KYVERNO_MUTATING, *ONE), apply(Engine.KYVERNO_MUTATING, *TWO)),
    "other-engine": (apply(Engine.ADMISSION, *ONE), apply(Engine.KYVERNO, *ONE)),
    "narrow": (apply(Engine.ADMISSION, *ONE), narrow),
    "remove": (apply(Engine.ADMISSION, *ONE), remove),
}


@pytest.mark.parametrize("name", CASES)
def test_killed_anywhere_and_run_again_and_rolled_back(name: str) -> None:
    before, make = CASES[name]
    wanted = begun(before)
    drive(wanted, make)
    for at in range(MOST):
        cluster = begun(before)
        first, to = objects(cluster), store_of(cluster).list(MIGRATION)[0].id if before else "start"
        try:
            drive(cluster, make, killer(at))
        except Killed:
            drive(cluster, make)
        else:
            break
        assert objects(cluster) == objects(wanted), at
        assert [one.state for one in store_of(cluster).list(MIGRATION)][-1] is RunState.DONE
        with contextlib.suppress(Killed):
            back(cluster, to, killer(at))
        back(cluster, to)
        assert objects(cluster) == first, at
    assert 5 < at < MOST - 1


@pytest.mark.parametrize("name", CASES)
def test_killed_anywhere_and_rolled_back(name: str) -> None:
    before, make = CASES[name]
    for at in range(MOST):
        cluster = begun(before)
        first, to = objects(cluster), store_of(cluster).list(MIGRATION)[0].id if before else "start"
        try:
            drive(cluster, make, killer(at))
        except Killed:
            back(cluster, to)
        else:
            break
        assert objects(cluster) == first, at
