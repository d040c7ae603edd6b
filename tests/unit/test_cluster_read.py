"""Paging, without a server: what is asked for, and what becomes of answers that expire."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
import pytest

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import CONFIG_MAP
from istiokit.cluster.live_read import PAGE, Expired, items, selectors
from istiokit.cluster.types import Where, unchanged
from istiokit.errors import OperationFailed

T = TypeVar("T")
Read = Callable[[Iterable[bytes]], T]


def body(text: bytes) -> Any:
    """A server that gives this body to every question."""
    return lambda query, read: read([text])


class Pages:
    """A server with a list of names that hands out two at a time."""

    def __init__(self, names: list[str], expires: str = "") -> None:
        self.names, self.expires = names, expires
        self.asked: list[dict[str, str]] = []

    def pull(self, query: Mapping[str, str], read: Read[T]) -> T:
        self.asked.append(dict(query))
        token = query.get("continue", "")
        if token and token == self.expires:
            raise Expired
        start = int(token or 0)
        end = start + 2 if "limit" in query else len(self.names)
        more = {"continue": str(end)} if end < len(self.names) else {}
        found = [{"metadata": {"name": name}} for name in self.names[start:end]]
        return read([msgspec.json.encode({"metadata": more, "items": found})])

    def names_read(self) -> list[str]:
        found = items(self.pull, {"labelSelector": "a=b"}, CONFIG_MAP, "v1", Object, unchanged)
        return [item.metadata.name for item in found]


def test_pages_are_followed_to_the_end() -> None:
    pages = Pages(list("abcde"))
    assert pages.names_read() == list("abcde")
    assert [query.get("continue") for query in pages.asked] == [None, "2", "4"]
    assert {(query["limit"], query["labelSelector"]) for query in pages.asked} == {(str(PAGE), "a=b")}


def test_pages_that_expire_are_read_again_at_once_and_nothing_is_there_twice() -> None:
    pages = Pages(list("abcde"), expires="4")
    assert pages.names_read() == list("abcde")
    assert pages.asked[-1] == {"labelSelector": "a=b"}


def test_whole_objects_of_a_list_get_their_kind_back() -> None:
    found = items(Pages(["a"]).pull, {}, CONFIG_MAP, "v1", dict[str, Any], unchanged)
    assert found == [{"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "ConfigMap"}]


def test_no_items_at_all_is_an_empty_list() -> None:
    nothing = body(b'{"metadata":{},"items":null}')
    assert items(nothing, {}, CONFIG_MAP, "v1", Object, unchanged) == []


@pytest.mark.parametrize("text", [b"<html>", b'{"metadata":{},"items":[{"metadata":{"name":7}}]}'])
def test_an_answer_of_another_shape_is_one_line(text: bytes) -> None:
    with pytest.raises(OperationFailed, match="list ConfigMap: the answer is not as expected"):
        items(body(text), {}, CONFIG_MAP, "v1", Object, unchanged)


def test_selectors_become_a_query() -> None:
    assert selectors(Where("ns", labels="a=b")) == {"labelSelector": "a=b"}
    assert selectors(Where(fields="metadata.name=x")) == {"fieldSelector": "metadata.name=x"}
