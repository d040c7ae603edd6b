"""Taking a change back, and making it again, in a text that others have edited meanwhile."""

import json

import msgspec
import pytest

from istiokit.cluster.yamltext import Change, Splice, apply, parse, redo, undo
from istiokit.errors import Conflict, UsageError

SWITCH = ("istio", "enabled")


def made(text: str) -> tuple[str, Change]:
    change = parse(text, "v.yaml").set(SWITCH, False)
    assert change is not None
    return apply(text, [change.splice]), change


@pytest.mark.parametrize("before", ["a: 1\n", "istio: {enabled: true}\na: 1\n", "istio:\n  x: 1\na: 1\n"])
def test_undo_finds_the_change_after_other_edits(before: str) -> None:
    after, change = made(before)
    edited = "# new head\nz: [1]\n" + after + "tail: true\n"
    restored = apply(edited, [undo(edited, change, "v.yaml")])
    assert restored == "# new head\nz: [1]\n" + before + "tail: true\n"


@pytest.mark.parametrize(
    ("before", "found", "instead"),
    [
        ("a: 1\n", "enabled: false", "enabled: true"),
        ("a: 1\n", "istio:\n", "istio: # mine\n"),
        ("a: 1\n", "enabled: false\n", "enabled: false\n  gateways: {}\n"),
        ("istio: {enabled: true}\n", "enabled: false", "enabled: no"),
        ("istio: {enabled: true}\n", "istio: {enabled: false}", "istio: {}"),
        ("o: &o true\nistio: {enabled: *o}\n", "&o ", ""),
        ("a: 1\n", "a: 1", "a: [1"),
    ],
)
def test_undo_refuses_what_was_edited_since(before: str, found: str, instead: str) -> None:
    after, change = made(before)
    edited = after.replace(found, instead)
    assert edited != after
    with pytest.raises(Conflict):
        undo(edited, change, "v.yaml")
    with pytest.raises((Conflict, UsageError)):
        redo(edited, change, "v.yaml")


def test_redo_makes_the_change_in_a_newer_text() -> None:
    _, change = made("istio: {enabled: true}\n")
    newer = "# head\nistio: {enabled: true, x: 1}\n"
    assert apply(newer, [redo(newer, change, "v.yaml")]) == "# head\nistio: {enabled: false, x: 1}\n"
    with pytest.raises(Conflict):
        redo("istio: {enabled: yes}\n", change, "v.yaml")


def test_apply_wants_the_old_text() -> None:
    assert apply("abc", [Splice(0, "a", "x"), Splice(2, "c", "")]) == "xb"
    with pytest.raises(Conflict):
        apply("abc", [Splice(0, "b", "x")])


def test_a_change_survives_a_journal() -> None:
    _, change = made("a: 1\n")
    assert msgspec.json.decode(json.dumps(msgspec.to_builtins(change)), type=Change) == change
