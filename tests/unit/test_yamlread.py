"""Reading a text in pieces comes to the same as reading it as a whole, and an error costs its own piece."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from istiokit.cluster.yamlload import NotPlain, Unsound, load
from istiokit.cluster.yamlread import Broken, Read, holds_list, is_list, read
from istiokit.cluster.yamltext import parse_all

ITEMS = ["apiVersion: v1", "kind: ConfigMap", "metadata: {name: a}", "data:", "  text: |"]


def whole(text: str) -> list[tuple[int, int | None, Any]] | None:
    """Document, item and value of all that the tree of the whole text holds; None where it is refused."""
    try:
        documents = parse_all(text, "a.yaml")
    except Unsound:
        return None
    found: list[tuple[int, int | None, Any]] = []
    for one in documents:
        if is_list(one.values):
            items = one.values.get("items") or []
            found += [(one.index, at, item) for at, item in enumerate(items)]
        elif one.values is not None:
            found.append((one.index, None, one.values))
    return found


def in_pieces(text: str) -> list[tuple[int, int | None, Any]]:
    found = [one for one in read(text, "a.yaml") if isinstance(one, Read)]
    return [(one.piece.document, one.item, one.value) for one in found]


def errors(text: str) -> list[str]:
    return [str(one.error) for one in read(text, "a.yaml") if isinstance(one, Broken)]


def same(text: str) -> None:
    expected = whole(text)
    if expected is None:
        # libyaml wants `---` behind `...`, as YAML 1.1 does; a piece is a document of its own, as YAML 1.2 has it.
        assert errors(text) or "\n..." in f"\n{text}", text
    else:
        assert (in_pieces(text), errors(text)) == (expected, []), text


LINES = st.sampled_from(
    [
        *(
            "- a",
            "- a: 1",
            "  b: 2",
            "- - x",
            "-",
            "- |",
            "    text",
            "- >-",
            "- 'open",
            "  - nested",
            "end'",
            '- "open',
        ),
        *(
            'end"',
            "- [1,",
            "  2]",
            "# comment",
            "",
            "  # comment",
            "- &x a",
            "- *x",
            "- a: &y {b: 1}",
            "- <<: *y",
        ),
        *(
            "  c: 'x",
            "- x'",
            "\ttab: 1",
            "- a: 1\n  a: 2",
            "kind: List",
            "items:",
            "  items:",
            "--- ",
            "...",
            "? a",
        ),
        *(
            "- !!str 1",
            "- 0x1F",
            "- yes",
            "-x: 1",
            "- {a: 1}",
            "  - b",
            " - c",
            "%TAG",
            "- a: |2",
            "- 'it''s'",
        ),
    ]
)
HEADS = st.sampled_from(
    [
        "kind: List\n",
        "",
        "# list\nkind: List\n",
        "---\nkind: List\n",
        "kind: 'List\n",
        "{kind: List\n",
        "\ufeffkind: List\n",
    ]
)
TAILS = st.sampled_from(
    ["", "metadata: {}\n", "kind: List\n", "metadata:\n  x: ''\n", "  odd: 1\n", "b': 1\n", "]: 1\n"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["- a", "---", "a\n- b\n"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(
    HEADS,
    st.sampled_from(["items:", "items: # all", "items: []", '"items":']),
    st.lists(LINES, max_size=9),
    TAILS,
)
@example("kind: List\n", "items:", ['- "open', '- end"'], "")
@example("kind: List\n", "items:", ["- &x a", "- *x"], "")
@example("kind: List\n", "items:", ["- a: &y {b: 1}", "- <<: *y"], "metadata: {}\n")
@example("kind: List\n", "items:", ["- 'open", "- x'", "- a"], "")
@example("kind: List\n", "items:", ["- [1,", "- 2]"], "")
@example("kind: List\n", "items:", ["- |", "    text", "- a"], "")
@example("kind: 'List\n", "items:", ["- a", "- b"], "b': 1\n")
def test_any_lines_of_a_list_are_read_as_they_are_as_a_whole(
    head: str, items: str, lines: list[str], tail: str
) -> None:
    same(f"{head}{items}\n" + "".join(f"{line}\n" for line in lines) + tail)


@given(
    st.lists(LINES | st.sampled_from(["---", "--- a", "a: b", "--- |"]), max_size=9),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_stream_of_documents_is_read_as_it_is_as_a_whole(lines: list[str], newline: str) -> None:
    same("".join(f"{line}{newline}" for line in lines).replace("\n", newline).replace("\r\r", "\r"))


@given(st.lists(VALUES, max_size=5), st.booleans(), st.integers(0, 3), st.sampled_from([None, True, False]))
def test_what_is_dumped_comes_back(values: list[Any], below: bool, indent: int, flow: bool | None) -> None:
    dumped = (
        yaml.safe_dump(values, allow_unicode=True, default_flow_style=flow, width=20) if values else "[]\n"
    )
    margin = " " * indent
    lines = dumped.splitlines(keepends=True)
    body = "".join(margin + line if line.strip() else line for line in lines) if not flow else dumped
    text = f"apiVersion: v1\nitems:\n{body}kind: List\n" if below else f"kind: List\nitems:\n{body}"
    same(text)


@given(VALUES)
def test_the_quick_way_reads_what_the_tree_reads(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    try:
        found = load(text, "a.yaml").value
    except (NotPlain, Unsound):
        return
    assert found == parse_all(text, "a.yaml")[0].values or found != found


LIST = (
    "apiVersion: v1\nitems:\n"
    + "".join(f"- kind: A{at}\n  x: |\n    - a\n" for at in range(3))
    + "kind: List\n"
)


def test_a_list_as_kubectl_prints_it_is_cut_and_each_item_knows_its_line() -> None:
    found = [one for one in read(LIST, "a.yaml") if isinstance(one, Read)]
    assert [(one.line, one.piece.of(LIST)) for one in found] == [
        (3 + 3 * at, f"- kind: A{at}\n  x: |\n    - a\n") for at in range(3)
    ]
    assert holds_list(LIST) and not holds_list("items:\n- a\n")


@pytest.mark.parametrize(
    ("text", "error", "values"),
    [
        ("a: [\n---\nb: 1\n", "a.yaml:2:1: not YAML", [{"b": 1}]),
        ("b: 1\n---\na: 1\na: 2\n", 'a.yaml:4:1: the key "a" is given twice (first in line 3)', [{"b": 1}]),
        (LIST.replace("A1\n", "A1\n   y: 1\n"), "a.yaml:7:", ["A0", "A2"]),
        (LIST.replace("kind: A2", "\tkind: A2"), "a.yaml:9:", ["A0", "A1"]),
        (LIST.replace("A1", "'A1"), "a.yaml:", ["A0", "A2"]),
        ("a: \x00\n---\nb: 1\n", "a.yaml:1: a character that YAML does not allow", [{"b": 1}]),
        ("a: 1\n--- \n\x01b: 1\n", "a.yaml:3: a character that YAML does not allow", [{"a": 1}]),
        ("a: *b\n---\nb: 1\n", "a.yaml:1:4: the alias *b has no anchor before it", [{"b": 1}]),
    ],
)
def test_an_error_costs_its_own_piece(text: str, error: str, values: list[Any]) -> None:
    assert [one for one in errors(text) if one.startswith(error)], errors(text)
    assert len(errors(text)) == 1
    found = [value.get("kind", value) for _, _, value in in_pieces(text)]
    assert found == values


def test_where_lines_end_as_only_yaml_1_1_knows_the_text_stays_whole() -> None:
    same("a: 1\u2028---\u2028b: 2\n")
    same("%YAML 1.1\n---\na: 1\n...\n%TAG ! tag:x,2000:\n---\nb: 1\n")
    same("a: 1\r---\rb: 2\r")
