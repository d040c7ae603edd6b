"""Several VirtualServices with the same host, conditions with Gateways of their own, and delegates."""

from dataclasses import replace
from typing import Any

import pytest

from istiokit.istio.model import VirtualService
from istiokit.istio.routing.served import Verdict, answers, sides
from tests.unit.routing_world import (
    HOST,
    HTTP_SERVER,
    LABELS,
    NEW,
    NEW_PODS,
    OLD,
    OLD_PODS,
    WILD,
    facts,
    gateway,
    outcome,
    pods,
    server,
    virtual_service,
)

PLAIN = gateway(OLD, server(HTTP_SERVER, WILD))
ANY: list[dict[str, Any]] = [{}]


def prefix(path: str, **more: Any) -> dict[str, Any]:
    return {"match": [{"uri": {"prefix": path}, **more}]}


def younger(older_routes: list[dict[str, Any]], routes: list[dict[str, Any]], **ages: str | None) -> str:
    """What the younger of two VirtualServices with the same host gets."""
    items = [
        virtual_service("web/a", http=older_routes, made=ages.get("older", "2024")),
        virtual_service("web/b", http=routes, made=ages.get("younger", "2025")),
    ]
    return outcome(facts([PLAIN], items), "web/b")["HTTP 8080"]


@pytest.mark.parametrize(
    ("older", "routes", "left"),
    [
        (ANY, ANY, False),
        (ANY, [prefix("/")], False),
        ([prefix("/")], ANY, False),
        ([{"match": [{"uri": {"regex": ".*"}}]}], ANY, False),
        (ANY, [prefix("/api")], True),  # istiod puts routes for everything last
        ([prefix("/api")], ANY, True),
        ([prefix("/api")], [prefix("/api/v1")], False),
        ([prefix("/api")], [{"match": [{"uri": {"exact": "/api/v1"}}]}], False),
        ([prefix("/api/v1")], [prefix("/api")], True),
        ([prefix("/api", headers={"x": {"exact": "1"}})], [prefix("/api")], True),
        ([prefix("/api", method={"exact": "GET"})], [prefix("/api")], True),
        ([prefix("/", headers={"x": {"exact": "1"}})], ANY, True),
        ([prefix("/a"), prefix("/b")], [prefix("/a"), prefix("/b")], False),
        ([prefix("/a")], [prefix("/a"), prefix("/b")], True),
        ([prefix("/a", gateways=["mesh"])], [prefix("/a")], True),
        ([prefix("/a"), *ANY, prefix("/b")], [prefix("/b")], True),  # nothing follows a route for everything
    ],
    ids=str,
)
def test_what_an_older_virtual_service_leaves(
    older: list[dict[str, Any]], routes: list[dict[str, Any]], left: bool
) -> None:
    assert younger(older, routes) == (f"through {OLD}" if left else "older-virtual-service web/a")


def test_the_older_one_always_answers() -> None:
    items = [virtual_service("web/b"), virtual_service("web/a", made="2025")]
    assert outcome(facts([PLAIN], items), "web/b") == {"HTTP 8080": f"through {OLD}"}


def test_of_the_same_age_the_name_decides() -> None:
    assert younger(ANY, ANY, younger="2024") == "older-virtual-service web/a"


def test_without_ages_nobody_can_tell_who_has_the_host() -> None:
    assert younger(ANY, ANY, older=None, younger=None) == "unknown-order web/a"
    assert younger(ANY, [prefix("/api")], older=None, younger=None) == f"through {OLD}"


def test_routes_of_the_older_gateway_come_first_on_a_shared_port() -> None:
    gateways = [PLAIN, gateway(NEW, server(HTTP_SERVER, WILD), made="2025")]
    items = [virtual_service("web/a", gateways=[NEW]), virtual_service("web/b", gateways=[OLD], made="2026")]
    found = facts(gateways, items)
    assert outcome(found, "web/a") == {"HTTP 8080": "older-virtual-service web/b"}
    assert outcome(found, "web/b") == {"HTTP 8080": f"through {OLD}"}


def test_what_is_taken_through_one_gateway_may_be_left_through_another() -> None:
    gateways = [PLAIN, gateway(NEW, server(HTTP_SERVER, WILD), made="2025")]
    both = [prefix("/api", gateways=[OLD]), prefix("/more", gateways=[NEW])]
    items = [
        virtual_service("web/a", gateways=[OLD], http=[prefix("/api")]),
        virtual_service("web/b", gateways=[OLD, NEW], http=both, made="2025"),
    ]
    assert outcome(facts(gateways, items), "web/b") == {"HTTP 8080": f"through {NEW}"}


# Conditions of their own.


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ([{"gateways": [OLD]}], f"through {OLD}"),
        ([{"gateways": ["./public", OLD]}], f"through {OLD}"),
        ([{"gateways": [NEW]}], "narrowed"),
        ([{"gateways": ["mesh"]}], "narrowed"),
        ([{"gateways": ["mesh"]}, {"gateways": [OLD]}], f"through {OLD}"),
        ([{"gateways": ["public.istio-system.svc.cluster.local"]}], f"through {OLD}"),
        ([{"port": 8080}], f"through {OLD}"),
        ([{"port": 80}], "narrowed"),
        ([{"sourceLabels": LABELS}], f"through {OLD}"),
        ([{"sourceLabels": {"app": "web"}}], "narrowed"),
        ([{"sourceNamespace": "istio-system"}], f"through {OLD}"),
        ([{"sourceNamespace": "web"}], "narrowed"),
        ([{"gateways": [OLD], "sourceNamespace": "web"}], f"through {OLD}"),  # then gateways alone count
    ],
    ids=str,
)
def test_conditions_narrow_what_the_list_says(match: list[dict[str, Any]], expected: str) -> None:
    item = virtual_service(gateways=[OLD, NEW], http=[{"match": match}])
    assert outcome(facts([PLAIN], [item])) == {"HTTP 8080": expected}


def test_a_virtual_service_can_look_migrated_and_still_serve_the_old_side_only() -> None:
    gateways = [gateway(OLD, selector={"istio": "old"}), gateway(NEW, selector={"istio": "new"})]
    item = virtual_service(gateways=[OLD, NEW], http=[{"match": [{"gateways": [OLD]}]}])
    found = facts(gateways, [item], [pods(OLD_PODS, {"istio": "old"}), pods(NEW_PODS, {"istio": "new"})])
    assert sides(found, {OLD: NEW}) == {("web/shop", HOST): Verdict.OLD}
    assert set(outcome(found, workload=NEW_PODS).values()) == {"narrowed"}


def test_source_labels_tell_workloads_apart() -> None:
    item = virtual_service(http=[{"match": [{"sourceLabels": {"side": "new"}}]}])
    places = [pods(OLD_PODS), pods(NEW_PODS, {**LABELS, "side": "new"})]
    found = facts([PLAIN], [item], places)
    assert outcome(found, workload=OLD_PODS) == {"HTTP 8080": "narrowed"}
    assert outcome(found, workload=NEW_PODS) == {"HTTP 8080": f"through {OLD}"}


# Delegates.


def delegate(name: str = "web/inner", **changes: Any) -> VirtualService:
    return virtual_service(name, [], [], **changes)


def root(**route: Any) -> VirtualService:
    return virtual_service(http=[{"delegate": {"name": "inner"}, **route}])


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([root(), delegate()], f"through {OLD}"),
        ([root()], "no-route"),
        ([root(delegate={"name": "inner", "namespace": "shop"}), delegate()], "no-route"),
        ([root(delegate={"name": "inner", "namespace": "shop"}), delegate("shop/inner")], f"through {OLD}"),
        (
            [
                root(delegate={"name": "inner", "namespace": "shop"}),
                delegate("shop/inner", exportTo=["."]),
            ],
            "no-route",
        ),
        ([root(match=[{"gateways": [NEW]}]), delegate()], "narrowed"),
        ([root(), delegate(http=[{"match": [{"gateways": [NEW]}]}])], "narrowed"),
        ([root(**prefix("/api")), delegate(http=[prefix("/api/v1")])], f"through {OLD}"),
        ([root(**prefix("/api")), delegate(http=[prefix("/other")])], "no-route"),
        ([root(match=[{"port": 80}]), delegate(http=[{"match": [{"port": 8080}]}])], "no-route"),
        (
            [root(match=[{"gateways": [OLD, NEW]}]), delegate(http=[{"match": [{"gateways": [OLD]}]}])],
            f"through {OLD}",
        ),
        (
            [root(match=[{"gateways": [NEW]}]), delegate(http=[{"match": [{"gateways": [OLD]}]}])],
            "no-route",
        ),
    ],
)
def test_a_delegates_routes_stand_in_the_roots_place(items: list[VirtualService], expected: str) -> None:
    assert outcome(facts([PLAIN], items)) == {"HTTP 8080": expected}


def test_a_missing_delegate_takes_only_its_own_route_away() -> None:
    item = virtual_service(http=[{"delegate": {"name": "gone"}}, {}])
    assert outcome(facts([PLAIN], [item])) == {"HTTP 8080": f"through {OLD}"}


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ({}, "delegate-unknown web/inner"),
        ({"delegate": {"name": "inner", "namespace": "shop"}}, "delegate-unknown shop/inner"),
        (prefix("/api"), "delegate-unknown web/inner"),
        ({"match": [{"gateways": [NEW]}]}, "no-route"),
        ({"match": [{"port": 8443}]}, "no-route"),
    ],
)
def test_a_delegate_that_files_lack_may_be_elsewhere(route: dict[str, Any], expected: str) -> None:
    read = replace(facts([PLAIN], [root(**route)]), all_virtual_services=False)
    assert outcome(read) == {"HTTP 8080": expected}
    others = replace(facts([PLAIN], [root(**route), delegate()]), all_virtual_services=False)
    known = outcome(others)["HTTP 8080"]
    assert known == (
        expected
        if "shop/inner" in expected
        else outcome(replace(others, all_virtual_services=True))["HTTP 8080"]
    )


def test_a_route_of_its_own_answers_whatever_the_delegate_has() -> None:
    item = virtual_service(http=[{"delegate": {"name": "gone"}}, {}])
    read = replace(facts([PLAIN], [item]), all_virtual_services=False)
    assert outcome(read) == {"HTTP 8080": f"through {OLD}"}


def test_a_delegate_itself_answers_nowhere() -> None:
    (row,) = answers(facts([PLAIN], [delegate()]))
    assert (row.host, row.workload, str(row.reason)) == ("", "", "delegate")


def test_a_virtual_service_of_the_mesh_alone_answers_at_no_gateway() -> None:
    for gateways in ([], ["mesh"]):
        (row,) = answers(facts([PLAIN], [virtual_service(gateways=gateways)]))
        assert (row.host, row.workload, str(row.reason)) == (HOST, "", "mesh-only")
