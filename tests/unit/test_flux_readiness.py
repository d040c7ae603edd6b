"""What a status says about a release: real messages of the controllers, judged."""

from typing import Any

import pytest

from istiokit.flux.model import HelmRelease
from istiokit.flux.readiness import State, readiness
from istiokit.flux.repositories import GitRepository
from tests.unit.flux_samples import condition, decoded, manifest, ready, release

NO_CHART_NAME = (
    "HelmChart 'bigbang/bigbang-public-ingressgateway' is not ready: invalid chart reference: failed to get "
    "chart version for remote reference: no chart name found"
)
NO_VERSION = (
    "HelmChart 'bigbang/bigbang-podinfo' is not ready: invalid chart reference: failed to get chart "
    "version for "
    "remote reference: no 'podinfo' chart with version matching '9.9.9' found"
)
NO_TAGS = (
    "HelmChart 'bigbang/bigbang-gw' is not ready: chart pull error: failed to get chart version for remote "
    "reference: unable to locate any tags in provided repository: oci://registry.example.com/ironbank/gw"
)
SCHEMA = (
    "Helm install failed for release istio-gateway/public-ingressgateway with chart "
    "gateway@1.25.2-bb.0: values "
    "don't meet the specifications of the schema(s) in the following chart(s):\ngateway:\n- at '/upstream': "
    "additional properties 'labels' not allowed"
)
SCHEMA_OLD = (
    "Helm upgrade failed: values don't meet the specifications of the schema(s) in the following chart(s)"
)
VALUES = (
    "could not resolve Secret chart values reference 'bigbang/bigbang-istiod-values' with key 'common': "
    'secrets "bigbang-istiod-values" not found'
)
VALUES_KEY = "could not resolve ConfigMap chart values reference 'bigbang/common' with key 'values.yaml': key not found"
TIMED_OUT = (
    "Helm upgrade failed for release istio-gateway/public-ingressgateway with chart gateway@1.25.2-bb.0: "
    "context deadline exceeded"
)


@pytest.mark.parametrize(
    ("conditions", "state", "reason", "terminal"),
    [
        (
            [("Ready", "True", "InstallSucceeded", "Helm install succeeded")],
            "ready",
            "InstallSucceeded",
            False,
        ),
        ([], "unknown", "NoStatus", False),
        (
            [
                ("Reconciling", "True", "Progressing", "Fulfilling prerequisites"),
                ("Ready", "Unknown", "Progressing", "Running 'install' action with timeout of 5m0s"),
            ],
            "progressing",
            "Progressing",
            False,
        ),
        (
            [("Ready", "False", "DependencyNotReady", "dependency 'bigbang/istiod' is not ready")],
            "progressing",
            "DependencyNotReady",
            False,
        ),
        (
            [("Ready", "False", "SourceNotReady", "HelmChart 'b/c' is not ready: does not have an artifact")],
            "progressing",
            "SourceNotReady",
            False,
        ),
        ([("Ready", "False", "SourceNotReady", NO_CHART_NAME)], "failed", "SourceNotReady", True),
        ([("Ready", "False", "SourceNotReady", NO_VERSION)], "failed", "SourceNotReady", True),
        ([("Ready", "False", "SourceNotReady", NO_TAGS)], "failed", "SourceNotReady", True),
        ([("Ready", "False", "InstallFailed", SCHEMA)], "failed", "InstallFailed", True),
        ([("Ready", "False", "UpgradeFailed", SCHEMA_OLD)], "failed", "UpgradeFailed", True),
        ([("Ready", "False", "ValuesError", VALUES)], "failed", "ValuesError", True),
        ([("Ready", "False", "ValuesError", VALUES_KEY)], "failed", "ValuesError", True),
        ([("Ready", "False", "init", "could not find Secret 'bigbang/common-bb'")], "failed", "init", True),
        ([("Ready", "False", "InstallFailed", "install retries exhausted")], "failed", "InstallFailed", True),
        (
            [
                ("Stalled", "True", "RetriesExceeded", "Failed to upgrade after 4 attempt(s)"),
                ("Ready", "False", "UpgradeFailed", TIMED_OUT),
            ],
            "failed",
            "RetriesExceeded",
            True,
        ),
        (
            [
                ("Reconciling", "True", "ProgressingWithRetry", TIMED_OUT),
                ("Ready", "False", "UpgradeFailed", TIMED_OUT),
            ],
            "failed",
            "UpgradeFailed",
            False,
        ),
        (
            [
                ("Reconciling", "True", "Progressing", "Running 'uninstall' action with timeout of 5m0s"),
                ("Ready", "False", "InstallFailed", TIMED_OUT),
            ],
            "progressing",
            "InstallFailed",
            False,
        ),
        (
            [("Ready", "False", "ArtifactFailed", "could not get Source object: connection refused")],
            "failed",
            "ArtifactFailed",
            False,
        ),
        # A release stays Ready while the controller merely looks at it again.
        (
            [
                ("Reconciling", "True", "Progressing", "Fulfilling prerequisites"),
                ("Ready", "True", "UpgradeSucceeded", "Helm upgrade succeeded"),
            ],
            "ready",
            "UpgradeSucceeded",
            False,
        ),
    ],
)
def test_conditions(
    conditions: list[tuple[str, str, str, str]], state: str, reason: str, terminal: bool
) -> None:
    judged = readiness(release("istiod", *(condition(*fields) for fields in conditions)))
    assert (judged.state, judged.reason, judged.terminal) == (state, reason, terminal)


def test_the_message_of_a_stalled_release_is_the_failure_itself() -> None:
    judged = readiness(
        release(
            "gw",
            condition("Stalled", "True", "RetriesExceeded", "Failed to upgrade after 4 attempt(s)"),
            condition("Ready", "False", "UpgradeFailed", TIMED_OUT),
        )
    )
    assert judged.message == TIMED_OUT
    assert judged.since == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    "conditions",
    [
        (
            condition("Stalled", "True", "RetriesExceeded", "Failed to install after 1 attempt(s)"),
            condition("Ready", "False", "RetriesExceeded", "Failed to install after 1 attempt(s)"),
            condition("Released", "False", "InstallFailed", TIMED_OUT),
        ),
        (
            condition("Ready", "False", "RollbackSucceeded", "Helm rollback to previous release succeeded"),
            condition(
                "Remediated", "True", "RollbackSucceeded", "Helm rollback to previous release succeeded"
            ),
            condition("Released", "False", "UpgradeFailed", TIMED_OUT),
        ),
    ],
)
def test_the_message_is_the_cause_and_not_what_was_done_about_it(
    conditions: tuple[dict[str, Any], ...],
) -> None:
    assert readiness(release("gw", *conditions)).message == TIMED_OUT


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"generation": 2, "observed": 1}, "NewGeneration"),
        ({"generation": 2, "observed": 2}, "NewGeneration"),  # only the condition is old
        ({"observed": -1}, "NewGeneration"),
        ({"requested": "t1"}, "ReconcileRequested"),
        ({"requested": "t2", "handled": "t1"}, "ReconcileRequested"),
        ({"metadata": {"deletionTimestamp": "2026-01-02T03:04:05Z"}}, "Deleting"),
    ],
)
def test_ready_is_not_believed_before_the_controller_has_caught_up(more: dict[str, Any], reason: str) -> None:
    judged = readiness(ready("istiod", **more))
    assert (judged.state, judged.reason) == (State.PROGRESSING, reason)


def test_a_handled_request_is_ready() -> None:
    assert readiness(ready("istiod", requested="t1", handled="t1")).state is State.READY


def test_a_failure_of_an_older_generation_is_not_believed() -> None:
    stalled = condition("Stalled", "True", "RetriesExceeded")
    old = release("gw", stalled, condition("Ready", "False", "UpgradeFailed"), generation=2, observed=1)
    assert readiness(old).reason == "NewGeneration"


def test_a_failure_is_believed_though_observed_generation_lags() -> None:
    """helm-controller writes status.observedGeneration only when an attempt ends without an error."""
    failed = release("gw", condition("Ready", "False", "InstallFailed", SCHEMA), observed=-1)
    assert readiness(failed).terminal


def test_conditions_without_a_generation_are_those_of_older_controllers() -> None:
    old = ready("istiod")
    bare = {"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": ""}
    old = release("istiod", bare, generation=3, observed=3)
    assert readiness(old).state is State.READY


def test_suspended_comes_first() -> None:
    judged = readiness(ready("istiod", spec={"suspend": True}, requested="t1"))
    assert (judged.state, judged.message) == (State.SUSPENDED, "Helm upgrade succeeded")


def test_what_is_under_way_is_shown_while_a_request_is_open() -> None:
    running = condition("Reconciling", "True", "Progressing", "Running 'upgrade' action with timeout of 5m0s")
    judged = readiness(release("istiod", running, requested="t1"))
    assert judged.message == "Running 'upgrade' action with timeout of 5m0s"


def test_sources_are_judged_alike() -> None:
    fields = condition("Ready", "True", "Succeeded", "stored artifact for revision 'main@sha1:1234'")
    git = decoded(manifest("config", fields, kind="GitRepository"), GitRepository)
    assert readiness(git).state is State.READY


@pytest.mark.parametrize("version", ["v2", "v2beta2", "v2beta1"])
def test_every_version_is_read(version: str) -> None:
    raw = manifest("podinfo", condition("Ready", "True", "ReconciliationSucceeded"), chart="podinfo")
    raw["apiVersion"] = f"helm.toolkit.fluxcd.io/{version}"
    if version == "v2beta1":
        raw["status"] |= {
            "lastAppliedRevision": "1.0.0",
            "helmChart": "bigbang/bigbang-podinfo",
            "upgradeFailures": 2,
        }
    else:
        raw["status"] |= {
            "history": [{"chartName": "podinfo", "chartVersion": "1.0.0", "status": "deployed", "version": 3}]
        }
    read = decoded(raw, HelmRelease)
    assert readiness(read).state is State.READY
    assert read.spec.chart is not None
    assert read.spec.chart.spec.source_ref is not None
    assert (read.status.upgrade_failures == 2) == (version == "v2beta1")
    assert [found.version for found in read.status.history] == ([] if version == "v2beta1" else [3])
