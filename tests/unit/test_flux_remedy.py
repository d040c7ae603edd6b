"""What people are told to do, for each message that stops a release."""

import pytest

from istiokit.flux.messages import KNOWN
from istiokit.flux.readiness import Readiness, State, readiness
from istiokit.flux.remedy import remedy
from tests.unit.flux_samples import condition, ready, release
from tests.unit.test_flux_readiness import NO_CHART_NAME, NO_VERSION, SCHEMA, TIMED_OUT, VALUES

GATEWAY = "public-ingressgateway"
WEBHOOK = (
    "Helm install failed for release shop/shop with chart shop@1.0.0: Internal error occurred: "
    "failed calling "
    'webhook "namespace.sidecar-injector.istio.io": failed to call webhook: Post '
    '"https://istiod.istio-system.svc:443/inject?timeout=10s": no endpoints available for service "istiod"'
)
PORT = (
    "Helm install failed for release istio-gateway/public-ingressgateway with chart "
    "gateway@1.25.2-bb.0: Service "
    '"public-ingressgateway" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided '
    "port is already "
    "allocated"
)
OWNED = (
    "Helm install failed for release a/b with chart b@1: Unable to continue with install: "
    'ServiceAccount "b" in '
    'namespace "a" exists and cannot be imported into the current release: invalid ownership metadata'
)
NO_KIND = (
    "Helm install failed for release a/b with chart b@1: unable to build kubernetes objects from "
    "release manifest: "
    'resource mapping not found for name: "x" namespace: "a" from "": no matches for kind '
    '"PeerAuthentication" in '
    'version "security.istio.io/v1"\nensure CRDs are installed first'
)
TEMPLATE = (
    "Helm upgrade failed for release a/b with chart b@1: execution error at "
    "(gateway/templates/gateway.yaml:3:4): "
    "upstream.labels.istio must be ingressgateway or egressgateway"
)


@pytest.mark.parametrize(
    ("name", "chart", "reason", "message", "expected"),
    [
        (GATEWAY, "gateway", "SourceNotReady", NO_CHART_NAME, "istioGateway.helmRepo.chartName"),
        ("podinfo", "podinfo", "SourceNotReady", NO_CHART_NAME, "none called podinfo"),
        ("podinfo", "podinfo", "SourceNotReady", NO_VERSION, "put 1.0.0 there"),
        (GATEWAY, "gateway", "InstallFailed", SCHEMA, "istioGateway.flux.install"),
        ("podinfo", "podinfo", "InstallFailed", SCHEMA, "disableSchemaValidation under spec.install"),
        ("bigbang", "bigbang", "UpgradeFailed", SCHEMA, "Big Bang 3.0"),
        ("istiod", "istiod", "ValuesError", VALUES, "spec.valuesFrom"),
        (GATEWAY, "gateway", "Progressing", "Running 'install' action with timeout of 10m0s", "LoadBalancer"),
        ("podinfo", "podinfo", "Progressing", "Running 'install' action with timeout of 10m0s", "Helm waits"),
        ("shop", "shop", "InstallFailed", WEBHOOK, "istiod for sidecar-injector"),
        (GATEWAY, "gateway", "InstallFailed", PORT, "another nodePort"),
        ("b", "b", "InstallFailed", OWNED, "the old owner"),
        ("b", "b", "InstallFailed", NO_KIND, "istioCRDs"),
        ("b", "b", "UpgradeFailed", TEMPLATE, "templates refuse"),
        (
            "b",
            "b",
            "DependencyNotReady",
            "dependency 'bigbang/istiod' is not ready",
            "HelmRelease bigbang/istiod Ready",
        ),
        (
            "b",
            "b",
            "DependencyNotReady",
            "unable to get 'bigbang/istiod' dependency: not found",
            "install HelmRelease bigbang/istiod",
        ),
        ("b", "b", "InstallFailed", "pods: FailedCreate", "reason=FailedCreate"),
        ("b", "b", "UpgradeFailed", TIMED_OUT, "get pods,services,events"),
        ("b", "b", "UpgradeFailed", "something new", "flux events --for HelmRelease/b -n bigbang"),
        ("b", "b", "ReconcileRequested", "", "helm-controller is running"),
    ],
)
def test_remedies(name: str, chart: str, reason: str, message: str, expected: str) -> None:
    state = State.PROGRESSING if reason == "Progressing" else State.FAILED
    assert expected in remedy(Readiness(state, reason, message), release(name, chart=chart))


def test_exhausted_retries_name_the_cause_and_the_reset() -> None:
    judged = Readiness(State.FAILED, "RetriesExceeded", SCHEMA, terminal=True)
    advice = remedy(judged, release(GATEWAY, chart="gateway"))
    assert advice.startswith("set disableSchemaValidation")
    assert advice.endswith(f"kubectl istio-migrate reconcile {GATEWAY} --reset")


@pytest.mark.parametrize("message", ["install retries exhausted", "upgrade retries exhausted"])
def test_exhausted_retries_of_older_controllers(message: str) -> None:
    old = release("istiod", condition("Ready", "False", "UpgradeFailed", message))
    assert (
        remedy(readiness(old), old)
        == "remove the cause, then run: kubectl istio-migrate reconcile istiod --reset"
    )


def test_a_missing_rollback_target_needs_force() -> None:
    judged = Readiness(State.FAILED, "MissingRollbackTarget", "", terminal=True)
    assert remedy(judged, release("istiod")).endswith("reconcile istiod --force")


def test_nothing_to_do() -> None:
    assert remedy(readiness(ready("istiod")), ready("istiod")) == ""


def test_suspended_is_resumed() -> None:
    asleep = ready("istiod", spec={"suspend": True})
    assert remedy(readiness(asleep), asleep) == "resume it: flux resume helmrelease istiod -n bigbang"


def test_charts_in_git_are_known_by_their_history() -> None:
    path = {"spec": {"chart": "./chart", "sourceRef": {"kind": "GitRepository", "name": "gw"}}}
    raw = release("public", spec={"chart": path})
    assert "istioGateway" not in remedy(Readiness(State.FAILED, "InstallFailed", SCHEMA), raw)


def test_every_remedy_can_be_filled_in() -> None:
    for entry in KNOWN:
        for text in (entry.remedy, entry.gateway_remedy, entry.umbrella_remedy):
            assert "\n" not in text
            assert not text.endswith(".")
            text.format(name="n", namespace="ns", chart="c", version="v", dependency="d")
