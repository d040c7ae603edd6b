"""`istio-migrate policy` where something speaks against it: large VirtualServices, sources that nobody can read off."""

import json
from pathlib import Path
from typing import Any

from istiokit.cluster.types import Ref
from istiokit.errors import OperationFailed
from istiokit.kyverno.policies import Engine, policy
from istiokit.plan.actions import codec
from istiokit.plan.journal import Run, RunState
from istiokit.plan.policy import MIGRATION
from istiokit.plan.store_cluster import ClusterStore
from tests.golden.policyreport_world import virtual_service
from tests.run import Result, run
from tests.unit.kyverno_cases import NEW_PASS, NEW_PUBLIC, ONE, PASS, PUBLIC, TWO, manifest, mapping
from tests.unit.policy_world import KINDS, NAME, PolicyCluster

MAP = ("--map", ONE[0])
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


def asked(cluster: PolicyCluster, *argv: str) -> Result:
    return run("policy", *argv, "--timeout", "2s", cluster=cluster)


def runs(cluster: PolicyCluster) -> list[Run]:
    return list(ClusterStore(cluster, "istio-system", codec()).list(MIGRATION))


def test_what_is_too_large_for_kyvernos_loops_stops_its_policy_and_no_other() -> None:
    conditions: list[dict[str, Any]] = [{"port": number, "gateways": [PUBLIC]} for number in range(300)]
    large = manifest(name="large", gateways=[PUBLIC], http=[{"match": conditions}])
    cluster = PolicyCluster([large])
    refused = asked(cluster, "apply", "--engine", "kyverno", *MAP, "--yes")
    assert refused.code == 1
    assert "error PR011  VirtualService shop/large" in refused.err
    assert not cluster.writes
    assert "PR011" not in asked(cluster, "plan", "--engine", "kyverno-mutating", *MAP).err
    let_pass = asked(cluster, "apply", "--engine", "kyverno", *MAP, "--allow", "PR011", "--yes")
    assert let_pass.code == 0, let_pass.err


def test_a_named_manifest_opens_the_way(tmp_path: Path) -> None:
    both = (PUBLIC, NEW_PUBLIC)
    item = virtual_service("git", both, labels=FLUX, writer="kustomize-controller", operation="Apply")
    cluster = PolicyCluster([item, *policy(Engine.ADMISSION, mapping(*ONE))], absent=KINDS[:2])
    refused = asked(cluster, "remove", "--yes")
    assert refused.code == 1
    assert "error PR002  VirtualService shop/git" in refused.err
    file = tmp_path / "git.yaml"
    file.write_text(json.dumps(manifest(name="git", gateways=[PUBLIC])))
    refused = asked(cluster, "remove", "--source", str(file), "--yes")
    assert refused.code == 1
    assert "error PR001  VirtualService shop/git" in refused.err
    file.write_text(json.dumps(manifest(name="git", gateways=list(both))))
    removed = asked(cluster, "remove", "--source", str(file), "--yes")
    assert removed.code == 0, removed.err
    assert cluster.get(Ref("MutatingAdmissionPolicy", NAME), dict[str, Any]) is None


PASSING = manifest(name="passing", gateways=[PASS])
PASSING_REF = Ref("VirtualService", "passing", "shop")


def kubectl_applied(item: dict[str, Any]) -> dict[str, Any]:
    notes = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(item)}
    return {**item, "metadata": {**item["metadata"], "annotations": notes}}


def standing() -> PolicyCluster:
    """Our policy for two pairs, and a VirtualService that depends on the second."""
    cluster = PolicyCluster(absent=KINDS[:2])
    maps = [word for pair in TWO for word in ("--map", pair)]
    assert asked(cluster, "apply", *maps, "--yes").code == 0
    cluster.create(kubectl_applied(PASSING))
    assert cluster.raw(PASSING_REF)["spec"]["gateways"] == [PASS, NEW_PASS]
    return cluster


def test_a_pair_goes_only_where_nobody_depends_on_it() -> None:
    cluster = standing()
    refused = asked(cluster, "apply", "--map", TWO[0], "--yes")
    assert refused.code == 1
    assert f"note: it stops to serve {TWO[1]}" in refused.err
    assert "error PR001  VirtualService shop/passing" in refused.err
    assert TWO[1] in cluster.raw(Ref(KINDS[2], NAME))["metadata"]["annotations"]["istio-migrate.dev/mapping"]
    cluster.put(kubectl_applied(manifest(name="passing", gateways=[PASS, NEW_PASS])))
    gone = asked(cluster, "apply", "--map", TWO[0], "--yes")
    assert gone.code == 0, gone.err


def test_a_rollback_is_judged_as_a_removal_is() -> None:
    cluster = standing()
    dry = asked(cluster, "rollback", "--dry-run")
    assert (dry.code, "without --dry-run it would be refused" in dry.err) == (0, True)
    refused = asked(cluster, "rollback", "--yes")
    assert (refused.code, "error PR001  VirtualService shop/passing" in refused.err) == (1, True)
    cluster.put(PASSING)  # it has not got what goes, so it cannot lose it
    back = asked(cluster, "rollback", "--yes")
    assert back.code == 0, back.err
    assert cluster.get(Ref(KINDS[2], NAME), dict[str, Any]) is None


def test_who_begins_to_depend_while_the_question_is_asked_stops_the_removal() -> None:
    cluster = standing()
    cluster.put(kubectl_applied(manifest(name="passing", gateways=[PASS, NEW_PASS])))

    def meanwhile(method: str, ref: Ref) -> None:
        if ref.kind == "Lease" and method == "create":
            cluster.put(
                {**kubectl_applied(PASSING), "spec": {**PASSING["spec"], "gateways": [PASS, NEW_PASS]}}
            )

    cluster.delete(Ref("Lease", "istio-migrate-gateway-policy", "istio-system"))
    cluster.on_write = meanwhile
    stopped = asked(cluster, "remove", "--yes")
    assert stopped.code == 1
    assert (
        "meanwhile VirtualService shop/passing (PR001) came to stand in the way; nothing was changed"
        in stopped.err
    )
    assert cluster.get(Ref(KINDS[2], NAME), dict[str, Any]) is not None


def test_another_policy_that_stays_is_named_after_the_removal() -> None:
    other = policy(Engine.ADMISSION, mapping(*ONE))[0]
    other = {**other, "metadata": {"name": "guide"}}
    cluster = PolicyCluster([other], absent=KINDS[:2])
    assert asked(cluster, "apply", *MAP, "--yes").code == 0
    removed = asked(cluster, "remove", "--yes")
    assert removed.code == 0, removed.err
    assert "guide still gives Gateways to VirtualServices" in removed.err
    assert (
        "note: MutatingAdmissionPolicy guide adds to the gateways of VirtualServices too, and stays"
        in removed.err
    )
    assert "nothing gives a Gateway" not in removed.err
    assert asked(cluster, "rollback", "--yes").code == 0
    assert asked(cluster, "apply", *MAP, "--yes").code == 0
    back = asked(cluster, "rollback", "--yes")
    told = "there is no policy of ours now; MutatingAdmissionPolicy guide still gives Gateways to VirtualServices"
    assert (back.code, told in back.err) == (0, True), back.err


def test_a_rollback_over_several_runs_is_judged_by_what_is_there_in_the_end() -> None:
    """What one run made and the next one changed comes back as it was made, and goes after that."""
    for between in ("narrow", "apply"):
        cluster = standing()
        words = (
            ("narrow",) if between == "narrow" else ("apply", "--one-way", "--map", TWO[0], "--map", TWO[1])
        )
        assert asked(cluster, *words, "--yes").code == 0
        refused = asked(cluster, "rollback", "--yes")
        assert (refused.code, "error PR001  VirtualService shop/passing" in refused.err) == (1, True), (
            refused.err
        )
        first = asked(
            cluster, "rollback", "--to", "apply" if between == "narrow" else runs(cluster)[0].id, "--yes"
        )
        assert first.code == 0, "both pairs stay"


def test_who_has_a_part_of_what_goes_can_lose_that() -> None:
    """It came to the second Gateway before the policy knew the first."""
    cluster = standing()
    mine = kubectl_applied(manifest(name="passing", gateways=[PASS, PUBLIC]))
    cluster.put({**mine, "spec": {**mine["spec"], "gateways": [PASS, PUBLIC, NEW_PASS]}})
    refused = asked(cluster, "rollback", "--yes")
    assert (refused.code, "error PR001  VirtualService shop/passing" in refused.err) == (1, True), refused.err


def test_a_named_manifest_opens_the_way_for_a_rollback_and_for_fewer_pairs_too(tmp_path: Path) -> None:
    file = tmp_path / "passing.yaml"
    file.write_text(json.dumps(manifest(name="passing", gateways=[PASS, NEW_PASS])))
    for words in (("apply", "--map", TWO[0]), ("rollback",)):
        cluster = standing()
        item = virtual_service(
            "passing", (PASS, NEW_PASS), labels=FLUX, writer="kustomize-controller", operation="Apply"
        )
        cluster.put(item)
        refused = asked(cluster, *words, "--yes")
        assert (refused.code, "error PR002" in refused.err) == (1, True), refused.err
        passed = asked(cluster, *words, "--source", str(file), "--yes")
        assert passed.code == 0, passed.err


def test_a_policy_that_does_not_say_its_pairs_is_replaced_with_a_word_about_it() -> None:
    cluster = standing()
    there = cluster.raw(Ref(KINDS[2], NAME))
    cluster.put({**there, "metadata": {**there["metadata"], "annotations": {}}})
    told = f"MutatingAdmissionPolicy {NAME} does not say which pairs it serves"
    assert told in asked(cluster, "plan", *MAP).err


def test_a_policy_of_ours_that_adds_nothing_any_more_can_go() -> None:
    cluster = standing()
    there = cluster.raw(Ref(KINDS[2], NAME))
    cluster.put({**there, "spec": {**there["spec"], "mutations": []}})
    removed = asked(cluster, "remove", "--yes")
    assert removed.code == 0, removed.err


def test_a_removal_that_goes_on_is_judged_again_under_the_lease_too() -> None:
    cluster = PolicyCluster(absent=KINDS[:2])
    assert asked(cluster, "apply", *MAP, "--yes").code == 0

    def refuse(method: str, ref: Ref) -> None:
        if (method, ref.kind) == ("delete", KINDS[2]):
            raise OperationFailed("the server is busy")

    def meanwhile(method: str, ref: Ref) -> None:
        if ref.kind == "Lease":
            item = kubectl_applied(manifest(name="m1", gateways=[PUBLIC]))
            cluster.put({**item, "spec": {**item["spec"], "gateways": [PUBLIC, NEW_PUBLIC]}})

    cluster.on_write = refuse
    assert asked(cluster, "remove", "--yes").code == 3
    cluster.on_write = meanwhile
    stopped = asked(cluster, "remove", "--yes")
    assert (stopped.code, "meanwhile VirtualService shop/m1 (PR001)" in stopped.err) == (1, True), stopped.err
    assert cluster.get(Ref(KINDS[2], NAME), dict[str, Any]) is not None
    assert runs(cluster)[-1].state is RunState.FAILED
