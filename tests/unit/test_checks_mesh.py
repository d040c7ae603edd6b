from dataclasses import replace

import pytest

from istiokit.bigbang.checks.model import Subject
from istiokit.bigbang.checks.permissions import needed
from istiokit.bigbang.facts import Facts
from istiokit.bigbang.switches import wanted
from istiokit.bigbang.versions import Family
from istiokit.cluster.unread import Unread
from tests.unit.check_case import ERROR, INFO, ONE, THREE, TWO, WARNING, Case, name, of_code, text
from tests.unit.facts_builder import (
    VALUES,
    crd,
    facts,
    files,
    gateway,
    injector,
    istio_operator,
    istiod,
    mesh,
    old_load_balancer,
    operator,
    sidecar,
    unread,
    virtual_service,
)

GATEWAY_CRD = "gateways.networking.istio.io"
CORE = "istio-system/istio-core"
OLD, NEW = gateway("public", "istio-system"), gateway("public-ingressgateway", "istio-gateway")
SHOP = virtual_service("shop", "istio-system/public")
BOTH = virtual_service("shop", "istio-system/public", "istio-gateway/public-ingressgateway")
STOPPED = (istiod(running=False),)
STUCK = facts(operators=(istio_operator(),), deployments=(operator(running=False),))
IDLE = facts(operators=(istio_operator(finalizer=False),), deployments=())
FINE = facts(operators=(istio_operator(),))
DONE = facts(deployments=())
BLOCKING = facts(mutating=(injector(),), deployments=STOPPED)


def with_crd(**changes: object) -> Facts:
    others = [one for one in mesh().crds if one.name != GATEWAY_CRD]
    return facts(crds=(*others, crd(GATEWAY_CRD, **changes)))


SWITCHED = "istio: {enabled: %s}\nistioGateway: {enabled: %s}"
CASES = (
    Case("IM009", TWO, facts(crds=()), facts(), ERROR, "virtualservices.networking.istio.io"),
    Case(
        "IM009",
        ONE,
        with_crd(stored_versions=("v1", "v1alpha1")),
        with_crd(stored_versions=("v1alpha3",)),
        ERROR,
        "v1alpha1",
    ),
    Case("IM009", ONE, with_crd(release=CORE, kept=False), with_crd(release=CORE), ERROR, CORE),
    Case(
        "IM009",
        ONE,
        with_crd(release=CORE, kept=False),
        with_crd(release="x/istio-crds", kept=False),
        ERROR,
        "would go too",
    ),
    Case("IM010", ONE, STUCK, FINE, ERROR, "finalizer"),
    Case("IM010", TWO, IDLE, DONE, ERROR, "no operator is running"),
    Case("IM010", TWO, FINE, facts(), ERROR, "do step 1 first"),
    Case("IM011", TWO, BLOCKING, facts(mutating=(injector(),)), ERROR, "istio-sidecar-injector"),
    Case(
        "IM011",
        TWO,
        facts(mutating=(injector("Ignore"),), deployments=STOPPED),
        facts(),
        WARNING,
        "no ready istiod",
    ),
    Case(
        "IM012",
        ONE,
        facts(denied=("patch configmaps in namespace bigbang",)),
        facts(),
        ERROR,
        "patch configmaps",
    ),
    Case(
        "IM013",
        ONE,
        facts(gateways=(OLD,), virtual_services=(SHOP,)),
        facts(gateways=(OLD, NEW), virtual_services=(BOTH,)),
        WARNING,
        "shop.example.com",
    ),
    Case(
        "IM014",
        ONE,
        facts(server_version="v1.34.1"),
        facts(server_version="v1.32.9+k3s1"),
        WARNING,
        "1.29 to 1.32",
    ),
    Case("IM015", ONE, facts(version="2.51.0"), facts(), WARNING, "beta"),
    Case("IM015", ONE, facts(version="2.50.0"), facts(), WARNING, "alpha"),
    Case("IM015", ONE, facts(version="2.52.0"), facts(), INFO, "2.54"),
    Case("IM015", ONE, facts(version=""), facts(), WARNING, "cannot tell"),
    Case("IM015", ONE, facts(version="2.40.0"), facts(), WARNING, "known are"),
    Case("IM015", TWO, facts(version="3.0.0"), facts(), ERROR, "too late"),
    Case(
        "IM016",
        ONE,
        facts(),
        facts(deployments=(istiod("1.29.0"),)),
        INFO,
        "April 2025; no operator exists after 1.23",
    ),
    Case(
        "IM016",
        TWO,
        facts(deployments=(istiod("1.25.2"),), pods=(sidecar("1.23.6"),)),
        facts(deployments=(istiod("1.29.0"),), pods=(sidecar("1.28.0"),)),
        WARNING,
        "shop (1)",
    ),
    Case("IM023", TWO, facts(services=(old_load_balancer(),)), facts(), WARNING, "public-ingressgateway"),
    Case("IM026", ONE, facts(extra=SWITCHED % ("false", "true")), facts(), ERROR, "rollback --to step1"),
    Case(
        "IM026",
        ONE,
        files(SWITCHED % ("true", "true")),
        files(SWITCHED % ("true", "false")),
        WARNING,
        "new gateways",
    ),
    Case(
        "IM024", TWO, facts(virtual_services=(SHOP,)), facts(virtual_services=(BOTH,)), WARNING, "shop/shop"
    ),
    Case("IM025", ONE, facts(unread=unread("Pod")), facts(), WARNING, "Pod"),
)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_it_speaks_of_what_is_broken_and_is_silent_about_what_is_mended(case: Case) -> None:
    case.prove()


def test_absent_crds_are_no_trap_before_step_1_which_brings_them() -> None:
    assert of_code("IM009", facts(crds=()), ONE) == []


def test_a_kind_that_is_not_installed_is_known_not_unread() -> None:
    without = facts(unread=(Unread("IstioOperator", "not installed", missing=True),))
    assert of_code("IM025", without, ONE) == of_code("IM010", without, ONE) == []


def test_a_webhook_that_waits_for_the_istiod_of_step_1_does_not_forbid_step_1() -> None:
    assert [one.severity for one in of_code("IM011", BLOCKING, ONE)] == [WARNING]


def test_a_deletion_that_the_operator_is_working_on_does_not_forbid_to_go_on() -> None:
    [found] = of_code("IM010", facts(operators=(istio_operator(deleted=True),)), ONE)
    assert found.severity is WARNING


def test_only_the_last_istio_with_an_operator_is_told_of_the_jump() -> None:
    [found] = of_code("IM016", facts(deployments=(istiod("1.25.2"),)), TWO)
    assert "September 2025" in found.reason and "jump" not in found.reason


def test_sidecars_that_step_1_will_leave_behind_are_told_beforehand() -> None:
    found = of_code("IM016", facts(pods=(sidecar("1.23.6"), sidecar("1.23.6", "blog"))), ONE)
    assert any(one.severity is INFO and "blog (1), shop (1)" in text(one) for one in found)


def test_the_outage_names_both_ends_and_the_way_around() -> None:
    [found] = of_code("IM013", facts(gateways=(OLD,), virtual_services=(SHOP,)), ONE)
    assert "until step 2's gateways are Ready" in found.reason and "blue-green" in found.remedy


def test_many_virtual_services_are_counted_and_ten_are_named() -> None:
    many = tuple(virtual_service(f"app-{number:02}", "istio-system/public") for number in range(12))
    [found] = of_code("IM024", facts(virtual_services=many), TWO)
    assert found.object == "12 VirtualServices" and "app-09 and 2 more" in found.reason


def test_old_gateways_that_are_gone_do_not_hide_who_still_refers_to_them() -> None:
    assert of_code("IM024", facts(gateways=(NEW,), virtual_services=(SHOP,)), TWO)


def test_3_0_is_refused_before_step_2_is_done() -> None:
    done = {f"{path.split('.')[0]}": on for path, on in wanted(2, Family.SPLIT).items()}
    values = VALUES.replace("istioGateway:\n", "istioGateway:\n  enabled: true\n")
    values += "".join(
        f"{key}: {{enabled: {str(on).lower()}}}\n" for key, on in done.items() if key != "istioGateway"
    )
    assert [one.severity for one in of_code("IM015", files(VALUES), THREE)] == [ERROR]
    assert of_code("IM015", files(values), THREE) == []


def test_the_version_given_counts_more_than_the_one_found() -> None:
    assert [one.severity for one in of_code("IM015", facts(), ONE, "3.0.0")] == [ERROR]


def test_a_step_needs_to_edit_reconcile_and_keep_its_journal() -> None:
    asked = {str(one) for one in needed(Subject(facts(), ONE, "2.54.0"))}
    assert asked >= {
        "patch helmreleases.helm.toolkit.fluxcd.io in namespace bigbang",
        "watch helmreleases.helm.toolkit.fluxcd.io in namespace bigbang",
        "patch configmaps in namespace bigbang",
        "create configmaps in namespace bigbang",
        "update leases.coordination.k8s.io in namespace bigbang",
    }
    assert "list services in namespace istio-gateway" not in asked
    assert "list services in namespace istio-gateway" in {
        str(one) for one in needed(Subject(facts(), TWO, "2.54.0"))
    }


def test_where_nothing_is_to_be_done_nothing_has_to_be_allowed() -> None:
    assert needed(Subject(facts(), THREE, "")) == []
    assert needed(Subject(replace(facts(), umbrella=None), ONE, "")) == []
