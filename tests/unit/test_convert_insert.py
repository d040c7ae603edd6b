"""New values in a text of old ones: every old byte stays, and the text says what it should."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from istiokit.bigbang.layers import values_layer
from istiokit.bigbang.merge import merge_maps
from istiokit.convert.insert import block_text, inserted, without
from istiokit.errors import UsageError

BLOCKS = (
    "domain: example.com   # ours\n",
    "# about istio\nistio:\n  enabled: true\n  gateways: {public: {hosts: [a]}}\n",
    "istioGateway:\n  enabled: false # not yet\n",
    "istioGateway: {enabled: false, values: {gateways: {}}}\n",
    "istioGateway:\n",
    "istioGateway:\n  values:\n    gateways:\n      other:\n        upstream: {labels: {istio: x}}\n\n  flux: {}\n",
    "addons:\n    deep:\n        key: |\n            text\n\n            more\n",
    '"quoted": "x"\n',
    "empty: {}\n# the end\n",
)
NEW: dict[str, Any] = {
    "istiod": {"values": {"upstream": {"replicaCount": 2}}},
    "istioGateway": {
        "values": {
            "gateways": {
                "public": {"gatewayCerts": [{"name": "a", "tls": {"key": "-----BEGIN\nabc\n-----END\n"}}]},
                "passthrough": {},
            }
        }
    },
}


def texts() -> st.SearchStrategy[str]:
    """Values files: some of the blocks, no key twice, with line breaks of either kind."""

    def joined(blocks: list[str], end: str, cut: bool) -> str:
        text = "".join({block.split(":")[0].strip('"# '): block for block in blocks}.values())
        text = text.replace("\n", end)
        return text.removesuffix(end) if cut else text

    chosen = st.lists(st.sampled_from(BLOCKS), unique=True)
    return st.builds(joined, chosen, st.sampled_from(["\n", "\r\n"]), st.booleans())


@given(texts())
def test_the_new_values_are_there_and_nothing_else_has_changed(text: str) -> None:
    layer = values_layer(text, "values.yaml")
    try:
        made = inserted(layer, NEW)
    except UsageError as error:
        assert "by hand" in error.hint
        return
    before = yaml.safe_load(text) or {}
    assert yaml.safe_load(made) == merge_maps(before, NEW)
    kept = iter(made.splitlines())
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith(("istioGateway: {", "istioGateway:")):
            assert line in kept, line


@given(texts())
def test_twice_is_once(text: str) -> None:
    try:
        made = inserted(values_layer(text, "values.yaml"), NEW)
    except UsageError:
        return
    assert yaml.safe_load(made)["istioGateway"]["values"]["gateways"]["passthrough"] == {}


@given(texts())
def test_old_keys_go_and_everything_else_stays(text: str) -> None:
    layer = values_layer(text, "values.yaml")
    made = without(layer, ("istio", "istioOperator"))
    before = yaml.safe_load(text) or {}
    assert (yaml.safe_load(made) or {}) == {key: value for key, value in before.items() if key != "istio"}
    if "istio" not in before:
        assert made == text


def test_comments_that_belong_to_what_follows_stay() -> None:
    text = "# a\nistio:\n  x: 1\n  # of x\n\n# about b\nb: 1\n"
    assert without(values_layer(text, "v"), ("istio",)) == "# a\n\n# about b\nb: 1\n"


@pytest.mark.parametrize("text", ["{istio: {x: 1}, b: 2}\n", "base: &a {x: 1}\nistio: *a\nother: *a\n"])
def test_what_cannot_be_cut_out_is_refused(text: str) -> None:
    layer = values_layer(text, "v")
    try:
        made = without(layer, ("istio",))
    except UsageError as error:
        assert error.what.startswith("v: ")
        return
    before = yaml.safe_load(text)
    before.pop("istio")
    assert yaml.safe_load(made) == before


def test_certificates_are_blocks() -> None:
    text = block_text({"tls": {"key": "-----BEGIN\nabc\n-----END\n"}})
    assert text == "tls:\n  key: |\n    -----BEGIN\n    abc\n    -----END\n"
