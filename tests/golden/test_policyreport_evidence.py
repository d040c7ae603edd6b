"""The evidence of `kubectl policyreport-vs`: where it is missing, what stands in for it, and where to make the edit."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from istiokit.survey import dependence
from tests.golden.policyreport_world import (
    NOW,
    POLICIES,
    REPORTS,
    items,
    objects,
    policyreport_vs,
    release,
    released,
    virtual_service,
    world,
)
from tests.unit.helm_samples import secret
from tests.unit.kyverno_cases import NEW_PUBLIC, PUBLIC, manifest


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependence, "present", lambda: datetime.fromisoformat(NOW))


def test_what_to_change_is_named_for_each_owner() -> None:
    found = items(world(), "-A")
    assert found["fluxed"]["change"] == "at HelmRelease flux-system/fluxed spec.values.istio.gateway"
    assert found["argo"]["change"] == 'at helm.parameters "istio.gateway" of Application argocd/argo'
    assert found["broken"]["change"].startswith("in ")
    assert found["web"]["change"] == found["cart"]["change"] == ""
    assert found["fluxed"]["missing"] == [NEW_PUBLIC]
    assert found["web"]["leaves"] == [PUBLIC]


def test_why_not_everything_can_be_told() -> None:
    found = items(world(), "-A")
    assert (
        "the record of revision 1 of Helm release shop/broken is of no use: its payload"
        in found["broken"]["why"]
    )
    assert "revision 8 of Helm release shop/halfway is failed" in found["halfway"]["why"]
    assert "the report's pass is stale" in found["cart"]["why"]
    assert "the report's skip speaks of the last request" in found["argo"]["why"]


def test_without_kyverno_and_without_reports_the_sources_decide() -> None:
    found = items(world(absent={*REPORTS, *POLICIES}), "-A")
    with_reports = items(world(), "-A")
    assert {name: one["verdict"] for name, one in found.items()} == {
        name: one["verdict"] for name, one in with_reports.items()
    }
    done = policyreport_vs(world(absent={*REPORTS, *POLICIES}), "-A")
    assert "no policy that adds to the gateways of VirtualServices was found" in done.err


def test_without_secrets_it_falls_back_and_says_so() -> None:
    done = policyreport_vs(world(denied={("list", "Secret")}), "-A", "-o", "json")
    found = {one["name"]: one for one in json.loads(done.out)["items"]}
    assert done.code == 0
    assert (found["fluxed"]["verdict"], found["fluxed"]["source"]) == ("depends-on-policy", "managed-fields")
    assert found["web"]["verdict"] == "unknown"
    assert "you may not list secrets" in found["web"]["why"]
    assert found["cart"]["verdict"] == "source-migrated"
    (skipped,) = json.loads(done.out)["skipped"]
    assert skipped["object"] == "Secret"
    grouped = policyreport_vs(world(denied={("list", "Secret")}), "-A", "--by", "owner", "-o", "json")
    assert json.loads(grouped.out)["skipped"] == [skipped]


def test_without_the_right_to_see_policies_their_rules_are_known_by_name() -> None:
    denied = {("list", kind) for kind in POLICIES}
    found = items(world(denied=denied), "-A", "--map", f"{PUBLIC}={NEW_PUBLIC}")
    assert found["fluxed"]["rule"] == "add-istio-gateway-public-ingressgateway"
    assert not found["web"]["results"][0]["forward"]


def test_a_manifest_that_people_name_tells_what_left_no_copy(tmp_path: Path) -> None:
    applied_by_flux = virtual_service(
        "git",
        (PUBLIC, NEW_PUBLIC),
        labels={
            "kustomize.toolkit.fluxcd.io/name": "apps",
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
        writer="kustomize-controller",
        operation="Apply",
    )
    assert items(world(applied_by_flux), "-A")["git"]["verdict"] == "unknown"
    for gateways, verdict in (([PUBLIC], "depends-on-policy"), ([PUBLIC, NEW_PUBLIC], "source-migrated")):
        file = tmp_path / "git.yaml"
        file.write_text(json.dumps({**applied_by_flux, "spec": {"hosts": ["a"], "gateways": gateways}}))
        found = items(world(applied_by_flux), "-A", "--source", str(tmp_path))["git"]
        assert (found["verdict"], found["source"]) == (verdict, "manifest")
        assert found["why"].startswith(f"{file}:1 ")


def test_a_manifest_that_people_name_counts_more_than_an_object_without_an_owner(tmp_path: Path) -> None:
    file = tmp_path / "unowned.yaml"
    file.write_text(json.dumps(manifest(name="unowned", gateways=[PUBLIC])))
    assert items(world(), "-A", "--source", str(file))["unowned"]["verdict"] == "depends-on-policy"


def test_manifests_without_a_namespace_are_not_taken_for_anything(tmp_path: Path) -> None:
    item = manifest(name="unowned", gateways=[PUBLIC])
    del item["metadata"]["namespace"]
    (tmp_path / "rendered.yaml").write_text(json.dumps(item))
    done = policyreport_vs(world(), "-A", "--source", str(tmp_path))
    assert "rendered.yaml:1: VirtualService unowned has no namespace" in done.err


def test_what_is_replaced_with_kubectl_may_be_again() -> None:
    replaced = virtual_service("replaced", (PUBLIC, NEW_PUBLIC), writer="kubectl-replace")
    found = items(world(replaced), "-A")["replaced"]
    assert (found["verdict"], found["why"].partition(";")[0]) == ("unknown", "kubectl-replace wrote it")


def test_dumps_say_the_same_as_the_cluster(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects()}))
    found = items(None, "-f", str(dump))
    live = items(world(), "-A")
    assert {name: one["verdict"] for name, one in found.items()} == {
        name: one["verdict"] for name, one in live.items()
    }


@pytest.mark.parametrize(
    ("package", "key"), [("kiali", "kiali"), ("gitlab", "addons.gitlab"), ("ek", "elasticsearchKibana")]
)
def test_for_big_bangs_own_packages_the_key_of_its_values_is_named(package: str, key: str) -> None:
    umbrella = release("bigbang")
    rendered = release(package)
    for item in (umbrella, rendered):
        item["metadata"]["namespace"] = "bigbang"
    rendered["metadata"]["labels"] = {
        "app.kubernetes.io/part-of": "bigbang",
        "helm.toolkit.fluxcd.io/name": "bigbang",
        "helm.toolkit.fluxcd.io/namespace": "bigbang",
    }
    item = released(package, PUBLIC, NEW_PUBLIC)
    item["metadata"]["labels"] |= {
        "helm.toolkit.fluxcd.io/name": package,
        "helm.toolkit.fluxcd.io/namespace": "bigbang",
    }
    record = secret(package, 4, [manifest(name=package, gateways=[PUBLIC])], namespace="bigbang")
    found = items(world(umbrella, rendered, item, record), "-A")[package]
    assert found["verdict"] == "depends-on-policy"
    assert found["change"] == (
        "in the values of HelmRelease bigbang/bigbang, Big Bang: istioGateway.enabled moves its own packages "
        f"to the new gateways, {key} is the key of this one"
    )
