"""One of each kind is judged, and what is found holds for the others: never another answer than each by itself."""

from random import Random
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.routing import served
from istiokit.istio.routing.alike import alike
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.routing.served import Answer, answers
from tests.unit.routing_world import (
    HTTP_SERVER,
    HTTPS_SERVER,
    NEW,
    OLD,
    REDIRECT_SERVER,
    TCP_SERVER,
    TLS_SERVER,
    facts,
    gateway,
    pods,
    server,
    virtual_service,
    web,
)

GATEWAYS = ("istio-system/one", "istio-gateway/two", "istio-gateway/three")
SERVERS: tuple[dict[str, Any], ...] = (
    HTTP_SERVER,
    HTTP_SERVER,
    HTTPS_SERVER,
    HTTPS_SERVER,
    REDIRECT_SERVER,
    TLS_SERVER,
    TCP_SERVER,
)
OFFERED = (
    "*.x.com",
    "*.y.com",
    "*.a.x.com",
    "web/*.x.com",
    "*-1.x.com",
    "app-1.x.com",
    "*",
    "*.web.svc.cluster.local",
)
HOSTS = (
    "app-{}.x.com",
    "app-{}.x.com",
    "app-{}.y.com",
    "App-{}.x.com",
    "app-{}.a.x.com",
    "short-{}",
    "app-{}.z.org",
)
ODD = (
    "*-2.x.com",
    "*.x.com",
    "*.a.x.com",
    "*",
    "*pp-3.y.com",
    "APP-4.x.com",
    "app-5.x.com",
    "*.web.svc.cluster.local",
)
"""What keeps some hosts apart that are alike otherwise."""
SNI = ("app-6.x.com", "app-7.a.x.com")


def made_gateway(random: Random, name: str) -> Gateway:
    number = random.choice([8080, 8443])
    bases = random.sample(SERVERS, random.choice([1, 2]))
    servers = [
        server(base, *random.sample(OFFERED, random.choice([1, 2])), name=f"port-{at}")
        for at, base in enumerate(bases)
    ]
    if random.random() < 0.2:
        servers[0] = server(servers[0], *servers[0]["hosts"], number=number)
    return gateway(name, *servers, selector={"app": "a"}, made=random.choice(["2023", "2024", None]))


def made_virtual_service(random: Random, number: int) -> VirtualService:
    """Most as a template makes them, and some with something of their own."""
    spec: dict[str, Any] = {"http": [{"match": [{"uri": {"prefix": "/api"}}]}, {}]}
    own = random.choice(["", "", "", "", "routes", "namespace", "exportTo", "odd"])
    if own == "routes":
        spec = random.choice(
            [
                {"http": [{"match": [{"port": 8080}]}]},
                {"http": [{"match": [{"gateways": [GATEWAYS[0]]}]}]},
                {**spec, "tls": [{"match": [{"sniHosts": [random.choice(SNI)]}]}]},
                {**spec, "tcp": [{}]},
            ]
        )
    hosts = [random.choice(HOSTS).format(number) for _ in range(random.choice([1, 1, 2]))]
    return virtual_service(
        f"{'shop' if own == 'namespace' else 'web'}/vs-{number}",
        [random.choice(ODD)] if own == "odd" else hosts,
        random.choice([GATEWAYS[:1], GATEWAYS[:2], GATEWAYS[1:]]),
        random.choice(["2023", "2024", None]),
        exportTo=random.choice([["."], ["istio-system"]]) if own == "exportTo" else None,
        **spec,
    )


def world(random: Random) -> RouteFacts:
    return facts(
        [made_gateway(random, name) for name in GATEWAYS],
        [made_virtual_service(random, number) for number in range(random.choice([4, 10, 20]))],
        [pods(f"{place}/pods", {"app": "a"}) for place in ("istio-system", "istio-gateway")],
    )


def one_by_one(found: RouteFacts) -> list[Answer]:
    with mock.patch.object(served, "alike", lambda found: [(item,) for item in found.virtual_services]):
        return answers(found)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_the_answers_are_those_of_each_by_itself(seed: int) -> None:
    found = world(Random(seed))
    assert answers(found) == one_by_one(found)


def test_hosts_of_one_domain_are_judged_once() -> None:
    many = [
        virtual_service(f"web/shop-{number:03}", [f"s{number}.example.com"], [OLD, NEW])
        for number in range(200)
    ]
    odd = virtual_service("web/shop-200", ["s7.example.com"], [OLD])
    found = facts([gateway(OLD, *web()), gateway(NEW, *web())], [*many, odd], [pods()])
    kinds = sorted(len(items) for items in alike(found))
    assert kinds == [1, 1, 199], "two of them share a host"
    assert answers(found) == one_by_one(found)


def test_a_host_that_a_gateway_names_is_like_no_other() -> None:
    exact = gateway(OLD, server(HTTPS_SERVER, "s1.example.com"))
    found = facts([exact], [virtual_service(f"web/s{at}", [f"s{at}.example.com"]) for at in (1, 2, 3)])
    assert [one.answers for one in answers(found)] == [True, False, False]
    passing: dict[str, Any] = {"tls": [{"match": [{"sniHosts": ["s2.example.com"]}]}]}
    taker = virtual_service("web/tls", ["*.example.com"], **passing)
    tls = gateway(NEW, server(TLS_SERVER, "*.example.com"))
    several = [virtual_service(f"web/s{at}", [f"s{at}.example.com"], [OLD, NEW]) for at in (1, 2, 3)]
    found = facts([gateway(OLD, server(HTTPS_SERVER, "*.com", number=8443)), tls], [*several, taker])
    assert answers(found) == one_by_one(found)
    assert len({one.reason for one in answers(found) if one.host == "s2.example.com"}) > 1
