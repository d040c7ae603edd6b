"""`istio-migrate policy` after somebody has deleted the policy by hand: every refusal names a way on."""

from typing import Any

import pytest

from istiokit.cluster.types import Ref
from tests.run import Result, run
from tests.unit.kyverno_cases import ONE
from tests.unit.policy_world import KINDS, NAME, PolicyCluster

MAP = ("--map", ONE[0])
POLICY, BINDING = Ref(KINDS[2], NAME), Ref("MutatingAdmissionPolicyBinding", NAME)
ABANDON = "kubectl istio-migrate policy rollback --journal-namespace istio-system --abandon"


def asked(cluster: PolicyCluster, *argv: str) -> Result:
    return run("policy", *argv, "--timeout", "1s", cluster=cluster)


def done(cluster: PolicyCluster, *argv: str) -> Result:
    result = asked(cluster, *argv, "--yes")
    assert result.code == 0, result.err
    return result


def gone(cluster: PolicyCluster) -> None:
    cluster.delete(BINDING)
    cluster.delete(POLICY)


@pytest.fixture
def cluster() -> PolicyCluster:
    """A policy that was narrowed, and nobody who is bound to anything."""
    found = PolicyCluster(absent=KINDS[:2])
    done(found, "apply", *MAP)
    done(found, "narrow")
    return found


def test_a_rollback_that_finds_nothing_to_put_back_can_be_left(cluster: PolicyCluster) -> None:
    gone(cluster)
    stopped = asked(cluster, "rollback", "--yes")
    assert (stopped.code, "is not there" in stopped.err, ABANDON in stopped.err) == (3, True, True), (
        stopped.err
    )
    for words in (("narrow",), ("apply", *MAP), ("remove",)):
        refused = asked(cluster, *words, "--yes")
        told = [line for line in refused.err.splitlines() if line.startswith("error: ")]
        assert (refused.code, ABANDON in "".join(told)) == (1, True), (words, refused.err)
    done(cluster, "rollback", "--abandon")
    done(cluster, "apply", *MAP)
    assert cluster.get(POLICY, dict[str, Any]) is not None


def test_a_narrow_that_was_not_finished_can_be_left(cluster: PolicyCluster) -> None:
    done(cluster, "rollback", "--to", "apply")
    cluster.delay = 10**6
    assert asked(cluster, "narrow", "--yes").code == 1
    cluster.delay = 0
    gone(cluster)
    refused = asked(cluster, "narrow", "--yes")
    assert (refused.code, "there is no policy of ours to narrow" in refused.err) == (1, True)
    assert ABANDON in refused.err
