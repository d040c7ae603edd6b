"""The plan engine on a real API server: real kills, two drivers, a journal of more than 1 MiB."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import CONFIG_MAP
from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import Ref, Where
from istiokit.errors import Conflict, NotDone
from istiokit.plan.actions import codec
from istiokit.plan.actions.lifecycle import CreateObject
from istiokit.plan.actions.objects import ABSENT, SetField, set_field
from istiokit.plan.actions.text import TextPlace
from istiokit.plan.journal import RunState, begin
from istiokit.plan.lease import ClusterLease
from istiokit.plan.model import Group, Plan, State, World
from istiokit.plan.runner import dry_run, run
from istiokit.plan.store_cluster import PART_OF, ClusterStore
from tests.cluster.plan_driver import DURATION, NAMES, config_map
from tests.edits import edit_text
from tests.tools.rig import Rig

KILLS = [(at, bool(number % 2)) for number, at in enumerate((0, 1, 2, 4, 9, 10, 14, 15, 19))]
"""Where the driver is killed (of the 21 things that its observer is told), and whether it is resumed then.

One of each kind: before and after writing ahead, before, between and after actions, after writing down.
"""


@pytest.fixture
def cluster(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> LiveCluster:
    monkeypatch.setenv("KUBECONFIG", str(rig.kubeconfig))
    return connect(ConnectOptions())


@pytest.fixture
def place(cluster: LiveCluster, namespace: str) -> str:
    for name in NAMES:
        cluster.create(config_map(name, namespace, mode="old"))
    return namespace


def driver(rig: Rig, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.cluster.plan_driver", *argv]
    return subprocess.run(command, env=rig.env, text=True, capture_output=True, timeout=60, check=False)


def world_of(cluster: LiveCluster) -> World:
    return World(cluster, lambda line: None, timeout=20)


def lease_of(cluster: LiveCluster, place: str, who: str = "carol@lab") -> ClusterLease:
    return ClusterLease(cluster, place, "bigbang", who, say=lambda line: None, duration=DURATION)


def seen(cluster: LiveCluster, place: str) -> list[Any]:
    """What the driver's plan can change."""
    objects = [cluster.get(Ref("ConfigMap", name, place), dict[str, Any]) for name in (*NAMES, "made")]
    return [
        one and (one["data"], (one["metadata"].get("annotations") or {}).get("example.com/note"))
        for one in objects
    ]


START = [({"mode": "old"}, None)] * 4 + [None]
END = [({"mode": "new"}, "here"), *[({"mode": "new"}, None)] * 3, ({"key": "value"}, None)]


@pytest.mark.parametrize(("at", "resume"), KILLS)
def test_kill_9_anywhere_then_the_same_command_or_a_rollback(
    rig: Rig, cluster: LiveCluster, place: str, at: int, resume: bool
) -> None:
    killed = driver(rig, place, "run", str(at))
    assert killed.returncode in (-signal.SIGKILL, 0), killed.stderr
    if resume:
        done = driver(rig, place, "run")
        assert done.returncode == 0, done.stderr
        assert seen(cluster, place) == END
    killed = driver(rig, place, "rollback", str(at))
    assert killed.returncode in (-signal.SIGKILL, 0), killed.stderr
    done = driver(rig, place, "rollback")
    assert done.returncode == 0, done.stderr
    assert seen(cluster, place) == START
    assert {one.state for one in ClusterStore(cluster, place, codec()).list("bigbang")} == {
        RunState.ROLLED_BACK
    }


@pytest.fixture
def holding(rig: Rig, place: str) -> Iterator[subprocess.Popen[str]]:
    """A driver that holds the Lease, in the middle of its first action."""
    command = [sys.executable, "-m", "tests.cluster.plan_driver", place, "hold"]
    with subprocess.Popen(command, env=rig.env, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "holding\n"
        yield process
        process.kill()


def test_the_second_driver_is_refused_by_name(
    rig: Rig, cluster: LiveCluster, place: str, holding: subprocess.Popen[str]
) -> None:
    second = driver(rig, place, "run")
    assert second.returncode == NotDone.exit_code
    assert f"driver@test (pid {holding.pid}, " in second.stderr
    assert "is driving this migration since 20" in second.stderr
    assert seen(cluster, place) == START


def test_a_killed_driver_s_lease_is_taken_over_when_it_is_silent(
    rig: Rig, cluster: LiveCluster, place: str, holding: subprocess.Popen[str]
) -> None:
    holding.kill()
    holding.wait()
    second = driver(rig, place, "run")
    assert second.returncode == 0, second.stderr
    assert " s for a sign of life" in second.stderr
    assert seen(cluster, place) == END


def test_an_interrupted_driver_writes_it_down_and_gives_up_the_lease(
    cluster: LiveCluster, place: str
) -> None:
    class Interrupted(SetField, frozen=True, kw_only=True):
        def do(self, world: World, *, dry_run: bool = False) -> None:
            raise KeyboardInterrupt

    action = Interrupted(why="test", ref=Ref("ConfigMap", NAMES[0], place), path="/data/mode", before="old")
    store = ClusterStore(cluster, place, codec(Interrupted))
    with pytest.raises(KeyboardInterrupt):
        run(
            Plan("bigbang", "step1", (Group((action,)),)),
            world_of(cluster),
            store,
            lease_of(cluster, place),
            who="carol@lab",
            command=(),
        )
    (stopped,) = store.list("bigbang")
    assert stopped.state is RunState.FAILED
    assert stopped.latest()[0].message == "interrupted"
    lease = cluster.get(Ref("Lease", "istio-migrate-bigbang", place), dict[str, Any])
    assert lease and not lease["spec"].get("holderIdentity")


def test_a_lease_that_is_lost_stops_the_run_before_the_next_action(cluster: LiveCluster, place: str) -> None:
    with lease_of(cluster, place) as lease:
        taken = cluster.get(Ref("Lease", "istio-migrate-bigbang", place), dict[str, Any])
        assert taken
        taken["spec"]["holderIdentity"] = "mallory@elsewhere"
        cluster.merge_patch(Ref("Lease", "istio-migrate-bigbang", place), {"spec": taken["spec"]})
        with pytest.raises(Exception, match="was taken over by mallory@elsewhere"):
            while True:
                lease.check()


def test_a_journal_of_3_mb_is_split_and_read_back_by_another_machine(
    cluster: LiveCluster, place: str
) -> None:
    fields = tuple(
        SetField(
            why="large",
            ref=Ref("ConfigMap", NAMES[0], place),
            path=f"/data/key-{n}",
            before=f"{n}" * 200 + "é",
            after="x" * 500,
        )
        for n in range(3_000)
    )
    store = ClusterStore(cluster, place, codec())
    plan = Plan("bigbang", "step1", (Group(fields, concurrency=8),))
    stored = store.create(begin(plan, who="carol@lab", command=("step1",), allowed=()))
    assert ClusterStore(connect(ConnectOptions()), place, codec()).load(stored.id) == stored
    done = store.update(stored.with_entries([], RunState.DONE))
    assert store.list("bigbang") == [done]
    head = cluster.get(Ref("ConfigMap", stored.id, place), dict[str, Any])
    parts = cluster.list(CONFIG_MAP, Object, Where(place, labels=f"{PART_OF}={stored.id}"))
    assert head and len(parts) == 5
    assert {part.metadata.name for part in parts} == set(head["data"]["parts"].split())
    with pytest.raises(Conflict, match="written by somebody else meanwhile"):
        store.update(stored)


def test_dry_run_says_what_the_server_would_refuse_and_stores_nothing(
    cluster: LiveCluster, place: str
) -> None:
    manifest = cluster.get(Ref("ConfigMap", NAMES[0], place), dict[str, Any])
    assert manifest
    good = set_field(manifest, "/data/mode", "new", why="test")
    bad = set_field(manifest, "/data/a key", "new", why="test")
    made = CreateObject(why="test", manifest=config_map("Not_A_Name", place))
    plan = Plan("bigbang", "step1", (Group((good, bad, made)),))
    accepted, refused, unnamed = dry_run(plan, world_of(cluster))
    assert not accepted.refusal
    assert "a key" in refused.refusal
    assert "Not_A_Name" in unnamed.refusal
    assert seen(cluster, place) == START


def test_fields_maps_and_texts_go_there_and_back_on_a_real_server(
    rig: Rig, cluster: LiveCluster, place: str
) -> None:
    text = "# switches\nistio:\n  enabled: true  # old\nistiod: {enabled: false}\n"
    rig.kubectl("-n", place, "create", "secret", "generic", "common-bb", f"--from-literal=values.yaml={text}")
    edit = edit_text(
        text,
        TextPlace(ref=Ref("Secret", "common-bb", place), key="values.yaml"),
        [(("istio", "enabled"), False), (("istiod", "enabled"), True)],
        why="test",
    )
    manifest = cluster.get(Ref("ConfigMap", NAMES[0], place), dict[str, Any])
    assert manifest and edit
    label = set_field(manifest, "/metadata/labels/example.com~1of", "test", why="test")
    gone = set_field(manifest, "/data/mode", ABSENT, why="test")
    world = world_of(cluster)
    before = rig.kubectl("-n", place, "get", "secret", "common-bb", "-o", "jsonpath={.data}")
    for action in (edit, label, gone):
        assert action.state(world) is State.TODO
        action.do(world)
        assert action.state(world) is State.DONE
        action.undo(world)
        assert action.state(world) is State.TODO
    assert rig.kubectl("-n", place, "get", "secret", "common-bb", "-o", "jsonpath={.data}") == before
    assert seen(cluster, place) == START


def test_another_writer_between_look_and_write_is_noticed(cluster: LiveCluster, place: str) -> None:
    ref = Ref("ConfigMap", NAMES[0], place)
    action = SetField(why="test", ref=ref, path="/data/mode", before="old", after="new")
    lock = lease_of(cluster, place)
    plan = Plan("bigbang", "step1", (Group((action,)),))
    store = ClusterStore(cluster, place, codec())
    cluster.merge_patch(ref, {"data": {"mode": "theirs"}})
    with pytest.raises(Conflict, match="is no longer as the plan found it"):
        run(plan, world_of(cluster), store, lock, who="carol@lab", command=())
    assert store.list("bigbang")[0].state is RunState.FAILED
