"""Patches against the examples of their RFCs, and what must hold for all of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.patch import changed_leaves, merged, operated, pointer
from istiokit.errors import Conflict, OperationFailed

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from(["a", "b", "c/d", "e~f"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3)
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7386, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_follows_the_rfc(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result


@given(OBJECTS, OBJECTS)
def test_merging_twice_is_merging_once(target: Any, patch: Any) -> None:
    once = merged(target, patch)
    assert merged(once, patch) == once


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [  # RFC 6902, appendix A
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/b"}, {"a": 1}),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/0"}, {"a": [2]}),
        ({"a": [1, 2]}, {"op": "replace", "path": "/a/1", "value": 3}, {"a": [1, 3]}),
        ({"a": {"b": 1}}, {"op": "move", "from": "/a/b", "path": "/c"}, {"a": {}, "c": 1}),
        ({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/c"}, {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a/b": {"~": 1}}, {"op": "replace", "path": "/a~1b/~0", "value": 2}, {"a/b": {"~": 2}}),
        ({"a": 1}, {"op": "replace", "path": "", "value": {"b": 2}}, {"b": 2}),
    ],
)
def test_json_patch_follows_the_rfc(document: Any, operation: dict[str, Any], result: Any) -> None:
    assert operated(document, [{"op": "test", "path": "", "value": document}, operation]) == result


@pytest.mark.parametrize("path", ["/b", "/a/0/c", "/a/1", "/a/-"])
def test_a_path_that_is_not_there_cannot_be_replaced(path: str) -> None:
    with pytest.raises(OperationFailed, match="there is no"):
        operated({"a": [{}]}, [{"op": "replace", "path": path, "value": 1}])


@pytest.mark.parametrize("path", ["/a", "/b/c"])
def test_a_failed_test_is_a_conflict_and_changes_nothing(path: str) -> None:
    document = {"a": 1, "b": {}}
    with pytest.raises(Conflict):
        operated(document, [{"op": "remove", "path": "/b"}, {"op": "test", "path": path, "value": 2}])
    assert document == {"a": 1, "b": {}}


@given(OBJECTS)
def test_neither_patch_touches_what_it_was_given(document: Any) -> None:
    before = repr(document)
    for key in document:
        operated(document, [{"op": "remove", "path": "/" + key.replace("~", "~0").replace("/", "~1")}])
        merged(document, {key: None})
    assert repr(document) == before


def test_a_pointer_begins_with_a_slash() -> None:
    assert pointer("/metadata/annotations/a.b~1c") == ("metadata", "annotations", "a.b/c")
    assert pointer("") == ()
    with pytest.raises(OperationFailed):
        pointer("metadata")


@given(OBJECTS, OBJECTS)
def test_the_changed_leaves_lead_from_the_old_to_the_new(old: Any, new: Any) -> None:
    """Setting, or for None removing, every changed leaf gives the new object."""
    result = merged({}, {}) | old
    gone = object()
    for path, value in changed_leaves(old, new):
        result = put(result, path, gone if value is None and not has(new, path) else value, gone)
    assert result == new


def has(value: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True


def put(value: Any, path: tuple[str, ...], new: Any, gone: object) -> Any:
    if not path:
        return new
    here = dict(value) if isinstance(value, dict) else {}
    here[path[0]] = put(here.get(path[0]), path[1:], new, gone)
    return {key: item for key, item in here.items() if item is not gone}
