"""Random values files: setting switches changes those and no other byte, twice changes nothing, undo restores all."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from istiokit.cluster.yamltext import Change, apply, parse, undo
from istiokit.cluster.yamlvalues import with_value

SWITCHES = ("istioOperator", "istio", "istioCRDs", "istiod", "istioGateway")
OTHERS = ("domain", "kiali", '"quoted key"', "größe", "😀", "sso", "addons")

COMMENTS = st.sampled_from(["", "", " # why", " # istio: {enabled: x}", "\t# 😀 ü"])
LINES = st.sampled_from(["", "", "# a comment\n", "\n", "  # deep: comment\n", "#\n\n"])
WORDS = [
    "1",
    "'it''s'",
    '"a # b\\u00e9"',
    "~",
    "",
    "[a, {b: c}]",
    "{x: {y: 1}, z}",
    "größe 😀",
    "2020-01-01",
    "off",
]
BLOCKS = [
    "|\n      text\n\n        more",
    "|-\n      istio:\n        enabled: true",
    ">+\n      folded\n",
    "- no: 1",
]
VALUES = st.sampled_from([*WORDS, *BLOCKS, "*shared"])
BOOLEANS = st.sampled_from(
    ["true", "false", "yes", "On", "'true'", '"false"', "", "~", "!!bool true", "*on", "0"]
)


@st.composite
def block_package(draw: st.DrawFn, name: str, indent: str) -> str:
    """`istio:` with its keys below it, the switch among them or not."""
    keys = draw(st.lists(st.sampled_from(["flux", "values", "git", "sourceType"]), unique=True, max_size=3))
    lines = [f"{indent}{key}: {value_line(draw, indent)}" for key in keys]
    if not keys or draw(st.booleans()):
        switch = f"{indent}enabled: {draw(BOOLEANS)}{draw(COMMENTS)}\n"
        lines.insert(draw(st.integers(0, len(lines))), switch)
    if draw(st.integers(0, 3)) == 0:
        lines.insert(0, f"{indent}<<: *package\n")
    separated = [f"{draw(LINES)}{line}" for line in lines]
    return f"{name}:{draw(COMMENTS)}\n{''.join(separated)}"


def value_line(draw: st.DrawFn, indent: str) -> str:
    value = draw(VALUES)
    if value.startswith("- "):
        return f"\n{indent}{value}\n"
    if value.startswith((">", "|")):
        return f"{value}\n"
    return f"{value}{draw(COMMENTS)}\n"


@st.composite
def flow_package(draw: st.DrawFn, name: str) -> str:
    """A package in one line."""
    whole = [
        "",
        "~",
        "{}",
        "{ }",
        "{enabled: true}",
        "{ enabled: no , a: [1]}",
        '{"enabled":true}',
        "*package",
    ]
    value = draw(st.sampled_from([*whole, "{a: 1}", "{<<: *package}", "{<<: *package, b: 2}", "{enabled}"]))
    return f"{name}: {value}{draw(COMMENTS)}\n"


@st.composite
def values_files(draw: st.DrawFn) -> str:
    """A file of values as people write them."""
    indent = " " * draw(st.integers(1, 5))
    packages = draw(st.lists(st.sampled_from(SWITCHES), unique=True))
    others = draw(st.lists(st.sampled_from(OTHERS), unique=True, max_size=4))
    blocks = [draw(st.one_of(block_package(name, indent), flow_package(name))) for name in packages]
    blocks += [f"{name}: {value_line(draw, indent)}" for name in others]
    body = "".join(f"{draw(LINES)}{block}" for block in draw(st.permutations(blocks)))
    anchors = "wrapper:\n  a: &on true\n  b: &shared [1, 2]\n  c: &package {enabled: true, x: {y: 1}}\n"
    text = draw(st.sampled_from(["", "---\n", "# head\n"])) + anchors + body + draw(LINES)
    text = text if draw(st.booleans()) else text.rstrip("\n")
    text = text + draw(st.sampled_from(["", "", "", "\n...\n", "\n---\n# nothing\n"]))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])))
    return draw(st.sampled_from(["", "", "\ufeff"])) + text


def plain(text: str) -> Any:
    """What PyYAML, which knows nothing of our parser, reads in the first document."""
    return next(iter(yaml.load_all(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader)))


def set_all(text: str, wanted: dict[str, bool]) -> tuple[str, list[Change]]:
    changes = []
    for name, value in wanted.items():
        change = parse(text, "v.yaml").set((name, "enabled"), value)
        if change:
            changes.append(change)
            text = apply(text, [change.splice])
    return text, changes


WANTED = st.fixed_dictionaries(dict.fromkeys(SWITCHES, st.booleans()))


@settings(max_examples=150, deadline=None)
@given(values_files(), WANTED)
def test_the_switches_change_and_nothing_else(text: str, wanted: dict[str, bool]) -> None:
    expected = plain(text)
    for name, value in wanted.items():
        expected = with_value(expected, (name, "enabled"), value)
    after, changes = set_all(text, wanted)
    assert plain(after) == expected
    assert set_all(after, wanted) == (after, [])
    for change in reversed(changes):
        after = apply(after, [undo(after, change, "v.yaml")])
    assert after == text


@settings(max_examples=60, deadline=None)
@given(values_files(), st.sampled_from(SWITCHES), st.booleans())
def test_one_change_is_a_few_characters(text: str, name: str, value: bool) -> None:
    change = parse(text, "v.yaml").set((name, "enabled"), value)
    if change is None:
        assert plain(text)[name]["enabled"] is value
        return
    splice = change.splice
    after = apply(text, [splice])
    assert after.startswith(text[: splice.offset])
    assert after.endswith(text[splice.offset + len(splice.old) :])
    assert len(splice.old) <= len("!!bool true")
    assert len(splice.new) <= len("{<<: *package, enabled: false}") + 12


@settings(max_examples=60, deadline=None)
@given(values_files(), WANTED)
def test_undo_works_around_later_edits(text: str, wanted: dict[str, bool]) -> None:
    after, changes = set_all(text, wanted)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    head = "" if "---" in text else "# edited later\n"
    edited = mark + head + after.removeprefix(mark)
    for change in reversed(changes):
        edited = apply(edited, [undo(edited, change, "v.yaml")])
    assert edited == mark + head + text.removeprefix(mark)
