"""Where values name a Gateway."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.argocd.model import Application
from istiokit.ownership.spots import Wanted, of_application, of_kustomization, of_text, of_values, spots
from tests.unit.owner_samples import OLD, application, thing

WANTED = Wanted({OLD}, "web")
HERE = Wanted({"istio-system/public"}, "istio-system")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"istio": {"gateways": ["mesh", OLD]}}, ("istio.gateways[1]",)),
        ({"a": OLD, "b": {"c": [OLD, {"d": OLD}]}}, ("a", "b.c[0]", "b.c[1].d")),
        ({"gateways": ["public.istio-system.svc.cluster.local"]}, ("gateways[0]",)),
        ({"text": f"- {OLD}\n- mesh\n"}, ("text",)),
        ({"list": "{" + OLD + ",mesh}"}, ("list",)),
        ({"my.key": OLD}, ('["my.key"]',)),
        ({"a": {"my.key": [OLD]}}, ('a["my.key"][0]',)),
        ({"a": "istio-system/public-2", "b": "xistio-system/public"}, ()),
        ({"ingress": {"gateway": "public"}}, ("ingress.gateway",)),
        ({"gatewayName": "public", "istio": {"gateways": [OLD]}}, ("istio.gateways[0]",)),
        ({"visibility": "public"}, ()),
        ({"n": 1, "t": True, "e": None}, ()),
        (None, ()),
    ],
)
def test_the_paths_of_values(values: Any, found: tuple[str, ...]) -> None:
    assert spots(of_values(values), WANTED) == found


def test_a_bare_name_means_a_gateway_beside_the_virtual_service() -> None:
    assert spots(of_values({"gateways": ["./public"]}), HERE) == ("gateways[0]",)
    assert spots(of_values({"gateways": ["./public"]}), WANTED) == ()


def test_yaml_with_anchors_and_what_is_none() -> None:
    text = f"a: &a [{OLD}]\nb: *a\n"
    assert spots(of_text(text, "x"), WANTED) == ("x.a[0]",)
    assert spots(of_text("a: [", "x"), WANTED) == spots(of_text("", "x"), WANTED) == ()


@pytest.mark.parametrize(
    ("helm", "found"),
    [
        (
            {"parameters": [{"name": "istio.gateways[0]", "value": OLD}, {"name": "a", "value": "b"}]},
            ('helm.parameters "istio.gateways[0]"',),
        ),
        (
            {"parameters": [{"name": "ingress.gateway", "value": "public"}]},
            ('helm.parameters "ingress.gateway"',),
        ),
        (
            {"valuesObject": {"virtualService": {"gateways": [OLD]}}},
            ("helm.valuesObject.virtualService.gateways[0]",),
        ),
        ({"values": f"virtualService:\n  gateways: [{OLD}]\n"}, ("helm.values.virtualService.gateways[0]",)),
        ({"values": f"a: {OLD}\n", "valuesObject": {"b": OLD}}, ("helm.valuesObject.b",)),
        ({}, ()),
    ],
)
def test_parameters_and_values_of_an_application(helm: dict[str, Any], found: tuple[str, ...]) -> None:
    _, item = application(source={"helm": helm})
    assert spots(of_application(edited(item)), WANTED) == found


def test_inline_patches_and_variables() -> None:
    patch = f"- op: replace\n  path: /spec/gateways/0\n  value: {OLD}\n"
    _, item = application(source={"kustomize": {"patches": [{"patch": "x"}, {"patch": patch}]}})
    assert spots(of_application(edited(item)), WANTED) == ("kustomize.patches[1]",)
    _, flux = thing(
        "Kustomization",
        "apps",
        "flux-system",
        spec={"patches": [{"patch": patch}], "postBuild": {"substitute": {"GATEWAY": OLD, "X": "y"}}},
    )
    found = spots(of_kustomization(flux), WANTED)  # type: ignore[arg-type]  # it is one
    assert found == ("spec.patches[0]", "spec.postBuild.substitute.GATEWAY")


def edited(item: Application) -> Any:
    return item.edited[0]


NAMES = st.text(st.characters(codec="ascii", categories=("Ll", "Nd")), min_size=1, max_size=4)
VALUES = st.recursive(
    st.one_of(st.just(OLD), NAMES, st.integers(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)


def at(values: Any, path: str) -> Any:
    for step in path.replace("[", ".[").strip(".").split("."):
        values = values[int(step[1:-1])] if step.startswith("[") else values[step]
    return values


@given(VALUES)
def test_each_path_leads_to_the_gateway_and_none_is_missed(values: Any) -> None:
    whole = {"v": values}
    found = spots(of_values(whole), WANTED)
    assert all(at(whole, path) == OLD for path in found)
    assert len(found) == repr(whole).count(repr(OLD))
