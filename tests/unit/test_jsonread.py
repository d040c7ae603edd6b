"""JSON of any size: each object as the bytes that it is, with its place."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.jsonread import JsonRead, NotJson, json_error, looks_like_json, may_be_json, read_json
from istiokit.cluster.yamlload import Unsound

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


def found(text: str) -> list[tuple[int, int | None, Any]]:
    parts = [one for one in read_json(text.encode(), "a.json") if isinstance(one, JsonRead)]
    for one in parts:
        assert not one.cut or msgspec.json.decode(text.encode()[one.start : one.end]) == msgspec.json.decode(
            one.body
        )
        assert one.line == text.encode()[: one.start].count(b"\n") + 1
    return [(one.document, one.item, msgspec.json.decode(one.body)) for one in parts]


@given(
    st.lists(VALUES, max_size=4),
    st.sampled_from([None, 0, 4]),
    st.booleans(),
    st.dictionaries(st.text(), VALUES),
)
def test_a_list_is_read_item_by_item(
    items: list[Any], indent: int | None, escaped: bool, more: dict[str, Any]
) -> None:
    whole = {**more, "kind": "XList", "items": items}
    text = json.dumps(whole, indent=indent, ensure_ascii=escaped)
    assert found(text) == [(0, at, item) for at, item in enumerate(items)]


@given(
    st.lists(st.dictionaries(st.text(), VALUES), min_size=1, max_size=4), st.sampled_from(["\n", "", " \n\n"])
)
def test_several_values_are_documents(values: list[Any], between: str) -> None:
    objects = [{**value, "kind": "X"} for value in values]
    assert found(between.join(map(json.dumps, objects))) == [
        (at, None, one) for at, one in enumerate(objects)
    ]


def test_a_wrong_line_costs_itself() -> None:
    read = list(read_json(b'{"a":1}\n{"b":,}\n\n{"c":3}\n', "a.json"))
    assert [str(one) if isinstance(one, Unsound) else one.line for one in read] == [
        1,
        "a.json:2:6: not JSON: invalid character; correct the file",
        4,
    ]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'{"a": 1,\n  "b": }', "a.json:2:8: not JSON: invalid character"),
        (b'{"a": 1,\n}\n', "a.json:2:1: not JSON: trailing comma in object"),
        (b'{"a": 1\n', "a.json:2:1: not JSON: it ends too early"),
        (b'{"a": 1}\n---\n{"a": 2}', "a.json:2:1: not JSON: trailing characters"),
        (b'{"a":' * 9000, "a.json:1:45001: not JSON: nested too deeply"),
        (b"{a: 1}", None),
        (b'{"a": 1} # c', "a.json:1:10: not JSON: trailing characters"),
    ],
)
def test_what_is_no_json_is_told_with_line_and_column_or_left_to_yaml(data: bytes, error: str | None) -> None:
    assert may_be_json(data)
    with pytest.raises(NotJson) as refusal:
        list(read_json(data, "a.json"))
    if error:
        assert looks_like_json(data)
        assert str(json_error(data, refusal.value, "a.json")) == f"{error}; correct the file"


def test_a_list_whose_key_is_written_oddly_still_has_its_items() -> None:
    read = [
        one for one in read_json(b'{"kind":"List","i\\u0074ems":[{"a":1}]}', "a") if isinstance(one, JsonRead)
    ]
    assert [(one.line, one.item, one.cut, bytes(one.body)) for one in read] == [(1, 0, False, b'{"a":1}')]
