"""Kyverno on the rig: it carries out both of the policies that we print for it, and reports on them if it may."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings

from istiokit.cluster.live import connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.kyverno.grants import grants_of
from istiokit.kyverno.policies import NAME, Engine, policy
from kubectl_vs_gateways.policy_text import printed
from tests.tools.parts.kyverno import NAMESPACE, TOOLS
from tests.tools.process import RigError
from tests.tools.rig import CommandError, Rig
from tests.unit.kyverno_cases import (
    MANIFESTS,
    NEW_PUBLIC,
    ONE,
    PUBLIC,
    TWO,
    Manifest,
    gateway_lists,
    manifest,
    mapping,
    mutated,
)

RULE, BACK = "add-istio-gateway-public-ingressgateway", "add-istio-system-public"
REPORTS = "policyreports.wgpolicyk8s.io"
KINDS = {
    Engine.KYVERNO: f"clusterpolicy.kyverno.io/{NAME}",
    Engine.KYVERNO_MUTATING: f"mutatingpolicy.policies.kyverno.io/{NAME}",
}
ROLE, VERBS = "reports-of-virtual-services", ["get", "list", "watch"]
Install = Callable[..., None]


@pytest.fixture
def install(kyverno_rig: Rig) -> Iterator[Install]:
    """Puts a policy in force, and in the end takes all away, with the right to report."""

    def install(engine: Engine, *pairs: str) -> None:
        kyverno_rig.apply(printed(policy(engine, mapping(*pairs)), "yaml"))
        kyverno_rig.until(lambda: admitted(kyverno_rig) == [PUBLIC, NEW_PUBLIC], f"{engine} to be in force")

    yield install
    kyverno_rig.kubectl("delete", "--ignore-not-found", *KINDS.values())
    kyverno_rig.kubectl("delete", "--ignore-not-found", "clusterrole", ROLE)
    kyverno_rig.until(lambda: admitted(kyverno_rig) == [PUBLIC], "the policy to be forgotten")


@pytest.mark.parametrize("engine", KINDS)
def test_a_policy_mutates_what_is_created_and_updated(
    kyverno_rig: Rig, kyverno_namespace: str, install: Install, engine: Engine
) -> None:
    matches = [{"gateways": ["mesh", PUBLIC]}, {"gateways": ["mesh"]}]
    http = [{"match": matches, "route": [{"destination": {"host": "web"}}]}]
    old, new = (manifest(kyverno_namespace, name, gateways=[PUBLIC], http=http) for name in ("old", "new"))
    mesh = manifest(kyverno_namespace, "mesh", gateways=["mesh"], http=http)
    kyverno_rig.apply([old, mesh])
    install(engine, *ONE)
    assert stored(kyverno_rig, old)[0] == [PUBLIC]
    kyverno_rig.apply([old, mesh, new])
    for item in (old, new):
        assert stored(kyverno_rig, item) == [[PUBLIC, NEW_PUBLIC], ["mesh", PUBLIC, NEW_PUBLIC], ["mesh"]]
    assert stored(kyverno_rig, mesh) == [["mesh"], ["mesh", PUBLIC], ["mesh"]]


@pytest.mark.parametrize("engine", KINDS)
def test_a_policy_does_what_the_rule_says(kyverno_rig: Rig, install: Install, engine: Engine) -> None:
    for namespace in ("shop", "istio-system", "istio-gateway"):
        kyverno_rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}])
    cluster = connect(ConnectOptions(kubeconfig=str(kyverno_rig.kubeconfig)))
    grants = grants_of(mapping(*TWO))
    install(engine, *TWO)

    @settings(max_examples=100, derandomize=True)
    @given(MANIFESTS)
    def check(item: Manifest) -> None:
        once = cluster.create(item, dry_run=True)
        assert gateway_lists(once) == gateway_lists(mutated(item, grants))
        again = {**copy.deepcopy(item), "spec": once["spec"]}
        assert cluster.create(again, dry_run=True)["spec"] == once["spec"]

    check()


def test_reports_wait_for_their_controller_and_can_be_of_the_other_group(
    kyverno_rig: Rig, kyverno_namespace: str, install: Install
) -> None:
    grant(kyverno_rig)
    install(Engine.KYVERNO, *ONE)
    kyverno_rig.kyverno.stop("reports")
    kyverno_rig.apply([manifest(kyverno_namespace, gateways=[PUBLIC])])
    time.sleep(25)  # a report takes 20
    assert notes(kyverno_rig, kyverno_namespace) != []
    assert reports(kyverno_rig, kyverno_namespace) == {}
    kyverno_rig.kyverno.restart_reports(openreports=True)
    try:
        found = wait_for_reports(kyverno_rig, kyverno_namespace, "web", kind="reports.openreports.io")
        assert {one["source"] for one in found["web"]["results"]} == {"kyverno"}
        assert reports(kyverno_rig, kyverno_namespace) == {}
    finally:
        kyverno_rig.kyverno.restart_reports(openreports=False)


def test_a_cluster_policy_reports_updates_if_it_may(
    kyverno_rig: Rig, kyverno_namespace: str, install: Install
) -> None:
    """What was there before the policy has no report: there is no scan of these policies."""
    touched, alone = (manifest(kyverno_namespace, name, gateways=[PUBLIC]) for name in ("touched", "alone"))
    kyverno_rig.apply([touched, alone])
    install(Engine.KYVERNO, *ONE)
    kyverno_rig.apply([touched])
    kyverno_rig.until(lambda: bool(notes(kyverno_rig, kyverno_namespace)), "the update to be noted")
    kyverno_rig.until(lambda: not notes(kyverno_rig, kyverno_namespace), "the note to be thrown away", 60)
    assert reports(kyverno_rig, kyverno_namespace) == {}

    grant(kyverno_rig)
    kyverno_rig.apply([touched])
    found = wait_for_reports(kyverno_rig, kyverno_namespace, "touched")
    assert list(found) == ["touched"]
    results = {one["rule"]: one for one in found["touched"]["results"]}
    assert results[RULE]["result"] == "pass"
    assert results[RULE]["message"] == f"mutated VirtualService/touched in namespace {kyverno_namespace}"
    assert (results[BACK]["result"], results[BACK]["message"]) == ("skip", "preconditions not met")
    assert {(one["policy"], one["source"]) for one in results.values()} == {(NAME, "kyverno")}


def test_a_mutating_policy_reports_what_is_left_to_do(
    kyverno_rig: Rig, kyverno_namespace: str, install: Install
) -> None:
    """Kyverno looks for the right only when the policy changes, and scans for no policy that lacks it."""
    old = manifest(kyverno_namespace, "old", gateways=[PUBLIC])
    mesh = manifest(kyverno_namespace, "mesh", gateways=["mesh"])
    delegate = manifest(kyverno_namespace, "delegate", hosts=None)
    kyverno_rig.apply([old, mesh, delegate])
    install(Engine.KYVERNO_MUTATING, *ONE)
    kyverno_rig.until(lambda: permitted(kyverno_rig) == "False", "Kyverno to miss the right")
    grant(kyverno_rig)
    assert permitted(kyverno_rig) == "False"
    kyverno_rig.kubectl("annotate", KINDS[Engine.KYVERNO_MUTATING], "look=again")
    kyverno_rig.until(lambda: permitted(kyverno_rig) == "True", "Kyverno to have the right")

    found = wait_for_reports(kyverno_rig, kyverno_namespace, "old", "mesh", "delegate")
    assert said(found["old"]) == ("fail", "mutation is not applied")
    assert said(found["mesh"]) == ("pass", "success")
    assert said(found["delegate"]) == ("skip", "skip")
    kyverno_rig.apply([old])
    kyverno_rig.until(
        lambda: said(reports(kyverno_rig, kyverno_namespace)["old"]) == ("pass", "success"), "the pass", 60
    )


def test_no_virtual_service_changes_while_the_admission_controller_is_stopped(
    kyverno_rig: Rig, kyverno_namespace: str, install: Install
) -> None:
    item = manifest(kyverno_namespace, gateways=[PUBLIC])
    install(Engine.KYVERNO_MUTATING, *ONE)
    kyverno_rig.kyverno.stop("admission")
    try:
        with pytest.raises(CommandError, match=r"failed calling webhook.*connection refused"):
            kyverno_rig.apply([item])
        kyverno_rig.kubectl("create", "configmap", "any", "-n", kyverno_namespace)
    finally:
        kyverno_rig.kyverno.start("admission")
    kyverno_rig.apply([item])
    assert stored(kyverno_rig, item) == [[PUBLIC, NEW_PUBLIC]]


def test_it_looks_as_helm_installs_it(kyverno_rig: Rig) -> None:
    found = kyverno_rig.get("-n", NAMESPACE, "deployments")["items"]
    images = {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in found}
    assert images == {f"reg.kyverno.io/kyverno/{tool}:v1.19.1" for tool in TOOLS.values()}
    assert not any(may_read(kyverno_rig, name) for name in TOOLS)


def test_what_makes_no_sense_is_refused(kyverno_rig: Rig) -> None:
    with pytest.raises(RigError, match="no controller cleanup, only admission, background, reports"):
        kyverno_rig.kyverno.stop("cleanup")
    with pytest.raises(RigError, match="kyverno-background runs already"):
        kyverno_rig.kyverno.start("background")
    kyverno_rig.kyverno.stop("background")
    try:
        with pytest.raises(RigError, match="kyverno-background is stopped"):
            kyverno_rig.kyverno.stop("background")
    finally:
        kyverno_rig.kyverno.start("background")


def admitted(rig: Rig) -> list[str] | None:
    """The gateways that a VirtualService with the old one would be created with now."""
    create = ("kubectl", "create", "--dry-run=server", "--output=json", "--filename=-")
    probe = json.dumps(manifest("default", "probe", gateways=[PUBLIC]))
    done = rig.run(*create, input=probe, check=False)
    return gateway_lists(json.loads(done.stdout))[0] if done.returncode == 0 else None


def stored(rig: Rig, item: Manifest) -> list[list[str] | None]:
    metadata = item["metadata"]
    return gateway_lists(rig.get("-n", metadata["namespace"], "virtualservice", metadata["name"]))


def grant(rig: Rig) -> None:
    """Lets Kyverno report on VirtualServices, as its chart wants additions to its rights to be made."""
    metadata = {"name": ROLE, "labels": {"rbac.kyverno.io/aggregate-to-reports-controller": "true"}}
    rule = {"apiGroups": ["networking.istio.io"], "resources": ["virtualservices"], "verbs": VERBS}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata}
    rig.apply([{**role, "rules": [rule]}])
    rig.until(lambda: may_read(rig, "reports"), "the right to be aggregated")


def may_read(rig: Rig, name: str) -> bool:
    account = f"system:serviceaccount:{NAMESPACE}:kyverno-{name}-controller"
    ask = ("kubectl", "auth", "can-i", "list", "virtualservices.networking.istio.io", "-A", "--as", account)
    return rig.run(*ask, check=False).stdout == "yes\n"


def permitted(rig: Rig) -> str | None:
    """Whether Kyverno thinks that it may report on the policy."""
    status = rig.get(KINDS[Engine.KYVERNO_MUTATING]).get("status", {}).get("conditionStatus", {})
    return {one["type"]: one["status"] for one in status.get("conditions", [])}.get("RBACPermissionsGranted")


def notes(rig: Rig, namespace: str) -> list[Manifest]:
    """What the admission controller has handed to the reports controller."""
    return list(rig.get("-n", namespace, "ephemeralreports.reports.kyverno.io")["items"])


def reports(rig: Rig, namespace: str, kind: str = REPORTS) -> dict[str, Manifest]:
    """The reports by the names of the VirtualServices."""
    return {one["scope"]["name"]: one for one in rig.get("-n", namespace, kind)["items"]}


def wait_for_reports(rig: Rig, namespace: str, *names: str, kind: str = REPORTS) -> dict[str, Manifest]:
    rig.until(lambda: set(names) <= set(reports(rig, namespace, kind)), f"reports on {', '.join(names)}", 90)
    return reports(rig, namespace, kind)


def said(report: Manifest) -> tuple[str, str]:
    """The one result of a MutatingPolicy, which has no rules."""
    (result,) = report["results"]
    assert (result["source"], result["policy"], "rule" in result) == ("KyvernoMutatingPolicy", NAME, False)
    return result["result"], result["message"]
