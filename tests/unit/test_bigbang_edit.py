"""Each switch goes to the layer that decides about it, or nothing is written at all."""

from istiokit.bigbang.edit import plan_edits
from istiokit.bigbang.layers import Layer, merge, values_layer
from istiokit.bigbang.switches import wanted
from istiokit.bigbang.versions import Family

STEP1 = wanted(1, Family.SPLIT)
ENCRYPTED = "sops:\n  mac: ENC[AES256_GCM,data:B]\n"


def test_every_switch_becomes_explicit() -> None:
    plan = plan_edits([values_layer("istioOperator: {enabled: true}\n", "v.yaml")], STEP1)
    assert plan.already == ("istioOperator.enabled",)
    [edit] = plan.edits
    assert edit.switches == {path: on for path, on in STEP1.items() if path != "istioOperator.enabled"}
    assert len(edit.changes) == 4
    assert merge([values_layer(edit.text or "", "v.yaml")]) == {
        name.partition(".")[0]: {"enabled": on} for name, on in STEP1.items()
    }


def test_a_switch_goes_to_the_last_layer_that_sets_it_else_to_the_last() -> None:
    first = values_layer("istio: {enabled: true}\n", "first")
    second = values_layer("istiod: {enabled: false}\n", "second")
    third = values_layer("domain: a.mil\n", "third")
    plan = plan_edits([first, second, third], STEP1)
    assert [(edit.layer.origin, *sorted(edit.switches)) for edit in plan.edits] == [
        ("first", "istio.enabled"),
        ("second", "istiod.enabled"),
        ("third", "istioCRDs.enabled", "istioGateway.enabled", "istioOperator.enabled"),
    ]


def test_spec_values_without_a_text_are_edited_by_the_caller() -> None:
    secret = values_layer("domain: a.mil\n", "secret", blocked="Git owns it")
    spec = Layer(origin="HelmRelease", values={"istio": {"enabled": True, "x": 1}}, inline=True)
    plan = plan_edits([secret, spec], STEP1)
    [edit] = plan.edits
    assert (edit.layer, edit.text, edit.changes) == (spec, None, ())
    assert edit.switches == STEP1


def test_an_encrypted_layer_that_decides_stops_everything() -> None:
    plain = values_layer("istio: {enabled: true}\n", "plain")
    secret = values_layer("istio: {enabled: 'ENC[AES256_GCM,data:A]'}\n" + ENCRYPTED, "secret")
    plan = plan_edits([plain, secret], STEP1)
    assert plan.edits == ()
    [blocked] = plan.blocked
    assert (blocked.layer, blocked.path, blocked.value) == (secret, "istio.enabled", False)
    assert blocked.reason == "it is encrypted with SOPS, and its value cannot be seen"


def test_an_encrypted_layer_without_the_switches_does_not_matter() -> None:
    secret = values_layer("sso: {secret: 'ENC[AES256_GCM,data:A]'}\n" + ENCRYPTED, "secret")
    plan = plan_edits([values_layer("", "plain"), secret], STEP1)
    assert [edit.layer.origin for edit in plan.edits] == ["plain"]
    assert not plan.blocked


def test_a_layer_that_nobody_can_look_into_is_named() -> None:
    opaque = Layer(origin="Secret", encrypted=True, opaque=True)
    plan = plan_edits([values_layer("", "plain"), opaque], STEP1)
    assert [edit.layer.origin for edit in plan.edits] == ["plain"]
    assert plan.unknown == (opaque,)


def test_a_blocked_layer_that_is_right_already_is_fine() -> None:
    text = "".join(
        f"{path.partition('.')[0]}: {{enabled: {str(on).lower()}}}\n" for path, on in STEP1.items()
    )
    plan = plan_edits([values_layer(text, "git", blocked="Git owns it")], STEP1)
    assert (plan.edits, plan.blocked, plan.already) == ((), (), tuple(STEP1))


def test_a_target_path_is_named_as_the_reason() -> None:
    single = Layer(origin="Secret s", text="true", target_path="istio.enabled")
    plan = plan_edits([values_layer("", "plain"), single], STEP1)
    assert [(one.layer, one.reason) for one in plan.blocked] == [
        (single, "it sets one value at the targetPath istio.enabled")
    ]


def test_no_layer_at_all() -> None:
    plan = plan_edits([], {"istio.enabled": False})
    assert [(one.layer, one.reason) for one in plan.blocked] == [(None, "there is no source of values")]


def test_a_string_is_not_a_switch() -> None:
    plan = plan_edits([values_layer("istio: {enabled: 'false'}\n", "v")], {"istio.enabled": False})
    assert [edit.text for edit in plan.edits] == ["istio: {enabled: false}\n"]


def test_a_layer_above_that_is_no_mapping_is_given_one() -> None:
    layers = [values_layer("istio: {enabled: true}\n", "one"), values_layer("istio:\n", "two")]
    plan = plan_edits(layers, {"istio.enabled": False})
    assert [(edit.layer.origin, edit.text) for edit in plan.edits] == [("two", "istio:\n  enabled: false\n")]
