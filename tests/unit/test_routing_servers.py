"""Servers of several Gateways on the same pods: ports, protocols, bind addresses, redirects, TCP and TLS."""

from typing import Any

import pytest

from istiokit.istio.model import VirtualService
from istiokit.istio.routing.served import answers
from tests.unit.routing_world import (
    HOST,
    HTTP_SERVER,
    HTTPS_SERVER,
    NEW,
    OLD,
    REDIRECT_SERVER,
    TCP_SERVER,
    TLS_SERVER,
    WILD,
    facts,
    gateway,
    outcome,
    pods,
    server,
    virtual_service,
    web,
)


def on_one_workload(old: list[dict[str, Any]], new: list[dict[str, Any]], *bound_to: str) -> dict[str, str]:
    """The old Gateway is the older one; what a VirtualService for the usual host gets."""
    gateways = [gateway(OLD, *old), gateway(NEW, *new, made="2025")]
    return outcome(facts(gateways, [virtual_service(gateways=bound_to)]))


def test_plain_http_servers_are_merged_whoever_is_older() -> None:
    both = [server(HTTP_SERVER, WILD)]
    assert on_one_workload(both, both, NEW) == {"HTTP 8080": f"through {NEW}"}


def test_a_whole_tls_server_is_skipped_for_one_of_its_hosts() -> None:
    old, new = [server(HTTPS_SERVER, "other.example.com")], [server(HTTPS_SERVER, HOST, "other.example.com")]
    assert on_one_workload(old, new, NEW) == {"HTTPS 8443": f"older-gateway {OLD}"}


def test_servers_with_other_hosts_stand_side_by_side() -> None:
    old, new = [server(HTTPS_SERVER, "other.example.com")], [server(HTTPS_SERVER, HOST)]
    assert on_one_workload(old, new, NEW) == {"HTTPS 8443": f"through {NEW}"}


def test_a_closer_host_takes_tls_connections_from_a_wildcard() -> None:
    old, new = [server(HTTPS_SERVER, WILD)], [server(HTTPS_SERVER, HOST)]
    assert on_one_workload(old, new, OLD) == {"HTTPS 8443": f"closer-server {NEW}"}
    assert on_one_workload(old, new, OLD, NEW) == {"HTTPS 8443": f"through {NEW}"}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (HTTP_SERVER, HTTPS_SERVER, f"port-conflict {OLD}"),
        (HTTP_SERVER, TCP_SERVER, f"port-conflict {OLD}"),
        (TCP_SERVER, TCP_SERVER, f"port-conflict {OLD}"),
        (HTTPS_SERVER, HTTP_SERVER, f"through {NEW}"),
    ],
    ids=["https after http", "tcp after http", "tcp after tcp", "http after https"],
)
def test_two_protocols_on_one_port(first: dict[str, Any], second: dict[str, Any], expected: str) -> None:
    old, new = [server(first, "other.example.com", number=8443)], [server(second, HOST, number=8443)]
    item = virtual_service(gateways=[NEW], http=[{}], tcp=[{}])
    found = outcome(facts([gateway(OLD, *old), gateway(NEW, *new, made="2025")], [item]))
    assert list(found.values()) == [expected]


def test_two_https_servers_of_a_gateway_need_port_names_of_their_own() -> None:
    twice = [server(HTTPS_SERVER, "other.example.com"), server(HTTPS_SERVER, HOST)]
    assert on_one_workload(twice, [server(TCP_SERVER, "*")], OLD) == {"HTTPS 8443": f"port-conflict {OLD}"}
    named = [server(HTTPS_SERVER, "other.example.com"), server(HTTPS_SERVER, HOST, name="second")]
    assert on_one_workload(named, [server(TCP_SERVER, "*")], OLD) == {"HTTPS 8443": f"through {OLD}"}


def test_another_bind_address_is_another_listener() -> None:
    old, new = [server(HTTPS_SERVER, WILD, bind="10.0.0.1")], [server(HTTPS_SERVER, WILD)]
    assert on_one_workload(old, new, NEW) == {"HTTPS 8443": f"through {NEW}"}


def test_all_addresses_spelled_out_is_the_same_listener_and_envoy_refuses_it() -> None:
    old, new = [server(HTTPS_SERVER, WILD, bind="0.0.0.0")], [server(HTTPS_SERVER, WILD)]
    assert on_one_workload(old, new, NEW) == {"HTTPS 8443": f"listener-rejected {NEW}"}


def test_a_host_with_a_namespace_is_no_duplicate_for_istiod_but_one_for_envoy() -> None:
    old, new = [server(HTTPS_SERVER, WILD)], [server(HTTPS_SERVER, f"web/{WILD}")]
    assert on_one_workload(old, new, NEW) == {"HTTPS 8443": f"listener-rejected {NEW}"}


def test_a_redirect_answers_for_every_host_of_its_server() -> None:
    old = [server(REDIRECT_SERVER, WILD)]
    assert on_one_workload(old, old, OLD) == {"HTTP 8080": "redirects"}
    # the newer server is skipped like any with TLS settings, and the older one redirects all the same
    assert on_one_workload(old, old, NEW) == {"HTTP 8080": "redirects"}


def test_a_host_of_a_plain_server_is_closer_than_the_wildcard_of_a_redirect() -> None:
    old, new = [server(REDIRECT_SERVER, WILD)], [server(HTTP_SERVER, WILD)]
    assert on_one_workload(old, new, NEW) == {"HTTP 8080": f"through {NEW}"}
    assert on_one_workload(old, new, OLD, NEW) == {"HTTP 8080": "redirects"}


def test_a_gateway_may_mean_the_port_of_the_service() -> None:
    by_service = gateway(NEW, server(HTTPS_SERVER, WILD, number=443), made="2025")
    items = [virtual_service(gateways=[NEW])]
    led = [pods(ports={443: 8443, 80: 8080})]
    assert outcome(facts([by_service, gateway(OLD)], items, led)) == {"HTTPS 8443": f"older-gateway {OLD}"}
    assert outcome(facts([by_service, gateway(OLD)], items)) == {"HTTPS 443": f"through {NEW}"}


# Passthrough: by SNI, from `tls` routes.


def passthrough(*names: str, **match: Any) -> list[dict[str, Any]]:
    return [{"match": [{"sniHosts": list(names), **match}], "route": []}]


def test_passthrough_answers_for_the_names_of_its_conditions() -> None:
    item = virtual_service(hosts=[HOST, "b.example.com"], tls=passthrough(HOST))
    found = facts([gateway(OLD, server(TLS_SERVER, WILD))], [item])
    assert outcome(found, host=HOST) == {"TLS 8443": f"through {OLD}"}
    assert outcome(found, host="b.example.com") == {"TLS 8443": "no-sni"}


def test_passthrough_under_a_wildcard_is_asked_for_by_name() -> None:
    item = virtual_service(hosts=[WILD], tls=passthrough("a.example.com"))
    found = facts([gateway(OLD, server(TLS_SERVER, "*"))], [item])
    assert outcome(found) == {"TLS 8443": f"through {OLD}"}


def test_the_older_virtual_service_has_a_name() -> None:
    items = [
        virtual_service("web/old", tls=passthrough(HOST), made="2024"),
        virtual_service("web/new", tls=passthrough(HOST), made="2025"),
    ]
    found = facts([gateway(OLD, server(TLS_SERVER, WILD))], items)
    assert outcome(found, "web/old") == {"TLS 8443": f"through {OLD}"}
    assert outcome(found, "web/new") == {"TLS 8443": "older-virtual-service web/old"}


def tls_outcomes(*items: VirtualService) -> dict[tuple[str, str], str]:
    """The word for every VirtualService and name, behind one passthrough server."""
    found = facts([gateway(OLD, server(TLS_SERVER, HOST))], items)
    return {(one.virtual_service, one.host): one.reason for one in answers(found)}


def test_a_condition_is_skipped_whole_when_one_of_its_names_is_taken() -> None:
    old = virtual_service("web/old", tls=passthrough(HOST), made="2024")
    new = virtual_service("web/new", tls=passthrough(HOST, "b.example.com"), made="2025")
    found = tls_outcomes(old, new)
    assert found["web/new", "b.example.com"] == "older-virtual-service"
    assert found["web/old", HOST] == "answers"


def test_nobody_knows_whose_names_are_taken_without_ages() -> None:
    items = [
        virtual_service("web/a", tls=passthrough(HOST), made=None),
        virtual_service("web/b", tls=passthrough(HOST, "b.example.com"), made=None),
        virtual_service("web/c", tls=passthrough("b.example.com", "c.example.com"), made=None),
        virtual_service("web/d", tls=passthrough("d.example.com"), made=None),
    ]
    found = tls_outcomes(*items)
    assert found["web/d", "d.example.com"] == "answers"
    assert found["web/b", "b.example.com"] == found["web/c", "c.example.com"] == "unknown-order"
    assert found["web/a", HOST] == "unknown-order"


def test_a_contested_wildcard_leaves_a_closer_name_alone() -> None:
    found = tls_outcomes(
        virtual_service("web/a", tls=passthrough("*.com"), made=None),
        virtual_service("web/b", tls=passthrough("*.com"), made=None),
        virtual_service("web/c", tls=passthrough(HOST), made=None),
    )
    assert found["web/c", HOST] == "answers"
    assert (found["web/a", HOST], found["web/b", HOST]) == ("no-sni", "older-virtual-service")


def test_a_passthrough_server_of_a_younger_gateway_is_skipped_whole() -> None:
    gateways = [gateway(OLD, server(TLS_SERVER, WILD)), gateway(NEW, server(TLS_SERVER, WILD), made="2025")]
    found = facts(gateways, [virtual_service(gateways=[NEW], tls=passthrough(HOST))])
    assert outcome(found) == {"TLS 8443": f"older-gateway {OLD}"}


@pytest.mark.parametrize(
    "match", [{"port": 443}, {"gateways": ["other/gateway"]}, {"gateways": ["mesh"]}], ids=str
)
def test_conditions_keep_it_from_the_server(match: dict[str, Any]) -> None:
    found = facts([gateway(OLD, server(TLS_SERVER, WILD))], [virtual_service(tls=passthrough(HOST, **match))])
    assert outcome(found) == {"TLS 8443": "narrowed"}


def test_one_name_on_a_passthrough_and_a_terminating_server_breaks_the_listener() -> None:
    old = gateway(OLD, server(HTTPS_SERVER, HOST), server(TLS_SERVER, WILD))
    items = [virtual_service("web/pass", tls=passthrough(HOST)), virtual_service()]
    found = facts([old], items)
    assert outcome(found)["HTTPS 8443"].startswith("listener-rejected")
    assert outcome(found, "web/pass")["TLS 8443"].startswith("listener-rejected")


def test_auto_passthrough_serves_no_virtual_service() -> None:
    auto = server(TLS_SERVER, "*.local", number=15443, tls={"mode": "AUTO_PASSTHROUGH"})
    assert outcome(facts([gateway(OLD, auto)], [virtual_service(tls=passthrough(HOST))])) == {
        "TLS 15443": "no-route"
    }


# TCP: the port belongs to one VirtualService.


def test_a_tcp_port_belongs_to_the_oldest_virtual_service() -> None:
    items = [
        virtual_service("web/new", ["*"], tcp=[{}], made="2025"),
        virtual_service("web/old", ["*"], tcp=[{}]),
    ]
    found = facts([gateway(OLD, server(TCP_SERVER, "*"))], items)
    assert outcome(found, "web/old") == {"TCP 9000": f"through {OLD}"}
    assert outcome(found, "web/new") == {"TCP 9000": "older-virtual-service web/old"}


def test_a_tcp_port_of_manifests_belongs_to_nobody_for_certain() -> None:
    items = [virtual_service(f"web/{name}", ["*"], tcp=[{}], made=None) for name in "ab"]
    found = facts([gateway(OLD, server(TCP_SERVER, "*"))], items)
    assert outcome(found, "web/a") == {"TCP 9000": "unknown-order web/b"}
    assert outcome(found, "web/b") == {"TCP 9000": "unknown-order web/a"}


def test_a_condition_on_the_port_leaves_the_other_port() -> None:
    item = virtual_service(hosts=["*"], tcp=[{"match": [{"port": 9000}]}])
    ports = [server(TCP_SERVER, "*"), server(TCP_SERVER, "*", number=9001)]
    assert outcome(facts([gateway(OLD, *ports)], [item])) == {
        "TCP 9000": f"through {OLD}",
        "TCP 9001": "narrowed",
    }


def test_tls_that_ends_at_a_tcp_server_needs_a_tcp_route() -> None:
    ended = server(TLS_SERVER, HOST, tls={"mode": "SIMPLE", "credentialName": "cert"})
    items = [virtual_service("web/tcp", tcp=[{}]), virtual_service("web/http")]
    found = facts([gateway(OLD, ended)], items)
    assert outcome(found, "web/tcp") == {"TLS 8443": f"through {OLD}"}
    assert outcome(found, "web/http") == {"TLS 8443": "no-route"}


def test_a_virtual_service_without_http_routes_has_no_part_in_http() -> None:
    found = facts([gateway(OLD, *web())], [virtual_service(tls=passthrough(HOST))])
    assert outcome(found) == {"HTTP 8080": "no-route", "HTTPS 8443": "no-route"}
