"""How a run goes: waves, pauses, who may do what, moving namespaces, and the way back."""

import json
from pathlib import Path

import pytest

from kubectl_recycle_injected.main import APP
from tests.cluster.recycling import NEW, OLD, Manifest, Place, template, workload
from tests.run import run
from tests.tools.fixtures import namespace_name
from tests.tools.kubeconfig import write_kubeconfig
from tests.tools.rig import Rig


@pytest.fixture
def place(injector_rig: Rig, injector_namespace: str) -> Place:
    return Place(injector_rig, injector_namespace)


@pytest.fixture
def other(injector_rig: Rig, request: pytest.FixtureRequest) -> Place:
    """A second namespace of revision 1-30."""
    name = namespace_name(f"{request.node.name[:30]}-other")
    labels = {"istio.io/rev": "1-30"}
    injector_rig.apply(
        [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}]
    )
    injector_rig.kubectl(
        "wait", "--for=create", f"--namespace={name}", "serviceaccount/default", "--timeout=60s"
    )
    return Place(injector_rig, name)


def order_of(err: str) -> list[str]:
    """The workloads in the order in which they were begun."""
    return [
        line.partition(":")[0].rpartition("/")[2] for line in err.splitlines() if ": Restarting (" in line
    ]


def test_waves_by_label_in_the_order_asked_for(place: Place) -> None:
    tiers = {"front": "2", "auth": "10", "data": "9", "rest": ""}
    labelled = {name: template(name, labels={"tier": tier} if tier else {}) for name, tier in tiers.items()}
    place.make(*(workload("Deployment", name, 1, template=made) for name, made in labelled.items()), pods=4)
    place.move()
    flags = ("--wave-by", "label=tier", "--pause-between", "1s")
    planned = place.run("restart", "--dry-run", *flags)
    rows = [line.split() for line in planned.out.splitlines() if "rollout" in line]
    waves = {row[2].rpartition("/")[2]: row[0] for row in rows}
    assert waves == {"front": "1", "data": "2", "auth": "3", "rest": "4"}
    assert planned.out.count("wait 1s") == 3
    done = place.restart(*flags, "--order", "10")
    assert done.code == 0, done.err
    assert order_of(done.err) == ["auth", "front", "data", "rest"]


def test_waves_as_a_file_has_them(place: Place, other: Place, tmp_path: Path) -> None:
    place.make(workload("Deployment", "a"), workload("StatefulSet", "b"), pods=4)
    other.make(workload("Deployment", "c"), pods=2)
    place.move()
    other.move()
    waves = tmp_path / "waves"
    waves.write_text(f"{other.namespace}  # first\n\n{place.namespace}/statefulset/*\n")
    done = place.restart("--wave-by", f"file={waves}", "-n", other.namespace)
    assert done.code == 0, done.err
    assert order_of(done.err) == ["c", "b", "a"]


def test_at_most_so_many_in_a_namespace(place: Place, other: Place) -> None:
    for one in (place, other):
        one.make(*(workload("Deployment", name, replicas=1) for name in "abc"), pods=3)
        one.move()
    done = place.restart("-n", other.namespace, "--concurrency", "4", "--per-namespace", "1")
    assert done.code == 0, done.err
    under_way: dict[str, int] = {place.namespace: 0, other.namespace: 0}
    for line in done.err.splitlines():
        name = next((one for one in under_way if f"Deployment {one}/" in line), None)
        if name is not None:
            under_way[name] += 1 if ": Restarting (" in line else -1
            assert under_way[name] in (0, 1), done.err


def test_a_no_changes_nothing_and_nobody_to_ask_is_an_error(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    no = place.run("restart", tty=True, stdin="n\n")
    assert (no.code, "restart 1 workload? A restart cannot be undone." in no.err) == (1, True), no.err
    silent = place.run("restart")
    assert (silent.code, "add --yes to go on without asking" in silent.err) == (2, True)
    assert place.proxies() == {OLD}


def test_a_journal_without_a_namespace_is_one_line_with_the_next_step(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    flags = ("--yes", "-n", place.namespace, "--kubeconfig", str(place.rig.kubeconfig))
    lost = run("restart", *flags, "--journal-namespace", "nowhere", app=APP, live=True)
    assert (lost.code, "there is no namespace nowhere; check its name" in lost.err) == (3, True), lost.err
    assert place.proxies() == {OLD}


def role(namespace: str) -> list[Manifest]:
    """A user who may do everything in one namespace, and nothing anywhere else."""
    rbac = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["pods/eviction", "events"], "verbs": ["create", "list"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]},
    ]
    metadata = {"name": "tenant", "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        binding(namespace, "Role", "tenant"),
        binding(namespace, "ClusterRole", "admin"),
    ]


def binding(namespace: str, kind: str, name: str) -> Manifest:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}],
    }


def test_rights_in_one_namespace_are_enough(place: Place, tmp_path: Path) -> None:
    """Webhooks and ConfigMaps of others may not be read then: the version to reach is told by the user."""
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    place.rig.apply(role(place.namespace))
    token = place.rig.kubectl("create", "token", "tenant", "-n", place.namespace, "--duration=1h").strip()
    config = tmp_path / "config"
    write_kubeconfig(config, place.rig.server_url, place.rig.ca_file, {"token": token})
    who = str(config)
    unknown = place.run("list", kubeconfig=who)
    assert "not read: MutatingWebhookConfiguration: you may not list" in unknown.err
    assert "--proxy-version tells it" in unknown.out
    found = place.run("list", "--proxy-version", NEW, kubeconfig=who)
    assert f"version {OLD} -> {NEW}" in found.out, found.err
    done = place.restart("--proxy-version", NEW, kubeconfig=who)
    assert done.code == 0, done.err
    assert place.proxies() == {NEW}
    everywhere = place.run("list", "-A", kubeconfig=who)
    assert (everywhere.code, "name namespaces that you may read with -n" in everywhere.err) == (3, True)


def test_namespaces_move_with_their_workloads_and_back(place: Place, other: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    other.make(workload("StatefulSet", "db"), pods=2)
    both = ("-n", other.namespace, "--relabel", "1-30=stable")
    planned = place.run("restart", "--dry-run", *both)
    assert planned.out.count("istio.io/rev=1-30 -> istio.io/rev=stable") == 2
    assert planned.out.count("revision 1-30 -> 1-31") == 2, planned.out
    done = place.restart(*both)
    assert done.code == 0, done.err
    assert (place.proxies(), other.proxies()) == ({NEW}, {NEW})
    labels = place.rig.get("namespace", place.namespace)["metadata"]["labels"]
    assert labels["istio.io/rev"] == "stable"
    back = place.run("rollback", "--yes")
    assert back.code == 0, back.err
    assert "cannot be undone: rollout restart, 2 pods" in back.err
    assert "which gives their pods the sidecars of the old revision" in back.err
    assert place.rows()["Deployment/web"]["reason"] == "revision 1-31 -> 1-30"
    assert place.restart("-n", other.namespace).code == 0
    assert (place.proxies(), other.proxies()) == ({OLD}, {OLD})


def test_the_label_of_the_default_injector_is_moved_too(place: Place) -> None:
    place.rig.kubectl("label", "namespace", place.namespace, "istio.io/rev-", "istio-injection=enabled")
    place.make(workload("Deployment", "web"), pods=2)
    done = place.restart("--relabel", "istio-injection=1-31")
    assert done.code == 0, done.err
    labels = place.rig.get("namespace", place.namespace)["metadata"]["labels"]
    assert (labels.get("istio-injection"), labels["istio.io/rev"]) == (None, "1-31")
    assert place.proxies() == {NEW}
    assert place.run("rollback", "--yes").code == 0
    labels = place.rig.get("namespace", place.namespace)["metadata"]["labels"]
    assert (labels["istio-injection"], labels.get("istio.io/rev")) == ("enabled", None)


def test_moving_to_a_revision_that_nobody_serves_is_refused(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    refused = place.restart("--relabel", "1-30=1-77")
    assert (
        refused.code,
        "no injector serves revision 1-77: the pods would come back without" in refused.err,
    ) == (
        1,
        True,
    )
    assert place.rig.get("namespace", place.namespace)["metadata"]["labels"]["istio.io/rev"] == "1-30"


def test_the_result_as_json_is_all_that_stdout_gets(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    done = place.restart("-o", "json")
    document = json.loads(done.out)
    assert document["kind"] == "RecycledWorkloadList"
    (item,) = document["items"]
    assert (item["kind"], item["name"], item["result"], item["why"]) == (
        "Deployment",
        "web",
        "recycled",
        "revision 1-30 -> 1-31",
    )
    assert item["seconds"] > 0
    again = json.loads(place.restart("-o", "json").out)
    assert (again["items"], again["summary"]["recycled"]) == ([], 0)


def test_a_namespace_that_flux_labels_is_left_with_the_edit_to_make(place: Place, other: Place) -> None:
    """Who moved it here would see it move back within minutes, pods and all."""
    place.make(workload("Deployment", "web"), pods=2)
    other.make(workload("Deployment", "web"), pods=2)
    owner = ("kustomize.toolkit.fluxcd.io/name=apps", "kustomize.toolkit.fluxcd.io/namespace=flux-system")
    place.rig.kubectl("label", "namespace", place.namespace, *owner)
    done = place.restart("-n", other.namespace, "--relabel", "1-30=1-31")
    assert done.code == 1
    assert f"skipped: Namespace {place.namespace}: Kustomization flux-system/apps" in done.err, done.err
    assert "the labels have to be istio.io/rev=1-31" in done.err
    assert (place.proxies(), other.proxies()) == ({OLD}, {NEW})


def test_nothing_is_restarted_in_a_namespace_that_could_not_be_moved(place: Place, other: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    other.make(workload("Deployment", "web"), pods=2)
    first, second = sorted((place, other), key=lambda one: one.namespace)
    policy = f"deny-{first.namespace}"
    guard(place.rig, policy, first.namespace)
    try:
        done = place.restart("-n", other.namespace, "--relabel", "1-30=1-31")
    finally:
        place.rig.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", policy)
    assert done.code != 0
    assert (first.proxies(), first.replica_sets("web")) == ({OLD}, 1), done.err
    assert (second.proxies(), second.replica_sets("web")) == ({OLD}, 1), "the run ends there"


def guard(rig: Rig, name: str, namespace: str) -> None:
    """An admission policy that refuses updates of one namespace."""
    api = {"apiVersion": "admissionregistration.k8s.io/v1"}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["namespaces"]}
    validations = [{"expression": f"object.metadata.name != '{namespace}'", "message": "hands off"}]
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": validations,
        "failurePolicy": "Fail",
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    rig.apply(
        [
            {**api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
            {**api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": binding},
        ]
    )
    patch = (
        "patch",
        "namespace",
        namespace,
        "--dry-run=server",
        "--type=merge",
        "-p",
        '{"metadata":{"labels":{"a":"b"}}}',
    )
    rig.until(lambda: rig.run("kubectl", *patch, check=False).returncode != 0, "the policy to count")


def test_another_kind_of_run_is_not_taken_for_the_unfinished_one(place: Place) -> None:
    broken = workload("Deployment", "web", template=template("web", labels={"rig/breaks": "on-restart"}))
    place.make(broken, pods=2)
    place.move()
    assert place.restart("--timeout", "3s").code == 1
    other = place.restart("--relabel", "1-31=1-30", "--timeout", "3s")
    assert (other.code, "is not finished" in other.err) == (1, True), other.err
    assert place.rig.get("namespace", place.namespace)["metadata"]["labels"]["istio.io/rev"] == "1-31"
    again = place.restart("--timeout", "3s", "--strategy", "delete")
    assert "it goes on as it was planned: --strategy, --bare-pods, --undo-failed" in again.err, again.err


def test_closing_a_run_does_not_undo_the_ones_before(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    assert place.restart("--relabel", "1-30=1-31").code == 0
    broken = workload("Deployment", "bad", template=template("bad", labels={"rig/breaks": "on-restart"}))
    place.make(broken, pods=4)
    assert place.restart("--all", "deploy/bad", "--timeout", "3s").code == 1
    refused = place.restart("deploy/web", "--all")
    hint = refused.err.splitlines()[-1]
    assert "or close it: kubectl recycle-injected rollback --to recycle-relabel-" in hint, hint
    words = hint.rpartition("rollback ")[2].split()
    closed = place.run("rollback", "--yes", *words[:2])
    assert closed.code == 0, closed.err
    assert place.rig.get("namespace", place.namespace)["metadata"]["labels"]["istio.io/rev"] == "1-31"
    assert "the sidecars of the old revision" not in closed.err
    assert place.restart("deploy/web", "--all").code == 0
