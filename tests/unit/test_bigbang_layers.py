"""Layers of values are merged as helm-controller merges them, and the one that decides is known."""

from typing import Any

import pytest

from istiokit.bigbang.layers import ENCRYPTED, Layer, merge, values_layer, where
from istiokit.bigbang.merge import merge_maps, set_target
from istiokit.errors import UsageError


def layer(values: dict[str, Any], origin: str = "one", *, inline: bool = False) -> Layer:
    return Layer(origin=origin, values=values, inline=inline)


def target(path: str, text: str) -> Layer:
    return Layer(origin="single", text=text, target_path=path)


def test_mappings_are_merged_and_the_rest_is_replaced() -> None:
    lower = {"a": {"x": 1, "y": [1, 2]}, "b": {"z": 1}, "c": 1, "d": {"e": 1}}
    upper = {"a": {"y": [3]}, "b": None, "c": {"f": 1}, "d": 2}
    assert merge_maps(lower, upper) == {"a": {"x": 1, "y": [3]}, "b": None, "c": {"f": 1}, "d": 2}
    assert lower["a"] == {"x": 1, "y": [1, 2]}


def test_later_layers_win_and_spec_values_win_over_all() -> None:
    layers = [layer({"a": "spec"}, inline=True), layer({"a": 1, "b": 1}), layer({"b": 2, "c": {"d": 1}})]
    assert merge(layers) == {"a": "spec", "b": 2, "c": {"d": 1}}


def test_merging_leaves_the_layers_alone() -> None:
    values = {"istio": {"enabled": True}}
    assert merge([layer(values, inline=True), target("istio.enabled", "false")]) == {
        "istio": {"enabled": False}
    }
    assert values == {"istio": {"enabled": True}}


def test_spec_values_win_over_a_target_path_where_helm_controller_makes_them() -> None:
    flat = [layer({"a": 1}, inline=True), target("a", "2")]
    assert merge(flat) == {"a": 1}
    shared = [layer({"m": {"a": 1}}, inline=True), target("m.a", "2")]
    assert merge(shared) == {"m": {"a": 2}}
    copied = [layer({"m": {"b": 0}}), layer({"m": {"a": 1}}, inline=True), target("m.a", "2")]
    assert merge(copied) == {"m": {"a": 1, "b": 0}}


@pytest.mark.parametrize(
    ("path", "raw", "expected"),
    [
        ("m.n.x", "2", {"m": {"n": {"x": 2}}, "l": [1, {"a": 2}]}),
        ("m.q", "TRUE", {"m": {"n": {"x": 1}, "q": True}, "l": [1, {"a": 2}]}),
        ("m.q", "'true'", {"m": {"n": {"x": 1}, "q": "true"}, "l": [1, {"a": 2}]}),
        ("m", "null", {"m": None, "l": [1, {"a": 2}]}),
        ("l[3]", "01", {"m": {"n": {"x": 1}}, "l": [1, {"a": 2}, None, "01"]}),
        ("l[1].b", "1.5", {"m": {"n": {"x": 1}}, "l": [1, {"a": 2, "b": "1.5"}]}),
        ("l[0].b", "-5", {"m": {"n": {"x": 1}}, "l": [{"b": -5}, {"a": 2}]}),
        ("l", "{1,b,true}", {"m": {"n": {"x": 1}}, "l": [1, "b", True]}),
        ("a\\.b", "x\\,y", {"m": {"n": {"x": 1}}, "l": [1, {"a": 2}], "a.b": "x,y"}),
        ("a", "x,b=3", {"m": {"n": {"x": 1}}, "l": [1, {"a": 2}], "a": "x", "b": 3}),
        ("k[0][1]", "", {"m": {"n": {"x": 1}}, "l": [1, {"a": 2}], "k": [[None, ""]]}),
        (
            "a",
            "12345678901234567890",
            {"m": {"n": {"x": 1}}, "l": [1, {"a": 2}], "a": "12345678901234567890"},
        ),
    ],
)
def test_a_target_path_is_set_as_helm_does(path: str, raw: str, expected: dict[str, Any]) -> None:
    values: dict[str, Any] = {"m": {"n": {"x": 1}}, "l": [1, {"a": 2}]}
    set_target(values, path, raw, "Secret s")
    assert values == expected


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        *(("s.t", "1"), ("nul.t", "1"), ("m[0]", "1"), ("k[x]", "1"), ("l[-1]", "1"), ("l[0]x", "1")),
        *(("l[99999]", "1"), ("a", "{1,2"), ("a", "x,b"), ("l.a", "1")),
    ],
)
def test_a_target_path_that_helm_refuses_names_its_source(path: str, raw: str) -> None:
    values: dict[str, Any] = {"m": {}, "l": [1], "s": "word", "nul": None}
    with pytest.raises(UsageError, match=r"^Secret s: its value does not fit the targetPath"):
        set_target(values, path, raw, "Secret s")


def test_the_layer_that_decides() -> None:
    first, second = layer({"istio": {"enabled": True}}, "first"), layer({"istio": {"gateways": {}}}, "second")
    third = layer({"istiod": None}, "third")
    spec = layer({"kiali": {}}, "spec", inline=True)
    single = target("istioGateway.enabled", "true")
    layers = [spec, first, second, third, single]
    assert where(layers, ("istio", "enabled")) is first
    assert where(layers, ("istiod", "enabled")) is third
    assert where(layers, ("istioGateway", "enabled")) is single
    assert where(layers, ("kiali",)) is spec
    assert where(layers, ("istioCRDs", "enabled")) is None


def test_sops_keeps_the_keys_in_the_clear() -> None:
    text = "istio:\n  enabled: ENC[AES256_GCM,data:A]\n  list: ['ENC[AES256_GCM,data:C]']\n"
    found = values_layer(f"{text}sops:\n  mac: ENC[AES256_GCM,data:B]\n", "secret.yaml")
    assert found.encrypted and not found.editable
    assert found.values["istio"] == {"enabled": ENCRYPTED, "list": [ENCRYPTED]}
    assert found.why_not == "it is encrypted with SOPS"
    assert not values_layer("sops: {version: 1}\n", "plain.yaml").encrypted


def test_values_must_be_a_mapping() -> None:
    with pytest.raises(UsageError, match=r"^v\.yaml:1: Helm values are a mapping"):
        values_layer("- a\n", "v.yaml")
    assert values_layer("# nothing\n", "v.yaml").values == {}
