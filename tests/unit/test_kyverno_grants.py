"""Who gets which Gateway: the rule that every mutation policy follows."""

from typing import Any

import pytest
from hypothesis import given

from istiokit.errors import UsageError
from istiokit.istio.bindings import Binding, classify
from istiokit.istio.mapping import Mapping
from istiokit.kyverno.grants import Grant, grants_of, lacking, merged
from tests.unit.kyverno_cases import (
    MANIFESTS,
    NEW_PUBLIC,
    ONE,
    PASS,
    PUBLIC,
    TWO,
    Manifest,
    decoded,
    gateway_lists,
    manifest,
    mapping,
    mutated,
)

BOTH_WAYS, ONE_WAY = grants_of(mapping(*ONE)), grants_of(mapping(*ONE), one_way=True)


def test_a_pair_gives_both_ways() -> None:
    assert (Grant(NEW_PUBLIC, (PUBLIC,)), Grant(PUBLIC, (NEW_PUBLIC,))) == BOTH_WAYS
    assert (Grant(NEW_PUBLIC, (PUBLIC,)),) == ONE_WAY


def test_there_is_no_way_back_to_several_old_gateways() -> None:
    many = mapping(f"{PUBLIC}={NEW_PUBLIC}", f"{PASS}={NEW_PUBLIC}", "a/b=c/d")
    assert grants_of(many) == (
        Grant(NEW_PUBLIC, (PUBLIC, PASS)),
        Grant("c/d", ("a/b",)),
        Grant("a/b", ("c/d",)),
    )
    assert merged(many) == (NEW_PUBLIC,)
    assert merged(mapping(*TWO)) == ()


def test_mesh_is_no_gateway_to_stand_in_for() -> None:
    with pytest.raises(UsageError, match="mesh is no Gateway"):
        grants_of(mapping(f"mesh={NEW_PUBLIC}"))


def test_no_pairs_are_no_policy() -> None:
    with pytest.raises(UsageError, match="--map OLD=NEW"):
        grants_of(Mapping())


def http(*gateways: str) -> list[dict[str, Any]]:
    return [{"match": [{"gateways": [name]} for name in gateways]}]


@pytest.mark.parametrize(
    ("item", "lacks"),
    [
        (manifest(gateways=[PUBLIC]), [NEW_PUBLIC]),
        (manifest(gateways=[NEW_PUBLIC, "mesh"]), [PUBLIC]),
        (manifest(gateways=[PUBLIC, NEW_PUBLIC]), []),
        (manifest(gateways=["mesh"]), []),
        (manifest(gateways=["shop/own"]), []),
        (manifest(gateways=[]), []),
        (manifest(), []),
        (manifest(hosts=None, gateways=[PUBLIC]), []),
        (manifest(hosts=[], gateways=[PUBLIC]), []),
        (manifest(gateways=["public"]), []),
        (manifest("istio-system", gateways=["public"]), [NEW_PUBLIC]),
        (manifest("istio-system", gateways=["./public"]), [NEW_PUBLIC]),
        (manifest(gateways=["public.istio-system.svc.cluster.local"]), [NEW_PUBLIC]),
        (manifest(gateways=[PUBLIC, "public-ingressgateway.istio-gateway"]), []),
        (manifest(gateways=[PUBLIC, NEW_PUBLIC], http=http(PUBLIC, NEW_PUBLIC)), [NEW_PUBLIC, PUBLIC]),
        (manifest(gateways=[PUBLIC, NEW_PUBLIC], tls=http(PUBLIC)), [NEW_PUBLIC]),
        (manifest(gateways=[PUBLIC, NEW_PUBLIC], tcp=http("public.istio-system")), [NEW_PUBLIC]),
        (manifest(gateways=["shop/own"], http=http(PUBLIC)), []),
    ],
)
def test_what_a_virtual_service_lacks(item: Manifest, lacks: list[str]) -> None:
    assert list(lacking(decoded(item), BOTH_WAYS)) == lacks


def test_a_condition_that_nothing_can_reach_is_left_alone() -> None:
    item = decoded(manifest(gateways=[NEW_PUBLIC], http=http(PUBLIC)))
    assert lacking(item, ONE_WAY) == ()


@given(MANIFESTS)
def test_what_was_mutated_lacks_nothing(item: Manifest) -> None:
    for grants in (BOTH_WAYS, ONE_WAY, grants_of(mapping(*TWO))):
        after = mutated(item, grants)
        assert lacking(decoded(after), grants) == ()
        assert bool(lacking(decoded(item), grants)) == (after != item)


@given(MANIFESTS)
def test_nothing_goes_and_everything_keeps_its_place(item: Manifest) -> None:
    after = mutated(item, grants_of(mapping(*TWO)))
    for old, new in zip(gateway_lists(item), gateway_lists(after), strict=True):
        assert (old is None) == (new is None)
        assert new is None or new[: len(old or ())] == old


@given(MANIFESTS)
def test_old_and_new_are_bound_alike_afterwards(item: Manifest) -> None:
    """Whatever served a part through one Gateway of a pair serves it through the other too."""
    whole = mapping(*TWO)
    sides = whole.sides(None)
    after = mutated(item, grants_of(whole))
    if item["spec"].get("gateways"):
        assert classify(decoded(after), sides) not in (Binding.OLD_ONLY, Binding.NEW_ONLY)
