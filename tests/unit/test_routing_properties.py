"""What holds for any Gateways, VirtualServices and pods."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from istiokit.istio.bindings import resolve
from istiokit.istio.model import Gateway, VirtualService, full_name
from istiokit.istio.routing.dropping import can_drop
from istiokit.istio.routing.facts import RouteFacts, Workload
from istiokit.istio.routing.reasons import Reason
from istiokit.istio.routing.served import Answer, Verdict, answers, sides
from tests.unit.routing_world import (
    HTTP_SERVER,
    HTTPS_SERVER,
    REDIRECT_SERVER,
    TCP_SERVER,
    TLS_SERVER,
    facts,
    gateway,
    pods,
    server,
    virtual_service,
)

NAMESPACES = ("istio-system", "istio-gateway", "web")
GATEWAYS = tuple(f"{place}/{name}" for place in NAMESPACES[:2] for name in ("public", "other"))
HOSTS = ("a.x.com", "b.x.com", "a.y.com", "*.x.com", "*.com", "*")
BASES: tuple[dict[str, Any], ...] = (HTTP_SERVER, HTTPS_SERVER, REDIRECT_SERVER, TCP_SERVER, TLS_SERVER)
YEARS = ("2023", "2024", "2025", "2026")
TABLES = st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2, unique=True)
SELECTORS = st.sampled_from([{"app": "a"}, {"app": "b"}, {"side": "old"}, {"app": "a", "side": "old"}, {}])


@st.composite
def servers(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 2))):
        base = draw(st.sampled_from(BASES))
        place = draw(st.sampled_from(["", "", "", "./", "*/", "web/"]))
        hosts = [place + host for host in draw(TABLES)]
        port = draw(st.sampled_from([base["port"]["number"], 8443]))
        found.append(server(base, *hosts, number=port, name=f"port-{number}"))
    return found


@st.composite
def gateways(draw: st.DrawFn, ages: st.SearchStrategy[str | None]) -> list[Gateway]:
    names = draw(st.lists(st.sampled_from(GATEWAYS), min_size=1, max_size=3, unique=True))
    return [gateway(name, *draw(servers()), selector=draw(SELECTORS), made=draw(ages)) for name in names]


@st.composite
def routes(draw: st.DrawFn) -> dict[str, Any]:
    condition = st.fixed_dictionaries(
        {},
        optional={
            "gateways": st.lists(st.sampled_from([*GATEWAYS, "mesh"]), min_size=1, max_size=2),
            "port": st.sampled_from([8080, 8443]),
            "uri": st.sampled_from([{"prefix": "/"}, {"prefix": "/api"}, {"exact": "/api/v1"}]),
            "sourceNamespace": st.sampled_from(NAMESPACES),
        },
    )
    tls = st.fixed_dictionaries(
        {"sniHosts": st.lists(st.sampled_from(HOSTS[:5]), min_size=1, max_size=2, unique=True)}
    )
    everything: st.SearchStrategy[dict[str, Any]] = st.just({})
    route = st.builds(lambda one: {"match": [one]}, condition) | everything
    found: dict[str, Any] = {"http": draw(st.lists(route, max_size=2))}
    if draw(st.booleans()):
        found["tls"] = [{"match": [draw(tls)]}]
    if draw(st.booleans()):
        found["tcp"] = [{}]
    return found


@st.composite
def virtual_services(draw: st.DrawFn, ages: st.SearchStrategy[str | None]) -> list[VirtualService]:
    exports = st.sampled_from([None, None, None, ["*"], ["."], ["istio-system"]])
    return [
        virtual_service(
            f"{draw(st.sampled_from(NAMESPACES))}/vs-{number}",
            draw(TABLES),
            draw(st.lists(st.sampled_from(GATEWAYS), max_size=2, unique=True)),
            draw(ages),
            exportTo=draw(exports),
            **draw(routes()),
        )
        for number in range(draw(st.integers(1, 3)))
    ]


WORKLOADS = st.lists(
    st.builds(
        lambda place, app, side: pods(f"{place}/{app}-{side}", {"app": app, "side": side}),
        st.sampled_from(NAMESPACES[:2]),
        st.sampled_from("ab"),
        st.sampled_from(["old", "new"]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.name,
)
AGED = st.builds(facts, gateways(st.sampled_from(YEARS)), virtual_services(st.sampled_from(YEARS)), WORKLOADS)
ANY_AGE = st.none() | st.sampled_from(YEARS)
MIXED = st.builds(facts, gateways(ANY_AGE), virtual_services(ANY_AGE), WORKLOADS)


LIMITS = settings(max_examples=50, deadline=None)


def key(one: Answer) -> tuple[str, str, str, int, str]:
    return one.virtual_service, one.host, one.workload, one.port, one.protocol


@LIMITS
@given(MIXED)
def test_answers_are_sorted_unique_and_complete(found: RouteFacts) -> None:
    rows = answers(found)
    keys = [key(one) for one in rows]
    assert keys == sorted(set(keys))
    assert {one.virtual_service for one in rows} == {full_name(item) for item in found.virtual_services}
    assert all(one.sentence and "{" not in one.sentence for one in rows)


@LIMITS
@given(MIXED)
def test_nothing_answers_without_a_reference_to_a_gateway_that_selects_the_pods(found: RouteFacts) -> None:
    items = {full_name(item): item for item in found.virtual_services}
    there = {full_name(one): one for one in found.gateways or ()}
    labels = {one.name: one.labels for one in found.workloads or ()}
    for row in answers(found):
        if row.answers:
            selector = there[row.gateway].spec.selector or {}
            assert selector.items() <= labels[row.workload].items()
        if row.reason is Reason.ANSWERS:
            item = items[row.virtual_service]
            named = [resolve(name, item.metadata.namespace or "") for name in item.spec.gateways or ()]
            assert row.gateway in named


@LIMITS
@given(MIXED, servers())
def test_a_gateway_on_other_pods_changes_nothing(found: RouteFacts, more: list[dict[str, Any]]) -> None:
    other = gateway("elsewhere/gateway", *more, selector={"app": "elsewhere"})
    assert answers(replace(found, gateways=(*(found.gateways or ()), other))) == answers(found)


@LIMITS
@given(MIXED)
def test_other_pods_change_nothing(found: RouteFacts) -> None:
    more = Workload("elsewhere/pods", "elsewhere", {"nothing": "selects this"})
    known = [one for one in answers(found) if one.workload]
    with_more = answers(replace(found, workloads=(*(found.workloads or ()), more)))
    assert [one for one in with_more if one.workload not in ("", "elsewhere/pods")] == known


@LIMITS
@given(MIXED, st.randoms())
def test_the_order_of_reading_does_not_matter(found: RouteFacts, random: Any) -> None:
    def shuffled(items: tuple[Any, ...] | None) -> tuple[Any, ...]:
        return tuple(random.sample(items or (), len(items or ())))

    other = replace(
        found,
        gateways=shuffled(found.gateways),
        virtual_services=shuffled(found.virtual_services),
        workloads=shuffled(found.workloads),
    )
    assert answers(other) == answers(found)


@LIMITS
@given(AGED, st.data())
def test_workloads_are_judged_each_by_itself(found: RouteFacts, data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(found.workloads or ()))
    alone = answers(replace(found, workloads=(one,)))
    together = answers(found)
    assert [row for row in alone if row.workload] == [row for row in together if row.workload == one.name]


def aged(item: Any, year: str) -> Any:
    metadata = msgspec.structs.replace(item.metadata, creation_timestamp=f"{year}-01-01T00:00:00Z")
    return msgspec.structs.replace(item, metadata=metadata)


@LIMITS
@given(
    st.builds(facts, gateways(st.none()), virtual_services(st.none()), st.lists(st.just(pods(labels={
        "app": "a", "side": "old"
    })), min_size=1, max_size=1))
)  # fmt: skip
def test_what_is_certain_without_ages_holds_for_all_of_them(found: RouteFacts) -> None:
    certain = {key(one): one.answers for one in answers(found) if one.known}
    given_gateways = found.gateways or ()
    for years in permutations(YEARS, len(given_gateways)):
        for item_years in permutations(YEARS, len(found.virtual_services)):
            dated = replace(
                found,
                gateways=tuple(map(aged, given_gateways, years)),
                virtual_services=tuple(map(aged, found.virtual_services, item_years)),
            )
            for one in answers(dated):
                if one.known and key(one) in certain:
                    assert certain[key(one)] == one.answers, one


@LIMITS
@given(MIXED)
def test_verdicts_are_of_every_host_and_agree_with_given_answers(found: RouteFacts) -> None:
    mapping = {"istio-system/public": "istio-gateway/public"}
    verdicts = sides(found, mapping)
    assert verdicts == sides(found, mapping, answers(found))
    assert set(verdicts) == {(one.virtual_service, one.host) for one in answers(found)}
    for (name, host), verdict in verdicts.items():
        if verdict in (Verdict.OLD, Verdict.NEW, Verdict.BOTH):
            rows = [one for one in answers(found) if (one.virtual_service, one.host) == (name, host)]
            assert any(one.answers or not one.known for one in rows)


@LIMITS
@given(AGED)
def test_a_gateway_that_nobody_refers_to_and_that_wins_nothing_can_go(found: RouteFacts) -> None:
    idle = gateway("idle/gateway", server(HTTPS_SERVER, "idle.org", number=9443), selector={"app": "a"})
    drop = can_drop(replace(found, gateways=(*(found.gateways or ()), idle)), "idle/gateway")
    unsure = [one for one in answers(found) if not one.known]
    assert drop.alone == () and {key(one) for one in drop.references_first.lost} <= {
        key(one) for one in unsure
    }
