"""`istio-migrate policy` as a user meets it: whole commands on a cluster whose policies act, and what they refuse."""

import json
from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.errors import OperationFailed
from istiokit.kyverno.access import ROLE
from istiokit.kyverno.policies import Engine, policy
from istiokit.plan.actions import codec
from istiokit.plan.journal import Run, RunState
from istiokit.plan.policy import MIGRATION
from istiokit.plan.store_cluster import ClusterStore
from tests.run import Result, run
from tests.unit.kyverno_cases import NEW_PASS, NEW_PUBLIC, ONE, PASS, PUBLIC, TWO, Manifest, manifest, mapping
from tests.unit.policy_world import KINDS, NAME, PolicyCluster, reports_controller

MAP = ("--map", ONE[0])
POLICY = Ref("MutatingAdmissionPolicy", NAME)
BINDING = Ref("MutatingAdmissionPolicyBinding", NAME)
CLUSTER_POLICY, MUTATING_POLICY = Ref("ClusterPolicy", NAME), Ref("MutatingPolicy", NAME)
ENGINES = {Engine.ADMISSION: POLICY, Engine.KYVERNO: CLUSTER_POLICY, Engine.KYVERNO_MUTATING: MUTATING_POLICY}


def made(**more: Any) -> PolicyCluster:
    """Two VirtualServices that lack a Gateway, and one of the mesh alone."""
    return PolicyCluster(
        [
            manifest(name="old", gateways=[PUBLIC]),
            manifest("pay", name="older", gateways=["mesh", PUBLIC]),
            manifest(name="inside", gateways=None),
            *more.pop("objects", ()),
        ],
        **more,
    )


@pytest.fixture
def cluster() -> PolicyCluster:
    """A cluster without Kyverno."""
    return made(absent=KINDS[:2])


def asked(cluster: PolicyCluster, *argv: str, **how: Any) -> Result:
    return run("policy", *argv, cluster=cluster, **how)


def done(cluster: PolicyCluster, *argv: str) -> Result:
    result = asked(cluster, *argv, "--yes", "--timeout", "2s")
    assert result.code == 0, result.err
    return result


def runs(cluster: PolicyCluster) -> list[Run]:
    return list(ClusterStore(cluster, "istio-system", codec()).list(MIGRATION))


def gateways(cluster: PolicyCluster, name: str, namespace: str = "shop") -> list[str]:
    found: list[str] = cluster.raw(Ref("VirtualService", name, namespace))["spec"]["gateways"]
    return found


def is_there(cluster: PolicyCluster, ref: Ref) -> bool:
    return cluster.get(ref, dict[str, Any]) is not None


def changes(cluster: PolicyCluster) -> list[Ref]:
    """What was written but the journal and its Lease."""
    return [ref for _, ref in cluster.writes if ref.kind not in ("ConfigMap", "Lease")]


PLAN = """\
MutatingAdmissionPolicy istio-migrate-gateways  create
MutatingAdmissionPolicyBinding istio-migrate-gateways  create
VirtualServices  prove by a dry run what the policy gives them
"""


@pytest.mark.parametrize("words", [("plan",), ("apply", "--dry-run"), ("apply", "--dry-run=server")])
def test_a_dry_run_shows_the_plan_and_changes_nothing(cluster: PolicyCluster, words: tuple[str, ...]) -> None:
    result = asked(cluster, *words, *MAP)
    assert (result.code, result.out, cluster.writes) == (0, PLAN, [])
    assert "engine admission: the API server has MutatingAdmissionPolicy v1, and no Kyverno" in result.err
    assert "nothing was changed (--dry-run)" in result.err


def test_apply_tells_each_step_and_what_comes_next(cluster: PolicyCluster) -> None:
    result = done(cluster, "apply", *MAP)
    (run_,) = runs(cluster)
    told = [line for line in result.err.splitlines() if not line.startswith(("engine", "note"))]
    assert told == [
        "begin  MutatingAdmissionPolicy istio-migrate-gateways: create",
        "done   MutatingAdmissionPolicy istio-migrate-gateways: create",
        "begin  MutatingAdmissionPolicyBinding istio-migrate-gateways: create",
        "done   MutatingAdmissionPolicyBinding istio-migrate-gateways: create",
        "begin  VirtualServices: prove by a dry run what the policy gives them",
        "done   VirtualServices: prove by a dry run what the policy gives them",
        f"apply is done (journal {run_.id} in namespace istio-system)",
        "The way back: kubectl istio-migrate policy rollback --journal-namespace istio-system",
        "next: `kubectl istio-migrate policy touch` lets it see the VirtualServices that are there already",
    ]
    assert changes(cluster) == [POLICY, BINDING]
    assert run_.state is RunState.DONE


@pytest.mark.parametrize("engine", list(Engine))
def test_there_and_back_with_each_engine(engine: Engine) -> None:
    cluster, ref = made(objects=[reports_controller()]), ENGINES[engine]
    done(cluster, "apply", *MAP, "--engine", engine)
    done(cluster, "touch")
    assert gateways(cluster, "old") == [PUBLIC, NEW_PUBLIC]
    assert gateways(cluster, "older", "pay") == ["mesh", PUBLIC, NEW_PUBLIC]
    both_ways = cluster.raw(ref)["spec"]
    done(cluster, "narrow")
    assert cluster.raw(ref)["spec"] == policy(engine, mapping(*ONE), one_way=True)[0]["spec"] != both_ways
    done(cluster, "remove", "--allow", "PR001", "--allow", "PR002")
    assert not is_there(cluster, ref)
    done(cluster, "rollback", "--to", "narrow")
    assert is_there(cluster, ref)
    done(cluster, "rollback", "--to", "touch")
    assert cluster.raw(ref)["spec"] == both_ways
    refused = asked(cluster, "rollback", "--yes")
    assert (refused.code, "VirtualService shop/old" in refused.err) == (1, True), (
        "it would lose its new gateway"
    )
    back = done(cluster, "rollback", "--allow", "PR002")
    assert not is_there(cluster, ref)
    assert "cannot be undone: touch" in back.err
    assert "there is no policy of ours now" in back.err
    assert {one.state for one in runs(cluster)} == {RunState.ROLLED_BACK}


def test_the_same_command_twice_proves_and_writes_nothing(cluster: PolicyCluster) -> None:
    for words in (("apply", *MAP), ("touch",), ("narrow",)):
        done(cluster, *words)
        before = list(cluster.writes)
        again = done(cluster, *words)
        assert (cluster.writes, f"nothing to {words[0]}" in again.err) == (before, True)
    assert len(runs(cluster)) == 3


def test_apply_touches_in_one_go_and_asks_once(cluster: PolicyCluster) -> None:
    result = asked(cluster, "apply", *MAP, "--touch", tty=True, stdin="y\n")
    assert (result.code, result.err.count("[y/N]")) == (0, 1), result.err
    assert "2 VirtualServices touched, and none lacks a Gateway any more" in result.err
    assert [one.name for one in runs(cluster)] == ["apply", "touch"]


def test_a_dry_run_tells_how_many_it_would_touch(cluster: PolicyCluster) -> None:
    result = asked(cluster, "plan", *MAP, "--touch", "-o", "json")
    assert json.loads(result.out)["summary"]["name"] == "apply"
    assert "then touch 2 VirtualServices" in result.err


def test_a_no_changes_nothing(cluster: PolicyCluster) -> None:
    result = asked(cluster, "apply", *MAP, tty=True, stdin="n\n")
    assert (result.code, cluster.writes) == (1, [])
    assert f"apply: let admission bind VirtualServices to both gateways of {ONE[0]}? [y/N]" in result.err
    assert asked(cluster, "apply", *MAP).code == 2


def test_a_policy_that_acts_late_is_waited_for(cluster: PolicyCluster) -> None:
    cluster.delay = 2
    done(cluster, "apply", *MAP)
    assert cluster.delay == 0


def test_a_policy_that_does_not_act_ends_the_run_and_stays_until_rollback(cluster: PolicyCluster) -> None:
    cluster.delay = 10**6
    failed = asked(cluster, "apply", *MAP, "--yes", "--timeout", "1s")
    assert failed.code == 1
    assert (
        f"the policy does not mutate as it should: a VirtualService with {PUBLIC} does not get" in failed.err
    )
    assert "run the same command again to go on, or roll back" in failed.err
    assert is_there(cluster, POLICY)
    refused = asked(cluster, "narrow", "--yes")
    assert (refused.code, "`kubectl istio-migrate policy apply` again" in refused.err) == (1, True)
    cluster.delay = 0
    done(cluster, "apply", *MAP)
    assert [one.state for one in runs(cluster)] == [RunState.DONE]
    done(cluster, "rollback")
    assert not is_there(cluster, POLICY)


def test_another_policy_that_gives_the_old_gateway_back_is_no_proof_of_a_narrow_one(
    cluster: PolicyCluster,
) -> None:
    done(cluster, "apply", *MAP)
    theirs = policy(Engine.ADMISSION, mapping(*ONE))
    for one in theirs:
        labels = {"app.kubernetes.io/managed-by": "people"}
        cluster.put({**one, "metadata": {**one["metadata"], "name": "theirs", "labels": labels}})
    failed = asked(cluster, "narrow", "--yes", "--timeout", "1s")
    assert (failed.code, f"with {NEW_PUBLIC} still gets {PUBLIC}" in failed.err) == (1, True), failed.err
    assert "see whether there is another policy" in failed.err


def test_kyverno_that_is_down_is_one_line_with_the_next_step() -> None:
    cluster = made(objects=[reports_controller()])
    cluster.is_down = True
    failed = asked(cluster, "apply", *MAP, "--yes", "--timeout", "1s")
    errors = [line for line in failed.err.splitlines() if line.startswith("error: ")]
    assert (failed.code, len(errors)) == (3, 1)
    assert "failed calling webhook" in errors[0]
    assert "kubectl -n kyverno get pods" in errors[0]
    cluster.is_down = False
    done(cluster, "apply", *MAP)


def test_a_policy_that_is_never_ready_is_told_in_the_words_of_kyverno() -> None:
    cluster = made(absent=("MutatingPolicy",), objects=[reports_controller()])
    condition = {"type": "Ready", "status": "False", "message": "no webhook"}
    cluster.status["ClusterPolicy"] = {"conditions": [condition]}
    failed = asked(cluster, "apply", *MAP, "--yes", "--timeout", "1s")
    assert failed.code == 1
    assert f"error: ClusterPolicy {NAME} is not Ready: Ready: no webhook" in failed.err


def test_who_may_not_prove_is_told_so(cluster: PolicyCluster) -> None:
    cluster.denied |= {("create", "VirtualService"), ("update", "VirtualService")}
    result = done(cluster, "apply", *MAP)
    assert "not proved that the policy mutates: you may not create virtualservices" in result.err


def test_the_permission_of_kyverno_is_told_and_granted() -> None:
    cluster = made(objects=[reports_controller()])
    plan = asked(cluster, "plan", *MAP)
    assert (plan.code, "warning PR010" in plan.err) == (0, True)
    granted = done(cluster, "apply", *MAP, "--grant")
    assert "PR010" not in granted.err
    assert changes(cluster) == [Ref("ClusterRole", ROLE), MUTATING_POLICY]
    assert "PR010" not in asked(cluster, "plan", *MAP).err
    done(cluster, "remove", "--allow", "PR001", "--allow", "PR002")
    assert not is_there(cluster, Ref("ClusterRole", ROLE))
    back = done(cluster, "rollback", "--to", "apply")
    assert back.err.splitlines()[-2:] == [
        "begin  VirtualServices: prove by a dry run what the policy gives them",
        "done   VirtualServices: prove by a dry run what the policy gives them",
    ]
    assert is_there(cluster, Ref("ClusterRole", ROLE))


def test_a_kyverno_that_does_not_collect_the_rule_is_told_what_to_do() -> None:
    cluster = made(objects=[reports_controller()])
    cluster.aggregates = False
    failed = asked(cluster, "apply", *MAP, "--grant", "--yes", "--timeout", "1s")
    assert failed.code == 1
    assert "still may not get, list, watch VirtualServices" in failed.err
    assert "reportsController.rbac.clusterRole.extraResources" in failed.err
    done(cluster, "rollback")
    assert not is_there(cluster, Ref("ClusterRole", ROLE))


def test_with_the_own_engine_of_kubernetes_there_is_nothing_to_grant(cluster: PolicyCluster) -> None:
    assert "there is nothing to grant" in asked(cluster, "plan", *MAP, "--grant").err


def test_apply_goes_by_the_engine_that_stands_and_changes_it_when_told() -> None:
    cluster = made(objects=[reports_controller()])
    done(cluster, "apply", *MAP, "--engine", "kyverno")
    again = done(cluster, "apply", *MAP)
    assert "engine kyverno: ClusterPolicy istio-migrate-gateways of ours is there" in again.err
    done(cluster, "apply", *MAP, "--engine", "admission")
    assert (is_there(cluster, CLUSTER_POLICY), is_there(cluster, POLICY)) == (False, True)
    done(cluster, "rollback", "--to", runs(cluster)[0].id)
    assert (is_there(cluster, CLUSTER_POLICY), is_there(cluster, POLICY)) == (True, False)


def test_other_pairs_replace_the_policy_and_come_back(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP)
    before = cluster.raw(POLICY)["spec"]
    result = done(cluster, "apply", *MAP, "--map", TWO[1])
    assert f"MutatingAdmissionPolicy {NAME}  replace" in result.out
    assert PASS in json.dumps(cluster.raw(POLICY)["spec"])
    done(cluster, "rollback", "--to", runs(cluster)[0].id)
    assert cluster.raw(POLICY)["spec"] == before


def test_pairs_are_found_where_none_are_named(cluster: PolicyCluster) -> None:
    for name in (PUBLIC, NEW_PUBLIC, PASS):
        namespace, _, short = name.partition("/")
        server = {"port": {"number": 443, "protocol": "HTTPS"}, "hosts": ["*"]}
        metadata = {"name": short, "namespace": namespace}
        kind = {"apiVersion": "networking.istio.io/v1", "kind": "Gateway"}
        cluster.put({**kind, "metadata": metadata, "spec": {"servers": [server]}})
    result = asked(cluster, "plan")
    assert f"pair: {ONE[0]}" in result.err
    assert f"left out: {PASS}={NEW_PASS}" in result.err


def changed_by_hand(cluster: PolicyCluster) -> None:
    there = cluster.raw(POLICY)
    cluster.put({**there, "spec": {**there["spec"], "failurePolicy": "Ignore"}})


def test_what_somebody_else_has_changed_is_not_undone_and_can_be_left_as_it_is(
    cluster: PolicyCluster,
) -> None:
    done(cluster, "apply", *MAP)
    done(cluster, "narrow")
    changed_by_hand(cluster)
    failed = asked(cluster, "rollback", "--yes")
    assert failed.code == 3
    assert f"{POLICY} was changed by somebody else" in failed.err
    assert "policy rollback --journal-namespace istio-system --abandon" in failed.err
    assert cluster.raw(POLICY)["spec"]["failurePolicy"] == "Ignore"
    done(cluster, "rollback", "--abandon")
    assert runs(cluster)[-1].state is RunState.ABANDONED


def test_narrow_writes_over_a_change_by_hand_only_after_it_was_told(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP)
    changed_by_hand(cluster)
    result = done(cluster, "narrow")
    assert "was changed by hand" in result.err
    assert cluster.raw(POLICY)["spec"]["failurePolicy"] == "Fail"
    done(cluster, "rollback", "--to", "apply")
    assert cluster.raw(POLICY)["spec"]["failurePolicy"] == "Ignore"


def test_a_change_between_plan_and_write_is_a_conflict(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP)
    changes_ = iter([1])

    def meddle(method: str, ref: Ref) -> None:
        if ref.kind == "Lease" and next(changes_, None):
            changed_by_hand(cluster)

    cluster.on_write = meddle
    failed = asked(cluster, "narrow", "--yes", "--timeout", "1s")
    assert (failed.code, "is no longer as the plan found it" in failed.err) == (3, True), failed.err
    assert cluster.raw(POLICY)["spec"]["failurePolicy"] == "Ignore"


def test_removal_is_refused_while_somebody_depends_on_the_policy(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP, "--touch")
    refused = asked(cluster, "remove", "--yes")
    assert refused.code == 1
    assert "VirtualService shop/old" in refused.err
    assert "nothing was changed" in refused.err
    assert is_there(cluster, POLICY)
    dry = asked(cluster, "remove", "--dry-run")
    assert (dry.code, "without --dry-run it would be refused" in dry.err) == (0, True)
    removed = done(cluster, "remove", "--allow", "PR001", "--allow", "PR002")
    assert runs(cluster)[-1].allowed == ("PR001", "PR002")
    assert "each keeps what it has until its owner writes it again" in removed.err


def test_removal_goes_on_where_nobody_depends_on_it() -> None:
    new = manifest(name="new", gateways=[NEW_PUBLIC])
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(new)}
    source = {**new, "metadata": {**new["metadata"], "annotations": applied}}
    cluster = PolicyCluster([source], absent=KINDS[:2])
    done(cluster, "apply", *MAP, "--one-way")
    done(cluster, "remove")
    assert not is_there(cluster, POLICY)
    assert "nothing to remove" in done(cluster, "remove").err


def guide_policy(name: str = "guide") -> Manifest:
    """What the guide has people apply, shortened."""
    rule = {
        "name": "add-new",
        "match": {"all": [{"resources": {"kinds": ["networking.istio.io/*/VirtualService"]}}]},
        "preconditions": {
            "all": [
                {"key": "{{ request.object.spec.gateways[] | [] }}", "operator": "AnyIn", "value": [PUBLIC]}
            ]
        },
        "mutate": {"patchesJson6902": f"- op: add\n  path: /spec/gateways/-\n  value: {NEW_PUBLIC}\n"},
    }
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": name},
        "spec": {"rules": [rule]},
    }


def test_a_policy_of_others_goes_by_its_name_and_comes_back() -> None:
    cluster = made(objects=[reports_controller(), guide_policy(), guide_policy("kept")])
    allow = ("--allow", "PR001", "--allow", "PR002")
    result = done(cluster, "remove", "--policy", "guide", *allow)
    assert result.out == "ClusterPolicy guide  delete\n"
    done(cluster, "rollback")
    assert is_there(cluster, Ref("ClusterPolicy", "guide"))
    assert cluster.raw(Ref("ClusterPolicy", "guide"))["spec"] == guide_policy()["spec"]


def test_a_policy_of_others_beside_ours_is_told() -> None:
    cluster = made(objects=[reports_controller(), guide_policy()])
    told = "ClusterPolicy guide adds to the gateways of VirtualServices too, and stays"
    assert told in asked(cluster, "plan", *MAP).err
    done(cluster, "apply", *MAP)
    assert told in asked(cluster, "narrow", "--dry-run").err


def test_a_policy_about_something_else_is_never_removed() -> None:
    other = guide_policy("no-latest")
    other["spec"]["rules"][0]["mutate"] = {"patchesJson6902": "- op: remove\n  path: /spec/foo\n"}
    cluster = made(objects=[reports_controller(), other])
    refused = asked(cluster, "remove", "--policy", "no-latest", "--yes")
    assert (refused.code, "adds nothing to the gateways of VirtualServices" in refused.err) == (1, True)
    unknown = asked(cluster, "remove", "--policy", "typo", "--yes")
    assert (unknown.code, "there is no policy typo" in unknown.err) == (1, True)
    assert changes(cluster) == []


def test_touch_needs_a_policy_or_pairs(cluster: PolicyCluster) -> None:
    refused = asked(cluster, "touch", "--yes")
    assert (refused.code, "there is no policy of ours that would see them" in refused.err) == (1, True)
    done(cluster, "apply", *MAP)
    cluster.put({**cluster.raw(POLICY), "metadata": {**cluster.raw(POLICY)["metadata"], "labels": {}}})
    done(cluster, "touch", *MAP)
    assert gateways(cluster, "old") == [PUBLIC, NEW_PUBLIC]


def test_what_cannot_be_touched_keeps_nothing_else_from_it(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP)

    def refuse(method: str, ref: Ref) -> None:
        if ref.name == "old" and method == "merge_patch":
            raise OperationFailed("admission webhook denied it")

    cluster.on_write = refuse
    failed = asked(cluster, "touch", "--yes")
    assert (failed.code, "failed  VirtualService shop/old: admission webhook denied it" in failed.err) == (
        3,
        True,
    )
    assert gateways(cluster, "older", "pay") == ["mesh", PUBLIC, NEW_PUBLIC]
    closed = done(cluster, "narrow")
    assert "was not finished; it is closed" in closed.err
    assert [one.state for one in runs(cluster)] == [RunState.DONE, RunState.ABANDONED, RunState.DONE]


def test_what_a_policy_leaves_out_is_told(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP)

    def swallow(method: str, ref: Ref) -> None:
        if method == "merge_patch":
            cluster.delay = 1

    cluster.on_write = swallow
    result = asked(cluster, "touch", "--yes")
    assert (result.code, f"shop/old still lacks {NEW_PUBLIC}" in result.err) == (1, True), result.err


def test_a_namespace_that_the_policy_leaves_out_is_no_disproof(cluster: PolicyCluster) -> None:
    """Of a narrow one nothing is proved there either: it gives nothing, whatever it says."""
    cluster.excluded = {"shop"}
    done(cluster, "apply", *MAP)
    result = asked(cluster, "touch", "--yes", "--timeout", "1s")
    assert (result.code, f"shop/old still lacks {NEW_PUBLIC}" in result.err) == (1, True), result.err
    assert gateways(cluster, "older", "pay") == ["mesh", PUBLIC, NEW_PUBLIC]
    theirs = policy(Engine.ADMISSION, mapping(*ONE))
    for one in theirs:
        cluster.put({**one, "metadata": {**one["metadata"], "name": "theirs", "labels": {}}})
    failed = asked(cluster, "narrow", "--yes", "--timeout", "1s")
    assert (failed.code, f"with {NEW_PUBLIC} still gets {PUBLIC}" in failed.err) == (1, True), failed.err


def test_after_a_removal_a_webhook_that_does_not_answer_is_told() -> None:
    """Kyverno that is down leaves its webhook behind, so every write is refused still."""
    cluster = made(objects=[reports_controller()])
    done(cluster, "apply", *MAP)
    cluster.is_down = True
    removed = done(cluster, "remove", "--allow", "PR001", "--allow", "PR002")
    assert "VirtualServices cannot be written at all now: " in removed.err
    assert "kubectl -n kyverno get pods" in removed.err


def test_a_server_that_refuses_every_probe_ends_the_proof_at_once(cluster: PolicyCluster) -> None:
    def refuse(method: str, ref: Ref) -> None:
        if ref.kind == "VirtualService":
            raise OperationFailed("a label is missing")

    cluster.on_write = refuse
    failed = asked(cluster, "apply", *MAP, "--yes", "--timeout", "60s")
    assert failed.code == 1
    assert "the server refuses a VirtualService that would prove it: a label is missing" in failed.err


def test_one_that_is_gone_meanwhile_is_nobody_s_failure(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP)

    def lose(method: str, ref: Ref) -> None:
        if method == "merge_patch" and ref.name == "old":
            cluster.delete(ref)

    cluster.on_write = lose
    assert "is gone: there is nothing to touch" in done(cluster, "touch").err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("narrow", *MAP), "--map means nothing to `policy narrow`; it is for plan, apply, touch"),
        (("touch", "--engine", "kyverno"), "--engine means nothing to `policy touch`"),
        (("apply", "--policy", "x"), "--policy means nothing to `policy apply`; it is for remove"),
        (("rollback", "--grant"), "--grant means nothing"),
        (("touch", "--allow", "PR001"), "--allow means nothing"),
        (("remove", "--to", "apply"), "--to means nothing"),
        (("rollback", "--to", "apply", "--abandon"), "--abandon undoes nothing"),
        (("rollback", "--dry-run=server"), "cannot judge a rollback"),
        (
            ("narrow", "--allow", "PR001"),
            "--allow PR001: no such finding stands in the way here; VSG053",
        ),
        (("remove", "--allow", "XY1"), "PR001 or PR002"),
        (("install",), "invalid choice: 'install'"),
        ((), "ACTION"),
        (("apply", "--map", "public"), "this is not OLD=NEW"),
        (("apply", "--map", f"mesh={NEW_PUBLIC}"), "mesh is no Gateway"),
    ],
)
def test_flags_that_do_not_go_together(cluster: PolicyCluster, words: tuple[str, ...], what: str) -> None:
    result = asked(cluster, *words)
    assert (result.code, result.out, cluster.writes) == (2, "", [])
    assert what in result.err


def test_a_rollback_is_shown_before_it_is_done(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP)
    dry = asked(cluster, "rollback", "--dry-run", "-o", "json")
    document = json.loads(dry.out)
    assert (document["kind"], document["summary"]["migration"]) == ("RollbackPlan", "gateway-policy")
    assert [item["target"] for item in document["items"]] == [str(BINDING), str(POLICY)]
    assert "nothing to undo" in asked(made(), "rollback").err


def test_the_journal_lists_what_was_done_to_the_policy(cluster: PolicyCluster) -> None:
    done(cluster, "apply", *MAP, "--touch")
    listed = run("journal", "--journal-namespace", "istio-system", "-o", "name", cluster=cluster)
    assert listed.out.split() == [one.id for one in runs(cluster)]
    shown = run(
        "journal", "show", runs(cluster)[0].id, "--journal-namespace", "istio-system", cluster=cluster
    )
    assert (shown.code, str(POLICY) in shown.out) == (0, True)


@pytest.mark.parametrize("output", ["json", "yaml", "name", "wide"])
@pytest.mark.parametrize("words", [("plan", *MAP), ("touch",), ("narrow",), ("remove",)])
def test_every_format_of_every_plan(cluster: PolicyCluster, words: tuple[str, ...], output: str) -> None:
    if words[0] != "plan":
        done(cluster, "apply", *MAP)
    result = asked(cluster, *words, "--dry-run", "-o", output)
    assert (result.code, bool(result.out)) == (0, True), result.err
    if output == "json":
        assert json.loads(result.out)["summary"]["migration"] == MIGRATION
