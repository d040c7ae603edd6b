"""The generic actions: there, look, back, and back again."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.types import Ref
from istiokit.errors import Conflict, OperationFailed
from istiokit.plan.actions.lifecycle import CreateObject, contains, delete_object
from istiokit.plan.actions.objects import ABSENT, Annotate, SetField, set_field, value_at
from istiokit.plan.model import State, World
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import config_map, there_and_back, world_of

REF = Ref("ConfigMap", "values", "bigbang")
BODY = {
    "kind": "Gateway",
    "apiVersion": "networking.istio.io/v1",
    "metadata": {"name": "public", "namespace": "istio-system"},
    "spec": {"selector": {"app": "a", "a/b~c": "x"}, "servers": [{"port": {"number": 443}}, {"hosts": []}]},
}
PATHS = [
    "/spec/selector/app",
    "/spec/selector/new",
    "/spec/selector/a~1b~0c",
    "/spec/servers",
    "/spec/servers/0/port/number",
    "/spec/servers/1/tls/mode",
    "/metadata/labels/team",
    "/spec/extra/deep/er",
]


@given(path=st.sampled_from(PATHS), after=st.sampled_from(["b", 7, True, None, {"x": 1}, ["y"]]))
def test_a_field_is_set_and_restored_with_all_that_was_made_for_it(path: str, after: Any) -> None:
    cluster = FakeCluster([BODY])
    ref = Ref("Gateway", "public", "istio-system")
    action = set_field(cluster.raw(ref), path, after, why="")
    there_and_back(action, cluster, ref)


def test_a_field_is_removed_and_restored() -> None:
    cluster = FakeCluster([BODY])
    ref = Ref("Gateway", "public", "istio-system")
    action = set_field(cluster.raw(ref), "/spec/selector/app", ABSENT, why="")
    assert action.change() == 'spec.selector.app: "a" -> absent'
    there_and_back(action, cluster, ref)


def test_true_is_not_one() -> None:
    cluster = FakeCluster([{**BODY, "spec": {"selector": {"app": 1}}}])
    ref = Ref("Gateway", "public", "istio-system")
    action = SetField(why="", ref=ref, path="/spec/selector/app", before="a", after=True)
    assert action.state(world_of(cluster)) is State.CHANGED
    assert not contains({"a": 1}, {"a": True})


def test_undoing_keeps_what_others_have_put_beside_the_field() -> None:
    cluster = FakeCluster([config_map("values")])
    action = set_field(cluster.raw(REF), "/metadata/labels/ours", "x", why="")
    world = world_of(cluster)
    action.do(world)
    cluster.merge_patch(REF, {"metadata": {"labels": {"theirs": "y"}}})
    action.undo(world)
    assert cluster.raw(REF)["metadata"]["labels"] == {"theirs": "y"}


def test_a_field_changed_by_others_is_neither_set_nor_restored() -> None:
    cluster = FakeCluster([config_map("values", mode="theirs")])
    action = SetField(why="", ref=REF, path="/data/mode", before="old", after="new")
    world = world_of(cluster)
    assert action.state(world) is State.CHANGED
    for write in (action.do, action.undo):
        with pytest.raises(
            Conflict, match=r"ConfigMap bigbang/values was changed by somebody else: data.mode should"
        ):
            write(world)


def test_an_object_that_is_gone_is_told() -> None:
    action = SetField(why="", ref=REF, path="/data/mode", before="old", after="new")
    with pytest.raises(OperationFailed, match="ConfigMap bigbang/values is not there"):
        action.do(world_of(FakeCluster()))


def test_a_write_in_between_is_read_again_not_overwritten() -> None:
    cluster, meddling = FakeCluster([config_map("values", mode="old", count="0")]), iter(range(3))

    def meddle(method: str, ref: Ref) -> None:
        if (count := next(meddling, None)) is not None:
            cluster.put(config_map("values", mode="old", count=str(count + 1)))

    cluster.on_write = meddle
    SetField(why="", ref=REF, path="/data/mode", before="old", after="new").do(world_of(cluster))
    assert cluster.raw(REF)["data"] == {"mode": "new", "count": "3"}


def test_an_object_that_never_rests_is_a_conflict_in_the_end() -> None:
    cluster = FakeCluster([config_map("values", mode="old")])
    numbers = iter(range(100))
    cluster.on_write = lambda method, ref: cluster.put(
        config_map("values", mode="old", count=str(next(numbers)))
    )
    with pytest.raises(Conflict):
        SetField(why="", ref=REF, path="/data/mode", before="old", after="new").do(world_of(cluster))
    assert next(numbers) == 5


@pytest.mark.parametrize(("before", "after"), [(None, "x"), ("a", "x"), ("a", None)])
def test_an_annotation_is_set_and_restored(before: str | None, after: str | None) -> None:
    manifest = config_map("values")
    if before:
        manifest["metadata"]["annotations"] = {"helm.sh/resource-policy": before}
    action = Annotate(why="", ref=REF, key="helm.sh/resource-policy", before=before, after=after)
    there_and_back(action, FakeCluster([manifest]), REF)


def test_an_object_is_made_and_taken_away_again() -> None:
    cluster = FakeCluster()
    action, world = CreateObject(why="", manifest=config_map("values", mode="new")), world_of(cluster)
    for _ in range(2):
        assert action.state(world) is State.TODO
        action.do(world)
        action.do(world)
        assert action.state(world) is State.DONE
        action.undo(world)
        action.undo(world)


def test_an_object_that_others_made_or_changed_is_left_alone() -> None:
    cluster = FakeCluster([config_map("values", mode="new")])
    action, world = CreateObject(why="", manifest=config_map("values", mode="new")), world_of(cluster)
    assert action.state(world) is State.CHANGED
    for write in (action.do, action.undo):
        with pytest.raises(Conflict, match="was changed by somebody else"):
            write(world)
    assert cluster.raw(REF)


def test_an_object_is_deleted_and_made_again() -> None:
    cluster = FakeCluster([BODY])
    there_and_back(
        delete_object(cluster.raw(Ref("Gateway", "public", "istio-system")), why=""),
        cluster,
        Ref("Gateway", "public", "istio-system"),
    )


def test_a_deletion_waits_for_finalizers_and_says_which() -> None:
    manifest = config_map("values")
    manifest["metadata"]["finalizers"] = ["example.com/hold"]
    cluster = FakeCluster([manifest])
    action = delete_object(cluster.raw(REF), why="")
    world = World(cluster, lambda line: None, timeout=0)
    with pytest.raises(OperationFailed, match=r"is not gone yet: held by example.com/hold"):
        action.do(world)
    free = threading.Timer(0.1, lambda: cluster.merge_patch(REF, {"metadata": {"finalizers": None}}))
    free.start()
    action.do(World(cluster, lambda line: None, timeout=20))
    free.join()
    assert action.state(world) is State.DONE


@given(
    st.recursive(
        st.integers(0, 3),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    )
)
def test_everything_contains_itself(value: Any) -> None:
    assert contains(value, value)


def test_a_pointer_leads_to_a_value_or_to_nothing() -> None:
    assert value_at(BODY, "/spec/servers/0/port/number") == 443
    assert value_at(BODY, "/spec/servers/7/port") is ABSENT
    assert value_at(BODY, "/spec/selector/app/deeper") is ABSENT
