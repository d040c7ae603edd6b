"""Which VirtualServices a ClusterPolicy would take too long for."""

from typing import Any

import pytest

from istiokit.kyverno.grants import grants_of
from istiokit.kyverno.loops import MOST, findings
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, decoded, manifest, mapping

GRANTS = grants_of(mapping(*ONE))


def routes(number: int, *first: str) -> list[dict[str, Any]]:
    """Conditions by the hundred in several routes; the first has a list of its own, if one is given."""
    conditions: list[dict[str, Any]] = [{"port": at} for at in range(number)]
    if first:
        conditions[0]["gateways"] = list(first)
    return [{"match": conditions[at : at + 100]} for at in range(0, number, 100)]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"http": routes(MOST + 1, PUBLIC)}, True),
        ({"http": routes(MOST + 1, "mesh", NEW_PUBLIC)}, True),
        ({"http": routes(200), "tcp": routes(100, PUBLIC)}, True),
        ({"http": routes(MOST, PUBLIC)}, False),
        ({"http": routes(5000)}, False),
        ({"http": routes(5000, "mesh", "shop/own")}, False),
        ({}, False),
    ],
)
def test_only_where_the_loop_begins_and_is_long(spec: dict[str, Any], told: bool) -> None:
    item = decoded(manifest(gateways=[PUBLIC], **spec))
    assert [one.code for one in findings([item], GRANTS)] == ["PR011"] * told


def test_short_names_count_at_home() -> None:
    item = manifest("istio-system", gateways=["public"], http=routes(MOST + 1, "./public"))
    (found,) = findings([decoded(item)], GRANTS)
    assert found.object == "VirtualService istio-system/web"
    assert found.reason.startswith("has 251 route conditions, ")
