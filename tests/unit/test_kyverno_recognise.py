"""Mutation policies by what they do: ours for three engines, the guide's own, others, and what is none."""

import copy
from typing import Any

import msgspec
import pytest

from istiokit.istio.mapping import Mapping, Pair
from istiokit.istio.model import Gateway
from istiokit.kyverno.direction import forward, forward_grants, rules_by_name, strangers
from istiokit.kyverno.grants import Grant, grants_of
from istiokit.kyverno.policies import Engine, policy
from istiokit.kyverno.recognise import MutationPolicy, recognise
from istiokit.kyverno.reports import Observation
from tests.unit.kyverno_cases import NEW_PASS, NEW_PUBLIC, PASS, PUBLIC, TWO, mapping

KINDS = {
    Engine.KYVERNO: "ClusterPolicy",
    Engine.KYVERNO_MUTATING: "MutatingPolicy",
    Engine.ADMISSION: "MutatingAdmissionPolicy",
}


def guide_rule(given: str, holder: str) -> dict[str, Any]:
    """One of the rules that Big Bang's guide for a blue-green migration prints."""
    key = "{{ request.object.spec.gateways[] | [] }}"
    return {
        "name": f"mutate-virtual-service-{given.replace('/', '-')}",
        "match": {"all": [{"resources": {"kinds": ["networking.istio.io/*/VirtualService"]}}]},
        "preconditions": {
            "all": [
                {"key": key, "operator": "AnyIn", "value": [holder]},
                {"key": key, "operator": "AllNotIn", "value": [given]},
            ]
        },
        "mutate": {"patchesJson6902": f"- op: add\n  path: /spec/gateways/-\n  value: {given}\n"},
    }


def guide(*ways: tuple[str, str]) -> dict[str, Any]:
    rules = [guide_rule(*way) for way in ways]
    return {"metadata": {"name": "mutate-istio-virtual-service-gateways"}, "spec": {"rules": rules}}


BOTH_WAYS = ((NEW_PUBLIC, PUBLIC), (PUBLIC, NEW_PUBLIC), (NEW_PASS, PASS), (PASS, NEW_PASS))
FORTH = BOTH_WAYS[::2]


def known(manifest: dict[str, Any], kind: str = "ClusterPolicy") -> MutationPolicy:
    found = recognise(kind, manifest)
    assert found is not None
    return found


def pairs(found: Mapping) -> list[str]:
    return [str(pair) for pair in found.pairs]


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("one_way", [False, True])
def test_ours_are_known_whatever_they_are_called(engine: Engine, one_way: bool) -> None:
    manifest = copy.deepcopy(policy(engine, mapping(*TWO), one_way=one_way)[0])
    manifest["metadata"]["name"] = "renamed"
    found = known(manifest, KINDS[engine])
    assert sorted(found.grants, key=str) == sorted(grants_of(mapping(*TWO), one_way=one_way), key=str)
    assert found.appends
    assert pairs(forward([found], Mapping(), ())) == list(TWO)


def edited(engine: Engine, old: str, new: str) -> dict[str, Any]:
    """Our policy for two pairs after somebody has edited it."""
    text = msgspec.json.encode(policy(engine, mapping(*TWO))[0]).decode()
    assert old in text
    changed: dict[str, Any] = msgspec.json.decode(text.replace(old, new))
    return changed


@pytest.mark.parametrize("engine", list(Engine))
def test_what_a_policy_does_counts_and_not_what_it_says_of_itself(engine: Engine) -> None:
    """The annotation has lost a pair that the rules still have."""
    found = known(edited(engine, f"{TWO[0]},{TWO[1]}", TWO[0]), KINDS[engine])
    assert [str(pair) for pair in found.pairs] == [TWO[0]]
    assert {grant.gateway for grant in found.grants} == {PUBLIC, NEW_PUBLIC, PASS, NEW_PASS}
    assert sorted(pairs(forward([found], mapping(*TWO), ()))) == sorted(TWO)
    assert strangers([found], forward([found], Mapping(), ())) == (NEW_PASS, PASS)


@pytest.mark.parametrize(
    ("engine", "old", "new"),
    [
        (Engine.ADMISSION, "'/-'", "'/0'"),
        (Engine.KYVERNO_MUTATING, "'/-'", "'/0'"),
        (Engine.KYVERNO, "/-", "/0"),
    ],
)
def test_one_that_was_made_to_prepend_does_not_append(engine: Engine, old: str, new: str) -> None:
    assert not known(edited(engine, old, new), KINDS[engine]).appends


def test_a_mapping_that_makes_no_sense_is_not_believed() -> None:
    found = known(edited(Engine.KYVERNO, f"{TWO[0]},{TWO[1]}", f"{TWO[0]},{NEW_PUBLIC}={PUBLIC},x=,=y,z"))
    assert {str(pair) for pair in found.pairs} <= {TWO[0], f"{NEW_PUBLIC}={PUBLIC}"}


def test_a_gateway_that_is_a_variable_is_of_no_pair() -> None:
    variable = changed(patchStrategicMerge={"spec": {"gateways": ["{{ gws }}"]}})
    told = forward([known(variable)], mapping(*TWO), ())
    assert (told, strangers([known(variable)], told)) == (Mapping(), ("{{ gws }}",))


def test_the_binding_of_an_admission_policy_is_no_policy() -> None:
    assert recognise("MutatingAdmissionPolicy", policy(Engine.ADMISSION, mapping(*TWO))[1]) is None


def test_the_guides_own_policy_is_known_by_its_patches() -> None:
    found = known(guide(*BOTH_WAYS))
    assert found.grants == tuple(Grant(given, (holder,)) for given, holder in BOTH_WAYS)
    assert found.appends
    assert str(found) == "ClusterPolicy mutate-istio-virtual-service-gateways"


def test_of_two_ways_the_one_counts_that_names_speak_for() -> None:
    bigbang = mapping(*TWO)
    assert pairs(forward([known(guide(*BOTH_WAYS))], bigbang, ())) == sorted(TWO)


def test_a_narrowed_policy_says_itself_which_way_it_goes() -> None:
    assert pairs(forward([known(guide(*FORTH))], Mapping(), ())) == sorted(TWO)


def gateway(name: str, created: str) -> Gateway:
    from istiokit.cluster.decode import Metadata

    namespace, _, short = name.partition("/")
    return Gateway(metadata=Metadata(name=short, namespace=namespace, creation_timestamp=created))


def test_where_names_say_nothing_the_older_gateway_is_the_old_one() -> None:
    ways = known(guide(("b/two", "a/one"), ("a/one", "b/two")))
    young, old = gateway("a/one", "2026-11-02T00:00:00Z"), gateway("b/two", "2025-01-01T00:00:00Z")
    assert pairs(forward([ways], Mapping(), (young, old))) == ["b/two=a/one"]
    told = forward([ways], Mapping(), ())
    assert (told.pairs, strangers([ways], told)) == ((), ("a/one", "b/two"))


def test_without_a_policy_what_was_found_counts() -> None:
    told = forward([], mapping(*TWO), ())
    assert (told, strangers([], told)) == (mapping(*TWO), ())


def test_forward_grants_leave_mesh_out() -> None:
    both = Mapping((Pair("mesh", "a/b", ""), *mapping(*TWO).pairs))
    assert forward_grants(both) == grants_of(mapping(*TWO), one_way=True)
    assert forward_grants(Mapping((Pair("mesh", "a/b", ""),))) == ()


def changed(**mutate: Any) -> dict[str, Any]:
    rule = guide_rule(NEW_PUBLIC, PUBLIC)
    return {"metadata": {"name": "p"}, "spec": {"rules": [{**rule, "mutate": mutate}]}}


def test_loops_within_loops_are_looked_into() -> None:
    path = "/spec/http/{{elementIndex0}}/match/{{elementIndex1}}/gateways/-"
    patch = f"- op: add\n  path: {path}\n  value: {NEW_PUBLIC}\n"
    loops = {"foreach": [{"list": "x", "foreach": [{"list": "y", "patchesJson6902": patch}]}]}
    assert known(changed(**loops)).grants == (Grant(NEW_PUBLIC, (PUBLIC,)),)


@pytest.mark.parametrize(
    ("mutate", "appends"),
    [
        (
            {"patchesJson6902": f'[{{"op": "add", "path": "/spec/gateways/0", "value": "{NEW_PUBLIC}"}}]'},
            False,
        ),
        (
            {"patchesJson6902": f"- {{op: replace, path: /spec/gateways, value: [{PUBLIC}, {NEW_PUBLIC}]}}"},
            False,
        ),
        ({"patchStrategicMerge": {"spec": {"gateways": [NEW_PUBLIC]}}}, False),
        ({"patchesJson6902": f"- {{op: add, path: /spec/gateways/-, value: {NEW_PUBLIC}}}"}, True),
    ],
)
def test_where_it_writes_decides_whether_the_order_of_a_list_is_evidence(
    mutate: dict[str, Any], appends: bool
) -> None:
    found = known(changed(**mutate))
    assert NEW_PUBLIC in {grant.gateway for grant in found.grants}
    assert found.appends is appends


@pytest.mark.parametrize(
    "mutate",
    [
        {"patchesJson6902": "- {op: add, path: /spec/hosts/-, value: a.example.com}"},
        {"patchesJson6902": "- {op: remove, path: /spec/gateways/0}"},
        {"patchesJson6902": "{{ nobody knows }}: - ["},
        {"patchStrategicMerge": {"metadata": {"labels": {"gateways": "a/b"}}}},
        {"patchStrategicMerge": "text"},
        {},
    ],
)
def test_what_does_nothing_to_gateways_is_none(mutate: dict[str, Any]) -> None:
    assert recognise("ClusterPolicy", changed(**mutate)) is None


def test_rules_about_other_kinds_and_of_other_types_do_not_count() -> None:
    other = guide(*FORTH)
    for rule in other["spec"]["rules"]:
        rule["match"] = {"any": [{"resources": {"kinds": ["Gateway", "apps/v1/Deployment"]}}]}
    assert recognise("ClusterPolicy", other) is None
    assert (
        recognise("ClusterPolicy", {"metadata": {"name": "v"}, "spec": {"rules": [{"validate": {}}]}}) is None
    )
    assert recognise("ClusterPolicy", {"metadata": {"name": "empty"}}) is None


def cel(expression: str, *resources: str) -> dict[str, Any]:
    rules = [{"resources": list(resources or ("virtualservices",))}]
    mutation = {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}
    return {
        "metadata": {"name": "cel"},
        "spec": {"matchConstraints": {"resourceRules": rules}, "mutations": [mutation]},
    }


def test_a_foreign_policy_in_cel_is_known_by_its_expression() -> None:
    patch = f'JSONPatch{{op: "add", path: "/spec/gateways/-", value: "{NEW_PUBLIC}"}}'
    text = f"'{PUBLIC}' in object.spec.gateways ? [{patch}] : []"
    found = known(cel(text), "MutatingPolicy")
    assert {grant.gateway for grant in found.grants} == {PUBLIC, NEW_PUBLIC}
    assert [key for key, _ in found.reported_rules()] == [("KyvernoMutatingPolicy", "cel", "")]
    assert pairs(forward([found], mapping(*TWO), ())) == [TWO[0]]
    assert recognise("MutatingPolicy", cel(text, "gateways")) is None
    assert recognise("MutatingPolicy", cel("Object{metadata: Object.metadata{}}")) is None


def seen(rule: str, result: str, message: str = "", policy: str = "p") -> Observation:
    return Observation("kyverno", policy, rule, result, message, 0)


def test_reports_without_their_policies_are_read_by_name() -> None:
    found = {
        ("shop", "web"): (
            seen(
                "add-istio-gateway-public-ingressgateway",
                "pass",
                "mutated VirtualService/web in namespace shop",
            ),
            seen("add-istio-system-public", "skip"),
            seen("require-owner", "pass", "validation rule 'require-owner' passed.", policy="v"),
        )
    }
    told = rules_by_name(found, (), mapping(*TWO))
    assert told == {
        ("kyverno", "p", "add-istio-gateway-public-ingressgateway"): (NEW_PUBLIC,),
        ("kyverno", "p", "add-istio-system-public"): (),
    }
    assert set(rules_by_name(found, ("v",), mapping(*TWO))) == {("kyverno", "v", "require-owner")}
