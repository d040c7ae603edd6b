"""Every command with just its ClusterRole of docs/rbac, with one rule less, and with a read-only user."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit.kyverno.policies import Engine, policy
from kubectl_policyreport_vs.main import APP as POLICYREPORT_VS
from kubectl_recycle_injected.main import APP as RECYCLE
from tests.charts.values import LAYERS, default_layers
from tests.cluster.recycling import NEW, OLD, Place, bare_pod, is_ready, template, workload
from tests.cluster.test_owners import application, application_crd, gateway
from tests.e2e.bigbang_objects import NAMESPACE, chart_repository, namespace, release, source
from tests.run import Result, run
from tests.tools import build
from tests.tools.accounts import USERS_NAMESPACE
from tests.tools.rig import Rig
from tests.unit import helm_samples
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, manifest, mapping

Role = dict[str, Any]

ROLES = Path(__file__).parents[2] / "docs" / "rbac"
CONTROLLERS = ("helm-controller", "source-controller", "kustomize-controller")
SECRET_PLACES = (NAMESPACE, "zarf", "istio-gateway")
"""The namespaces in which the commands read Secrets, as docs/rbac/README.md says."""
KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
LIST, RESTART = "recycle-injected-list", "recycle-injected"
CUSTOM: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("argoproj.io/v1alpha1", "Rollout", {"replicas": 1, "strategy": {"canary": {}}}),
    ("apps.kruise.io/v1alpha1", "CloneSet", {"replicas": 1}),
    ("apps.kruise.io/v1alpha1", "DaemonSet", {}),
    ("apps.kruise.io/v1beta1", "StatefulSet", {"replicas": 1}),
)
"""The owners of pods that other controllers bring."""


@pytest.fixture(scope="module")
def flux_kinds() -> Iterator[Rig]:
    """A rig of its own with the kinds of Flux, but no controllers, and a Big Bang whose releases are Ready."""
    with Rig(parts=("istio_crds",)) as rig:
        rig.apply_crds(*(build.tool_dir(name) / "crds" for name in CONTROLLERS))
        layers = default_layers("http://charts.invalid")
        rig.apply([namespace(place) for place in SECRET_PLACES])
        rig.apply([source(name, layers[name]) for name in LAYERS])
        rig.apply([chart_repository("http://charts.invalid"), kustomization()])
        rig.apply([release("2.54.0"), package()])
        owned = [f"{KUSTOMIZE}/name=environment", f"{KUSTOMIZE}/namespace={NAMESPACE}"]
        rig.kubectl("label", f"--namespace={NAMESPACE}", "configmap/common", *owned)
        make_ready(rig)
        yield rig


def package() -> dict[str, Any]:
    """A release that takes its chart from a HelmChart that others may use too."""
    metadata = {"name": "shared", "namespace": NAMESPACE}
    spec = {"interval": "2m", "chartRef": {"kind": "HelmChart", "name": "shared"}}
    group = "helm.toolkit.fluxcd.io/v2"
    return {"apiVersion": group, "kind": "HelmRelease", "metadata": metadata, "spec": spec}


def kustomization() -> dict[str, Any]:
    spec = {"interval": "1m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "environment"}}
    metadata = {"name": "environment", "namespace": NAMESPACE}
    return {"apiVersion": f"{KUSTOMIZE}/v1", "kind": "Kustomization", "metadata": metadata, "spec": spec}


def make_ready(rig: Rig) -> None:
    """What helm-controller would write once the releases are installed."""
    for item in rig.get("helmreleases", f"--namespace={NAMESPACE}")["items"]:
        generation = item["metadata"]["generation"]
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "UpgradeSucceeded",
            "message": "Helm upgrade succeeded",
            "lastTransitionTime": "2025-03-01T10:00:00Z",
            "observedGeneration": generation,
        }
        patch = json.dumps({"status": {"observedGeneration": generation, "conditions": [ready]}})
        words = (f"--namespace={NAMESPACE}", "--subresource=status", "--type=merge", f"--patch={patch}")
        rig.kubectl("patch", f"helmrelease/{item['metadata']['name']}", *words)


def role(name: str) -> Role:
    """The ClusterRole of docs/rbac/NAME.yaml."""
    found: Role = yaml.safe_load((ROLES / f"{name}.yaml").read_text())
    return found


def without(whole: Role, *resources: str, index: int | None = None) -> Role:
    """The role without the rules for these core resources, or without the rule at `index`."""
    less = copy.deepcopy(whole)
    less["rules"] = [
        rule
        for number, rule in enumerate(whole["rules"])
        if number != index and not set(resources) & set(rule["resources"])
    ]
    return less


def call(kubeconfig: Path, *argv: str) -> Result:
    result = run(*argv, "--kubeconfig", str(kubeconfig), live=True)
    assert "Traceback" not in result.err
    assert "internal error" not in result.err
    return result


def said(result: Result) -> list[str]:
    """The lines that tell of a missing permission."""
    return [line for line in (result.out + result.err).splitlines() if "may not " in line]


def text_of(rig: Rig, name: str) -> str:
    data: dict[str, str] = rig.get(f"configmap/{name}", f"--namespace={NAMESPACE}")["data"]
    return data["values.yaml"]


def left_behind(rig: Rig) -> list[str]:
    """What a run would have made: a journal, a Lease."""
    words = (f"--namespace={NAMESPACE}", "--output=name")
    journals = rig.kubectl("get", "configmaps", "--selector=istio-migrate.dev/journal", *words)
    return [*journals.split(), *rig.kubectl("get", "leases", *words).split()]


def test_status_and_journal_with_their_role(flux_kinds: Rig) -> None:
    kubeconfig = flux_kinds.kubeconfig_for(role("status"))
    status = call(kubeconfig, "status")
    assert (status.code, said(status)) == (0, [])
    assert "Not read" not in status.out
    assert "HelmReleases: all 2 Ready" in status.out
    journal = call(kubeconfig, "journal")
    assert (journal.code, said(journal)) == (0, [])


@pytest.mark.parametrize("goal", [("--step", "1"), ("--step", "2"), ("--target", "3.0")])
def test_check_with_its_role_reads_everything(flux_kinds: Rig, goal: tuple[str, str]) -> None:
    result = call(flux_kinds.kubeconfig_for(role("check")), "check", *goal)
    assert "IM025" not in result.out, result.out
    assert ("IM012" in result.out) == (goal[0] == "--step")


def test_convert_with_its_role(flux_kinds: Rig) -> None:
    done = call(
        flux_kinds.kubeconfig_for(role("convert")), "convert", "--from-cluster", "--certs", "external"
    )
    assert (done.code, said(done)) == (0, []), done.err
    assert "istioGateway:" in done.out


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "services"])
def test_convert_says_which_right_it_lacks(flux_kinds: Rig, resource: str) -> None:
    less = without(role("convert"), resource)
    less["metadata"]["name"] = f"convert-without-{resource}"
    done = call(flux_kinds.kubeconfig_for(less), "convert", "--from-cluster", "--certs", "external")
    assert (done.code, done.out) == (3, ""), done.err
    assert resource.removesuffix("s") in done.err
    assert len(done.err.splitlines()) == 1


def test_reconcile_and_wait_with_their_role(flux_kinds: Rig) -> None:
    kubeconfig = flux_kinds.kubeconfig_for(role("reconcile"))
    waited = call(kubeconfig, "wait", "--timeout", "5s")
    assert (waited.code, said(waited)) == (0, []), waited.err
    asked = call(kubeconfig, "reconcile", "--with-source", "--reset", "--force", "--timeout", "2s")
    assert (asked.code, said(asked)) == (1, []), asked.err  # nobody is there to do it
    repository = flux_kinds.get("helmrepository/bigbang", f"--namespace={NAMESPACE}")
    assert "reconcile.fluxcd.io/requestedAt" in repository["metadata"]["annotations"]


def test_steps_and_rollback_with_their_role(flux_kinds: Rig) -> None:
    kubeconfig = flux_kinds.kubeconfig_for(role("step"))
    before = text_of(flux_kinds, "environment")
    findings = json.loads(call(kubeconfig, "check", "--step", "1", "--output", "json").out)["items"]
    assert {"IM012", "IM025"}.isdisjoint(one["code"] for one in findings)
    allowed = [word for one in findings for word in ("--allow", one["code"])]
    step = call(kubeconfig, "step1", "--yes", "--timeout", "3s", *allowed)
    assert (step.code, said(step)) == (1, []), step.err  # edited, then nobody reconciles
    assert text_of(flux_kinds, "environment") != before
    back = call(kubeconfig, "rollback", "--yes", "--timeout", "3s")
    assert said(back) == [], back.err
    assert text_of(flux_kinds, "environment") == before
    journal = call(kubeconfig, "journal")
    assert (journal.code, journal.out.count("step1")) == (0, 2)
    make_ready(flux_kinds)


def test_a_read_only_user_is_told_what_step1_lacks(flux_kinds: Rig) -> None:
    """`view` has no Secrets, no custom resources and no webhooks: they are what it needs besides."""
    extra = without(role("check"), "pods", "deployments", "configmaps")
    extra["metadata"]["name"] = "reader"
    kubeconfig = flux_kinds.kubeconfig_for(extra)
    account = f"--serviceaccount={USERS_NAMESPACE}:reader"
    flux_kinds.kubectl("create", "clusterrolebinding", "reader-view", "--clusterrole=view", account)
    assert said(call(kubeconfig, "status")) == []
    before, made = text_of(flux_kinds, "environment"), left_behind(flux_kinds)
    check = call(kubeconfig, "check", "--step", "1")
    step = call(kubeconfig, "step1", "--yes")
    assert (check.code, step.code) == (1, 1)
    for result in (check, step):
        told = " ".join((result.out + result.err).split())
        assert "IM012" in told
        assert f"patch configmaps in namespace {NAMESPACE}" in told
    assert "nothing was changed" in step.err
    assert (text_of(flux_kinds, "environment"), left_behind(flux_kinds)) == (before, made)


def test_secrets_of_three_namespaces_are_enough(flux_kinds: Rig) -> None:
    """The narrow binding of docs/rbac/README.md: what is secret is bound in a few namespaces only."""
    whole = call(flux_kinds.kubeconfig_for(role("check")), "check", "--step", "1")
    narrow = without(role("check"), "secrets", "configmaps")
    narrow["metadata"]["name"] = "narrow"
    kubeconfig = flux_kinds.kubeconfig_for(narrow)
    rules = [one for one in role("check")["rules"] if {"secrets", "configmaps"} & set(one["resources"])]
    values = {**role("check"), "metadata": {"name": "narrow-values"}, "rules": rules}
    flux_kinds.apply([values])
    for place in SECRET_PLACES:
        words = ("--clusterrole=narrow-values", f"--serviceaccount={USERS_NAMESPACE}:narrow")
        flux_kinds.kubectl("create", "rolebinding", "narrow", f"--namespace={place}", *words)
    assert call(kubeconfig, "check", "--step", "1").out == whole.out


def _rules() -> Iterator[Any]:
    commands = {
        "status": ("status",),
        "check": ("check", "--step", "1"),
        "step": ("step1", "--dry-run"),
        "reconcile": ("reconcile", "--with-source", "--timeout", "2s"),
    }
    for name, argv in commands.items():
        for index, rule in enumerate(role(name)["rules"]):
            yield pytest.param(name, argv, index, id=f"{name}-{'-'.join(rule['resources'])[:40]}")


@pytest.mark.parametrize(("name", "argv", "index"), list(_rules()))
def test_a_missing_rule_is_named(flux_kinds: Rig, name: str, argv: tuple[str, ...], index: int) -> None:
    less = without(role(name), index=index)
    less["metadata"]["name"] = f"{name}-without-{index}"
    result = call(flux_kinds.kubeconfig_for(less), *argv)
    lines = said(result)
    dropped = role(name)["rules"][index]["resources"]
    assert any(resource in line for line in lines for resource in dropped), result.out + result.err


def test_the_journal_is_not_looked_for_in_the_wrong_place(flux_kinds: Rig) -> None:
    """Without HelmReleases nobody knows the umbrella's namespace: that must not look like an empty journal."""
    less = without(role("status"), "helmreleases")
    less["metadata"]["name"] = "no-releases"
    result = call(flux_kinds.kubeconfig_for(less), "journal")
    assert (result.code, result.out) == (3, "")
    assert "the umbrella cannot be looked for: you may not" in result.err


@pytest.fixture
def place(injector_rig: Rig, injector_namespace: str) -> Place:
    """A namespace with real sidecars of revision 1-30; its journal is in it too."""
    return Place(injector_rig, injector_namespace)


def key_of(name: str, rule: dict[str, Any]) -> tuple[str, str, str]:
    """What tells a rule from all others: its role, its resources with the group, its first verb."""
    resources = f"{rule['apiGroups'][0]}/{','.join(rule['resources'])}".removeprefix("/")
    return name, resources, rule["verbs"][0]


def joined(*names: str, drop: tuple[str, str, str] | None = None) -> list[dict[str, Any]]:
    """The rules of several roles, without the one of this key."""
    return [rule for name in names for rule in role(name)["rules"] if key_of(name, rule) != drop]


def user(rig: Rig, name: str, rules: list[dict[str, Any]]) -> str:
    """The kubeconfig of a user who may do just that, everywhere."""
    return str(rig.kubeconfig_for({"metadata": {"name": name}, "rules": rules}))


def checked(result: Result) -> Result:
    assert "Traceback" not in result.err
    assert "internal error" not in result.err
    return result


def custom(place: Place, api: str, kind: str, spec: dict[str, Any]) -> None:
    """An object of a kind that nobody acts on here, with a pod as its controller would make it."""
    name = kind.lower()
    body = {"selector": {"matchLabels": {"app": name}}, "template": template(name), **spec}
    metadata = {"name": name, "namespace": place.namespace}
    place.rig.apply([{"apiVersion": api, "kind": kind, "metadata": metadata, "spec": body}])
    if (
        kind == "Rollout"
    ):  # which has its pods through a ReplicaSet: the hash is in its name, and a label of the pods
        labels = {"app": name, "rollouts-pod-template-hash": "7d9f"}
        made = {"selector": {"matchLabels": labels}, "template": template(name, labels=labels)}
        place.make(workload("ReplicaSet", f"{name}-7d9f", replicas=1, **made), pods=1)
        return
    resource = f"{name}s.{api.partition('/')[0]}/{name}"
    uid = place.rig.get(resource, f"--namespace={place.namespace}")["metadata"]["uid"]
    owner = {"apiVersion": api, "kind": kind, "name": name, "uid": uid, "controller": True}
    place.make(bare_pod(f"{name}-0", ownerReferences=[owner], labels={"app": name}), pods=1)


def test_recycle_list_with_its_role(place: Place) -> None:
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    kubeconfig = user(place.rig, "lister", role(LIST)["rules"])
    for words in (("list",), ("list", "--pods"), ("list", "--before", "control-plane"), ("list", "-A")):
        result = checked(place.run(*words, kubeconfig=kubeconfig))
        assert (said(result), "not read" in result.err) == ([], False)
        assert f"{place.namespace}   " in result.out
    assert place.run("list", kubeconfig=kubeconfig).out == place.run("list").out


def test_recycle_restart_and_rollback_with_their_roles(place: Place) -> None:
    by_hand = workload("StatefulSet", "manual", updateStrategy={"type": "OnDelete"})
    owned = [workload(kind, kind.lower()) for kind in ("Deployment", "StatefulSet", "DaemonSet")]
    place.make(*owned, by_hand, bare_pod("alone"), pods=9)
    kubeconfig = user(place.rig, "driver", joined(LIST, RESTART))
    words = ("--relabel", "1-30=1-31", "--bare-pods", "evict")
    dry = checked(place.run("restart", *words, "--dry-run=server", kubeconfig=kubeconfig))
    assert (said(dry), "would accept 6 of 6 changes" in dry.err) == ([], True), dry.err
    moved = checked(place.restart(*words, kubeconfig=kubeconfig))
    assert (moved.code, said(moved), place.proxies()) == (0, [], {NEW}), moved.err
    assert len(place.events("IstioSidecarRecycled")) == 5
    back = checked(place.run("rollback", "--yes", kubeconfig=kubeconfig))
    assert (back.code, said(back)) == (0, []), back.err
    deleted = checked(place.restart("--strategy", "delete", kubeconfig=kubeconfig))
    assert (deleted.code, said(deleted), place.proxies()) == (0, [], {OLD}), deleted.err


def test_recycle_undoes_a_stateful_set_with_its_role(place: Place) -> None:
    """It waits for ever for its new pod, so that has to be deleted."""
    place.make(
        workload("StatefulSet", "db", template=template("db", labels={"rig/breaks": "no-probe"})), pods=2
    )
    place.move()
    kubeconfig = user(place.rig, "driver", joined(LIST, RESTART))
    undone = checked(place.restart("--undo-failed", "--timeout", "3s", kubeconfig=kubeconfig))
    assert (undone.code, said(undone)) == (1, [])
    assert "it was undone, the old pods go on" in undone.err


@pytest.mark.parametrize(("api", "kind", "spec"), CUSTOM, ids=[f"{kind}-{api}" for api, kind, _ in CUSTOM])
def test_recycle_needs_its_rule_for_other_controllers(
    place: Place, api: str, kind: str, spec: dict[str, Any]
) -> None:
    """A dry run on the server lists, gets, watches and patches the owner; nobody here would act on more."""
    custom(place, api, kind, spec)
    place.move()
    group = api.partition("/")[0]
    kubeconfig = user(place.rig, "driver", joined(LIST, RESTART))
    with_it = checked(place.run("restart", "--dry-run=server", kubeconfig=kubeconfig))
    assert (said(with_it), "would accept 1 of 1 changes" in with_it.err) == ([], True), with_it.err
    rules = [one for one in joined(LIST, RESTART) if one["apiGroups"] != [group]]
    without_it = checked(place.restart(kubeconfig=user(place.rig, f"without-{group}", rules)))
    assert (without_it.code, without_it.out) == (3, "")
    assert f"you may not list {kind.lower()}s.{group} in namespace {place.namespace}" in without_it.err


OWNERS = "apps/daemonsets,deployments,statefulsets"
WEBHOOKS = "admissionregistration.k8s.io/mutatingwebhookconfigurations"
LACKS: tuple[tuple[tuple[str, str, str], str, int, str], ...] = (
    ((LIST, "pods", "list"), "list", 3, "you may not list pods in namespace"),
    ((LIST, "namespaces", "get"), "list", 0, "not read: Namespace: you may not get namespaces"),
    ((LIST, WEBHOOKS, "list"), "list", 0, "not read: MutatingWebhookConfiguration: you may not list"),
    ((LIST, "configmaps", "get"), "list", 0, "not read: ConfigMap: you may not get configmaps"),
    ((LIST, "apps/deployments", "list"), "list", 0, "not read: Deployment: you may not list deployments"),
    ((RESTART, OWNERS, "get"), "restart", 3, "you may not list statefulsets.apps in namespace"),
    ((RESTART, "pods", "watch"), "restart", 0, "restarted 1 workload"),
    (
        (RESTART, "pods", "create"),
        "restart",
        0,
        "not proved that new pods get their sidecars: you may not create pods",
    ),
    ((RESTART, "pods/eviction", "create"), "restart --strategy evict", 3, "you may not create pods/eviction"),
    ((RESTART, "pods", "delete"), "restart --strategy delete", 3, "you may not delete pods"),
    ((RESTART, "namespaces", "get"), "restart --relabel 1-31=stable", 3, "you may not patch namespaces"),
    ((RESTART, "configmaps", "get"), "restart", 3, "you may not list configmaps"),
    ((RESTART, "configmaps", "get"), "rollback", 3, "you may not list configmaps"),
    (
        (RESTART, "coordination.k8s.io/leases", "get"),
        "restart",
        3,
        "you may not get leases.coordination.k8s.io",
    ),
)
"""The rule that is missing, the command, its exit code, and what it says."""
TRIED_BY_THEMSELVES = {
    (RESTART, "argoproj.io/rollouts", "get"),
    (RESTART, "apps.kruise.io/clonesets,daemonsets,statefulsets", "get"),
    (RESTART, "events", "create"),
    (RESTART, "events", "list"),
    # The owners of a namespace are read as those of a VirtualService are, with the same rules in vs-gateways.yaml.
    (RESTART, "helm.toolkit.fluxcd.io/helmreleases", "list"),
    (RESTART, "kustomize.toolkit.fluxcd.io/kustomizations", "list"),
    (RESTART, "argoproj.io/applications", "get"),
    (
        RESTART,
        "source.toolkit.fluxcd.io/gitrepositories,helmrepositories,ocirepositories,buckets,helmcharts",
        "list",
    ),
}


def test_each_rule_of_recycle_is_taken_away_once() -> None:
    rules = {key_of(name, rule) for name in (LIST, RESTART) for rule in role(name)["rules"]}
    assert rules == TRIED_BY_THEMSELVES | {key for key, *_ in LACKS}


@pytest.mark.parametrize(("key", "words", "code", "told"), LACKS, ids=[f"{one[0]}-{one[1]}" for one in LACKS])
def test_recycle_says_what_it_lacks(
    place: Place, key: tuple[str, str, str], words: str, code: int, told: str
) -> None:
    place.make(workload("StatefulSet", "db"), pods=2)
    place.move()
    names = (LIST,) if words == "list" else (LIST, RESTART)
    kubeconfig = user(place.rig, f"lacks-{LACKS.index((key, words, code, told))}", joined(*names, drop=key))
    yes = () if words == "list" else ("--yes",)
    result = checked(place.run(*words.split(), *yes, kubeconfig=kubeconfig))
    assert result.code == code, result.err
    assert told in result.err


def test_recycle_without_events(place: Place) -> None:
    """Nothing but the Events is missing then."""
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    rules = joined(LIST, RESTART, drop=(RESTART, "events", "create"))
    done = checked(place.restart(kubeconfig=user(place.rig, "without-events", rules)))
    assert (done.code, said(done), place.events("IstioSidecarRecycled")) == (0, [], set())


def test_recycle_cites_warnings_with_its_role(place: Place) -> None:
    """Why a pod is not Ready stands in its Events: the kubelet of the rig writes none, so this test does."""
    place.make(
        workload("Deployment", "web", template=template("web", labels={"rig/breaks": "no-probe"})), pods=2
    )
    place.move()
    assert place.restart("--timeout", "3s").code == 1
    (new,) = [pod for pod in place.pods() if not is_ready(pod)]
    place.rig.apply([warning(new, "Readiness probe failed: connection refused")])
    cited = "Unhealthy: Readiness probe failed: connection refused"
    for name, rules, told in (
        ("driver", joined(LIST, RESTART), True),
        ("without-reasons", joined(LIST, RESTART, drop=(RESTART, "events", "list")), False),
    ):
        again = checked(place.restart("--timeout", "2s", kubeconfig=user(place.rig, name, rules)))
        assert (again.code, said(again), cited in again.err) == (1, [], told), again.err


def warning(pod: dict[str, Any], message: str) -> dict[str, Any]:
    """What a kubelet tells about a pod."""
    metadata = {key: pod["metadata"][key] for key in ("name", "namespace")}
    about = {"apiVersion": "v1", "kind": "Pod", **metadata, "uid": pod["metadata"]["uid"]}
    words = {"type": "Warning", "reason": "Unhealthy", "message": message}
    return {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about, **words}


def test_recycle_in_one_namespace(place: Place) -> None:
    """The narrow binding of docs/rbac/README.md: nothing outside of the namespace is read, and so it is told."""
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    kubeconfig = user(place.rig, place.namespace, [])
    account = f"--serviceaccount={USERS_NAMESPACE}:{place.namespace}"
    for name in (LIST, RESTART):
        place.rig.apply([role(name)])
        words = (name, f"--namespace={place.namespace}", f"--clusterrole={name}", account)
        place.rig.kubectl("create", "rolebinding", *words)
    unknown = checked(place.run("list", kubeconfig=kubeconfig))
    assert (unknown.code, "2 of unknown version" in unknown.err) == (0, True), unknown.err
    version = ("--proxy-version", NEW)
    listed = checked(place.run("list", *version, kubeconfig=kubeconfig))
    assert "1 of 1 workloads is stale (2 of 2 pods)" in listed.err, listed.err
    assert [line.split(": ")[1] for line in said(listed)] == ["Deployment", "MutatingWebhookConfiguration"]
    done = checked(place.restart(*version, kubeconfig=kubeconfig))
    assert (done.code, place.proxies()) == (0, {NEW}), done.err
    assert "not proved" not in done.err
    elsewhere = run("list", "-A", "--kubeconfig", kubeconfig, app=RECYCLE, live=True)
    assert (elsewhere.code, "you may not list pods in all namespaces" in elsewhere.err) == (3, True)
    assert checked(place.run("rollback", "--yes", kubeconfig=kubeconfig)).code == 0


POLICYREPORT = "policyreport-vs"
MARKS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "web": (
        "helm-controller",
        {
            "app.kubernetes.io/managed-by": "Helm",
            "helm.toolkit.fluxcd.io/name": "web",
            "helm.toolkit.fluxcd.io/namespace": "shop",
        },
        {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"},
    ),
    "docs": ("kustomize-controller", {f"{KUSTOMIZE}/name": "docs", f"{KUSTOMIZE}/namespace": "shop"}, {}),
    "cart": (
        "argocd-controller",
        {},
        {"argocd.argoproj.io/tracking-id": "cart:networking.istio.io/VirtualService:shop/cart"},
    ),
}
"""VirtualServices by name: who wrote them, and the labels and annotations of their owners."""
OWNING = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: apps, namespace: shop}
spec: {interval: 1m, url: "https://charts.example.com"}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  interval: 1m
  chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: apps}}}
  valuesFrom: [{kind: ConfigMap, name: web-values}]
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: docs, namespace: shop}
spec: {interval: 1m, prune: true, path: ./docs, sourceRef: {kind: GitRepository, name: apps}}
---
apiVersion: wgpolicyk8s.io/v1alpha2
kind: PolicyReport
metadata: {name: docs, namespace: shop}
scope: {apiVersion: networking.istio.io/v1, kind: VirtualService, namespace: shop, name: docs}
results:
- policy: istio-migrate-gateways
  rule: add-istio-gateway-public-ingressgateway
  source: kyverno
  result: skip
  timestamp: {seconds: 1764000000, nanos: 0}
"""


@pytest.fixture(scope="module")
def mutated(flux_kinds: Rig) -> Rig:
    """A policy without its engine, a report, and VirtualServices of Helm, Flux and Argo CD with both Gateways."""
    kyverno, argo = build.tool_dir("kyverno"), flux_kinds.dir / "application.json"
    argo.write_text(json.dumps(application_crd()))
    flux_kinds.apply_crds(*sorted((kyverno / "crds").iterdir()), kyverno / "openreports", argo)
    flux_kinds.apply([namespace(name) for name in ("shop", "istio-system", "argocd")])
    flux_kinds.apply([gateway(PUBLIC), gateway(NEW_PUBLIC), *policy(Engine.KYVERNO, mapping(*ONE))])
    flux_kinds.apply([application("cart"), helm_samples.secret("web", 1, [manifest(gateways=[PUBLIC])])])
    flux_kinds.apply(OWNING)
    for name, (manager, labels, annotations) in MARKS.items():
        item = manifest(name=name, gateways=[PUBLIC, NEW_PUBLIC])
        item["metadata"] |= {"labels": labels, "annotations": annotations}
        flux_kinds.apply([item], field_manager=manager)
    return flux_kinds


def policyreport_vs(kubeconfig: str, *words: str) -> Result:
    return checked(run(*words, "--kubeconfig", kubeconfig, app=POLICYREPORT_VS, live=True))


def test_policyreport_with_its_role(mutated: Rig) -> None:
    kubeconfig = user(mutated, POLICYREPORT, role(POLICYREPORT)["rules"])
    for words in (("-A", "-o", "wide"), ("safe-to-remove",)):
        result = policyreport_vs(kubeconfig, *words)
        assert (said(result), "not read" in result.err) == ([], False), result.err
        assert "1 depends on the policy, 2 unknown, 0 migrated" in result.err
        assert "revision 1 of Helm release shop/web has no istio-gateway/public-ingressgateway" in result.out
    assert result.code == 1


def test_policyreport_without_secrets(mutated: Rig) -> None:
    """What Helm has rendered is not known then, and that is told with each VirtualService of a release."""
    rules = without(role(POLICYREPORT), "secrets")["rules"]
    kubeconfig = user(mutated, "policyreport-without-secrets", rules)
    listed = policyreport_vs(kubeconfig, "-A", "-o", "wide")
    safe = policyreport_vs(kubeconfig, "safe-to-remove")
    assert (listed.code, safe.code) == (0, 1)
    for result in (listed, safe):
        assert "you may not list secrets in namespace shop" in result.out
        assert "0 depend on the policy, 3 unknown, 0 migrated" in result.err


def _policyreport_rules() -> Iterator[Any]:
    for rule in role(POLICYREPORT)["rules"]:
        yield pytest.param(rule, id=f"{rule['apiGroups'][0]}-{rule['resources'][0]}")


@pytest.mark.parametrize("rule", list(_policyreport_rules()))
def test_policyreport_says_what_it_lacks(mutated: Rig, rule: dict[str, Any]) -> None:
    rules = [one for one in role(POLICYREPORT)["rules"] if one != rule]
    kubeconfig = user(mutated, f"policyreport-lacks-{rule['resources'][0]}", rules)
    lines = said(policyreport_vs(kubeconfig, "-A", "-o", "wide"))
    assert any(f" {resource}" in line for line in lines for resource in rule["resources"]), lines
