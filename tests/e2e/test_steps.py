"""step1, step2 and rollback as a user runs them, against the real Flux controllers."""

from __future__ import annotations

import yaml

from tests.charts.values import common, switches
from tests.e2e.bigbang import install_umbrella, release_names, wait_ready
from tests.e2e.cli import migrate
from tests.e2e.state import assert_ready, journal, place, values
from tests.tools.rig import Rig

OPERATOR = {"bigbang", "istio-operator", "istio"}
STEP1 = {"bigbang", "istio-operator", "istio-crds", "istiod"}
STEP2 = {"bigbang", "istio-crds", "istiod", "public-ingressgateway"}


def test_both_steps_and_back_and_both_again(bigbang: Rig) -> None:
    # Flux looks at its releases so seldom that none is in between when the step is asked whether it is done.
    install_umbrella(bigbang, layers={"common": common(interval="10m")})
    wait_ready(bigbang)
    before = values(bigbang)

    to_step_1(bigbang)
    to_step_2(bigbang)
    # Right after step 2 the namespace istio-operator is still on its way out.
    migrate(bigbang, "rollback", "--yes").done()
    assert_operator(bigbang, before)

    to_step_1(bigbang)
    assert "step 1 is done already" in migrate(bigbang, "step1", "--yes").done().err
    to_step_2(bigbang)
    migrate(bigbang, "rollback", "--to=step1", "--yes").done()
    assert_step_1(bigbang)
    migrate(bigbang, "rollback", "--yes").done()
    assert_operator(bigbang, before)
    runs = [(run["name"], run["state"]) for run in journal(bigbang)]
    assert runs == [("step1", "rolled-back"), ("step2", "rolled-back")] * 2


def assert_operator(rig: Rig, before: dict[str, str]) -> None:
    assert place(rig) == "operator"
    assert release_names(rig) == OPERATOR
    assert_ready(rig)
    assert values(rig) == before


def assert_step_1(rig: Rig) -> None:
    assert place(rig) == "step 1 done"
    assert release_names(rig) == STEP1
    assert_ready(rig)
    assert values(rig)["environment"] == switches("step1")


def to_step_1(rig: Rig) -> None:
    done = migrate(rig, "step1", "--yes").done()
    assert "SERVING STOPS with step 1" in done.err
    assert "Hosts: app-1.dev.bigbang.mil." in done.err
    assert "1 pods still run an old sidecar (shop 1)" in done.err
    assert "restart them: kubectl recycle-injected" in done.err
    assert_step_1(rig)
    last = journal(rig)[-1]
    assert (last["name"], last["state"]) == ("step1", "done")


def to_step_2(rig: Rig) -> None:
    done = migrate(rig, "step2", "--yes").done()
    assert values(rig)["environment"] == switches("step2")
    assert release_names(rig) == STEP2
    assert_ready(rig)
    assert place(rig) == "step 2 done"
    assert [run["state"] for run in journal(rig)[-2:]] == ["done", "done"]
    assert f"istio-gateway/public-ingressgateway: {address(rig, 'istio-gateway')}\n" in done.err


def test_step_2_tells_what_people_have_to_do_then(bigbang: Rig) -> None:
    layers = {"common": with_kept_services(), "environment": switches("operator", fillers=1)}
    install_umbrella(bigbang, layers=layers, fillers=1)
    wait_ready(bigbang)
    old = address(bigbang, "istio-system")
    migrate(bigbang, "step1", "--yes").done()
    make_operators_own(bigbang)

    done = migrate(bigbang, "step2", "--yes").done()

    new = address(bigbang, "istio-gateway")
    assert "DNS records to change:" in done.err
    assert f"  filler-01.dev.bigbang.mil: {old} -> {new}\n" in done.err
    assert f"  *.dev.bigbang.mil: {old} -> {new}\n" in done.err
    assert "still bound to old gateways alone, so nothing serves them: shop/app-1\n" in done.err
    assert (
        "left behind: Service istio-system/public-ingressgateway: a load balancer of the operator" in done.err
    )
    assert "kubectl delete service -n istio-system public-ingressgateway" in done.err


def test_step_2_waits_for_the_address(bigbang: Rig) -> None:
    """Helm does not wait for it here, so the HelmRelease is Ready long before."""
    content = yaml.safe_load(common())
    content["istioGateway"]["flux"] = {flow: {"disableWait": True} for flow in ("install", "upgrade")}
    install_umbrella(bigbang, layers={"common": yaml.safe_dump(content), "environment": switches("step1")})
    wait_ready(bigbang)
    bigbang.loadbalancer.withhold()

    late = migrate(bigbang, "step2", "--yes", "--timeout=8s")
    assert late.code == 1
    assert "Service istio-gateway/public-ingressgateway has no external address yet" in late.err
    assert journal(bigbang)[-1]["state"] == "failed"

    bigbang.loadbalancer.release()
    done = migrate(bigbang, "step2", "--yes").done()
    assert f"istio-gateway/public-ingressgateway: {address(bigbang, 'istio-gateway')}\n" in done.err
    assert [run["state"] for run in journal(bigbang)] == ["done"]


def test_without_a_yes_nothing_happens(bigbang: Rig) -> None:
    install_umbrella(bigbang)
    wait_ready(bigbang)
    before = values(bigbang)

    unasked = migrate(bigbang, "step1")
    assert unasked.code == 2
    assert "There is no terminal to ask on" in unasked.err
    for dry in ("client", "server"):
        shown = migrate(bigbang, "step1", f"--dry-run={dry}").done()
        assert "istio.enabled -> false" in shown.out
        assert "nothing was changed (--dry-run)" in shown.err

    assert values(bigbang) == before
    assert release_names(bigbang) == OPERATOR
    assert journal(bigbang) == []


def test_an_umbrella_of_2_50_takes_the_step_with_the_core_package(bigbang: Rig) -> None:
    install_umbrella(bigbang, "2.50.0")
    wait_ready(bigbang)
    migrate(bigbang, "step1", "--yes").done()
    assert release_names(bigbang) == {"bigbang", "istio-operator", "istio-core"}
    migrate(bigbang, "step2", "--yes").done()
    assert release_names(bigbang) == {"bigbang", "istio-core", "public-ingressgateway"}
    migrate(bigbang, "rollback", "--yes").done()
    assert release_names(bigbang) == OPERATOR


def with_kept_services() -> str:
    """The layer `common`, with an old gateway whose Service survives its release."""
    content = yaml.safe_load(common())
    content["istio"]["values"] = {"keepServices": True}
    return yaml.safe_dump(content)


def make_operators_own(rig: Rig) -> None:
    """Takes the marks of Helm and Flux off the Service that was kept: the operator's real one never had any."""
    flux = "helm.toolkit.fluxcd.io"
    where = ("service", "public-ingressgateway", "--namespace=istio-system")
    rig.kubectl("label", *where, f"{flux}/name-", f"{flux}/namespace-", "app.kubernetes.io/managed-by-")
    rig.kubectl("annotate", *where, "meta.helm.sh/release-name-", "meta.helm.sh/release-namespace-")


def address(rig: Rig, namespace: str) -> str:
    service = rig.get("service", "public-ingressgateway", f"--namespace={namespace}")
    return str(service["status"]["loadBalancer"]["ingress"][0]["ip"])
