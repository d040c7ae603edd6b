"""The 404 trap is seen before a change of bindings snaps it."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from istiokit.istio.cutoff import cut_off
from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.routing.facts import RouteFacts, Workload

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
PODS = (
    Workload("istio-system/public", "istio-system", {"app": "public", "operator": "true"}),
    Workload("istio-gateway/public", "istio-gateway", {"app": "public"}),
)


def gateway(name: str, created: str, hosts: Sequence[str] = ("*.example.com",), **selector: str) -> Gateway:
    namespace, _, short = name.partition("/")
    servers = [
        {"port": {"number": 8080, "name": "http", "protocol": "HTTP"}, "hosts": hosts},
        {
            "port": {"number": 8443, "name": "https", "protocol": "HTTPS"},
            "hosts": hosts,
            "tls": {"mode": "SIMPLE", "credentialName": "cert"},
        },
    ]
    metadata = {"name": short, "namespace": namespace, "creationTimestamp": created or None}
    return msgspec.convert(
        {"metadata": metadata, "spec": {"selector": {"app": "public", **selector}, "servers": servers}},
        Gateway,
    )


def virtual_service(*gateways: str, name: str = "shop", host: str = "shop.example.com") -> VirtualService:
    fields: dict[str, Any] = {
        "metadata": {"name": name, "namespace": "web"},
        "spec": {
            "hosts": [host],
            "gateways": gateways,
            "http": [{"route": [{"destination": {"host": "shop"}}]}],
        },
    }
    return msgspec.convert(fields, VirtualService)


OLDER, YOUNGER = "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
BOTH = (gateway(OLD, OLDER), gateway(NEW, YOUNGER))
ISOLATED = (gateway(OLD, OLDER, operator="true"), gateway(NEW, YOUNGER))


def reasons(
    gateways: Sequence[Gateway] | None,
    before: VirtualService,
    after: VirtualService,
    workloads: tuple[Workload, ...] | None = PODS,
    others: Sequence[VirtualService] = (),
) -> dict[str, str]:
    known = None if gateways is None else tuple(gateways)
    facts = RouteFacts("test", (before, *others), known, workloads=workloads)
    return dict(cut_off(facts, [after], [NEW]))


@pytest.mark.parametrize("workloads", [PODS, None])
@pytest.mark.parametrize("before", [virtual_service(OLD), virtual_service(OLD, NEW)])
def test_the_older_gateway_keeps_tls_for_the_host(
    before: VirtualService, workloads: tuple[Workload, ...] | None
) -> None:
    found = reasons(BOTH, before, virtual_service(NEW), workloads)
    assert set(found) == {"web/shop"}
    assert found["web/shop"].startswith("shop.example.com would no longer answer on HTTPS at ")
    assert f"{OLD} is older" in found["web/shop"]


def test_with_the_old_gateway_isolated_its_own_pods_may_fall_silent() -> None:
    assert reasons(ISOLATED, virtual_service(OLD, NEW), virtual_service(NEW)) == {}
    assert reasons(ISOLATED, virtual_service(OLD), virtual_service(NEW)) == {}


def test_with_the_new_gateway_older_or_the_old_one_gone_nothing_happens() -> None:
    assert (
        reasons((gateway(OLD, YOUNGER), gateway(NEW, OLDER)), virtual_service(OLD, NEW), virtual_service(NEW))
        == {}
    )
    assert reasons((gateway(NEW, OLDER),), virtual_service(OLD, NEW), virtual_service(NEW)) == {}


def test_a_host_that_the_new_gateway_does_not_admit_would_answer_nowhere() -> None:
    gateways = (gateway(OLD, OLDER, operator="true"), gateway(NEW, YOUNGER, hosts=["*.example.org"]))
    assert (
        "would no longer answer on HTTP"
        in reasons(gateways, virtual_service(OLD), virtual_service(NEW))["web/shop"]
    )


def test_where_nobody_knows_which_is_older_the_worst_counts() -> None:
    gateways = (gateway(OLD, ""), gateway(NEW, ""))
    assert (
        "which is not known" in reasons(gateways, virtual_service(OLD, NEW), virtual_service(NEW))["web/shop"]
    )


def test_what_nobody_can_know_is_no_reason() -> None:
    assert reasons(None, virtual_service(OLD), virtual_service(NEW)) == {}


def test_what_did_not_answer_before_is_not_lost() -> None:
    assert reasons(BOTH, virtual_service("team/none"), virtual_service(NEW)) == {}


def test_others_that_do_not_change_are_not_judged() -> None:
    other = virtual_service(OLD, name="other", host="other.example.com")
    assert set(reasons(ISOLATED, virtual_service(OLD), virtual_service(NEW), others=[other])) == set()
