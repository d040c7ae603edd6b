"""Where values come from."""

from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.flux.values import Absent, Problem, ValuesText, pick, reference_ref, values_references
from tests.unit.flux_samples import release


def test_the_order_and_the_default_key() -> None:
    entries = [
        {"kind": "ConfigMap", "name": "common"},
        {"kind": "Secret", "name": "common-bb", "valuesKey": "overlay"},
        {
            "kind": "Secret",
            "name": "one",
            "valuesKey": "password",
            "targetPath": "db.password",
            "optional": True,
        },
    ]
    item = release("bigbang", spec={"valuesFrom": entries})
    found = values_references(item)
    assert [(one.name, one.values_key, one.target_path, one.optional) for one in found] == [
        ("common", "values.yaml", "", False),
        ("common-bb", "overlay", "", False),
        ("one", "password", "db.password", True),
    ]
    assert reference_ref(found[1], item) == Ref("Secret", "common-bb", "bigbang")


@pytest.mark.parametrize(
    ("entry", "data", "expected", "text"),
    [
        ({}, {"values.yaml": "a: 1"}, ValuesText, "a: 1"),
        ({"valuesKey": "x"}, {"values.yaml": "a: 1"}, Problem, "Secret s has no key x"),
        ({"valuesKey": "x", "optional": True}, {"values.yaml": "a: 1"}, Absent, "Secret s has no key x"),
        ({}, None, Problem, "there is no Secret s"),
        ({"optional": True}, None, Absent, "there is no Secret s"),
        ({"kind": "Pod", "optional": True}, None, Problem, "Pod cannot hold values"),
    ],
)
def test_what_an_entry_contributes(
    entry: dict[str, Any], data: dict[str, str] | None, expected: type, text: str
) -> None:
    [reference] = values_references(
        release("a", spec={"valuesFrom": [{"kind": "Secret", "name": "s", **entry}]})
    )
    found = pick(reference, data)
    assert isinstance(found, expected)
    assert text in (found.text if isinstance(found, ValuesText) else found.reason)
