"""A command that is killed or interrupted, wherever it is, ends where it would have ended: run it again."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.bigbang import install_umbrella, uninstall, wait_ready
from tests.e2e.cli import Result, Running, begin, migrate, start
from tests.e2e.state import assert_ready, journal, place, values
from tests.tools.rig import Rig

RELEASES = "helmreleases.helm.toolkit.fluxcd.io"
KINDS = f"namespaces,deployments,services,gateways.networking.istio.io,istiooperators,{RELEASES}"
KILLED = -signal.SIGKILL
PLACES = ("group", "ahead", "begin", "end", "written")
"""What the engine tells of each group of a plan; a group of step 1 and step 2 has one action."""

Snapshot = dict[str, Any]


def test_killed_at_every_boundary_of_step_1(operator: Rig) -> None:
    """Then resumed: the same end as without the kill. And rolled back: the same state as before."""
    before = snapshot(operator)
    migrate(operator, "step1", "--yes").done()
    after, actions = snapshot(operator), journal(operator)[-1]["actions"]
    migrate(operator, "rollback", "--yes").done()
    assert snapshot(operator) == before

    for number in boundaries(actions):
        killed_and_resumed(operator, number, "step1", after)
        migrate(operator, "rollback", "--yes").done()
        assert snapshot(operator) == before, f"rolled back after boundary {number}"


def test_killed_between_each_call_of_step_2_and_its_journal(operator: Rig) -> None:
    """Resumed each time, and taken back to step 1 only."""
    before = snapshot(operator)
    migrate(operator, "step1", "--yes").done()
    first = snapshot(operator)
    migrate(operator, "step2", "--yes").done()
    after, actions = snapshot(operator), journal(operator)[-1]["actions"]
    migrate(operator, "rollback", "--to=step1", "--yes").done()

    for group in range(actions):
        number = group * len(PLACES) + PLACES.index("end")
        killed_and_resumed(operator, number, "step2", after)
        migrate(operator, "rollback", "--to=step1", "--yes").done()
        assert snapshot(operator) == first, f"rolled back after boundary {number}"
    migrate(operator, "rollback", "--yes").done()
    assert snapshot(operator) == before


def killed_and_resumed(rig: Rig, number: int, step: str, after: Snapshot) -> None:
    killed = kill(rig, number, step, "--yes")
    assert killed.code == KILLED, f"boundary {number} was never reached: {killed}"
    migrate(rig, step, "--yes").done()
    assert snapshot(rig) == after, f"resumed after boundary {number}"
    assert journal(rig)[-1]["state"] == "done"


def boundaries(actions: int) -> Iterator[int]:
    """Where a kill leaves something else behind than at the boundary before.

    At the first `group` the run is in the journal and nothing else. Between `written` and a later `group`, and
    between `ahead` and `begin`, nothing is sent to the server.
    """
    yield PLACES.index("group")
    per_group = len(PLACES)
    for group in range(actions):
        yield from (group * per_group + PLACES.index(name) for name in ("ahead", "end", "written"))


def kill(rig: Rig, number: int, *words: str) -> Result:
    return start([sys.executable, "-m", "tests.e2e.killed_driver", str(number), *words], rig).result()


def snapshot(rig: Rig) -> Snapshot:
    """All that a step changes, as it is once nothing moves: texts of values, HelmReleases, what they install."""
    rig.until(lambda: not_leaving(rig), "what was removed to go")
    assert_ready(rig)
    found: Snapshot = {f"values {name}": text for name, text in values(rig).items()}
    for item in rig.get(KINDS, "--all-namespaces")["items"]:
        metadata = item["metadata"]
        name = f"{item['kind']} {metadata.get('namespace', '')}/{metadata['name']}"
        found[name] = item["spec"] if item["kind"] in ("HelmRelease", "Gateway") else {}
    return {**found, "place": place(rig)}


def not_leaving(rig: Rig) -> bool:
    items = rig.get(KINDS, "--all-namespaces")["items"]
    return not any("deletionTimestamp" in item["metadata"] for item in items)


@pytest.fixture(scope="module")
def operator(flux_rig: Rig) -> Iterator[Rig]:
    """A Big Bang on the operator. Each test leaves it as it found it, which is what it tests."""
    install_umbrella(flux_rig)
    wait_ready(flux_rig)
    yield flux_rig
    uninstall(flux_rig)


def test_killed_while_flux_works(operator: Rig) -> None:
    """The command itself, with its own Lease: the next driver waits until the dead one's has run out."""
    before = snapshot(operator)
    running = begin(operator, "step1", "--yes")
    running.wait_for("begin  HelmRelease bigbang/bigbang: reconcile")
    killed = running.end(signal.SIGKILL)
    assert killed.code == KILLED
    assert journal(operator)[-1]["state"] == "running"
    assert "Next: kubectl istio-migrate step1" in migrate(operator, "status").done().out

    resumed = migrate(operator, "step1", "--yes").done()
    assert "for a sign of life" in resumed.err
    assert "going on with bigbang-step1-" in resumed.err
    assert place(operator) == "step 1 done"

    undoing = begin(operator, "rollback", "--yes")
    undoing.wait_for("undoing  ConfigMap bigbang/environment")
    assert undoing.end(signal.SIGKILL).code == KILLED
    waiting = begin(operator, "rollback", "--yes")
    waiting.wait_for("begin  HelmRelease bigbang/bigbang: reconcile")
    assert waiting.end(signal.SIGKILL).code == KILLED
    migrate(operator, "rollback", "--yes").done()
    assert snapshot(operator) == before


def test_interrupted_and_refused(operator: Rig) -> None:
    """Without an address the gateway holds step 2 for as long as it takes."""
    before = snapshot(operator)
    migrate(operator, "step1", "--yes").done()
    operator.loadbalancer.withhold()

    first = held_in_step_2(operator)
    refused = migrate(operator, "step2", "--yes")
    assert refused.code == 1
    told = refused.err.splitlines()[-1]
    assert f"(pid {first.process.pid}, " in told
    assert "is driving this migration since" in told
    assert journal(operator)[-1]["later"] == []
    back = migrate(operator, "rollback", "--yes")
    assert back.code == 1
    assert f"(pid {first.process.pid}, " in back.err.splitlines()[-1]

    assert_interrupted(operator, first.end(signal.SIGINT), 130, "interrupted")
    assert_interrupted(operator, held_in_step_2(operator).end(signal.SIGTERM), 143, "terminated")

    operator.loadbalancer.release()
    migrate(operator, "step2", "--yes").done()
    assert place(operator) == "step 2 done"
    run = journal(operator)[-1]
    assert (run["state"], [sitting["what"] for sitting in run["later"]]) == ("done", ["resume"] * 2)

    migrate(operator, "rollback", "--yes").done()
    assert snapshot(operator) == before


def held_in_step_2(rig: Rig) -> Running:
    running = begin(rig, "step2", "--yes")
    running.wait_for("public-ingressgateway: Progressing: ReconcileRequested")
    return running


def assert_interrupted(rig: Rig, result: Result, code: int, word: str) -> None:
    assert result.code == code
    assert "Traceback" not in result.err
    run = journal(rig)[-1]
    ways_on = f"run the same command again to go on, or roll back (journal {run['id']})"
    assert result.err.splitlines()[-1] == f"{word}; {ways_on}"
    assert run["state"] == "failed"
    assert "interrupted" in migrate(rig, "journal", "show", run["id"]).done().out
