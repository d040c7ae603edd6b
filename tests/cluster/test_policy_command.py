"""`istio-migrate policy` on a real API server, with Kubernetes' own engine: there and back, killed, with its role."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import Ref
from istiokit.errors import SuiteError
from istiokit.istio.model import VirtualService
from istiokit.kyverno.access import ROLE
from istiokit.kyverno.policies import DIRECTION
from istiokit.plan.actions import codec
from istiokit.plan.journal import Run, RunState
from istiokit.plan.policy import MIGRATION
from istiokit.plan.store_cluster import ClusterStore
from tests.run import Result, run
from tests.tools.rig import Rig
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, TWO, Manifest, manifest
from tests.unit.policy_world import NAME, reports_controller

MAP = ("--map", ONE[0])
POLICY, BINDING = "mutatingadmissionpolicy", "mutatingadmissionpolicybinding"
ROLES = Path(__file__).parents[2] / "docs" / "rbac"
ALLOW = ("--allow", "PR001", "--allow", "PR002")
JOURNAL = ("--journal-namespace", "istio-system")
ROUTE = [{"route": [{"destination": {"host": "web"}}]}]


class Place:
    """A cluster with an empty journal, no policy, and a few VirtualServices."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.cluster: LiveCluster = connect(ConnectOptions(kubeconfig=str(rig.kubeconfig)))

    def run(self, *argv: str, kubeconfig: Path | None = None) -> Result:
        result = run("policy", *argv, f"--kubeconfig={kubeconfig or self.rig.kubeconfig}", live=True)
        assert "Traceback" not in result.err
        assert "internal error" not in result.err
        return result

    def done(self, *argv: str, kubeconfig: Path | None = None) -> Result:
        result = self.run(*argv, "--yes", "--timeout", "30s", kubeconfig=kubeconfig)
        assert result.code == 0, result.err
        return result

    def runs(self) -> list[Run]:
        return list(ClusterStore(self.cluster, "istio-system", codec()).list(MIGRATION))

    def policies(self) -> list[str]:
        """What there is of our policies, by kind."""
        found = self.rig.get(f"{POLICY},{BINDING}")["items"]
        return sorted(item["kind"] for item in found)

    def policy(self) -> Manifest:
        return self.rig.get(POLICY, NAME)

    def gateways(self, name: str) -> list[str]:
        found: list[str] = self.rig.get("virtualservice", name, "-n", "shop")["spec"]["gateways"]
        return found

    def admitted(self, *gateways: str) -> list[str]:
        """What a new VirtualService would have."""
        made = self.cluster.create(
            manifest("shop", "admitted", gateways=list(gateways), http=ROUTE), dry_run=True
        )
        found: list[str] = made["spec"]["gateways"]
        return found

    def clear(self) -> None:
        self.rig.kubectl("delete", f"{POLICY},{BINDING}", "--all")
        self.rig.kubectl("delete", "clusterrole", ROLE, "--ignore-not-found")
        # All of them in one request: kubectl deletes one after the other, ten a second.
        self.rig.kubectl("delete", "--raw=/apis/networking.istio.io/v1/namespaces/shop/virtualservices")
        self.rig.kubectl("delete", "configmaps", "-n", "istio-system", "-l", "istio-migrate.dev/journal")
        self.rig.kubectl("delete", "leases", "-n", "istio-system", "--all")
        gone = lambda: self.admitted(PUBLIC) == [PUBLIC]  # noqa: E731 - a condition for `until`
        self.rig.until(gone, "no policy to be in force")


@pytest.fixture(scope="module")
def policy_rig() -> Iterator[Rig]:
    with Rig(parts=("istio_crds",)) as rig:
        for name in ("shop", "istio-system", "istio-gateway", "kyverno"):
            rig.kubectl("create", "namespace", name)
        settled(rig)
        yield rig


def settled(rig: Rig) -> None:
    """A probe of each test would else meet a server that has no schema for the kind yet."""
    place = Place(rig)
    place.rig.until(lambda: place.cluster.served(VIRTUAL_SERVICE), "VirtualServices to be served")


@pytest.fixture
def place(policy_rig: Rig) -> Place:
    found = Place(policy_rig)
    found.clear()
    found.rig.apply([manifest("shop", f"web-{at}", gateways=[PUBLIC], http=ROUTE) for at in range(3)])
    found.rig.apply([manifest("shop", "new", gateways=[NEW_PUBLIC], http=ROUTE)])
    return found


def test_apply_proves_what_the_server_does(place: Place) -> None:
    dry = place.run("apply", *MAP, "--dry-run=server")
    assert (dry.code, "the server would accept 3 of 3 changes" in dry.err) == (0, True), dry.err
    assert place.policies() == []
    place.done("apply", *MAP)
    assert place.policies() == ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]
    assert place.admitted(PUBLIC) == [PUBLIC, NEW_PUBLIC]
    assert place.gateways("web-0") == [PUBLIC]
    listed = place.rig.get("virtualservices", "-A")["items"]
    assert not [one for one in listed if "probe" in one["metadata"]["name"]], "a proof stores nothing"


def test_each_action_there_and_back(place: Place) -> None:
    place.done("apply", *MAP)
    both_ways = place.policy()["spec"]
    touched = place.done("touch")
    assert "4 VirtualServices touched, and none lacks a Gateway any more" in touched.err
    assert (place.gateways("web-2"), place.gateways("new")) == ([PUBLIC, NEW_PUBLIC], [NEW_PUBLIC, PUBLIC])
    place.done("narrow")
    assert place.admitted(NEW_PUBLIC) == [NEW_PUBLIC]
    assert place.policy()["metadata"]["annotations"][DIRECTION] == "one-way"
    place.done("remove", *ALLOW)
    assert place.policies() == []
    place.done("rollback", "--to", "narrow")
    assert place.policies() == ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]
    place.done("rollback", "--to", "touch")
    assert place.policy()["spec"] == both_ways
    back = place.done("rollback", *ALLOW)
    assert (place.policies(), "cannot be undone: touch" in back.err) == ([], True)
    assert place.gateways("web-2") == [PUBLIC, NEW_PUBLIC]


def test_the_same_command_twice(place: Place) -> None:
    for words in (("apply", *MAP, "--touch"), ("touch",), ("narrow",), ("remove", *ALLOW)):
        place.done(*words)
        number, version = len(place.runs()), place.policies()
        assert "nothing to " in place.done(*words).err
        assert (len(place.runs()), place.policies()) == (number, version)


def test_other_pairs_replace_the_policy(place: Place) -> None:
    place.done("apply", *MAP)
    before = place.policy()
    place.done("apply", *MAP, "--map", TWO[1])
    after = place.policy()
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "it is never gone"
    place.done("rollback", "--to", place.runs()[0].id)
    assert place.policy()["spec"] == before["spec"]


def test_removal_is_refused_while_a_source_names_the_old_gateway_alone(place: Place) -> None:
    source = json.dumps(manifest("shop", "applied", gateways=[PUBLIC], http=ROUTE))
    place.rig.kubectl("apply", "-f", "-", input=source)
    place.done("apply", *MAP, "--touch")
    refused = place.run("remove", "--yes")
    assert refused.code == 1
    assert "error PR001  VirtualService shop/applied" in refused.err
    assert place.policies() == ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]


def test_a_change_by_somebody_else_is_not_undone(place: Place) -> None:
    place.done("apply", *MAP)
    place.done("narrow")
    place.rig.kubectl("patch", POLICY, NAME, "--type=merge", "-p", '{"spec":{"failurePolicy":"Ignore"}}')
    failed = place.run("rollback", "--yes")
    assert (failed.code, "was changed by somebody else" in failed.err) == (3, True), failed.err
    assert place.policy()["spec"]["failurePolicy"] == "Ignore"
    place.rig.kubectl("patch", POLICY, NAME, "--type=merge", "-p", '{"spec":{"failurePolicy":"Fail"}}')
    place.done("rollback")
    assert place.policies() == []


def test_a_failed_proof_ends_the_run_and_rollback_takes_the_policy_away(place: Place) -> None:
    """A webhook that nobody answers stands in for Kyverno that is down: every VirtualService is refused."""
    place.rig.apply([nobody_answers()])
    try:
        failed = place.run("apply", *MAP, "--yes", "--timeout", "3s")
        assert failed.code == 1
        told = [line for line in failed.err.splitlines() if line.startswith("error: ")]
        assert len(told) == 1
        assert "the policy does not mutate as it should" in told[0]
        assert "failed calling webhook" in told[0]
        assert "a webhook does not answer" in told[0]
        assert place.runs()[-1].state is RunState.FAILED
    finally:
        place.rig.kubectl("delete", "mutatingwebhookconfiguration", "nobody")
    place.done("rollback")
    assert place.policies() == []


def nobody_answers() -> Manifest:
    rule = {
        "apiGroups": ["networking.istio.io"],
        "apiVersions": ["*"],
        "operations": ["*"],
        "resources": ["virtualservices"],
    }
    webhook = {
        "name": "nobody.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "clientConfig": {"url": "https://127.0.0.1:1/mutate"},
        "rules": [rule],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "nobody"},
        "webhooks": [webhook],
    }


def test_one_that_cannot_be_written_is_no_proof_and_no_obstacle(place: Place) -> None:
    """The first that lacks a Gateway is refused for reasons of its own: a probe is admitted in its place."""
    place.rig.kubectl("delete", "virtualservices", "-n", "shop", "--all")
    place.rig.apply([manifest("shop", "a-frozen", gateways=[PUBLIC], http=ROUTE)])
    place.rig.apply(frozen())
    refused = {"metadata": {"annotations": {"written": "again"}}}
    ref = Ref("VirtualService", "a-frozen", "shop")

    def is_frozen() -> bool:
        try:
            place.cluster.merge_patch(ref, refused, dry_run=True)
        except SuiteError as error:
            return "it is frozen" in str(error)
        return False

    try:
        place.rig.until(is_frozen, "the VirtualService to be frozen")
        place.done("apply", *MAP)
        failed = place.run("touch", "--yes")
        assert (failed.code, "it is frozen" in failed.err) == (3, True), failed.err
    finally:
        place.rig.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", "frozen")


def frozen() -> list[Manifest]:
    rule = {
        "apiGroups": ["networking.istio.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["virtualservices"],
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1"}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "object.metadata.name != 'a-frozen'", "message": "it is frozen"}],
    }
    binding = {"policyName": "frozen", "validationActions": ["Deny"]}
    return [
        {**kind, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "frozen"}, "spec": spec},
        {**kind, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "frozen"}, "spec": binding},
    ]


def driver(place: Place, at: int, *argv: str) -> int:
    """Run the command in a process that kills itself at the event `at` of the engine; its exit code."""
    words = [str(at), "policy", *argv, "--yes", "--timeout", "30s", f"--kubeconfig={place.rig.kubeconfig}"]
    argv_ = [sys.executable, "-m", "tests.cluster.killed_policy", *words]
    done = subprocess.run(argv_, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode in (0, 1, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize("words", [("apply", *MAP), ("narrow",), ("remove", *ALLOW)], ids=lambda one: one[0])
def test_killed_it_goes_on_and_can_be_undone(place: Place, words: tuple[str, ...]) -> None:
    """Killed when the first object is written and the journal does not know it, and before the second.

    Each group of one action is five events. Every moment is tried in tests/unit/test_policy_kill.py.
    """
    if words[0] != "apply":
        place.done("apply", *MAP)
    before = place.policies()
    for at, goes_on in ((3, True), (3, False), (6, True)):
        assert driver(place, at, *words) == -signal.SIGKILL
        if goes_on:
            place.done(*words)
            assert place.runs()[-1].state is RunState.DONE
        place.done("rollback", "--to", "start" if words[0] == "apply" else place.runs()[0].id)
        assert place.policies() == before


@pytest.mark.parametrize("at", [9, 60])
def test_a_touch_that_was_killed_goes_on(place: Place, at: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [manifest("shop", f"many-{number}", gateways=[PUBLIC], http=ROUTE) for number in range(60)]
        list(pool.map(place.cluster.create, made))
    place.done("apply", *MAP)
    assert driver(place, at, "touch") == -signal.SIGKILL
    place.done("touch")
    found = place.cluster.list(VIRTUAL_SERVICE, VirtualService)
    assert {len(one.spec.gateways or ()) for one in found} == {2}
    assert [one.state for one in place.runs()] == [RunState.DONE, RunState.DONE]


def rules(*names: str) -> list[dict[str, Any]]:
    return [rule for name in names for rule in yaml.safe_load((ROLES / f"{name}.yaml").read_text())["rules"]]


def user(place: Place, name: str, *roles: str, without: str = "") -> Path:
    """Who may do what these roles say, without the rules for one resource."""
    kept = [rule for rule in rules(*roles) if without not in rule["resources"]]
    return place.rig.kubeconfig_for({"metadata": {"name": name}, "rules": kept})


def test_with_its_role_alone(place: Place) -> None:
    kubeconfig = user(place, "policy", "policy", "policyreport-vs")
    place.rig.apply([{**reports_controller(), "spec": deployment_spec()}])
    for words in (
        ("plan", *MAP),
        ("apply", *MAP, "--touch"),
        ("narrow",),
        ("remove", *ALLOW),
        ("rollback", "--to", "touch"),
        ("rollback", *ALLOW),
    ):
        result = place.done(*words, kubeconfig=kubeconfig)
        assert [line for line in result.err.splitlines() if "may not" in line or "not proved" in line] == []
    assert place.policies() == []


def deployment_spec() -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "reports"}},
        "spec": {
            "serviceAccountName": "kyverno-reports-controller",
            "containers": [{"name": "c", "image": "c"}],
        },
    }
    return {"replicas": 0, "selector": {"matchLabels": {"app": "reports"}}, "template": template}


@pytest.fixture
def cluster_policies(policy_rig: Rig) -> Iterator[None]:
    """The kind of Kyverno's policies, with nobody who acts on them."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"kind": "ClusterPolicy", "plural": "clusterpolicies", "singular": "clusterpolicy"}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": "kyverno.io", "scope": "Cluster", "names": names, "versions": [version]}
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}
    policy_rig.apply([{**crd, "metadata": {"name": "clusterpolicies.kyverno.io"}}])
    policy_rig.kubectl("wait", "--for=condition=Established", "crd/clusterpolicies.kyverno.io")
    yield
    policy_rig.kubectl("delete", "crd", "clusterpolicies.kyverno.io")


@pytest.mark.usefixtures("cluster_policies")
@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ("subjectaccessreviews", "was not checked: you may not create"),
        ("deployments", "ServiceAccount kyverno/kyverno-reports-controller"),
    ],
)
def test_a_missing_rule_about_kyverno_is_named(place: Place, resource: str, told: str) -> None:
    kubeconfig = user(place, f"without-{resource}", "policy", without=resource)
    result = place.run("plan", *MAP, "--engine", "kyverno", kubeconfig=kubeconfig)
    assert (result.code, told in result.err) == (0, True), result.err


LACKS = (
    ("virtualservices", ("plan",), 3, "you may not list virtualservices"),
    ("gateways", ("plan",), 3, "you may not list gateways"),
    ("clusterroles", ("plan", *MAP), 0, "not read: ClusterRole: you may not get clusterroles"),
    (
        "mutatingadmissionpolicies",
        ("apply", *MAP, "--yes"),
        3,
        "you may not get mutatingadmissionpolicies",
    ),
    ("configmaps", ("apply", *MAP, "--yes"), 3, "you may not list configmaps"),
    ("leases", ("apply", *MAP, "--yes"), 3, "you may not get leases"),
)


@pytest.mark.parametrize(("resource", "words", "code", "told"), LACKS, ids=[one[0] for one in LACKS])
def test_a_missing_rule_is_named(
    place: Place, resource: str, words: tuple[str, ...], code: int, told: str
) -> None:
    kubeconfig = user(place, f"without-{resource}", "policy", without=resource)
    result = place.run(*words, kubeconfig=kubeconfig)
    assert (result.code, told in result.err) == (code, True), result.err
    assert place.policies() == []


def test_who_may_not_write_virtual_services_is_told_that_nothing_was_proved(place: Place) -> None:
    kept = [{**rule, "verbs": [verb for verb in rule["verbs"] if verb not in ("create", "update")]}
            if rule["resources"] == ["virtualservices"] else rule for rule in rules("policy")]  # fmt: skip
    kubeconfig = place.rig.kubeconfig_for({"metadata": {"name": "no-probes"}, "rules": kept})
    result = place.done("apply", *MAP, kubeconfig=kubeconfig)
    assert "not proved that the policy mutates: you may not create virtualservices" in result.err


def test_the_grant_is_made_with_the_role_alone_and_counts(place: Place) -> None:
    """Kyverno's kinds are not here, so the action that grants is driven as the command drives it."""
    from istiokit.kyverno.access import Account, role
    from istiokit.plan.actions.lifecycle import CreateObject
    from istiokit.plan.model import World
    from istiokit.survey.kyverno_access import missing_verbs

    kubeconfig = user(place, "granter", "policy")
    cluster = connect(ConnectOptions(kubeconfig=str(kubeconfig)))
    account = Account("kyverno", "kyverno-reports-controller")
    place.rig.apply(aggregating(account))
    assert missing_verbs(cluster, account) == ("get", "list", "watch")
    action, world = CreateObject(why="", manifest=role()), World(cluster, lambda line: None)
    action.do(world)
    place.rig.until(lambda: missing_verbs(cluster, account) == (), "the role to be aggregated")
    action.undo(world)
    place.rig.until(lambda: len(missing_verbs(cluster, account)) == 3, "the role to be gone")


def aggregating(account: Any) -> list[Manifest]:
    """What Kyverno's chart has for its reports controller."""
    group = "rbac.authorization.k8s.io"
    label = {"rbac.kyverno.io/aggregate-to-reports-controller": "true"}
    subject = {"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace}
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": "kyverno:reports-controller"}
    kind, metadata = {"apiVersion": f"{group}/v1"}, {"metadata": {"name": "kyverno:reports-controller"}}
    role_ = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": label}]}, "rules": []}
    return [
        {**kind, "kind": "ClusterRole", **metadata, **role_},
        {**kind, "kind": "ClusterRoleBinding", **metadata, "subjects": [subject], "roleRef": reference},
    ]
