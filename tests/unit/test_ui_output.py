import datetime
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from istiokit.plan.model import Skip
from istiokit.ui.output import API_VERSION, Column, Document, render, table
from istiokit.ui.plain import camel, plain
from istiokit.ui.printable import printable


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Gate:
    name: str
    bound_to: tuple[str, ...] = ()
    state: Colour | None = None


GATES = (Gate("public", ("a/b", "c/d"), Colour.RED), Gate("wide: open"))
COLUMNS: tuple[Column[Gate], ...] = (
    Column("name", lambda gate: gate.name),
    Column("bound to", lambda gate: gate.bound_to),
    Column("state", lambda gate: gate.state, wide=True),
)
DOCUMENT = Document("GateList", GATES, summary={"total": 2}, skipped=(Skip("Gateway x/y", "not ours"),))


def test_table_looks_like_kubectl() -> None:
    assert render(DOCUMENT, COLUMNS, "table") == (
        "NAME         BOUND TO\npublic       a/b,c/d\nwide: open   <none>\n"
    )
    assert table(["ready"], [["True"]]) == "READY\nTrue\n"


def test_wide_shows_all_columns_and_no_line_ends_in_a_space() -> None:
    text = render(DOCUMENT, COLUMNS, "wide", no_headers=True)
    assert text == "public       a/b,c/d   red\nwide: open   <none>    <none>\n"


def test_names() -> None:
    assert render(DOCUMENT, COLUMNS, "name", name=lambda gate: f"gateway/{gate.name}") == (
        "gateway/public\ngateway/wide: open\n"
    )


def test_json_and_yaml_share_the_envelope() -> None:
    expected = {
        "apiVersion": API_VERSION,
        "kind": "GateList",
        "items": [
            {"name": "public", "boundTo": ["a/b", "c/d"], "state": "red"},
            {"name": "wide: open", "boundTo": [], "state": None},
        ],
        "summary": {"total": 2},
        "skipped": [{"object": "Gateway x/y", "reason": "not ours"}],
    }
    assert json.loads(render(DOCUMENT, COLUMNS, "json")) == expected
    assert yaml.safe_load(render(DOCUMENT, COLUMNS, "yaml")) == expected
    assert list(json.loads(render(DOCUMENT, COLUMNS, "json"))) == list(expected)


def test_an_empty_document_keeps_its_headers_and_its_shape() -> None:
    empty: Document[Gate] = Document("GateList", ())
    assert render(empty, COLUMNS, "table") == "NAME   BOUND TO\n"
    assert render(empty, COLUMNS, "table", no_headers=True) == ""
    assert render(empty, COLUMNS, "name") == ""
    assert json.loads(render(empty, COLUMNS, "json"))["items"] == []


def test_cells_stay_on_one_line_and_numbers_stay_as_they_are() -> None:
    rows: list[list[object]] = [["1.30", "two\nlines", {"app": "x"}], [" padded", True, 7]]
    assert (
        table(["a", "b", "c"], rows)
        == "A        B           C\n1.30     two lines   app=x\npadded   True        7\n"
    )


class Tagged(msgspec.Struct, frozen=True, tag=True, rename={"other_name": "OTHER"}):
    first_name: str
    other_name: int


def test_structs_keep_their_tag_and_their_own_names() -> None:
    assert plain(Tagged("x", 1)) == {"type": "Tagged", "firstName": "x", "OTHER": 1}


def test_plain_forms() -> None:
    day = datetime.date(2026, 1, 2)
    value = {"keys_stay": {day}, "list": (1, 2.5, None, True)}
    assert plain(value) == {"keys_stay": ["2026-01-02"], "list": [1, 2.5, None, True]}


@pytest.mark.parametrize("value", [object(), b"bytes", Gate])
def test_no_plain_form_is_an_error(value: object) -> None:
    with pytest.raises(TypeError, match="has no plain form"):
        plain(value)


@pytest.mark.parametrize(
    ("name", "shown"), [("name", "name"), ("last_handled_at", "lastHandledAt"), ("as_user", "asUser")]
)
def test_field_names_are_camel_case(name: str, shown: str) -> None:
    assert camel(name) == shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_plain_values_are_left_alone(value: Any) -> None:
    assert plain(value) == value


CELLS = st.lists(st.lists(st.text() | st.lists(st.text()), min_size=2, max_size=2))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[2J", "^[[2J"), ("a\x00b\x7f", "a^@b^?"), ("\x9b1m", "\ufffd1m"), ("ü\tß\n", "ü\tß\n")],
)
def test_nothing_from_a_cluster_steers_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(CELLS)
@example([["", "\x01"]])  # a mark of a separating line, to some libraries
def test_a_table_has_a_line_per_row_whatever_the_cells(rows: list[list[object]]) -> None:
    lines = table(["a", "b"], rows).split("\n")
    assert len(lines) == len(rows) + 2
    assert all(line == line.rstrip() for line in lines)
