"""`istio-migrate policy` where something speaks against it: large VirtualServices, sources that nobody can read off."""

import json
from pathlib import Path
from typing import Any

from istiokit.cluster.types import Ref
from istiokit.kyverno.policies import Engine, policy
from tests.golden.policyreport_world import virtual_service
from tests.run import Result, run
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, manifest, mapping
from tests.unit.policy_world import KINDS, NAME, PolicyCluster

MAP = ("--map", ONE[0])
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


def asked(cluster: PolicyCluster, *argv: str) -> Result:
    return run("policy", *argv, "--timeout", "2s", cluster=cluster)


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
