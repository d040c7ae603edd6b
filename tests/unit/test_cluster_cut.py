"""Lists that are decoded while they come: whatever they hold and however they are cut, all of it arrives once."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.cluster.live_cut import Cutter
from istiokit.cluster.live_read import items
from istiokit.cluster.types import unchanged

HEAD = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
TRICK = '},{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{'
"""What stands between two objects, as a word inside one."""

texts = st.one_of(st.text(max_size=20), st.just(TRICK), st.just('"items":[{"a":{'))
values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
named = st.fixed_dictionaries(
    {"name": texts}, optional={"annotations": st.dictionaries(texts, texts, max_size=3)}
)
single = st.builds(lambda metadata, spec: {**HEAD, "metadata": metadata, "spec": spec}, named, values)
nested = st.builds(
    lambda one, others: {**one, "spec": {"list": others}}, single, st.lists(single, max_size=3)
)
"""Objects that hold a list of their own kind: brackets that only seem to end an object."""
lists = st.lists(st.one_of(single, single, nested), max_size=12)


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def page(found: list[Any]) -> dict[str, Any]:
    """In the order in which the API server writes a list of custom resources."""
    return {
        "apiVersion": HEAD["apiVersion"],
        "items": found,
        "kind": "List",
        "metadata": {"resourceVersion": "7"},
    }


@given(lists, st.integers(1, 400), st.booleans())
@example([{**HEAD, "metadata": {"name": "a"}, "spec": {"list": [HEAD | {"metadata": {}}] * 3}}], 40, True)
def test_every_object_arrives_once_and_in_order(found: list[Any], size: int, compact: bool) -> None:
    separators = (",", ":") if compact else None
    body = json.dumps(page(found), separators=separators).encode()
    read = items(
        lambda query, read: read(pieces(body, size)), {}, VIRTUAL_SERVICE, "v1", dict[str, Any], unchanged
    )
    assert read == found


@given(st.integers(2, 60), st.integers(64, 900))
def test_only_a_part_of_a_long_list_is_in_memory_at_a_time(count: int, size: int) -> None:
    found = [
        {**HEAD, "metadata": {"name": f"app-{number}"}, "spec": {"text": "x" * 50}} for number in range(count)
    ]
    body = json.dumps(page(found), separators=(",", ":")).encode()
    taken: list[int] = []

    def take(some: bytes) -> bool:
        taken.append(len(msgspec.json.decode(some)))
        return True

    rest = Cutter("items", take).rest(pieces(body, size))
    assert sum(taken) + len(msgspec.json.decode(rest)["items"]) == count
    assert len(rest) < 2 * (size + 400), "what stays is the end of the list, however long it was"


def test_what_is_kept_of_each_object_is_for_the_caller_to_say() -> None:
    body = json.dumps(
        page([{**HEAD, "metadata": {"name": name}} for name in "abc"]), separators=(",", ":")
    ).encode()
    seen: list[str] = []

    def keep(item: Object) -> Object:
        seen.append(item.metadata.name)
        return Object()

    read = items(lambda query, read: read(pieces(body, 64)), {}, VIRTUAL_SERVICE, "v1", Object, keep)
    assert seen == list("abc") and read == [Object()] * 3
