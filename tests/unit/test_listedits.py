"""Lists in large texts are changed in their own piece, to the very text that a change of the whole would give."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from istiokit.cluster import yamllists
from istiokit.cluster.listedits import listed, words_in
from istiokit.cluster.yamllists import ListPath, WantedList
from istiokit.errors import UsageError

GATEWAYS: ListPath = ("spec", "gateways")


def item(at: int, gateways: list[str], text: str = "") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "X",
        "metadata": {"name": f"x{at}", "note": text},
        "spec": {"gateways": gateways},
    }


def both_ways(text: str, wanted: list[WantedList]) -> str:
    """The text after the edit; the same edit of the whole text, and its way back, prove it."""
    new, edits = listed(text).edit("a.yaml", wanted)
    assert (new, edits) == yamllists.edit_lists(text, "a.yaml", wanted)
    assert listed(new).undo("a.yaml", edits) == text
    for one in wanted:
        assert words_in(listed(new).object(one.document, one.path), one.path) == one.words
    return new


WORDS = st.lists(st.sampled_from(["a/b", "c", "mesh", "x.y"]), min_size=1, max_size=3)
OBJECTS = st.lists(
    st.tuples(WORDS, st.sampled_from(["", "- a", "größe 😀", "a: b\n- c\n", "it's"])), min_size=1, max_size=4
)


@settings(max_examples=60)
@given(
    OBJECTS,
    WORDS,
    st.sampled_from(["list", "indented", "documents", "json"]),
    st.sampled_from(["\n", "\r\n"]),
    st.data(),
)
def test_a_piece_is_edited_as_the_whole_would_be(
    objects: list[tuple[list[str], str]], words: list[str], form: str, newline: str, data: st.DataObject
) -> None:
    items = [item(at, gateways, text) for at, (gateways, text) in enumerate(objects)]
    whole = {"apiVersion": "v1", "items": items, "kind": "List"}
    indented = "".join(f"  {line}" for line in yaml.safe_dump(items, allow_unicode=True).splitlines(True))
    text = {
        "list": lambda: yaml.safe_dump(whole, allow_unicode=True),
        "indented": lambda: f"kind: List\nitems:\n{indented}metadata: {{}}\n",
        "documents": lambda: yaml.safe_dump_all(items, allow_unicode=True, explicit_start=True),
        "json": lambda: json.dumps(whole, ensure_ascii=False, indent=data.draw(st.sampled_from([None, 2]))),
    }[form]().replace("\n", newline)
    assume(all(gateways != words for gateways, _ in objects))
    chosen = data.draw(st.lists(st.sampled_from(range(len(items))), min_size=1, unique=True))
    paths = [(at, GATEWAYS) if form == "documents" else (0, ("items", at, *GATEWAYS)) for at in chosen]
    both_ways(text, [WantedList(path, tuple(words), document) for document, path in paths])


LIST = """\
kind: List
items:
- &first
  kind: X
  spec: {gateways: &old [a]}
- kind: X
  spec: {gateways: *old}
- kind: X
  spec: {gateways: [b]}
"""


def test_an_anchor_that_another_item_uses_is_seen() -> None:
    with pytest.raises(UsageError, match="cannot be changed here without changing something else"):
        listed(LIST).edit("a.yaml", [WantedList(("items", 0, *GATEWAYS), ("c",))])
    new = both_ways(LIST, [WantedList(("items", 2, *GATEWAYS), ("c",))])
    assert new == LIST.replace("[b]", "[c]")


def test_a_document_of_which_a_part_is_wrong_is_left_alone_and_the_others_are_not() -> None:
    text = "kind: List\nitems:\n- spec: {gateways: [a]}\n- spec: {gateways: [a\n---\nspec: {gateways: [a]}\n"
    with pytest.raises(
        UsageError, match=r"a\.yaml: a part of its document cannot be read; correct that first"
    ):
        listed(text).edit("a.yaml", [WantedList(("items", 0, *GATEWAYS), ("b",))])
    new, _ = listed(text).edit("a.yaml", [WantedList(GATEWAYS, ("b",), 1)])
    assert new == text[:-5].removesuffix("[") + "[b]}\n"


def test_lines_of_json_are_edited_too() -> None:
    text = "\ufeff" + "".join(json.dumps(item(at, ["ä"]), ensure_ascii=False) + "\n" for at in range(3))
    new, edits = listed(text).edit(
        "a.json", [WantedList(GATEWAYS, ("b",), 1), WantedList(GATEWAYS, ("c",), 2)]
    )
    assert new.splitlines() == [
        text.splitlines()[0], *(text.splitlines()[at].replace("ä", word) for at, word in ((1, "b"), (2, "c")))
    ]  # fmt: skip
    assert listed(new).undo("a.json", edits) == text
