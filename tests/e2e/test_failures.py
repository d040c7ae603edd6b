"""What stops a step early, what it says then, and the ways on: again, or back."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import yaml

from tests.charts.values import certificates, common, switches
from tests.e2e.bigbang import install_umbrella, not_ready, release_names, set_layer, wait_ready
from tests.e2e.cli import Result, migrate, user
from tests.e2e.state import assert_ready, journal, place, values
from tests.tools.rig import Rig

RELEASES = "helmreleases.helm.toolkit.fluxcd.io"
OPERATOR = {"bigbang", "istio-operator", "istio"}
STEP1 = {"bigbang", "istio-operator", "istio-crds", "istiod"}
EARLY = 60.0
"""Seconds; the default time-out of a step is half an hour."""


def test_a_child_that_fails_and_both_ways_on(bigbang: Rig) -> None:
    umbrella = install_umbrella(bigbang, layers={"environment-bb": certificates_and(istiod={"broken": True})})
    wait_ready(bigbang)
    before = values(bigbang)

    failed = stopped_early(bigbang, "step1", "--yes")
    assert "HelmRelease bigbang/istiod has failed: InstallFailed" in last_line(failed)
    assert "broken on purpose" in last_line(failed)
    assert "run the same command again to go on, or roll back" in last_line(failed)
    assert journal(bigbang)[-1]["state"] == "failed"

    migrate(bigbang, "rollback", "--yes").done()
    assert_operator(bigbang)
    assert values(bigbang) == before

    stopped_early(bigbang, "step1", "--yes")
    set_layer(bigbang, umbrella, "environment-bb", certificates_and(istiod={"broken": False}))
    again = migrate(bigbang, "step1", "--yes").done()
    assert "going on with bigbang-step1-" in again.err
    assert release_names(bigbang) == STEP1
    assert_ready(bigbang)
    assert [run["state"] for run in journal(bigbang)] == ["rolled-back", "done"]


def test_an_umbrella_that_fails_goes_back(bigbang: Rig) -> None:
    """Its upgrade fails while it is rendered, so with the old values Flux keeps the failure until it is forced."""
    content = yaml.safe_load(common())
    content["istiod"]["sourceType"] = "git"
    install_umbrella(bigbang, layers={"common": yaml.safe_dump(content)})
    wait_ready(bigbang)

    failed = stopped_early(bigbang, "step1", "--yes")
    assert "HelmRelease bigbang/bigbang has failed: UpgradeFailed" in last_line(failed)
    assert "set sourceType: helmRepo" in last_line(failed)
    assert release_names(bigbang) == OPERATOR

    migrate(bigbang, "rollback", "--yes").done()
    assert_operator(bigbang)


def test_a_failure_of_the_past_is_forced(bigbang: Rig) -> None:
    layers = {"environment": switches("operator", fillers=1)}
    umbrella = install_umbrella(bigbang, layers=layers, fillers=1)
    wait_ready(bigbang)
    set_layer(bigbang, umbrella, "environment-bb", certificates_and(fillers={"broken": True}))
    bigbang.until(lambda: "broken on purpose" in not_ready(bigbang).get("filler-01", ""), "filler-01 to fail")
    set_layer(bigbang, umbrella, "environment-bb", umbrella.layers["environment-bb"])
    bigbang.until(lambda: in_sync(bigbang, "filler-01"), "filler-01 to look at its old values again")

    refused = migrate(bigbang, "step1", "--yes")
    assert refused.code == 1
    assert "a finding stands in the way (IM001)" in last_line(refused)
    assert "error IM001  HelmRelease bigbang/filler-01" in refused.err
    assert values(bigbang)["environment"] == layers["environment"]

    migrate(bigbang, "step1", "--yes", "--allow=IM001").done()
    assert release_names(bigbang) == {*STEP1, "filler-01"}
    assert_ready(bigbang)
    assert journal(bigbang)[-1]["allowed"] == ["IM001"]


def test_the_chart_name_trap(bigbang: Rig) -> None:
    layers = {"common": common(chart_name="istio-gateway"), "environment": switches("step1")}
    umbrella = install_umbrella(bigbang, layers=layers)
    wait_ready(bigbang)

    refused = migrate(bigbang, "step2", "--yes")
    assert refused.code == 1
    assert "a finding stands in the way (IM005); nothing was changed" in last_line(refused)
    assert values(bigbang)["environment"] == switches("step1")

    failed = stopped_early(bigbang, "step2", "--yes", "--allow=IM005")
    assert "HelmRelease bigbang/public-ingressgateway has failed" in last_line(failed)
    assert "no chart name found" in last_line(failed)
    assert "set istioGateway.helmRepo.chartName" in last_line(failed)
    assert "istioGateway.helmRepo.chartName" in migrate(bigbang, "status").done().out

    set_layer(bigbang, umbrella, "common", common())
    migrate(bigbang, "step2", "--yes").done()
    assert place(bigbang) == "step 2 done"
    assert_ready(bigbang)


def test_suspended_releases(bigbang: Rig) -> None:
    layers = {"environment": switches("operator", fillers=1)}
    install_umbrella(bigbang, layers=layers, fillers=1)
    wait_ready(bigbang)

    suspend(bigbang, "bigbang", True)
    refused = migrate(bigbang, "step1", "--yes")
    assert refused.code == 1
    assert "a finding stands in the way (IM002); nothing was changed" in last_line(refused)
    assert "-> flux resume helmrelease bigbang -n bigbang" in refused.err
    assert values(bigbang)["environment"] == layers["environment"]

    suspend(bigbang, "bigbang", False)
    suspend(bigbang, "filler-01", True)
    done = migrate(bigbang, "step1", "--yes").done()
    assert "skipped: HelmRelease bigbang/filler-01: suspended" in done.err
    assert release_names(bigbang) == {*STEP1, "filler-01"}
    waited = migrate(bigbang, "wait", "--namespace=bigbang").done()
    assert "skipped: HelmRelease bigbang/filler-01" in waited.err


def test_what_each_user_may_do(bigbang: Rig) -> None:
    """Every command with just its ClusterRole, on a Big Bang that moves."""
    install_umbrella(bigbang)
    wait_ready(bigbang)
    before = values(bigbang)
    reader = user(bigbang, "status", "check")

    assert "operator" in migrate(bigbang, "status", kubeconfig=reader).done().out
    checked = migrate(bigbang, "check", "--step=1", kubeconfig=reader)
    assert checked.code == 1
    assert "error IM012  patch configmaps in namespace bigbang" in checked.out
    refused = migrate(bigbang, "step1", "--yes", kubeconfig=reader)
    assert refused.code == 1
    assert "error IM012  patch configmaps in namespace bigbang" in refused.err
    assert "(IM012); nothing was changed" in last_line(refused)
    assert values(bigbang) == before
    assert release_names(bigbang) == OPERATOR
    assert migrate(bigbang, "journal", kubeconfig=reader).done().out == ""

    driver, reconciler = user(bigbang, "step"), user(bigbang, "reconcile")
    migrate(bigbang, "step1", "--yes", kubeconfig=driver).done()
    migrate(bigbang, "step2", "--yes", kubeconfig=driver).done()
    migrate(bigbang, "reconcile", "--with-source", kubeconfig=reconciler).done()
    migrate(bigbang, "wait", kubeconfig=reconciler).done()
    migrate(bigbang, "rollback", "--yes", kubeconfig=driver).done()
    assert_operator(bigbang)


def test_reconcile_and_wait_tell_by_their_codes(bigbang: Rig) -> None:
    """A gateway gives up for want of an address; later it gets one, and a reset makes Flux try again."""
    content = yaml.safe_load(common())
    content["istioGateway"]["flux"] = {"timeout": "6s", "install": {"remediation": {"retries": 0}}}
    layers = {"common": yaml.safe_dump(content), "environment": switches("step1", fillers=2)}
    umbrella = install_umbrella(bigbang, layers=layers, fillers=2)
    wait_ready(bigbang)
    bigbang.loadbalancer.withhold()
    set_layer(bigbang, umbrella, "environment", switches("step2", fillers=2))
    bigbang.until(lambda: "public-ingressgateway" in release_names(bigbang), "the gateway's release")

    late = migrate(bigbang, "wait", "--timeout=2s")
    assert late.code == 1
    assert "timeout" in row(late, "public-ingressgateway").lower()
    given_up = migrate(bigbang, "wait", "--timeout=2m")
    assert given_up.code == 1
    assert "failed" in row(given_up, "public-ingressgateway").lower()
    assert "kubectl istio-migrate reconcile public-ingressgateway --reset" in given_up.err

    bigbang.loadbalancer.release()
    still = migrate(bigbang, "reconcile", "public-ingressgateway")
    assert still.code == 1
    reset = migrate(bigbang, "reconcile", "public-ingressgateway", "filler-01", "--reset").done()
    assert "2 ready" in reset.err
    everything = migrate(bigbang, "reconcile", "--with-source").done()
    assert "6 ready" in everything.err
    migrate(bigbang, "wait").done()
    unknown = migrate(bigbang, "reconcile", "nobody")
    assert unknown.code == 2
    assert "no HelmRelease nobody in namespace bigbang" in last_line(unknown)


def stopped_early(rig: Rig, *words: str) -> Result:
    """Runs a command that has to give up by itself, long before its time-out."""
    started = time.monotonic()
    failed = migrate(rig, *words)
    assert failed.code == 1, failed
    assert time.monotonic() - started < EARLY
    return failed


def assert_operator(rig: Rig) -> None:
    assert place(rig) == "operator"
    assert release_names(rig) == OPERATOR
    assert_ready(rig)


def last_line(result: Result) -> str:
    return result.err.splitlines()[-1]


def row(result: Result, name: str) -> str:
    return next(line for line in result.out.splitlines() if name in line)


def certificates_and(**packages: Mapping[str, Any]) -> str:
    """The layer `environment-bb`, with values for the charts of some packages."""
    content = yaml.safe_load(certificates())
    content |= {package: {"values": dict(given)} for package, given in packages.items()}
    return yaml.safe_dump(content)


def in_sync(rig: Rig, name: str) -> bool:
    """True if what is installed was made with the values that were looked at last."""
    status = rig.get(RELEASES, name, "--namespace=bigbang")["status"]
    return bool(status["lastAttemptedConfigDigest"] == status["history"][0]["configDigest"])


def suspend(rig: Rig, name: str, suspended: bool) -> None:
    patch = json.dumps({"spec": {"suspend": suspended}})
    rig.kubectl("patch", RELEASES, name, "--namespace=bigbang", "--type=merge", f"--patch={patch}")
