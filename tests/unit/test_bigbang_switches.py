"""What the steps want, what is set and where, and how far a mesh has come."""

import pytest

from istiokit.bigbang.layers import Layer, values_layer
from istiokit.bigbang.switches import (
    Phase,
    Step,
    defaults,
    family_of,
    phase,
    rejected,
    switches,
    truthy,
    wanted,
)
from istiokit.bigbang.versions import Family, parse_version, release
from istiokit.errors import UsageError


def layer(text: str) -> Layer:
    return values_layer(text, "values.yaml")


def packages(**enabled: bool) -> Layer:
    return Layer(origin="values.yaml", values={name: {"enabled": on} for name, on in enabled.items()})


@pytest.mark.parametrize(
    ("step", "family", "on", "off"),
    [
        (1, Family.CORE, {"istioOperator", "istioCore"}, {"istio", "istioGateway"}),
        (2, Family.CORE, {"istioCore", "istioGateway"}, {"istioOperator", "istio"}),
        (1, Family.SPLIT, {"istioOperator", "istioCRDs", "istiod"}, {"istio", "istioGateway"}),
        (2, Family.SPLIT, {"istioCRDs", "istiod", "istioGateway"}, {"istioOperator", "istio"}),
    ],
)
def test_steps_want_what_the_guide_says(step: Step, family: Family, on: set[str], off: set[str]) -> None:
    states = wanted(step, family)
    assert {path for path, state in states.items() if state} == {f"{name}.enabled" for name in on}
    assert {path for path, state in states.items() if not state} == {f"{name}.enabled" for name in off}


def test_in_3_0_it_is_too_late_for_a_step() -> None:
    with pytest.raises(UsageError, match=r"no operator packages.*2\.54"):
        wanted(1, Family.HELM_ONLY)


@pytest.mark.parametrize(
    ("text", "version", "family"),
    [
        ("istio: {}", "", Family.SPLIT),
        ("istio: {}", "2.50.0", Family.CORE),
        ("istioCore: {}", "", Family.CORE),
        ("istioCore: {}", "2.49.0", Family.CORE),
        ("istioCRDs: {}", "", Family.SPLIT),
        ("istiod: {}", "2.53.0", Family.SPLIT),
        ("istiod: {}", "3.1.0", Family.HELM_ONLY),
        ("istio: {}", "3.0.0", Family.HELM_ONLY),
        ("", "2.51.0", Family.SPLIT),
    ],
)
def test_the_keys_decide_then_the_version(text: str, version: str, family: Family) -> None:
    known = release(parse_version(version)) if version else None
    assert family_of(layer(text).values, known) is family


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("istioCore: {}\nistioCRDs: {}", ""),
        ("istioCore: {}", "2.54.0"),
        ("istiod: {}", "2.50.0"),
        ("istioCore: {}", "3.0.0"),
    ],
)
def test_keys_that_contradict_are_reported(text: str, version: str) -> None:
    with pytest.raises(UsageError, match=r"istioCore|istiod"):
        family_of(layer(text).values, release(parse_version(version)) if version else None)


def test_the_keys_that_the_schema_rejects() -> None:
    values = layer("istio: {}\nistioOperator: {}\nistioGateway: {}\nistioCore: {}").values
    assert rejected(values, Family.HELM_ONLY) == ("istioOperator", "istio", "istioCore")
    assert rejected(values, Family.SPLIT) == ("istioCore",)
    assert rejected(values, Family.CORE) == ()


@pytest.mark.parametrize(
    ("written", "on", "note"),
    [
        ("true", True, ""),
        ("yes", True, ""),
        ("y", True, ""),
        ("off", False, ""),
        ('"false"', True, "is a string"),
        ('""', False, "not true or false"),
        ("0", False, "not true or false"),
        ("1", True, "takes it for on"),
        ("~", False, "null removes"),
        ("{}", False, "not true or false"),
    ],
)
def test_a_switch_is_read_as_helm_reads_it(written: str, on: bool, note: str) -> None:
    state = switches([layer(f"istio:\n  enabled: {written}\n")], Family.SPLIT).states["istio.enabled"]
    assert state.on is on
    assert state.origin == "values.yaml"
    assert note in state.note and bool(note) == bool(state.note)


def test_an_absent_switch_has_the_charts_default() -> None:
    states = switches([layer("domain: a.mil\n")], Family.SPLIT).states
    assert {path: state.on for path, state in states.items()} == defaults(Family.SPLIT)
    assert {state.origin for state in states.values()} == {"the chart's default"}


def test_a_package_that_is_no_mapping_loses_its_defaults() -> None:
    state = switches([layer("istio: ~\n")], Family.SPLIT).states["istio.enabled"]
    assert state.on is False
    assert "no mapping" in state.note


def test_an_encrypted_switch_is_unknown() -> None:
    text = "istio:\n  enabled: ENC[AES256_GCM,data:A,type:bool]\nsops:\n  mac: ENC[AES256_GCM,data:B]\n"
    found = switches([layer(text)], Family.SPLIT)
    assert found.states["istio.enabled"].on is None
    assert phase(found) is Phase.UNKNOWN
    assert "AES" not in repr(found)


OLD = {"istioOperator": True, "istio": True}
NONE_NEW = {"istioCRDs": False, "istiod": False, "istioGateway": False}
ALL_NEW = {"istioCRDs": True, "istiod": True, "istioGateway": True}


@pytest.mark.parametrize(
    ("family", "enabled", "expected"),
    [
        (Family.SPLIT, {}, Phase.OPERATOR),
        (Family.SPLIT, {"istio": False, "istioCRDs": True, "istiod": True}, Phase.STEP1),
        (Family.SPLIT, {"istio": False, "istioOperator": False, **ALL_NEW}, Phase.STEP2),
        (Family.SPLIT, {"istio": False}, Phase.MIXED),
        (Family.SPLIT, {**OLD, **ALL_NEW}, Phase.MIXED),
        (Family.SPLIT, {"istio": False, "istioOperator": False}, Phase.NONE),
        (Family.CORE, {}, Phase.OPERATOR),
        (Family.CORE, {"istio": False, "istioCore": True}, Phase.STEP1),
        (
            Family.CORE,
            {"istio": False, "istioOperator": False, "istioCore": True, "istioGateway": True},
            Phase.STEP2,
        ),
        (Family.HELM_ONLY, {}, Phase.STEP2),
        (Family.HELM_ONLY, {"istioGateway": False}, Phase.MIXED),
        (Family.HELM_ONLY, NONE_NEW, Phase.NONE),
    ],
)
def test_how_far_a_mesh_has_come(family: Family, enabled: dict[str, bool], expected: Phase) -> None:
    assert phase(switches([packages(**enabled)], family)) is expected


def test_helm_takes_empty_things_for_false() -> None:
    empty: list[object] = [False, 0, None, "", [], {}]
    assert not any(truthy(value) for value in empty)
    full: list[object] = [True, 1, "false", [0], {"a": 1}]
    assert all(truthy(value) for value in full)
