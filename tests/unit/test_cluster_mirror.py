"""Mirrors: the newest state by one watch, through everything that can happen to a watch."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import CONFIG_MAP
from istiokit.cluster.mirror import Mirror, Mirrors
from istiokit.cluster.types import Event, EventType, Ref, Where
from istiokit.errors import Forbidden
from tests.fakes import FakeCluster
from tests.unit.test_cluster_http import Server, hangs_up, item, listed, says, server, streams, watch_line

EVERYWHERE = (Where(),)
__all__ = ["server"]  # the fixture


def by_app(one: Object) -> str:
    return one.metadata.labels.get("app", one.metadata.name)


def made(name: str, version: str = "1", **parts: Any) -> Object:
    import msgspec

    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": parts.pop("uid", name),
        "resourceVersion": version,
        **parts,
    }
    return msgspec.convert({"metadata": metadata}, Object)


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def names(mirrors: Mirrors, mirror: Mirror[Object]) -> set[str]:
    return mirrors.look(lambda: {name for name in "abcd" if mirror.group(name)})


THREE = listed("5", item("a", "1"), item("b", "2"), item("c", "3"))


@pytest.mark.parametrize(
    "broken",
    [
        streams({"type": "ERROR", "object": {"code": 410}}),
        says(410, {"code": 410}),
        says(403, {"message": 'User "a" cannot watch resource "x" in API group ""'}),
    ],
    ids=["gone in the stream", "gone", "forbidden for a moment"],
)
def test_what_happened_while_the_watch_was_away_is_caught_up(server: Server, broken: Any) -> None:
    server.script = [
        THREE,
        broken,
        listed("9", item("a", "1"), item("b", "8"), item("d", "9")),
        streams(watch_line("DELETED", "a", "10")),
        streams(),
    ]
    with Mirrors(server.cluster(), EVERYWHERE) as mirrors:
        mirror = mirrors.of(CONFIG_MAP, Object, by_app)
        eventually(lambda: names(mirrors, mirror) == {"b", "d"})
        assert mirrors.error is None


@pytest.mark.parametrize("broken", [hangs_up, says(500, b"oops")], ids=["cut", "in trouble"])
def test_a_watch_that_was_cut_goes_on_where_it_was(server: Server, broken: Any) -> None:
    server.script = [THREE, broken, streams(watch_line("DELETED", "a", "10")), streams()]
    with Mirrors(server.cluster(), EVERYWHERE) as mirrors:
        mirror = mirrors.of(CONFIG_MAP, Object, by_app)
        eventually(lambda: names(mirrors, mirror) == {"b", "c"})


def test_a_mirror_that_cannot_begin_says_why() -> None:
    cluster = FakeCluster(denied={("watch", "ConfigMap")})
    with Mirrors(cluster, EVERYWHERE) as mirrors, pytest.raises(Forbidden):
        mirrors.of(CONFIG_MAP, Object, by_app)


def test_waiting_ends_when_it_comes_or_with_the_time_or_when_stopped() -> None:
    cluster, stop = FakeCluster(), threading.Event()
    with Mirrors(cluster, EVERYWHERE) as mirrors:
        mirror = mirrors.of(CONFIG_MAP, Object, by_app)

        def there() -> bool | None:
            return True if mirror.group("web") else None

        assert mirrors.wait("web", there, time.monotonic() + 0.05, stop) is None
        metadata = {"name": "x", "namespace": "shop", "labels": {"app": "web"}}
        cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        assert mirrors.wait("web", there, time.monotonic() + 10, stop)
        cluster.delete(Ref("ConfigMap", "x", "shop"))
        gone = mirrors.wait("web", lambda: None if there() else True, time.monotonic() + 10, stop)
        assert gone
        stop.set()
        assert mirrors.wait("web", there, time.monotonic() + 10, stop) is None


def test_an_object_that_changes_its_group_leaves_the_old_one() -> None:
    mirror = Mirror(by_app)
    assert mirror.take(Event(EventType.ADDED, made("x", labels={"app": "a"}))) == {None, "a"}
    assert mirror.take(Event(EventType.MODIFIED, made("x", labels={"app": "b"}))) == {"a", "b"}
    assert (mirror.group("a"), list(mirror.group("b"))) == ({}, ["x"])


def test_the_end_of_another_object_of_the_name_is_none() -> None:
    """A StatefulSet's pod is made anew under its name: the old one's end may be told late."""
    mirror = Mirror(by_app)
    mirror.take(Event(EventType.ADDED, made("x", uid="new")))
    assert mirror.take(Event(EventType.DELETED, made("x", uid="old"))) == set()
    assert mirror.group("x")
    mirror.take(Event(EventType.DELETED, made("x", uid="new")))
    assert mirror.group("x") == {}


def test_one_namespace_is_reset_without_the_others() -> None:
    mirror = Mirror(by_app)
    elsewhere = made("y")
    mirror.reset(None, [made("x"), elsewhere])
    mirror.reset("shop", [])
    assert mirror.group("x") == {}
    mirror.reset("other", [])
    assert mirror.group("y") == {}, "it is in shop too"
