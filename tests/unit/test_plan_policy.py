"""The plans about the mutation policy, from what was read."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.findings import Finding, Severity
from istiokit.istio.model import VirtualService
from istiokit.kyverno.access import USUAL, Access, role
from istiokit.kyverno.grants import grants_of
from istiokit.kyverno.policies import DIRECTION, MAPPING, Engine, policy
from istiokit.plan.actions import codec
from istiokit.plan.actions.lifecycle import CreateObject, DeleteObject
from istiokit.plan.actions.policies import AwaitAccess, AwaitPolicy, ProvePolicy
from istiokit.plan.actions.replace import ReplaceObject
from istiokit.plan.codec import encode_action
from istiokit.plan.model import Plan
from istiokit.plan.policy import (
    Wanted,
    is_change,
    plan_apply,
    plan_check,
    plan_narrow,
    plan_remove,
    plan_touch,
)
from istiokit.survey.policies import Standing
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, TWO, Manifest, decoded, manifest, mapping

NOTHING = Standing()
ENGINES = tuple(Engine)
MANY = 2203


def standing(engine: Engine, *pairs: str, one_way: bool = False, **more: Any) -> Standing:
    made = policy(engine, mapping(*(pairs or ONE)), one_way=one_way)
    return Standing(tuple(made[:1]), tuple(made[1:]), **more)


def wanted(engine: Engine, *pairs: str, one_way: bool = False) -> Wanted:
    return Wanted(engine, mapping(*(pairs or ONE)), one_way)


def steps(plan: Plan) -> list[str]:
    return [f"{type(action).__name__} {action.target()}" for action in plan.actions()]


def renamed(item: Manifest, name: str) -> Manifest:
    return {**item, "metadata": {**item["metadata"], "name": name}}


def annotated(item: Manifest, **annotations: str) -> Manifest:
    metadata = item["metadata"]
    return {**item, "metadata": {**metadata, "annotations": {**metadata["annotations"], **annotations}}}


def grants_proved(plan: Plan) -> set[tuple[str, str]]:
    (proof,) = [action for action in plan.actions() if isinstance(action, ProvePolicy)]
    return {(holder, one.gateway) for one in proof.grants for holder in one.holders}


@pytest.mark.parametrize("engine", ENGINES)
def test_apply_makes_waits_and_proves_in_this_order(engine: Engine) -> None:
    plan = plan_apply(NOTHING, wanted(engine))
    made = [type(action) for action in plan.actions()]
    if engine is Engine.ADMISSION:
        assert steps(plan)[:2] == [
            "CreateObject MutatingAdmissionPolicy istio-migrate-gateways",
            "CreateObject MutatingAdmissionPolicyBinding istio-migrate-gateways",
        ]
        assert made == [CreateObject, CreateObject, ProvePolicy]
    else:
        assert made == [CreateObject, AwaitPolicy, ProvePolicy]
    assert all(len(group.actions) == 1 for group in plan.groups), "nothing is begun after a failure"
    assert grants_proved(plan) == {(PUBLIC, NEW_PUBLIC), (NEW_PUBLIC, PUBLIC)}
    assert is_change(plan)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_stands_as_it_is_wanted_is_only_proved(engine: Engine) -> None:
    plan = plan_apply(standing(engine), wanted(engine))
    assert not is_change(plan)
    assert grants_proved(plan) == {(PUBLIC, NEW_PUBLIC), (NEW_PUBLIC, PUBLIC)}


@pytest.mark.parametrize("engine", ENGINES)
def test_other_pairs_or_another_direction_replace_what_stands(engine: Engine) -> None:
    for there, asked in (
        (standing(engine), wanted(engine, *TWO)),
        (standing(engine), wanted(engine, one_way=True)),
        (standing(engine, one_way=True), wanted(engine)),
    ):
        plan = plan_apply(there, asked)
        changes = [action for action in plan.actions() if not action.passive]
        assert {type(action) for action in changes} == {ReplaceObject}
        assert len(changes) == len(there.policies) + len(there.bindings)


def test_another_engine_takes_over_before_the_old_one_goes() -> None:
    plan = plan_apply(standing(Engine.ADMISSION), wanted(Engine.KYVERNO))
    assert steps(plan) == [
        "CreateObject ClusterPolicy istio-migrate-gateways",
        "AwaitPolicy ClusterPolicy istio-migrate-gateways",
        "DeleteObject MutatingAdmissionPolicyBinding istio-migrate-gateways",
        "DeleteObject MutatingAdmissionPolicy istio-migrate-gateways",
        "ProvePolicy VirtualServices",
    ]


def test_one_of_another_name_is_taken_over_too() -> None:
    there = Standing((renamed(standing(Engine.KYVERNO).policies[0], "mine"),))
    assert steps(plan_apply(there, wanted(Engine.KYVERNO)))[2] == "DeleteObject ClusterPolicy mine"


def test_a_change_by_hand_is_told_before_it_is_lost() -> None:
    there = standing(Engine.KYVERNO)
    rules = there.policies[0]["spec"]["rules"]
    by_hand = {**there.policies[0], "spec": {"background": True, "rules": rules[:1]}}
    plan = plan_narrow(Standing((by_hand,)))
    assert any("was changed by hand" in note for note in plan.notes)
    assert not any("by hand" in note for note in plan_narrow(there).notes)
    assert not any("by hand" in note for note in plan_apply(there, wanted(Engine.KYVERNO, *TWO)).notes)


def test_the_grant_comes_first_and_only_where_something_is_missing() -> None:
    lacking, enough = Access(USUAL, missing=("list",)), Access(USUAL)
    plan = plan_apply(NOTHING, wanted(Engine.KYVERNO), lacking, grant=True)
    assert [type(action) for action in plan.actions()][:2] == [CreateObject, AwaitAccess]
    assert (plan.findings, steps(plan)[0]) == ((), f"CreateObject ClusterRole {role()['metadata']['name']}")
    assert not any(
        "ClusterRole" in one for one in steps(plan_apply(NOTHING, wanted(Engine.KYVERNO), enough, grant=True))
    )
    assert not any(
        "ClusterRole" in one for one in steps(plan_apply(NOTHING, wanted(Engine.KYVERNO), lacking))
    )
    assert [one.code for one in plan_apply(NOTHING, wanted(Engine.KYVERNO), lacking).findings] == ["PR010"]


def test_the_grant_is_made_blindly_where_nobody_may_ask_and_not_waited_for() -> None:
    blind = Access(USUAL, unchecked="you may not")
    made = steps(plan_apply(NOTHING, wanted(Engine.KYVERNO), blind, grant=True))
    assert made[0].startswith("CreateObject ClusterRole")
    assert not any(one.startswith("AwaitAccess") for one in made)


def test_a_grant_that_is_there_is_only_waited_for() -> None:
    there = standing(Engine.KYVERNO, role=role())
    plan = plan_apply(there, wanted(Engine.KYVERNO), Access(USUAL, missing=("get",)), grant=True)
    assert steps(plan)[0].startswith("AwaitAccess")
    assert not is_change(plan)


@pytest.mark.parametrize("engine", ENGINES)
def test_narrow_makes_the_same_policy_one_way(engine: Engine) -> None:
    plan = plan_narrow(standing(engine, *TWO))
    replaced = [action for action in plan.actions() if isinstance(action, ReplaceObject)]
    for action, made in zip(replaced, policy(engine, mapping(*TWO), one_way=True), strict=True):
        assert action.manifest["spec"] == made["spec"]
        assert action.manifest["metadata"]["annotations"][DIRECTION] == "one-way"
        assert action.manifest["metadata"]["annotations"][MAPPING] == ",".join(TWO)
    assert all(holder.startswith("istio-system/") for holder, _ in grants_proved(plan))


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_is_narrow_is_only_proved(engine: Engine) -> None:
    assert not is_change(plan_narrow(standing(engine, one_way=True)))


def test_narrow_keeps_the_name_and_leaves_bindings_of_people_alone() -> None:
    there = standing(Engine.ADMISSION)
    theirs = {
        **there.bindings[0],
        "metadata": {"name": "by-team"},
        "spec": {"policyName": "mine", "matchResources": {}},
    }
    plan = plan_narrow(Standing((renamed(there.policies[0], "mine"),), (theirs,)))
    assert steps(plan)[:-1] == ["ReplaceObject MutatingAdmissionPolicy mine"]


@pytest.mark.parametrize(
    ("said", "what"), [({MAPPING: ""}, "does not say"), ({MAPPING: "a"}, "does not say")]
)
def test_one_that_does_not_say_what_it_was_made_of_is_not_narrowed(said: dict[str, str], what: str) -> None:
    there = annotated(standing(Engine.KYVERNO).policies[0], **said)
    with pytest.raises(NotDone, match=what):
        plan_narrow(Standing((there,)))
    assert steps(plan_remove(Standing((there,)), ())) == ["DeleteObject ClusterPolicy istio-migrate-gateways"]


def test_without_a_policy_there_is_nothing_to_narrow() -> None:
    with pytest.raises(NotDone, match="no policy of ours to narrow"):
        plan_narrow(NOTHING)


def test_remove_takes_the_binding_first_and_the_role_last() -> None:
    there = standing(Engine.ADMISSION, role=role())
    finding = Finding("PR001", Severity.ERROR, "VirtualService shop/web", "it depends", "change it")
    plan = plan_remove(there, (finding,))
    assert [one.split(" ")[1] for one in steps(plan)] == [
        "MutatingAdmissionPolicyBinding",
        "MutatingAdmissionPolicy",
        "ClusterRole",
    ]
    assert (plan.findings, {type(one) for one in plan.actions()}) == ((finding,), {DeleteObject})
    assert plan_remove(NOTHING, ()).groups == ()


FLUX = {
    "helm.toolkit.fluxcd.io/name": "policies",
    "helm.toolkit.fluxcd.io/namespace": "bigbang",
}


def owned(item: Manifest) -> Manifest:
    return {**item, "metadata": {**item["metadata"], "labels": {**item["metadata"]["labels"], **FLUX}}}


def test_one_that_its_owner_would_put_back_is_left_to_the_owner() -> None:
    """The HelmRelease could not be read, so nobody can tell: --allow VSG053 goes on."""
    there = Standing((owned(standing(Engine.KYVERNO).policies[0]),))
    plans: tuple[Callable[[tuple[str, ...]], Plan], ...] = (
        lambda allowed: plan_remove(there, (), allowed),
        lambda allowed: plan_narrow(there, allowed),
        lambda allowed: plan_apply(there, Wanted(Engine.KYVERNO, mapping(*TWO), allowed=allowed)),
    )
    for made in plans:
        with pytest.raises(NotDone, match=r"ClusterPolicy istio-migrate-gateways: .*policies") as refused:
            made(())
        assert "the policy there" in refused.value.hint
        assert is_change(made(("VSG053",)))


def virtual_services(number: int) -> Sequence[VirtualService]:
    return [decoded(manifest(name=f"web-{at}", gateways=[PUBLIC])) for at in range(number)]


def test_touch_is_proved_first_and_goes_in_groups() -> None:
    plan = plan_touch(virtual_services(MANY), grants_of(mapping(*ONE)))
    assert [len(group.actions) for group in plan.groups] == [1, 1000, 1000, 203]
    assert [group.concurrency for group in plan.groups[1:]] == [8, 8, 8]
    first = plan.groups[1].actions[0]
    assert (first.target(), first.change()) == ("VirtualService shop/web-0", f"touch: lacks {NEW_PUBLIC}")
    assert first.irreversible


def test_touch_leaves_alone_what_lacks_nothing_or_is_going() -> None:
    both = decoded(manifest(name="both", gateways=[PUBLIC, NEW_PUBLIC]))
    going = VirtualService(
        metadata=Metadata(name="going", namespace="shop", deletion_timestamp="2026-01-01T00:00:00Z"),
        spec=decoded(manifest(gateways=[PUBLIC])).spec,
    )
    assert plan_touch([both, going], grants_of(mapping(*ONE))).groups == ()


def test_a_check_waits_for_each_and_proves_what_they_say() -> None:
    plan = plan_check(
        Standing(
            (*standing(Engine.KYVERNO, one_way=True).policies, *standing(Engine.KYVERNO_MUTATING).policies)
        )
    )
    assert not is_change(plan)
    assert grants_proved(plan) == {(PUBLIC, NEW_PUBLIC), (NEW_PUBLIC, PUBLIC)}


def test_the_journal_brings_every_action_back() -> None:
    plans = (
        plan_apply(
            standing(Engine.ADMISSION), wanted(Engine.KYVERNO), Access(USUAL, missing=("get",)), grant=True
        ),
        plan_narrow(standing(Engine.KYVERNO_MUTATING)),
        plan_touch(virtual_services(1), grants_of(mapping(*TWO))),
    )
    for action in (action for plan in plans for action in plan.actions()):
        assert codec().action(encode_action(action)) == action


def test_what_lacks_something_is_no_part_of_what_a_touch_is() -> None:
    grants = grants_of(mapping(*ONE))
    (before,) = plan_touch(virtual_services(1), grants).groups[1].actions
    assert before.identity() == plan_touch(virtual_services(1), grants).groups[1].actions[0].identity()
    assert before.state(None) == "todo"  # type: ignore[arg-type]  # it looks at nothing
    assert before.target() == str(Ref("VirtualService", "web-0", "shop"))
