"""A command in miniature, to be killed: `python -m tests.cluster.plan_driver NAMESPACE run|rollback|hold [N]`.

It drives a small plan on the cluster of $KUBECONFIG and kills itself (SIGKILL) at the N-th thing that the
engine tells its observer. `hold` stays inside its first action until it is ended.
"""

import itertools
import os
import signal
import sys
import threading
import time
from typing import Any

from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import Ref
from istiokit.errors import SuiteError
from istiokit.plan.actions import codec
from istiokit.plan.actions.lifecycle import CreateObject
from istiokit.plan.actions.objects import Annotate, SetField
from istiokit.plan.engine import Moment, Observer, Progress
from istiokit.plan.lease import ClusterLease
from istiokit.plan.model import Group, Plan, World
from istiokit.plan.rollback import plan_rollback, rollback
from istiokit.plan.runner import run
from istiokit.plan.store_cluster import ClusterStore

DURATION = 2.0
"""Seconds of the Lease, so that tests need not wait long for a killed driver's."""
NAMES = ("values-0", "values-1", "values-2", "values-3")


def config_map(name: str, namespace: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def plan_for(namespace: str) -> Plan:
    fields = [
        SetField(why="test", ref=_ref(name, namespace), path="/data/mode", before="old", after="new")
        for name in NAMES
    ]
    made = CreateObject(why="test", manifest=config_map("made", namespace, key="value"))
    note = Annotate(why="test", ref=_ref(NAMES[0], namespace), key="example.com/note", after="here")
    groups = (Group(tuple(fields), concurrency=2), Group((made,)), Group((note,)))
    return Plan("bigbang", "step1", groups)


def cluster() -> LiveCluster:
    return connect(ConnectOptions())


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def store(namespace: str) -> ClusterStore:
    return ClusterStore(cluster(), namespace, codec())


def lease(namespace: str, who: str) -> ClusterLease:
    return ClusterLease(cluster(), namespace, "bigbang", who, say=say, duration=DURATION)


def forward(namespace: str, observer: Observer) -> None:
    world = World(cluster(), say, timeout=20)
    lock = lease(namespace, "driver@test")
    run(plan_for(namespace), world, store(namespace), lock, who="driver@test", command=(), observer=observer)


def back(namespace: str, observer: Observer) -> None:
    world, journal = World(cluster(), say, timeout=20), store(namespace)
    plan = plan_rollback(journal.list("bigbang"), "bigbang")
    lock = lease(namespace, "driver@test")
    rollback(plan, world, journal, lock, who="driver@test", command=(), observer=observer)


def killer(at: int) -> Observer:
    count, lock = itertools.count(), threading.Lock()

    def observe(progress: Progress) -> None:
        with lock:
            if next(count) == at:
                os.kill(os.getpid(), signal.SIGKILL)

    return observe


def holder(progress: Progress) -> None:
    if progress.moment is Moment.BEGIN:
        sys.stdout.write("holding\n")
        sys.stdout.flush()
        time.sleep(120)


def main(namespace: str, what: str, at: str = "-1") -> int:
    try:
        if what == "rollback":
            back(namespace, killer(int(at)))
        else:
            forward(namespace, holder if what == "hold" else killer(int(at)))
    except SuiteError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _ref(name: str, namespace: str) -> Ref:
    return Ref("ConfigMap", name, namespace)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
