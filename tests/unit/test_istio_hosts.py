"""Hosts: what is served through which Gateway, and what stops."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.istio.hosts import (
    ServedHost,
    covers,
    intersection,
    served_hosts,
    server_hosts,
    stops_serving,
    visible_in,
)
from istiokit.istio.model import Gateway, VirtualService

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"


def gateway(name: str, *hosts: str) -> Gateway:
    namespace, _, short = name.partition("/")
    spec = {"servers": [{"hosts": [host]} for host in hosts]}
    return msgspec.convert({"metadata": {"name": short, "namespace": namespace}, "spec": spec}, Gateway)


def virtual_service(hosts: list[str], gateways: list[str], **spec: Any) -> VirtualService:
    fields = {"hosts": hosts, "gateways": gateways, **spec}
    return msgspec.convert({"metadata": {"name": "shop", "namespace": "web"}, "spec": fields}, VirtualService)


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("a.example.com", "a.example.com", True),
        ("a.example.com", "A.Example.com", True),
        ("a.example.com", "b.example.com", False),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "*.b.example.com", True),
        ("*.b.example.com", "*.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
        ("*", "anything.org", True),
        ("a.example.com", "*", False),
    ],
)
def test_covering(pattern: str, host: str, expected: bool) -> None:
    assert covers(pattern, host) is expected


LABELS = st.lists(st.sampled_from(["a", "b", "example", "com"]), min_size=1, max_size=4)
HOSTS = st.builds(
    lambda labels, wild: ("*." if wild else "") + ".".join(labels), LABELS, st.booleans()
) | st.just("*")


@given(HOSTS, HOSTS)
def test_the_intersection_is_within_both_and_does_not_depend_on_the_order(one: str, other: str) -> None:
    common = intersection(one, other)
    assert common == intersection(other, one)
    if common is not None:
        assert covers(one, common) and covers(other, common)


@given(HOSTS, HOSTS, LABELS)
def test_a_host_that_both_cover_is_in_the_intersection(one: str, other: str, labels: list[str]) -> None:
    host = ".".join(labels)
    common = intersection(one, other)
    assert (covers(one, host) and covers(other, host)) == (common is not None and covers(common, host))


@given(HOSTS, HOSTS, HOSTS)
def test_covering_is_reflexive_and_transitive(one: str, two: str, three: str) -> None:
    assert covers(one, one)
    if covers(one, two) and covers(two, three):
        assert covers(one, three)


@pytest.mark.parametrize(
    ("entry", "namespace", "offered"),
    [
        ("*.example.com", "web", ("*.example.com",)),
        ("*/*.example.com", "web", ("*.example.com",)),
        ("web/*.example.com", "web", ("*.example.com",)),
        ("web/*.example.com", "shop", ()),
        ("./*.example.com", "istio-system", ("*.example.com",)),
        ("./*.example.com", "web", ()),
    ],
)
def test_servers_may_limit_their_hosts_to_namespaces(
    entry: str, namespace: str, offered: tuple[str, ...]
) -> None:
    assert server_hosts(gateway(OLD, entry), namespace) == offered


@pytest.mark.parametrize(
    ("exported", "visible"),
    [
        (None, True),
        ([], True),
        (["*"], True),
        (["."], False),
        (["~"], False),
        (["istio-system"], True),
        (["web", "other"], False),
    ],
)
def test_export_to_hides_a_virtual_service_from_the_gateway(
    exported: list[str] | None, visible: bool
) -> None:
    item = virtual_service(["shop.example.com"], [OLD], exportTo=exported)
    assert visible_in(item, "istio-system") is visible
    assert bool(served_hosts([item], [gateway(OLD, "*")])) is visible


def test_served_hosts_are_the_narrower_of_what_is_offered_and_wanted() -> None:
    items = [virtual_service(["shop.example.com", "elsewhere.org"], [OLD]), virtual_service(["*"], [OLD])]
    assert served_hosts(items, [gateway(OLD, "*.example.com", "web/*.example.com")]) == (
        ServedHost("*.example.com", OLD, "web/shop"),
        ServedHost("shop.example.com", OLD, "web/shop"),
    )


def test_names_inside_the_cluster_are_not_external() -> None:
    item = virtual_service(["reviews", "reviews.web.svc.cluster.local"], [OLD, "mesh"])
    assert served_hosts([item], [gateway(OLD, "*")]) == ()


def test_a_part_that_is_narrowed_to_one_gateway_is_served_there_alone() -> None:
    item = virtual_service(["shop.example.com"], [OLD, NEW], http=[{"match": [{"gateways": [NEW]}]}])
    served = served_hosts([item], [gateway(OLD, "*"), gateway(NEW, "*")])
    assert [entry.gateway for entry in served] == [NEW]


def test_serving_stops_where_no_other_gateway_has_the_host() -> None:
    items = [
        virtual_service(["old.example.com"], [OLD]),
        virtual_service(["both.example.com"], [OLD, NEW]),
        virtual_service(["wild.apps.example.com"], [OLD]),
        virtual_service(["*.apps.example.com"], [NEW]),
    ]
    gateways = [gateway(OLD, "*.example.com"), gateway(NEW, "*.example.com")]
    assert stops_serving(items, gateways, [OLD]) == ("old.example.com",)
    assert stops_serving(items, gateways[:1], [OLD]) == (
        "both.example.com",
        "old.example.com",
        "wild.apps.example.com",
    )
    assert stops_serving(items, gateways, []) == ()
