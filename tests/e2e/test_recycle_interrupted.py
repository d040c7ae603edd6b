"""A run of restarts that is killed, or whose API server goes away: nothing is restarted twice, nothing is forgotten."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.recycling import NEW, template, workload
from tests.e2e.cli import Result, Running, start
from tests.tools.rig import Rig

PROGRAM = Path(sys.executable).with_name("kubectl-recycle_injected")
NAMESPACES, EACH, KILLS = 8, 5, 3
SEED = random.randrange(1_000_000)
"""Told where the test fails, so that the same moments can be tried again."""


def names() -> list[str]:
    return [f"team-{number}" for number in range(NAMESPACES)]


def objects(revision: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for namespace in names():
        labels = {"istio.io/rev": revision}
        found.append(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
        )
    return found


def deployments() -> list[dict[str, Any]]:
    found = []
    for namespace in names():
        for number in range(EACH):
            name = f"app-{number}"
            one = workload("Deployment", name, template=template(name, {"rig/ready-after": "1s"}))
            one["metadata"]["namespace"] = namespace
            found.append(one)
    return found


@pytest.fixture
def crowd(fresh_rig: Callable[..., Rig]) -> Iterator[Rig]:
    """40 Deployments of two pods with sidecars of 1-30, in namespaces that have moved to 1-31."""
    rig = fresh_rig("injector")
    rig.injector.install("1-30", tag="1.30.4")
    rig.injector.install("1-31", tag=NEW)
    rig.apply(objects("1-30"))
    rig.apply(deployments())
    rig.until(lambda: ready(rig) == NAMESPACES * EACH * 2, "all pods", 180)
    rig.apply(objects("1-31"))
    yield rig


def ready(rig: Rig) -> int:
    found = rig.get("deployments", "--all-namespaces", "--selector=!app.kubernetes.io/name")["items"]
    return sum(
        one.get("status", {}).get("readyReplicas", 0)
        for one in found
        if one["metadata"]["name"][:4] == "app-"
    )


def begin(rig: Rig, *words: str) -> Running:
    flags = ("restart", "-A", "--yes", "--concurrency", "8", "--timeout", "2m")
    return start([str(PROGRAM), *flags, *words], rig)


def replica_sets(rig: Rig) -> Counter[int]:
    """How many Deployments have how many ReplicaSets: each restart makes one more."""
    found = rig.get("replicasets", "--all-namespaces")["items"]
    owned = Counter(
        (one["metadata"]["namespace"], one["metadata"]["ownerReferences"][0]["name"])
        for one in found
        if one["metadata"]["namespace"] in names()
    )
    return Counter(owned.values())


def stale(rig: Rig) -> str:
    return start([str(PROGRAM), "list", "-A", "--stale", "-o", "name"], rig).result().out


def killed(rig: Rig, after: float) -> Result:
    """The command, killed so many seconds after its first restart; it may be done by then."""
    running = begin(rig)
    running.wait_for(": Restarting (")
    time.sleep(after)
    running.process.send_signal(signal.SIGKILL)
    return running.result()


def test_killed_again_and_again_everything_is_restarted_exactly_once(crowd: Rig) -> None:
    moments = random.Random(SEED)
    for _ in range(KILLS):
        killed(crowd, moments.uniform(0, 4))
    done = begin(crowd).result().done()
    assert replica_sets(crowd) == {2: NAMESPACES * EACH}, f"seed {SEED}: {done.err}"
    assert stale(crowd) == ""


def test_killed_under_all_what_is_done_is_not_done_again(crowd: Rig) -> None:
    """Every pod counts as stale then, the new ones too: only the journal knows which are done."""
    running = begin(crowd, "--all")
    running.wait_for(": Recycled (")
    running.process.send_signal(signal.SIGKILL)
    running.result()
    begin(crowd, "--all").result().done()
    assert replica_sets(crowd) == {2: NAMESPACES * EACH}


def test_the_api_server_is_restarted_in_the_middle(crowd: Rig) -> None:
    running = begin(crowd)
    running.wait_for(": Recycled (")
    crowd.restart_apiserver(down=3)
    done = running.result()
    assert done.code == 0, done.err
    assert replica_sets(crowd) == {2: NAMESPACES * EACH}
    assert stale(crowd) == ""


def test_a_server_that_stays_away_ends_the_run_with_what_was_done(crowd: Rig) -> None:
    running = begin(crowd, "--timeout", "8s")
    running.wait_for(": Recycled (")
    crowd.servers.stop("kube-apiserver")
    done = running.result()
    assert done.code == 3, done.err
    assert "restarted " in done.err
    assert "cannot reach the API server" in done.err.splitlines()[-1], done.err
    assert "run the same command again to go on" in done.err.splitlines()[-1]
