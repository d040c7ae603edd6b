from dataclasses import replace

import pytest

from istiokit.bigbang.facts import Facts, Source, Umbrella
from istiokit.bigbang.layers import Layer
from istiokit.bigbang.switches import wanted
from istiokit.bigbang.versions import Family
from istiokit.cluster.types import Ref
from istiokit.flux.git import GitPlace
from istiokit.ownership.model import Owner, OwnerKind, Reverts
from tests.unit.check_case import ERROR, INFO, ONE, THREE, TWO, WARNING, Case, name, of_code
from tests.unit.facts_builder import facts, files, layer

SOPS = "sops: {mac: 'ENC[AES256_GCM,data:x]'}\nistio: {enabled: 'ENC[AES256_GCM,data:x]'}\n"
OPAQUE = Layer(origin="Secret bigbang/environment-bb key values.yaml", encrypted=True, opaque=True)
SET = "\n".join(
    f"{path.split('.')[0]}: {{enabled: {str(on).lower()}}}" for path, on in wanted(1, Family.SPLIT).items()
)


def with_layers(*more: Layer) -> Facts:
    base = facts()
    return replace(base, layers=(*base.layers, *more))


def single(target_path: str) -> Layer:
    """An entry of valuesFrom that sets one value."""
    return Layer(origin="Secret bigbang/one key value", text="true", target_path=target_path)


def from_git() -> Layer:
    place = GitPlace(Ref("GitRepository", "env", "bigbang"), "https://git.example/env", "branch main", "prod")
    owner = Owner(OwnerKind.FLUX_KUSTOMIZATION, None, Reverts.YES, "Kustomization env applies it again")
    source = Source(Ref("ConfigMap", "environment", "bigbang"), "values.yaml", owner, place)
    return layer("istio: {enabled: true}", blocked=owner.why, address=source)


def repository(entry: str) -> Facts:
    return facts(extra=f"helmRepositories:\n- {{name: registry1, repository: 'oci://x', {entry}}}\n")


CASES = (
    Case(
        "IM003",
        ONE,
        facts(extra="istio: {enabled: 'false'}"),
        facts(extra="istio: {enabled: false}"),
        ERROR,
        "string",
    ),
    Case("IM003", ONE, facts(extra="istio: {enabled: null}"), facts(), ERROR, "null"),
    Case(
        "IM003",
        ONE,
        facts(extra="istiod: {enabled: 1}"),
        facts(extra="istiod: {enabled: true}"),
        ERROR,
        "istiod",
    ),
    Case(
        "IM003", ONE, facts(extra="istioCore: {}\nistiod: {}"), facts(extra="istiod: {}"), ERROR, "istioCore"
    ),
    Case(
        "IM003",
        ONE,
        facts(extra="istioCore: {}"),
        facts(extra="istioCore: {}", version="2.50.0"),
        ERROR,
        "istioCore",
    ),
    Case("IM003", ONE, with_layers(single("domain.sub")), facts(), ERROR, "targetPath domain.sub"),
    Case("IM003", ONE, facts(problems=("there is no Secret common-bb",)), facts(), ERROR, "common-bb"),
    Case(
        "IM004",
        ONE,
        facts(extra="istio: {enabled: true}"),
        facts(),
        INFO,
        "environment key values.yaml (istio)",
    ),
    Case(
        "IM004",
        THREE,
        facts(extra="istioOperator: {}"),
        facts(),
        ERROR,
        "refuses its top-level keys istioOperator",
    ),
    Case("IM019", ONE, with_layers(layer(SOPS)), facts(), WARNING, "set istio.enabled: false at the source"),
    Case(
        "IM019",
        ONE,
        with_layers(from_git()),
        facts(),
        WARNING,
        "https://git.example/env (branch main), folder prod",
    ),
    Case("IM019", ONE, with_layers(OPAQUE), facts(), WARNING, "environment-bb"),
    Case("IM020", ONE, facts(zarf_packages=("bigbang",)), facts(), ERROR, "bigbang-values.yaml"),
    Case(
        "IM021",
        ONE,
        repository("type: oci"),
        repository("existingSecret: private-registry"),
        ERROR,
        "registry1",
    ),
    Case(
        "IM021", TWO, repository("username: a"), repository("username: '', password: ''"), ERROR, "password"
    ),
    Case("IM021", TWO, repository("provider: generic"), repository("provider: aws"), ERROR, "provider"),
)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_it_speaks_of_what_is_broken_and_is_silent_about_what_is_mended(case: Case) -> None:
    case.prove()


def test_values_that_are_set_already_are_safe_from_zarf() -> None:
    assert of_code("IM020", facts(extra=SET, zarf_packages=("bigbang",)), ONE) == []


def test_before_3_0_every_layer_with_rejected_keys_is_named_with_the_point_of_no_return() -> None:
    found = of_code("IM004", facts("istio: {}\nistioOperator: {}", extra="istioCore: {}"), THREE)
    assert [(one.severity, "point of no return" in one.reason) for one in found] == [(ERROR, True)] * 2
    assert "common key" in found[0].object and "istioOperator" in found[0].reason
    assert "environment key" in found[1].object and "istioCore" in found[1].reason


def test_before_3_0_the_point_of_no_return_is_told_even_if_all_is_well() -> None:
    [found] = of_code("IM004", facts(), THREE)
    assert found.severity is INFO and "point of no return" in found.reason


def test_before_3_0_an_encrypted_layer_cannot_be_judged() -> None:
    [found] = of_code("IM004", with_layers(OPAQUE), THREE)
    assert found.severity is WARNING and "cannot tell" in found.reason


def test_a_target_path_counts_as_a_key_too() -> None:
    found = of_code("IM004", with_layers(single("istio.enabled")), THREE)
    assert [one.severity for one in found] == [ERROR]


def test_an_encrypted_switch_is_no_contradiction() -> None:
    assert of_code("IM003", with_layers(layer(SOPS)), ONE) == []


def test_an_umbrella_of_helm_is_not_blocked_value_by_value() -> None:
    helm = Umbrella(Ref("Secret", "sh.helm.release.v1.bigbang.v3", "bigbang"), "2.54.0", None)
    blocked = layer("istio: {enabled: true}", blocked="helm owns its values")
    assert of_code("IM019", replace(facts(), umbrella=helm, layers=(blocked,)), ONE) == []


@pytest.mark.parametrize("code", ["IM003", "IM004", "IM021"])
def test_files_are_judged_as_well(code: str) -> None:
    text = "istio: {enabled: 'no'}\nhelmRepositories: [{name: a, repository: b}]\n"
    assert of_code(code, files(text), ONE)
