"""Files of values are taken for what they are, and strings inside manifests are edited in place."""

import base64
from pathlib import PureWindowsPath

import pytest

from istiokit.bigbang.documents import classify
from istiokit.bigbang.edit import plan_edits
from istiokit.bigbang.embedded import (
    Address,
    Encoding,
    edited,
    reblocked,
    text_at,
    with_text,
)
from istiokit.bigbang.layers import Layer
from istiokit.errors import Conflict, UsageError
from istiokit.plan.model import State
from tests.journaled import reverted, state_of

CONFIG_MAP = "kind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  values.yaml: |\n    {values}\n"


def no_file(path: str) -> str:
    raise AssertionError(path)


def read(text: str, path: str = "dir/in.yaml") -> list[Layer]:
    return classify(path, text, no_file)


def test_a_file_with_several_manifests_has_several_layers() -> None:
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values: {istio: {enabled: true}}\n"
    other = "kind: ConfigMap\nmetadata: {name: other}\ndata: {values.yaml: 'replicas: 1'}\n"
    one = CONFIG_MAP.format(name="common", values="domain: a.mil")
    two = CONFIG_MAP.format(name="environment", values="domain: b.mil")
    layers = read("---\n".join([release, one, other, two, "kind: Namespace\nmetadata: {name: x}\n"]))
    assert [layer.origin for layer in layers] == [
        "dir/in.yaml (HelmRelease without a name)",
        "dir/in.yaml (ConfigMap common)",
        "dir/in.yaml (ConfigMap environment)",
    ]
    assert [layer.inline for layer in layers] == [True, False, False]
    assert [layer.address for layer in layers] == [
        Address("dir/in.yaml", 0),
        Address("dir/in.yaml", 1, ("data", "values.yaml")),
        Address("dir/in.yaml", 3, ("data", "values.yaml")),
    ]


def test_two_layers_of_one_file_are_edited_one_after_the_other() -> None:
    one = CONFIG_MAP.format(name="common", values="istio: {enabled: true}")
    two = "kind: HelmRelease\nspec:\n  values: {istiod: {enabled: false}}\n"
    text = f"{one}---\n{two}"
    plan = plan_edits(read(text), {"istio.enabled": False, "istiod.enabled": True})
    after = text
    for edit in plan.edits:
        assert isinstance(edit.layer.address, Address)
        after = edited(after, edit.layer.address, edit.changes)
    assert after == text.replace("true", "x").replace("false", "true").replace("x", "false")
    for edit in reversed(plan.edits):
        assert isinstance(edit.layer.address, Address)
        after = reverted(after, edit.layer.address, edit.changes)
    assert after == text


def test_a_release_of_something_else_is_not_big_bang() -> None:
    with pytest.raises(UsageError, match="none of its manifests holds Big Bang values"):
        read("kind: HelmRelease\nspec:\n  values:\n    replicas: 1\n")


def test_a_kustomization_names_the_files() -> None:
    text = (
        "configMapGenerator:\n- name: common\n  files: [values.yaml]\n- name: other\n  files: [a.txt]\n"
        "secretGenerator:\n- name: environment\n  files: [values.yaml=secret/env.yaml]\n"
    )
    texts = {"base/values.yaml": "domain: a.mil\n", "base/secret/env.yaml": "istio: {}\n"}
    layers = classify("base/kustomization.yaml", text, texts.__getitem__)
    assert [layer.origin for layer in layers] == ["base/values.yaml", "base/secret/env.yaml"]
    assert [layer.address for layer in layers] == [Address(path) for path in texts]


def test_a_kustomization_on_windows_names_files_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("istiokit.bigbang.documents.PurePath", PureWindowsPath)
    text = "configMapGenerator:\n- files: [values.yaml]\n"
    read = {r"env\prod\values.yaml": "domain: a.mil\n"}
    (layer,) = classify(r"env\prod\kustomization.yaml", text, read.__getitem__)
    assert layer.origin == r"env\prod\values.yaml"


def test_a_flux_kustomization_has_no_values() -> None:
    with pytest.raises(UsageError, match="none of its manifests"):
        read("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {}\n")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("data:\n  values.yaml: >\n    istio: {}\n", "does not hold it as a literal block"),
        ('data:\n  values.yaml: "istio: {}"\n', "does not hold it as a literal block"),
    ],
)
def test_a_string_in_another_style_is_left_alone(data: str, reason: str) -> None:
    [layer] = read(f"kind: ConfigMap\n{data}")
    assert not layer.editable
    assert reason in layer.why_not
    assert isinstance(layer.address, Address)
    with pytest.raises(UsageError, match="edit it by hand"):
        with_text(f"kind: ConfigMap\n{data}", layer.address, "istio: {enabled: false}\n")


def test_base64_in_quotes_is_left_alone() -> None:
    encoded = base64.b64encode(b"istio: {}").decode()
    [layer] = read(f"kind: Secret\ndata:\n  values.yaml: '{encoded}'\n")
    assert layer.why_not == "its base64 is not in one plain word"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: ConfigMap\ndata:\n  values.yaml: {a: 1}\n", "in.yaml:3: values.yaml is not a string"),
        ("kind: ConfigMap\na: &a 'istio: {}'\ndata:\n  values.yaml: *a\n", "behind an alias"),
        ("kind: Secret\ndata:\n  values.yaml: gA==\n", "in.yaml:3: this is not the base64 of a text"),
        ("kind: HelmRelease\nspec:\n  values: [1]\n", "in.yaml:3: Helm values are a mapping"),
    ],
)
def test_manifests_that_flux_would_refuse(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace(".", r"\.")):
        read(text)


@pytest.mark.parametrize(
    ("source", "old", "new", "expected"),
    [
        ("|\n  a: 1\n  b: 2\n", "a: 1\nb: 2\n", "a: 1\nx: 0\nb: 2\n", "|\n  a: 1\n  x: 0\n  b: 2\n"),
        ("|\n  a: 1\n", "a: 1\n", "a: 1\nb: 2\n", "|\n  a: 1\n  b: 2\n"),
        ("|-\n  a: 1", "a: 1", "a: 1\nb: 2", "|-\n  a: 1\n  b: 2"),
        ("|\r\n  a: 1\r\n\r\n", "a: 1\n", "a: 2\n\nb: 1\n", "|\r\n  a: 2\r\n\r\n  b: 1\r\n\r\n"),
        ("|\n\n   \n    a: 1\n", "\n\na: 1\n", "\n\na: 2\n", "|\n\n   \n    a: 2\n"),
        ("| # c\n", "", "a: 1\n", "| # c\n      a: 1\n"),
    ],
)
def test_a_block_keeps_the_lines_that_stay(source: str, old: str, new: str, expected: str) -> None:
    assert reblocked(source, old, new, 6) == expected


def test_a_place_that_went_away_is_a_conflict() -> None:
    address = Address("in.yaml", 0, ("data", "values.yaml"), Encoding.BASE64)
    for text in ("kind: Secret\n", "", "data: {}\n"):
        with pytest.raises(Conflict, match=r"^in\.yaml no longer has data values\.yaml"):
            text_at(text, address)


def test_where_a_file_stands() -> None:
    text = CONFIG_MAP.format(name="common", values="istio: {enabled: true}")
    [layer] = read(text)
    assert isinstance(layer.address, Address)
    [edit] = plan_edits([layer], {"istio.enabled": False}).edits
    after = edited(text, layer.address, edit.changes)
    assert state_of(text, layer.address, edit.changes) is State.TODO
    assert state_of(after, layer.address, edit.changes) is State.DONE
    assert state_of(text.replace("true", "yes"), layer.address, edit.changes) is State.CHANGED


def test_no_secret_shows_in_what_a_journal_keeps() -> None:
    text = f"kind: Secret\ndata:\n  values.yaml: {base64.b64encode(b'sso: {key: hunter2}').decode()}\n"
    [edit] = plan_edits(read(text), {"istio.enabled": False}).edits
    assert "hunter2" not in repr(edit.changes)
    assert base64.b64encode(b"sso")[:4].decode() not in repr(edit.changes)
