"""Lists in YAML and JSON text: changed byte by byte, and back."""

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from istiokit.cluster.yamllists import ListPath, WantedList, edit_lists, undo_lists
from istiokit.errors import Conflict, UsageError

PATH: ListPath = ("spec", "gateways")


def edited(text: str, *words: str, path: ListPath = PATH, document: int = 0) -> str:
    """The text after the edit, which can be taken back."""
    new, edits = edit_lists(text, "a.yaml", [WantedList(path, words, document)])
    assert undo_lists(new, "a.yaml", edits) == text
    return new


def test_an_edit_that_would_break_the_text_is_not_the_fault_of_the_file() -> None:
    text = "spec:\n  gateways:\n  - >-\n    a/b\n  - |-\n    mesh\n  http: []\n"
    with pytest.raises(UsageError, match="cannot be changed here without changing something else"):
        edit_lists(text, "a.yaml", [WantedList(PATH, ("a/b", "mesh", "c/d"), 0)])


@pytest.mark.parametrize(
    ("before", "words", "after"),
    [
        # lines, indented and not, with comments and quotes
        (
            "spec:\n  gateways:\n  - a/b # x\n  # y\n  - mesh\n",
            ["c/d", "mesh"],
            "spec:\n  gateways:\n  - c/d # x\n  # y\n  - mesh\n",
        ),
        ("spec:\n  gateways:\n  - a/b # x\n  - mesh\n", ["mesh"], "spec:\n  gateways:\n  - mesh\n"),
        ("spec:\n  gateways:\n  - mesh\n  - a/b", ["mesh"], "spec:\n  gateways:\n  - mesh"),
        (
            "spec:\n  gateways:\n    -   'a/b'\n  hosts: []\n",
            ["a/b", "c/d"],
            "spec:\n  gateways:\n    -   'a/b'\n    -   'c/d'\n  hosts: []\n",
        ),
        ("spec:\r\n  gateways:\r\n  - a/b", ["a/b", "c/d"], "spec:\r\n  gateways:\r\n  - a/b\r\n  - c/d"),
        # in brackets
        ("spec: {gateways: [a/b, mesh]} # x\n", ["mesh"], "spec: {gateways: [mesh]} # x\n"),
        ("spec: {gateways: [mesh, a/b, ]}\n", ["mesh"], "spec: {gateways: [mesh, ]}\n"),
        ("spec: {gateways: [mesh,a/b]}\n", ["mesh", "a/b", "c/d"], "spec: {gateways: [mesh,a/b,c/d]}\n"),
        ('{"spec":{"gateways":["a/b"]}}', ["c/d"], '{"spec":{"gateways":["c/d"]}}'),
        (
            '{"spec":{"gateways":[\n\t"a/b"\n]}}',
            ["a/b", "c/d"],
            '{"spec":{"gateways":[\n\t"a/b",\n\t"c/d"\n]}}',
        ),
        # none there yet
        (
            "spec:\n  hosts:\n    - x\n",
            ["mesh", "c/d"],
            "spec:\n  gateways:\n    - mesh\n    - c/d\n  hosts:\n    - x\n",
        ),
        (
            "spec:\n  hosts: [x]\n",
            ["mesh", "c/d"],
            "spec:\n  gateways:\n    - mesh\n    - c/d\n  hosts: [x]\n",
        ),
        (
            '{"spec": {\n  "hosts": ["x"]}}',
            ["mesh"],
            '{"spec": {\n  "gateways": ["mesh"],\n  "hosts": ["x"]}}',
        ),
        ("spec: {hosts: [x]}\n", ["mesh"], "spec: {gateways: [mesh],hosts: [x]}\n"),
        ("spec:\n  gateways: []\n", ["mesh", "c/d"], "spec:\n  gateways: [mesh, c/d]\n"),
        ("spec:\n  gateways:\n  hosts: [x]\n", ["mesh"], "spec:\n  gateways: [mesh]\n  hosts: [x]\n"),
        ("spec:\n  gateways: ~ # x\n", ["mesh"], "spec:\n  gateways: [mesh] # x\n"),
        # an alias for one word
        (
            "x: &a a/b\nspec:\n  gateways: [*a, mesh]\n",
            ["c/d", "mesh"],
            "x: &a a/b\nspec:\n  gateways: [c/d, mesh]\n",
        ),
    ],
)
def test_a_list_changes_in_its_own_style(before: str, words: list[str], after: str) -> None:
    assert edited(before, *words) == after


def test_a_path_may_lead_through_lists_and_documents() -> None:
    text = "a: 1\n---\nitems:\n- spec: {gateways: [a/b]}\n- spec:\n    gateways:\n    - a/b\n"
    path: ListPath = ("items", 1, "spec", "gateways")
    assert edited(text, "c/d", path=path, document=1) == text[:-4] + "c/d\n"


@pytest.mark.parametrize(
    "text",
    [
        "x: &a [a/b]\nspec:\n  gateways: *a\n",
        "x: &a {gateways: [a/b]}\nspec:\n  <<: *a\n",
        "spec:\n  gateways: &a [a/b]\n  other: *a\n",
        "spec:\n  gateways: [&a a/b]\n  other: *a\n",
        "spec:\n  gateways: a/b\n",
        "spec: [a/b]\n",
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"a\.yaml"):
        edit_lists(text, "a.yaml", [WantedList(PATH, ("c/d",))])


def test_an_edit_is_taken_back_from_a_text_that_others_have_edited() -> None:
    text = "# top\nspec:\n  gateways:\n  - a/b # x\n  hosts: [x]\n"
    new, edits = edit_lists(text, "a.yaml", [WantedList(PATH, ("c/d", "e/f"))])
    theirs = new.replace("# top", "# top\n# more\nkind: X").replace("[x]", "[x, y]")
    assert undo_lists(theirs, "a.yaml", edits) == text.replace("# top", "# top\n# more\nkind: X").replace(
        "[x]", "[x, y]"
    )


@pytest.mark.parametrize(
    "change", [("c/d", "z/z"), ("  - c/d", "  # mine\n  - c/d"), ("gateways:", "gateway:")]
)
def test_an_edit_that_others_have_edited_is_not_taken_back(change: tuple[str, str]) -> None:
    new, edits = edit_lists(
        "spec:\n  gateways:\n  - a/b\n  - x\n", "a.yaml", [WantedList(PATH, ("x", "c/d"))]
    )
    with pytest.raises(Conflict):
        undo_lists(new.replace(*change), "a.yaml", edits)


WORDS = st.lists(
    st.sampled_from(["a/b", "c/d", "mesh", "own", "x.y", "team/gw"]), min_size=1, max_size=5, unique=True
)


@st.composite
def written(draw: st.DrawFn, words: list[str]) -> str:
    """A list behind `gateways:`, in some style."""
    quote = draw(st.sampled_from(["", "'", '"']))
    items = [f"{quote}{word}{quote}" for word in words]
    if draw(st.booleans()):
        gap = draw(st.sampled_from([", ", ",", ",\n      "]))
        lead = "\n      " if "\n" in gap else ""
        return f" [{lead}{gap.join(items)}{draw(st.sampled_from(['', ' ']))}]"
    margin = draw(st.sampled_from(["  ", "    "]))
    notes = st.sampled_from(["", " # note", "\n" + margin + "# below"])
    return "".join(f"\n{margin}- {item}{draw(notes)}" for item in items)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    before, after = draw(WORDS), draw(WORDS)
    head = draw(st.sampled_from(["", "# head\n", "kind: A\n---\n# second\n"]))
    tail = draw(st.sampled_from(["", "\n", "\n  hosts: [x]\n", "\n# end\n", "\n---\nkind: B"]))
    text = f"{head}spec:\n  gateways:{draw(written(before))}{tail}"
    return (text.replace("\n", "\r\n") if draw(st.booleans()) else text), before, after


@given(texts())
def test_only_the_list_changes_and_the_way_back_is_exact(sample: tuple[str, list[str], list[str]]) -> None:
    text, before, after = sample
    assume(before != after)
    document = 1 if "second" in text else 0
    new, (edit,) = edit_lists(text, "a.yaml", [WantedList(PATH, tuple(after), document)])
    read = list(yaml.safe_load_all(new))
    assert read[document]["spec"]["gateways"] == after
    splice = edit.splice
    assert new == text[: splice.offset] + splice.new + text[splice.offset + len(splice.old) :]
    assert new.count("#") >= text.count("#") - len(before)
    assert undo_lists(new, "a.yaml", [edit]) == text
