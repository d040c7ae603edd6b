"""An object that is written anew as a whole: there, back, and beside others."""

import copy
from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.errors import Conflict
from istiokit.plan.actions import codec
from istiokit.plan.actions.replace import ReplaceObject, replace_object, written
from istiokit.plan.codec import encode_action
from istiokit.plan.model import State
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import there_and_back, world_of

REF = Ref("ClusterPolicy", "both")


def policy(*rules: str, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": "both", **metadata},
        "spec": {"rules": [{"name": name} for name in rules]},
    }


def stored(*rules: str, **metadata: Any) -> dict[str, Any]:
    """As the server keeps it: with a default of its own, a status, and what Kyverno has written."""
    made = policy(*rules, **metadata)
    return {**made, "spec": {**made["spec"], "admission": True}, "status": {"ready": True}}


def replacement(cluster: FakeCluster, *rules: str, **metadata: Any) -> ReplaceObject:
    return replace_object(cluster.raw(REF), policy(*rules, **metadata), why="test")


def test_it_is_replaced_and_put_back_with_what_the_server_had_added() -> None:
    there = stored("forth", "back")
    del there["status"]  # a subresource, which no write of ours touches
    cluster = FakeCluster([there])
    there_and_back(replacement(cluster, "forth"), cluster, REF)


def test_what_others_have_put_beside_stays() -> None:
    there = stored(
        "forth", "back", labels={"team": "mesh"}, annotations={"direction": "both"}, finalizers=["x/y"]
    )
    cluster = FakeCluster([there])
    action = replacement(cluster, "forth", labels={"ours": "yes"}, annotations={"direction": "one"})
    action.do(world_of(cluster))
    metadata = cluster.raw(REF)["metadata"]
    assert metadata["labels"] == {"team": "mesh", "ours": "yes"}
    assert (metadata["annotations"], metadata["finalizers"]) == ({"direction": "one"}, ["x/y"])


def test_a_status_that_is_written_meanwhile_is_no_change() -> None:
    cluster = FakeCluster([stored("forth", "back")])
    action = replacement(cluster, "forth")
    cluster.put({**cluster.raw(REF), "status": {"ready": False}})
    assert action.state(world_of(cluster)) is State.TODO


def test_it_is_done_where_the_server_adds_to_what_was_written() -> None:
    cluster = FakeCluster([stored("forth", "back")])
    action = replacement(cluster, "forth")
    cluster.put(stored("forth"))
    assert action.state(world_of(cluster)) is State.DONE


def test_a_change_by_others_is_neither_written_over_nor_put_back() -> None:
    cluster = FakeCluster([stored("forth", "back")])
    action, world = replacement(cluster, "forth"), world_of(cluster)
    cluster.put(stored("theirs"))
    assert action.state(world) is State.CHANGED
    for write in (action.do, action.undo):
        with pytest.raises(Conflict, match="was changed by somebody else"):
            write(world)
    assert cluster.raw(REF)["spec"]["rules"] == [{"name": "theirs"}]


def test_one_that_is_gone_is_not_made_again() -> None:
    cluster = FakeCluster([stored("forth", "back")])
    action, world = replacement(cluster, "forth"), world_of(cluster)
    cluster.delete(REF)
    assert action.state(world) is State.CHANGED
    with pytest.raises(Exception, match="is not there"):
        action.do(world)


def test_a_write_in_between_is_read_again() -> None:
    cluster = FakeCluster([stored("forth", "back")])
    action = replacement(cluster, "forth")
    meddling = iter([1])

    def meddle(method: str, ref: Ref) -> None:
        if next(meddling, None):
            cluster.put({**cluster.raw(REF), "status": {"ready": False}})

    cluster.on_write = meddle
    action.do(world_of(cluster))
    assert cluster.raw(REF)["spec"]["rules"] == [{"name": "forth"}]


def test_the_journal_brings_it_back_and_how_it_was_is_no_part_of_what_it_is() -> None:
    cluster = FakeCluster([stored("forth", "back")])
    action = replacement(cluster, "forth")
    assert codec().action(encode_action(action)) == action
    cluster.put(stored("other"))
    assert replacement(cluster, "forth").identity() == action.identity()


def test_the_diff_leaves_out_what_only_the_server_has_added() -> None:
    cluster = FakeCluster([stored("forth", "back")])
    diff = replacement(cluster, "forth").diff()
    assert '-        "name": "back"' in diff
    assert "admission" not in diff


def test_written_keeps_lists_of_another_length_whole() -> None:
    assert written({"a": [1, {"b": 2}], "c": 3}, {"a": [1]}) == {"a": [1, {"b": 2}]}
    assert written({"a": [{"b": 2, "x": 0}]}, {"a": [{"b": 3}]}) == {"a": [{"b": 2}]}


def test_never_a_secret() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}}
    with pytest.raises(ValueError, match="Secret"):
        replace_object(secret, copy.deepcopy(secret), why="")
