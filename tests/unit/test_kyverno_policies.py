"""The mutation policies as manifests: what is printed, and what their engines' schemas ask for."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit.istio.mapping import Mapping
from istiokit.kyverno.jmespath import spellings
from istiokit.kyverno.policies import DIRECTION, LABELS, MAPPING, NAME, Engine, policy
from kubectl_vs_gateways.policy_text import printed
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PASS, PUBLIC, TWO, mapping

GOLDEN = Path(__file__).parent.parent / "golden" / "policies"
MERGED = (f"{PUBLIC}={NEW_PUBLIC}", f"{PASS}={NEW_PUBLIC}")
CASES: dict[str, tuple[Mapping, bool]] = {
    "one": (mapping(*ONE), False),
    "two": (mapping(*TWO), False),
    "one-way": (mapping(*ONE), True),
    "merged": (mapping(*MERGED), False),
}
EVERY = [(engine, case) for engine in Engine for case in CASES]


@pytest.mark.parametrize(("engine", "case"), EVERY)
def test_what_is_printed(engine: Engine, case: str) -> None:
    pairs, one_way = CASES[case]
    text = printed(policy(engine, pairs, one_way=one_way), "yaml")
    assert text == (GOLDEN / f"{engine}-{case}.yaml").read_text()


@pytest.mark.parametrize(("engine", "case"), EVERY)
def test_yaml_and_json_say_the_same(engine: Engine, case: str) -> None:
    pairs, one_way = CASES[case]
    manifests = policy(engine, pairs, one_way=one_way)
    assert list(yaml.safe_load_all(printed(manifests, "yaml"))) == manifests
    document = yaml.safe_load(printed(manifests, "json"))
    assert (document["items"] if document["kind"] == "List" else [document]) == manifests


@pytest.mark.parametrize("engine", Engine)
def test_every_policy_can_be_found_again(engine: Engine) -> None:
    for item in policy(engine, mapping(*TWO), one_way=True):
        metadata = item["metadata"]
        assert (metadata["name"], metadata["labels"]) == (NAME, LABELS)
        assert metadata["annotations"] == {MAPPING: ",".join(TWO), DIRECTION: "one-way"}


def test_the_admission_policy_comes_with_its_binding() -> None:
    rules, binding = policy(Engine.ADMISSION, mapping(*ONE))
    assert binding["spec"] == {"policyName": rules["metadata"]["name"]}
    assert rules["apiVersion"] == binding["apiVersion"] == "admissionregistration.k8s.io/v1"


def test_both_engines_of_cel_are_told_the_same() -> None:
    (kyverno,) = policy(Engine.KYVERNO_MUTATING, mapping(*TWO))
    own = policy(Engine.ADMISSION, mapping(*TWO))[0]
    assert kyverno["spec"] == own["spec"]
    assert (kyverno["apiVersion"], kyverno["kind"]) == ("policies.kyverno.io/v1", "MutatingPolicy")


def test_variables_are_used_after_they_are_named() -> None:
    spec = policy(Engine.ADMISSION, mapping(*ONE))[0]["spec"]
    known: list[str] = []
    for variable in spec["variables"]:
        used = [name for name in _names(spec) if f"variables.{name}" in variable["expression"]]
        assert set(used) <= set(known)
        known.append(variable["name"])
    # Kubernetes evaluates conditions before variables.
    assert all("variables." not in item["expression"] for item in spec["matchConditions"])


def _names(spec: dict[str, Any]) -> list[str]:
    return [variable["name"] for variable in spec["variables"]]


@pytest.mark.parametrize(
    "pairs",
    [
        TWO,
        ("a-b/c=d/e", "a/b-c=d/f", f"{'n' * 60}/{'x' * 60}=d/g"),
        ("istio-system/a.b=istio-system/c", "istio-system/a-b=istio-system/d"),
    ],
)
def test_rules_have_names_that_kyverno_takes(pairs: tuple[str, ...]) -> None:
    (found,) = policy(Engine.KYVERNO, mapping(*pairs))
    names = [rule["name"] for rule in found["spec"]["rules"]]
    assert len(set(names)) == len(names) == 4 * len(pairs)
    assert all(len(name) <= 63 for name in names)


def test_conditions_are_looked_at_after_all_top_level_lists() -> None:
    (found,) = policy(Engine.KYVERNO, mapping(*TWO))
    loops = ["foreach" in rule["mutate"] for rule in found["spec"]["rules"]]
    assert loops == [False] * 4 + [True] * 4


def test_short_spellings_count_only_at_home() -> None:
    assert spellings(PUBLIC) == [
        "istio-system/public",
        "public.istio-system",
        "public.istio-system.*",
        "{{ request.namespace == 'istio-system' && 'public' || 'istio-system/public' }}",
        "{{ request.namespace == 'istio-system' && './public' || 'istio-system/public' }}",
    ]
