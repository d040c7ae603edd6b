"""Edits of YAML text in ConfigMaps, Secrets and files, byte for byte reversible."""

import base64
from pathlib import Path
from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.errors import Conflict, OperationFailed
from istiokit.plan.actions.text import EditText, TextPlace
from istiokit.plan.model import State
from tests.edits import edit_text
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import config_map, there_and_back, world_of

REF = Ref("ConfigMap", "values", "bigbang")
TEXT = "# which packages\nistio:\n  enabled: true   # the old one\nistiod: {enabled: false}\r\nlast: 'é'"
WANTED = [(("istio", "enabled"), False), (("istiod", "enabled"), True), (("istioGateway", "enabled"), True)]


def edit(place: TextPlace, text: str = TEXT) -> EditText:
    action = edit_text(text, place, WANTED, why="step 1")
    assert action
    return action


def test_text_in_a_config_map_is_edited_and_restored_byte_for_byte() -> None:
    cluster = FakeCluster([config_map("values", **{"values.yaml": TEXT, "other": "kept"})])
    action = edit(TextPlace(ref=REF, key="values.yaml"))
    assert action.target() == "ConfigMap bigbang/values key values.yaml"
    assert action.change() == "istio.enabled -> false, istiod.enabled -> true, istioGateway.enabled -> true"
    assert "+  enabled: false   # the old one" in action.diff()
    there_and_back(action, cluster, REF)


def secret(text: str) -> dict[str, Any]:
    data = {"values.yaml": base64.b64encode(text.encode()).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "bb", "namespace": "bigbang"},
        "data": data,
    }


def test_text_in_a_secret_is_edited_and_nothing_else_of_it_is_shown() -> None:
    text = f"password: hunter2\n{TEXT}"
    cluster, ref = FakeCluster([secret(text)]), Ref("Secret", "bb", "bigbang")
    action = edit(TextPlace(ref=ref, key="values.yaml"), text)
    there_and_back(action, cluster, ref)
    assert "hunter2" not in repr(action)
    assert "+  enabled: false" in action.diff()


def test_of_a_line_in_a_secret_only_the_switch_is_shown() -> None:
    ref = Ref("Secret", "bb", "bigbang")
    action = edit(TextPlace(ref=ref, key="values.yaml"), "istio: {enabled: true, tls: {key: hunter2}}\n")
    assert "hunter2" not in repr(action)
    assert "+istio: {enabled: false, ***: {***: ***}}" in action.diff()


def test_text_in_a_file_is_edited_and_restored_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_bytes(TEXT.encode())
    action, world = edit(TextPlace(file=str(file))), world_of(FakeCluster())
    assert action.state(world) is State.TODO
    action.do(world, dry_run=True)
    assert file.read_bytes() == TEXT.encode()
    action.do(world)
    assert action.state(world) is State.DONE
    action.undo(world)
    action.undo(world)
    assert file.read_bytes() == TEXT.encode()


def test_edits_elsewhere_in_the_text_survive_both_ways(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_bytes(TEXT.encode())
    action, world = edit(TextPlace(file=str(file))), world_of(FakeCluster())
    file.write_bytes(b"# added by a colleague\n" + TEXT.encode())
    action.do(world)
    action.undo(world)
    assert file.read_bytes() == b"# added by a colleague\n" + TEXT.encode()


def test_an_edit_of_the_same_place_is_a_conflict(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_bytes(TEXT.encode())
    action, world = edit(TextPlace(file=str(file))), world_of(FakeCluster())
    action.do(world)
    file.write_bytes(file.read_bytes().replace(b"enabled: false   #", b"enabled: null #"))
    assert action.state(world) is State.CHANGED
    with pytest.raises(
        Conflict, match=r"values.yaml was changed by somebody else: it should still have istio.enabled"
    ):
        action.undo(world)


def test_values_that_are_so_need_no_edit_whoever_wrote_them(tmp_path: Path) -> None:
    text = "istio: {enabled: no}\nistiod: {enabled: on}\nistioGateway: {enabled: yes}\n"
    assert edit_text(text, TextPlace(file="v.yaml"), WANTED, why="") is None
    file = tmp_path / "values.yaml"
    file.write_text(text)
    action = edit(TextPlace(file=str(file)))
    assert action.state(world_of(FakeCluster())) is State.DONE


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (TextPlace(ref=REF, key="absent"), "ConfigMap bigbang/values has no key absent"),
        (TextPlace(ref=Ref("Secret", "bb", "bigbang"), key="values.yaml"), "is not text"),
        (TextPlace(file="/nowhere/values.yaml"), "No such file"),
    ],
)
def test_what_cannot_be_read_is_told(place: TextPlace, reason: str) -> None:
    broken = {**secret(""), "data": {"values.yaml": "/w=="}}
    world = world_of(FakeCluster([config_map("values"), broken]))
    with pytest.raises(OperationFailed, match=reason):
        edit(place).state(world)


def test_an_edit_that_somebody_has_taken_back_in_another_style_counts_as_undone(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_bytes(TEXT.encode())
    action, world = edit(TextPlace(file=str(file))), world_of(FakeCluster())
    action.do(world)
    by_hand = "istio: {enabled: yes}  # back by hand\nistiod:\n    enabled: no\n"
    file.write_text(by_hand)
    action.undo(world)
    assert file.read_text() == by_hand
    file.write_text("istio: {enabled: yes}\nistiod: {enabled: yes}\n")
    with pytest.raises(Conflict, match="or nothing of that any more"):
        action.undo(world)
