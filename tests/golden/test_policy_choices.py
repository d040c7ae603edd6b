"""`istio-migrate policy apply` and what was chosen before: the direction, the engine."""

import pytest

from istiokit.cluster.types import Ref
from tests.run import Result, run
from tests.unit.kyverno_cases import ONE, PUBLIC, TWO, manifest
from tests.unit.policy_world import KINDS, NAME, PolicyCluster, reports_controller

MAP = ("--map", ONE[0])


def made(*absent: str) -> PolicyCluster:
    return PolicyCluster([manifest(name="old", gateways=[PUBLIC]), reports_controller()], absent=absent)


def asked(cluster: PolicyCluster, *argv: str) -> Result:
    return run("policy", *argv, "--timeout", "2s", cluster=cluster)


def done(cluster: PolicyCluster, *argv: str) -> Result:
    result = asked(cluster, *argv, "--yes")
    assert result.code == 0, result.err
    return result


@pytest.mark.parametrize("action", ["plan", "apply"])
def test_an_engine_that_the_cluster_has_not_is_refused_before_the_plan(action: str) -> None:
    cluster = made(*KINDS[:2])
    refused = asked(cluster, action, *MAP, "--engine", "kyverno", *(["--yes"] if action == "apply" else []))
    assert (refused.code, refused.out, cluster.writes) == (1, "", [])
    (line,) = [line for line in refused.err.splitlines() if line.startswith("error: ")]
    assert "--engine kyverno: the cluster does not serve ClusterPolicy" in line
    assert "--engine admission" in line, "what the cluster has is the next step"


def test_where_there_is_no_engine_at_all_the_next_step_is_another() -> None:
    refused = asked(made(*KINDS), "plan", *MAP, "--engine", "kyverno-mutating")
    assert (refused.code, "does not serve MutatingPolicy; install Kyverno" in refused.err) == (1, True), (
        refused.err
    )


def test_apply_tells_that_a_narrow_policy_goes_both_ways_again() -> None:
    cluster = made("MutatingPolicy")
    told = (
        f"ClusterPolicy {NAME} gives the new Gateway only, and will go both ways again: --one-way keeps it so"
    )
    done(cluster, "apply", *MAP)
    assert told not in asked(cluster, "plan", *MAP).err
    done(cluster, "narrow")
    for pairs in (MAP, ("--map", TWO[0], "--map", TWO[1])):
        assert told in asked(cluster, "plan", *pairs).err
        assert told not in asked(cluster, "plan", *pairs, "--one-way").err


def test_the_remedy_for_kyvernos_permission_keeps_the_direction() -> None:
    cluster = made("MutatingPolicy")
    assert "`kubectl istio-migrate policy apply --grant`" in done(cluster, "apply", *MAP).err
    done(cluster, "narrow")
    assert "`kubectl istio-migrate policy apply --grant --one-way`" in asked(cluster, "plan", *MAP).err
    done(cluster, "apply", *MAP, "--grant", "--one-way")
    assert (
        cluster.raw(Ref("ClusterPolicy", NAME))["metadata"]["annotations"]["istio-migrate.dev/direction"]
        == "one-way"
    )
    fresh = asked(made("MutatingPolicy"), "plan", *MAP, "--one-way")
    assert "`kubectl istio-migrate policy apply --grant --one-way`" in fresh.err
