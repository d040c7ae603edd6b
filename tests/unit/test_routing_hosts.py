"""Hosts and namespaces: wildcards on either side, `ns/host`, exportTo, and domains that are closer."""

import pytest

from istiokit.istio.routing.names import HostTable, full_host, within
from istiokit.istio.routing.served import answers
from tests.unit.routing_world import (
    HOST,
    HTTP_SERVER,
    NEW,
    NEW_PODS,
    OLD,
    WILD,
    facts,
    gateway,
    outcome,
    pods,
    server,
    virtual_service,
)


def served(server_hosts: list[str], hosts: list[str], name: str = "web/shop") -> dict[str, str]:
    """What each name that is asked for gets on the one HTTP port."""
    found = facts([gateway(OLD, server(HTTP_SERVER, *server_hosts))], [virtual_service(name, hosts)])
    return {one.host: str(one.reason) for one in answers(found)}


@pytest.mark.parametrize(
    ("offered", "wanted", "expected"),
    [
        ([WILD], [HOST], {HOST: "answers"}),
        (["*"], [HOST], {HOST: "answers"}),
        ([HOST], [HOST], {HOST: "answers"}),
        (["*.org"], [HOST], {HOST: "not-admitted"}),
        ([WILD], ["example.com"], {"example.com": "not-admitted"}),
        ([WILD], ["a.b.example.com"], {"a.b.example.com": "answers"}),
        ([WILD], [WILD], {WILD: "answers"}),
        ([WILD], ["*.b.example.com"], {"*.b.example.com": "answers"}),
        (["a.example.com", "b.org"], [WILD], {"a.example.com": "answers"}),
        (["a.example.com", "*.com"], [WILD], {WILD: "answers", "a.example.com": "answers"}),
        ([WILD], ["*"], {WILD: "answers"}),
        (["web/*.example.com"], [HOST], {HOST: "answers"}),
        (["shop/*.example.com"], [HOST], {HOST: "not-admitted"}),
        (["./*.example.com"], [HOST], {HOST: "not-admitted"}),
        (["*/*.example.com"], [HOST], {HOST: "answers"}),
        (["*/*"], [HOST], {HOST: "answers"}),
        (["web/*"], [HOST], {HOST: "answers"}),
        (
            [WILD],
            [HOST, "other.org"],
            {HOST: "answers", "other.org": "not-admitted"},
        ),
        (["*.cluster.local"], ["shop"], {"shop.web.svc.cluster.local": "answers"}),
    ],
    ids=str,
)
def test_hosts_that_a_server_admits(offered: list[str], wanted: list[str], expected: dict[str, str]) -> None:
    assert served(offered, wanted) == expected


def test_the_gateways_own_namespace_is_meant_by_a_dot() -> None:
    assert served(["./*.example.com"], [HOST], "istio-system/shop") == {HOST: "answers"}


@pytest.mark.parametrize(
    ("export_to", "expected"),
    [
        (None, "through"),
        ([], "through"),
        (["*"], "through"),
        (["."], "hidden"),
        (["~"], "hidden"),
        (["istio-gateway"], "through"),
        (["istio-system"], "hidden"),
        (["istio-gateway", "~"], "hidden"),
        (["~", "*"], "through"),
    ],
    ids=str,
)
def test_export_to_is_about_the_namespace_of_the_pods(export_to: list[str] | None, expected: str) -> None:
    # the Gateway is in istio-system, the pods that it selects are in istio-gateway
    item = virtual_service(exportTo=export_to)
    found = facts([gateway(OLD, server(HTTP_SERVER, WILD))], [item], [pods(NEW_PODS)])
    assert outcome(found)["HTTP 8080"].split()[0] == expected


def test_what_is_exported_by_name_comes_before_what_is_public_whatever_its_age() -> None:
    items = [
        virtual_service("web/public"),
        virtual_service("web/named", exportTo=["istio-system"], made="2025"),
    ]
    found = facts([gateway(OLD, server(HTTP_SERVER, WILD))], items)
    assert outcome(found, "web/named") == {"HTTP 8080": f"through {OLD}"}
    assert outcome(found, "web/public") == {"HTTP 8080": "older-virtual-service web/named"}


def test_a_closer_domain_takes_requests_from_a_wildcard() -> None:
    items = [
        virtual_service("web/wild", [WILD], [OLD, NEW]),
        virtual_service("web/shop", [HOST], [OLD], made="2025"),
    ]
    gateways = [
        gateway(OLD, server(HTTP_SERVER, WILD)),
        gateway(NEW, server(HTTP_SERVER, HOST), selector={"istio": "new"}),
    ]
    found = facts(gateways, items)
    assert outcome(found, "web/shop") == {"HTTP 8080": f"through {OLD}"}
    assert outcome(found, "web/wild", WILD) == {"HTTP 8080": f"through {OLD}"}
    # the new Gateway, on other pods, makes it ask for this name too
    assert outcome(found, "web/wild", HOST) == {"HTTP 8080": "closer-host web/shop"}


def test_a_wildcard_shares_the_domains_that_the_server_spells_out() -> None:
    items = [virtual_service("web/wild", [WILD]), virtual_service("web/shop", [HOST], made="2025")]
    found = facts([gateway(OLD, server(HTTP_SERVER, WILD, HOST))], items)
    assert outcome(found, "web/shop") == {"HTTP 8080": "older-virtual-service web/wild"}


def test_a_gateway_may_be_held_to_its_own_namespace() -> None:
    found = facts([gateway(OLD)], [virtual_service()], [pods(NEW_PODS)], own_namespace_only=True)
    assert outcome(found) == {" 0": "no-pods"}


def test_an_empty_selector_means_all_gateway_pods() -> None:
    found = facts([gateway(NEW, server(HTTP_SERVER, WILD), selector={})], [virtual_service(gateways=[NEW])])
    assert outcome(found) == {"HTTP 8080": f"through {NEW}"}


@pytest.mark.parametrize(
    ("host", "pattern", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "A.b", False),
        ("x.a.b", "*.a.b", True),
        ("a.b", "*.a.b", False),
        ("*.a.b", "*.b", True),
        ("*.b", "*.a.b", False),
        ("*", "*.b", False),
        ("*.b", "b", False),
        ("a-b.c", "*b.c", True),
    ],
)
def test_within(host: str, pattern: str, expected: bool) -> None:
    assert within(host, pattern) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("a.b.c", "a.b.c"),
        ("x.b.c", "*.b.c"),
        ("x.y.b.c", "*.b.c"),
        ("b.c", "*.c"),
        ("*.b.c", "*.b.c"),
        ("*.x.c", "*.c"),
        ("*.c", "*.c"),
        ("pre-b.c", "*-b.c"),
        ("d", "*"),
    ],
)
def test_the_closest_pattern_is_found(host: str, expected: str) -> None:
    table: HostTable[str] = HostTable()
    for pattern in ("a.b.c", "*.b.c", "*.c", "*", "*-b.c"):
        table.set(pattern, pattern)
    assert table.find(host) == expected


def test_no_pattern_is_no_value() -> None:
    table: HostTable[str] = HostTable()
    table.set("*.b.c", "found")
    assert table.find("b.c") is None and table.find("*.c") is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [("shop", "shop.web.svc.cluster.local"), ("shop.web", "shop.web"), ("*", "*"), ("fe80::1", "fe80::1")],
)
def test_short_names_are_services(host: str, expected: str) -> None:
    assert full_host(host, "web") == expected
