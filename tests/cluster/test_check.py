"""`check` on a real API server: permissions, CRDs, exit codes."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from istiokit.bigbang.checks.crds import SERVED_VERSIONS
from tests.run import Result, run
from tests.tools.rig import Rig

VALUES = """\
domain: example.com
registryCredentials: {username: robot, password: secret}
istioGateway: {values: {gateways: {public: {gatewayCerts: [{name: public-cert}]}}}}
"""
READ = {"verbs": ["get", "list", "watch"]}
MESH = (
    {"apiGroups": [""], "resources": ["namespaces", "pods", "services", "configmaps"], **READ},
    {"apiGroups": ["apps"], "resources": ["deployments"], **READ},
    {"apiGroups": ["networking.istio.io"], "resources": ["gateways", "virtualservices"], **READ},
    {"apiGroups": ["helm.toolkit.fluxcd.io"], "resources": ["helmreleases"], **READ},
    {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"], **READ},
    {
        "apiGroups": ["admissionregistration.k8s.io"],
        "resources": ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        **READ,
    },
)
SECRETS = {"apiGroups": [""], "resources": ["secrets"], **READ}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Rig]:
    """A rig with Istio's CRDs, one kind of Flux's, and an umbrella that Flux would find Ready."""
    with Rig(parts=("istio_crds",)) as rig:
        rig.apply([helm_release_crd()])
        rig.kubectl("wait", "--for=condition=Established", "crd/helmreleases.helm.toolkit.fluxcd.io")
        for name in ("bigbang", "istio-gateway", "elsewhere"):
            rig.kubectl("create", "namespace", name)
        rig.apply([config_map(), umbrella()])
        yield rig


def helm_release_crd() -> dict[str, Any]:
    """Flux's kind with an open schema and a status that anybody may write."""
    group, plural = "helm.toolkit.fluxcd.io", "helmreleases"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v2", "served": True, "storage": True, "schema": schema}
    names = {
        "plural": plural,
        "singular": "helmrelease",
        "kind": "HelmRelease",
        "listKind": "HelmReleaseList",
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def config_map() -> dict[str, Any]:
    metadata = {"name": "common", "namespace": "bigbang"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"values.yaml": VALUES}}


def umbrella() -> dict[str, Any]:
    ready = {"type": "Ready", "status": "True", "reason": "UpgradeSucceeded", "message": "fine"}
    history = [{"chartName": "bigbang", "chartVersion": "2.54.0", "status": "deployed", "version": 1}]
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "bigbang", "namespace": "bigbang"},
        "spec": {"valuesFrom": [{"kind": "ConfigMap", "name": "common"}]},
        "status": {"conditions": [ready], "observedGeneration": 1, "history": history},
    }


def user(rig: Rig, name: str, *rules: dict[str, Any]) -> Path:
    """A kubeconfig with just these rules."""
    return rig.kubeconfig_for({"metadata": {"name": name}, "rules": list(rules)})


def check(kubeconfig: Path, *arguments: str) -> Result:
    return run("check", "--kubeconfig", str(kubeconfig), *arguments, live=True)


def items(result: Result) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(result.out)["items"]
    return found


def codes(result: Result, severity: str) -> set[str]:
    return {item["code"] for item in items(result) if item["severity"] == severity}


def test_an_administrator_is_missing_nothing(cluster: Rig) -> None:
    done = check(cluster.kubeconfig, "--step", "1", "-o", "json")
    assert codes(done, "error") == set() and done.code == 0
    assert "next: kubectl istio-migrate step1" in done.err


def test_a_reader_is_told_every_verb_that_the_step_needs(cluster: Rig) -> None:
    done = check(user(cluster, "reader", *MESH, SECRETS), "--step", "1", "-o", "json")
    missing = {item["object"] for item in items(done) if item["code"] == "IM012"}
    assert done.code == 1 and codes(done, "error") == {"IM012"}
    assert "patch configmaps in namespace bigbang" in missing
    assert "patch helmreleases.helm.toolkit.fluxcd.io in namespace bigbang" in missing
    assert "create leases.coordination.k8s.io in namespace bigbang" in missing
    assert not any(verb.startswith(("list configmaps", "watch helmreleases")) for verb in missing)


def test_the_reader_can_let_that_pass(cluster: Rig) -> None:
    done = check(user(cluster, "allowed", *MESH, SECRETS), "--step", "1", "--allow", "im012")
    assert done.code == 0 and "IM012" in done.out


def test_who_may_not_read_secrets_gets_doubts_instead_of_verdicts(cluster: Rig) -> None:
    plain = VALUES.replace("gatewayCerts: [{name: public-cert}]", "upstream: {}")
    patch = json.dumps({"data": {"values.yaml": plain}})
    cluster.kubectl("patch", "configmap", "common", "--namespace=bigbang", "--type=merge", f"--patch={patch}")
    try:
        sure = check(cluster.kubeconfig, "--step", "2", "-o", "json")
        unsure = check(user(cluster, "no-secrets", *MESH), "--step", "2", "-o", "json")
    finally:
        cluster.apply([config_map()])
    assert "IM008" in codes(sure, "error")
    assert "IM008" in codes(unsure, "warning") and "IM008" not in codes(unsure, "error")
    assert "IM025" in codes(unsure, "warning")


def test_a_secret_in_the_new_namespace_is_seen_by_its_name_alone(cluster: Rig) -> None:
    data = {"tls.key": base64.b64encode(b"never shown").decode()}
    metadata = {"name": "shop-cert", "namespace": "istio-gateway"}
    cluster.apply([{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}])
    done = check(cluster.kubeconfig, "--step", "2", "-o", "json")
    assert "IM008" not in codes(done, "error") and "never shown" not in done.out


def test_crds_are_judged_as_the_server_has_them(cluster: Rig) -> None:
    whole = check(cluster.kubeconfig, "--step", "2", "-o", "json")
    assert "IM009" not in codes(whole, "error")
    crd = "crd/workloadgroups.networking.istio.io"
    marks = ("meta.helm.sh/release-name=istio-core", "meta.helm.sh/release-namespace=istio-system")
    try:
        cluster.kubectl("annotate", crd, "helm.sh/resource-policy-", *marks)
        doomed = check(cluster.kubeconfig, "--step", "1", "-o", "json")
        cluster.kubectl("delete", crd)
        torn = check(cluster.kubeconfig, "--step", "2", "-o", "json")
    finally:
        cluster.apply_crds(cluster.tool_dir("istio-crds") / "crds")
    assert any("istio-core, which goes" in item["reason"] for item in items(doomed))
    assert any("workloadgroups" in item["reason"] for item in items(torn) if item["code"] == "IM009")
    assert torn.code == 1


def test_the_crds_of_the_new_istio_are_all_known_to_the_server(cluster: Rig) -> None:
    listed = cluster.get("crd")["items"]
    served = {one["metadata"]["name"]: {v["name"] for v in one["spec"]["versions"]} for one in listed}
    for name, versions in SERVED_VERSIONS.items():
        assert served[name] >= set(versions)


def test_without_an_umbrella_there_is_nothing_to_step_on(cluster: Rig) -> None:
    done = check(cluster.kubeconfig, "--step", "1", "-n", "elsewhere")
    assert done.code == 1 and "IM022" in done.out and "IM022" in done.err


def test_a_failed_release_is_found_with_its_message(cluster: Rig) -> None:
    broken = {"type": "Ready", "status": "False", "reason": "InstallFailed", "message": "quota exceeded"}
    release = {**umbrella(), "metadata": {"name": "kiali", "namespace": "bigbang"}, "spec": {}}
    cluster.apply([{**release, "status": {"conditions": [broken], "observedGeneration": 1}}])
    done = check(cluster.kubeconfig, "--step", "1")
    cluster.kubectl("delete", "helmrelease", "kiali", "--namespace=bigbang")
    assert done.code == 1 and "HelmRelease bigbang/kiali" in done.out and "quota exceeded" in done.out
