"""One driver at a time, judged by signs of life and not by clocks."""

import threading
from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.errors import NotDone, OperationFailed
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import lease_of

LEASE = Ref("Lease", "istio-migrate-bigbang", "bigbang")


def held_by(who: str, renewed: str) -> dict[str, Any]:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": LEASE.name, "namespace": LEASE.namespace},
        "spec": {
            "holderIdentity": who,
            "leaseDurationSeconds": 1,
            "acquireTime": "2026-01-01T00:00:00.000000Z",
            "renewTime": renewed,
        },
    }


def test_a_lease_is_made_renewed_and_given_up() -> None:
    cluster = FakeCluster()
    renewals = threading.Semaphore(0)
    cluster.on_write = lambda method, ref: renewals.release()
    with lease_of(cluster, duration=0.25) as lease:
        spec = cluster.raw(LEASE)["spec"]
        assert spec["holderIdentity"] == lease.holder
        assert spec["renewTime"].endswith("Z")
        for _ in range(4):
            assert renewals.acquire(timeout=10)
        lease.check()
    spec = cluster.raw(LEASE)["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("", 2)


def test_a_free_lease_is_taken_at_once() -> None:
    cluster = FakeCluster([held_by("", "2026-01-01T00:00:00.000000Z")])
    with lease_of(cluster, "bob@hall"):
        assert cluster.raw(LEASE)["spec"]["holderIdentity"].startswith("bob@hall (pid ")


def test_a_silent_holder_is_replaced_and_a_living_one_is_not() -> None:
    cluster = FakeCluster([held_by("dead@box", "2026-01-01T00:00:00.000000Z")])
    second = lease_of(cluster, "bob@hall", duration=1)
    refusal = r"alice@desk \(pid \d+, \w+\) is driving this migration since 20"
    with lease_of(cluster, "alice@desk", duration=1), pytest.raises(NotDone, match=refusal):
        second.__enter__()


def test_a_clock_that_is_ahead_cannot_rob_a_living_holder() -> None:
    cluster = FakeCluster([held_by("alice@desk", "2001-01-01T00:00:00.000000Z")])
    alive = threading.Timer(0.2, lambda: cluster.put(held_by("alice@desk", "2001-01-01T00:00:00.200000Z")))
    alive.start()
    with pytest.raises(NotDone, match="alice@desk is driving"):
        lease_of(cluster, "bob@hall", duration=1).__enter__()
    alive.join()


def test_the_exception_goes_on_and_the_lease_is_given_up() -> None:
    cluster = FakeCluster()
    with pytest.raises(KeyboardInterrupt), lease_of(cluster):
        raise KeyboardInterrupt
    assert cluster.raw(LEASE)["spec"]["holderIdentity"] == ""


def test_a_lease_taken_over_is_noticed_and_left_to_its_new_holder() -> None:
    cluster = FakeCluster()
    with lease_of(cluster, duration=0.25) as lease:
        cluster.put(held_by("bob@hall", "2026-01-01T00:00:00.000000Z"))
        with pytest.raises(OperationFailed, match="was taken over by bob@hall"):
            _until_it_raises(lease)
    assert cluster.raw(LEASE)["spec"]["holderIdentity"] == "bob@hall"


def test_a_lease_that_cannot_be_renewed_is_lost_before_another_may_take_it() -> None:
    cluster = FakeCluster()
    with lease_of(cluster, duration=0.25) as lease:
        cluster.denied.add(("update", "Lease"))
        with pytest.raises(OperationFailed, match="could not be renewed for"):
            _until_it_raises(lease)


def _until_it_raises(lease: Any) -> None:
    tick = threading.Event()
    for _ in range(500):
        lease.check()
        tick.wait(0.02)
