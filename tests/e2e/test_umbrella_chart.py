"""The stand-in for Big Bang behaves under the real Flux controllers as the tests that use it take for granted."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from tests.charts.values import common, switches
from tests.e2e.bigbang import (
    git_umbrella,
    install_umbrella,
    not_ready,
    release_names,
    request,
    set_layer,
    uninstall,
    wait_ready,
    wait_settled,
)
from tests.tools.rig import Rig

STEP1 = {"bigbang", "istio-operator", "istio-crds", "istiod"}
STEP2 = {"bigbang", "istio-crds", "istiod", "public-ingressgateway"}
BROKEN = (
    "istio-system/istiod with chart istiod@1.25.2-bb.4: "
    "execution error at (istiod/templates/broken.yaml:2:4): istiod: broken on purpose"
)
RELEASES = "helmreleases.helm.toolkit.fluxcd.io"


@pytest.fixture
def rig(flux_rig: Rig) -> Iterator[Rig]:
    """The session's rig with Flux, emptied after every test."""
    yield flux_rig
    uninstall(flux_rig)


def test_operator_to_step_2_and_back(rig: Rig) -> None:
    umbrella = install_umbrella(rig)
    wait_ready(rig)
    assert release_names(rig) == {"bigbang", "istio-operator", "istio"}
    assert address(rig, "istio-system")
    assert rig.get("secret", "public-cert", "--namespace=istio-system")["type"] == "kubernetes.io/tls"
    assert rig.get("istiooperators", "--namespace=istio-system")["items"]

    set_layer(rig, umbrella, "environment", switches("step1"))
    wait_ready(rig)
    assert release_names(rig) == STEP1
    assert not names(rig, "gateways.networking.istio.io")
    assert image(rig, "istiod").endswith("pilot:1.25.2")

    set_layer(rig, umbrella, "environment", switches("step2"))
    wait_ready(rig)
    assert release_names(rig) == STEP2
    assert names(rig, "gateways.networking.istio.io") == ["public-ingressgateway"]
    assert address(rig, "istio-gateway")
    assert rig.get("secret", "public-cert", "--namespace=istio-gateway")["type"] == "kubernetes.io/tls"

    wait_settled(rig)
    set_layer(rig, umbrella, "environment", switches("operator"))
    wait_ready(rig)
    assert release_names(rig) == {"bigbang", "istio-operator", "istio"}


def test_the_wrong_chart_name_shows_only_at_the_gateway(rig: Rig) -> None:
    state = {"common": common(chart_name="istio-gateway"), "environment": switches("step2")}
    umbrella = install_umbrella(rig, layers=state)
    message = (
        "SourceNotReady: HelmChart 'bigbang/bigbang-public-ingressgateway' is not ready: invalid chart reference: "
        "failed to get chart version for remote reference: no chart name found"
    )
    rig.until(lambda: not_ready(rig) == {"public-ingressgateway": message}, message)
    set_layer(rig, umbrella, "common", common())
    wait_ready(rig)


def test_a_child_that_fails_and_recovers(rig: Rig) -> None:
    broken = with_values("step1", "istiod", {"broken": True})
    umbrella = install_umbrella(rig, layers={"environment": broken})
    wait_for_message(rig, "istiod", f"InstallFailed: Helm install failed for release {BROKEN}")

    set_layer(rig, umbrella, "environment", switches("step1"))
    wait_ready(rig)


def test_values_turned_back_leave_a_stale_failure_until_forced(rig: Rig) -> None:
    umbrella = install_umbrella(rig, layers={"environment": switches("step1")})
    wait_ready(rig)
    set_layer(rig, umbrella, "environment", with_values("step1", "istiod", {"broken": True}))
    request(rig, f"{RELEASES}/istiod")
    failure = f"UpgradeFailed: Helm upgrade failed for release {BROKEN}"
    wait_for_message(rig, "istiod", failure)

    set_layer(rig, umbrella, "environment", switches("step1"))
    rig.until(lambda: in_sync(rig, "istiod"), "istiod to look at its old values again")
    wait_for_message(rig, "istiod", failure)

    request(rig, f"{RELEASES}/istiod", force=True)
    wait_ready(rig)


def test_version_3_rejects_the_old_packages(rig: Rig) -> None:
    install_umbrella(rig)
    wait_ready(rig)
    patch = json.dumps({"spec": {"chart": {"spec": {"version": "3.0.0"}}}})
    rig.kubectl("patch", RELEASES, "bigbang", "--namespace=bigbang", "--type=merge", f"--patch={patch}")
    wait_for_message(rig, "bigbang", "at '': additional properties 'istio")


def test_an_umbrella_of_2_50_has_the_core_package(rig: Rig) -> None:
    install_umbrella(rig, "2.50.0", layers={"environment": switches("step2", "2.50.0")})
    wait_ready(rig)
    assert release_names(rig) == {"bigbang", "istio-core", "public-ingressgateway"}


def test_fillers_follow_the_control_plane_and_bind_to_its_gateway(rig: Rig) -> None:
    umbrella = install_umbrella(rig, fillers=2)
    wait_ready(rig)
    assert bound_to(rig, "filler-01") == ["istio-system/public"]
    assert dependencies(rig, "filler-02") == ["istio"]

    set_layer(rig, umbrella, "environment", switches("step2", fillers=2))
    rig.until(
        lambda: bound_to(rig, "filler-01") == ["istio-gateway/public-ingressgateway"], "the new binding"
    )
    assert dependencies(rig, "filler-02") == ["istiod"]


@pytest.mark.parametrize("hashed", [True, False])
def test_git_owns_the_values(rig: Rig, hashed: bool) -> None:
    umbrella = git_umbrella(rig, hashed=hashed)
    wait_ready(rig)
    assert ("environment" in names(rig, "configmaps", "bigbang")) is not hashed

    set_layer(rig, umbrella, "environment", switches("step1"))
    wait_ready(rig)
    assert release_names(rig) == STEP1


def test_uninstall_leaves_nothing(flux_rig: Rig) -> None:
    before = set(names(flux_rig, "namespaces"))
    install_umbrella(flux_rig, layers={"environment": with_values("step1", "istiod", {"slow": True})})
    flux_rig.until(lambda: "istiod" in release_names(flux_rig), "the children")
    uninstall(flux_rig)

    assert set(names(flux_rig, "namespaces")) == before
    webhooks = "mutatingwebhookconfigurations,validatingwebhookconfigurations"
    assert not names(flux_rig, webhooks)


def with_values(state: str, package: str, values: dict[str, bool]) -> str:
    """The switches of STATE, with VALUES for the chart of PACKAGE."""
    content = yaml.safe_load(switches(state))
    content[package]["values"] = values
    return yaml.safe_dump(content)


def wait_for_message(rig: Rig, release: str, text: str) -> None:
    rig.until(lambda: text in not_ready(rig).get(release, ""), f"{release} to say {text}")


def in_sync(rig: Rig, release: str) -> bool:
    """True if what is installed was made with the values that were looked at last."""
    status = rig.get(RELEASES, release, "--namespace=bigbang")["status"]
    return bool(status["lastAttemptedConfigDigest"] == status["history"][0]["configDigest"])


def names(rig: Rig, kind: str, namespace: str | None = None) -> list[str]:
    where = f"--namespace={namespace}" if namespace else "--all-namespaces"
    return [item["metadata"]["name"] for item in rig.get(kind, where)["items"]]


def address(rig: Rig, namespace: str) -> str:
    service = rig.get("service", "public-ingressgateway", f"--namespace={namespace}")
    return str(service["status"]["loadBalancer"]["ingress"][0]["ip"])


def image(rig: Rig, deployment: str) -> str:
    spec = rig.get("deployment", deployment, "--namespace=istio-system")["spec"]
    return str(spec["template"]["spec"]["containers"][0]["image"])


def bound_to(rig: Rig, name: str) -> list[str]:
    items = rig.get("virtualservices", "--namespace=fillers")["items"]
    return next((list(item["spec"]["gateways"]) for item in items if name in item["metadata"]["name"]), [])


def dependencies(rig: Rig, name: str) -> list[str]:
    spec = rig.get(RELEASES, name, "--namespace=bigbang")["spec"]
    return [entry["name"] for entry in spec["dependsOn"]]
