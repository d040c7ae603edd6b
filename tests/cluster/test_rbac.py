"""Every command with just its ClusterRole of docs/rbac, with one rule less, and with a read-only user."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.values import LAYERS, default_layers
from tests.e2e.bigbang_objects import NAMESPACE, chart_repository, namespace, release, source
from tests.run import Result, run
from tests.tools import build
from tests.tools.accounts import USERS_NAMESPACE
from tests.tools.rig import Rig

Role = dict[str, Any]

ROLES = Path(__file__).parents[2] / "docs" / "rbac"
CONTROLLERS = ("helm-controller", "source-controller", "kustomize-controller")
SECRET_PLACES = (NAMESPACE, "zarf", "istio-gateway")
"""The namespaces in which the commands read Secrets, as docs/rbac/README.md says."""
KUSTOMIZE = "kustomize.toolkit.fluxcd.io"


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
