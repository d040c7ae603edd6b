"""The 404 trap of the blue-green window: old and new Gateway select both deployments, the older one wins TLS."""

from dataclasses import replace

import pytest

from istiokit.istio.routing.dropping import Order, can_drop, without
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.routing.reasons import Reason
from istiokit.istio.routing.served import Verdict, answers, lookup, sides
from tests.unit.routing_world import (
    HOST,
    LABELS,
    NEW,
    NEW_PODS,
    OLD,
    OLD_PODS,
    facts,
    gateway,
    outcome,
    pods,
    virtual_service,
)

MAPPING = {OLD: NEW}
BOTH_PODS = (pods(OLD_PODS), pods(NEW_PODS))


def trap(
    *bound_to: str, old: bool = True, old_made: str | None = "2024", new_made: str | None = "2025"
) -> RouteFacts:
    gateways = [gateway(NEW, made=new_made)]
    if old:
        gateways.append(gateway(OLD, made=old_made))
    return facts(gateways, [virtual_service(gateways=bound_to)], BOTH_PODS)


# The table of measurements, each on a real istiod and Envoy.
@pytest.mark.parametrize(
    ("bound_to", "old_there", "http", "https"),
    [
        ([OLD], True, True, True),
        ([OLD, NEW], True, True, True),
        ([NEW], True, True, False),
        ([NEW], False, True, True),
        ([OLD], False, False, False),
    ],
)
@pytest.mark.parametrize("workload", [OLD_PODS, NEW_PODS])
def test_what_was_measured(
    bound_to: list[str], old_there: bool, http: bool, https: bool, workload: str
) -> None:
    rows = [one for one in answers(trap(*bound_to, old=old_there)) if one.workload in (workload, "")]
    assert {one.protocol for one in rows if one.answers} == {
        protocol for protocol, answered in (("HTTP", http), ("HTTPS", https)) if answered
    }


def test_the_trap_names_the_older_gateway() -> None:
    assert outcome(trap(NEW), workload=NEW_PODS) == {
        "HTTP 8080": f"through {NEW}",
        "HTTPS 8443": f"older-gateway {OLD}",
    }


def test_of_two_bound_gateways_the_older_one_serves() -> None:
    assert set(outcome(trap(OLD, NEW), workload=NEW_PODS).values()) == {f"through {OLD}"}
    younger = trap(OLD, NEW, old_made="2026")
    assert set(outcome(younger, workload=NEW_PODS).values()) == {f"through {NEW}"}


def test_gateways_of_the_same_second_go_by_their_names() -> None:
    # "public" comes before "public-ingressgateway", whatever their namespaces
    assert outcome(trap(NEW, new_made="2024"), workload=NEW_PODS)["HTTPS 8443"] == f"older-gateway {OLD}"


def test_a_gateway_that_is_gone_answers_nowhere_and_says_so() -> None:
    (row,) = answers(trap(OLD, old=False))
    assert (row.workload, row.reason, row.gateway) == ("", Reason.GATEWAY_MISSING, OLD)
    assert row.sentence == f"{OLD} does not exist"


@pytest.mark.parametrize(
    ("bound_to", "old_there", "expected"),
    [
        ([OLD], True, Verdict.BOTH),
        ([OLD, NEW], True, Verdict.BOTH),
        ([NEW], True, Verdict.NEITHER),
        ([NEW], False, Verdict.BOTH),
        ([OLD], False, Verdict.NEITHER),
    ],
)
def test_verdicts_are_about_what_is_served_not_what_is_referred_to(
    bound_to: list[str], old_there: bool, expected: Verdict
) -> None:
    assert sides(trap(*bound_to, old=old_there), MAPPING) == {("web/shop", HOST): expected}


@pytest.mark.parametrize(
    ("bound_to", "expected"), [([OLD], Verdict.OLD), ([NEW], Verdict.NEW), ([OLD, NEW], Verdict.BOTH)]
)
def test_with_selectors_of_their_own_references_and_service_agree(
    bound_to: list[str], expected: Verdict
) -> None:
    apart = facts(
        [gateway(OLD, selector={"istio": "old"}), gateway(NEW, selector={"istio": "new"}, made="2025")],
        [virtual_service(gateways=bound_to)],
        [pods(OLD_PODS, {**LABELS, "istio": "old"}), pods(NEW_PODS, {**LABELS, "istio": "new"})],
    )
    assert sides(apart, MAPPING) == {("web/shop", HOST): expected}


def test_lookup_also_names_the_pods_that_no_gateway_of_the_list_selects() -> None:
    apart = facts(
        [gateway(OLD, selector={"istio": "old"})],
        [virtual_service()],
        [pods(OLD_PODS, {"istio": "old"}), pods(NEW_PODS)],
    )
    assert [(one.workload, one.reason) for one in lookup(apart, "web/shop")] == [
        (NEW_PODS, Reason.NOT_SELECTED),
        (OLD_PODS, Reason.ANSWERS),
        (OLD_PODS, Reason.ANSWERS),
    ]


def test_manifests_have_no_age_so_only_what_holds_for_either_order_counts() -> None:
    unknown = trap(NEW, old_made=None, new_made=None)
    assert outcome(unknown, workload=NEW_PODS) == {
        "HTTP 8080": f"through {NEW}",
        "HTTPS 8443": f"unknown-order {OLD}",
    }
    assert sides(unknown, MAPPING) == {("web/shop", HOST): Verdict.UNKNOWN}
    both = trap(OLD, NEW, old_made=None, new_made=None)
    assert sides(both, MAPPING) == {("web/shop", HOST): Verdict.BOTH}


def test_without_pods_gateways_with_the_same_selector_share_them() -> None:
    read = replace(trap(NEW), workloads=None)
    assert {one.workload for one in answers(read)} == {
        "istio-gateway/pods with app=public-ingressgateway",
        "istio-system/pods with app=public-ingressgateway",
    }
    assert sides(read, MAPPING) == {("web/shop", HOST): Verdict.NEITHER}


def test_files_that_do_not_hold_the_new_gateway_leave_it_open() -> None:
    read = replace(facts([gateway(OLD)], [virtual_service(gateways=[OLD, NEW])]), all_gateways=False)
    assert sides(read, MAPPING) == {("web/shop", HOST): Verdict.UNKNOWN}
    nothing = facts(None, [virtual_service()], None)
    assert sides(nothing, MAPPING) == {("web/shop", HOST): Verdict.UNKNOWN}
    assert [one.reason for one in answers(nothing)] == [Reason.GATEWAYS_UNKNOWN]


# Which order of dropping the old Gateway is safe.


def test_in_the_trap_neither_order_is_free_but_deleting_first_is_just_a_gap() -> None:
    drop = can_drop(trap(OLD, NEW), OLD)
    assert (drop.alone, drop.order) == ((), Order.WITH_A_GAP)
    assert {(one.workload, one.protocol) for one in drop.references_first.lost} == {(NEW_PODS, "HTTPS")}
    assert {(one.workload, one.protocol) for one in drop.gateway_first.moved} == {(NEW_PODS, "HTTPS")}
    assert "single requests may get 404" in drop.why


def test_where_the_new_gateway_is_older_references_go_first_or_last() -> None:
    drop = can_drop(trap(OLD, NEW, old_made="2026"), OLD)
    assert (drop.order, drop.leaving) == (Order.EITHER, ())


def test_what_is_bound_to_the_old_gateway_alone_is_lost_in_any_order() -> None:
    drop = can_drop(trap(OLD), OLD)
    assert {(one.virtual_service, one.protocol) for one in drop.alone} == {
        ("web/shop", "HTTP"),
        ("web/shop", "HTTPS"),
    }
    assert drop.order is Order.NOT_YET
    assert drop.why == f"{OLD} alone serves {HOST}"


def test_with_the_old_selector_narrowed_to_the_old_pods_the_references_can_go() -> None:
    mark = {"operator.istio.io/component": "IngressGateways"}
    narrowed = facts(
        [gateway(OLD, selector={**LABELS, **mark}), gateway(NEW, made="2025")],
        [virtual_service(gateways=[OLD, NEW])],
        [pods(OLD_PODS, {**LABELS, **mark}), pods(NEW_PODS)],
    )
    drop = can_drop(narrowed, OLD)
    assert drop.references_first.safe and drop.gateway_first.safe and drop.order is Order.EITHER
    # on the pods that leave the old Gateway still wins, and the new one takes over with its end
    assert drop.leaving == ()


def test_pods_that_leave_stop_serving_and_that_is_told_apart() -> None:
    apart = facts(
        [gateway(OLD, selector={"istio": "old"}), gateway(NEW, selector={"istio": "new"}, made="2025")],
        [virtual_service(gateways=[OLD, NEW])],
        [pods(OLD_PODS, {"istio": "old"}), pods(NEW_PODS, {"istio": "new"})],
    )
    drop = can_drop(apart, OLD)
    assert drop.order is Order.EITHER
    assert {one.workload for one in drop.leaving} == {OLD_PODS}
    assert can_drop(apart, OLD, leaving=()).order is Order.NOT_YET


def test_an_unknown_age_counts_as_the_worst_one() -> None:
    drop = can_drop(trap(OLD, NEW, old_made=None, new_made=None), OLD)
    assert drop.references_first.lost and drop.gateway_first.moved
    assert drop.order is Order.WITH_A_GAP


def test_a_younger_old_gateway_without_new_references_leaves_a_reference_that_must_stay() -> None:
    narrowed = trap(OLD, NEW)
    item = virtual_service(
        gateways=[OLD, NEW], http=[{"match": [{"gateways": [OLD]}]}, {"match": [{"gateways": ["mesh"]}]}]
    )
    drop = can_drop(replace(narrowed, virtual_services=(item,)), OLD)
    assert drop.alone and drop.order is Order.NOT_YET


def test_what_nobody_can_tell_about_another_gateway_does_not_hang_on_this_one() -> None:
    """A Gateway that is not in the files is as unknown afterwards as before."""
    elsewhere = virtual_service("web/else", ["else.example.com"], ["team/own"])
    apart = facts(
        [gateway(OLD, selector={"istio": "old"}), gateway(NEW, selector={"istio": "new"}, made="2025")],
        [virtual_service(gateways=[OLD, NEW]), elsewhere],
        [pods(OLD_PODS, {"istio": "old"}), pods(NEW_PODS, {"istio": "new"})],
        all_gateways=False,
    )
    drop = can_drop(apart, OLD)
    assert drop.order is Order.EITHER
    both = virtual_service("web/else", ["else.example.com"], [OLD, "team/own"])
    hanging = can_drop(replace(apart, virtual_services=(both,)), OLD)
    assert {one.virtual_service for one in hanging.alone} == {"web/else"}


def test_a_list_that_gets_empty_does_not_get_wider() -> None:
    item = virtual_service(gateways=[OLD, NEW], http=[{"match": [{"gateways": ["istio-system/public"]}]}])
    left = without(item, OLD)
    assert left.spec.gateways == (NEW,)
    assert left.spec.http is not None and left.spec.http[0].match is not None
    assert left.spec.http[0].match[0].gateways == ("mesh",)
    assert without(item, "a/b") is item


def test_an_old_gateway_without_pods_is_judged_as_if_it_had_some() -> None:
    """Its pods may be scaled to zero, or between two rollouts: that nothing answers now is no leave to drop it."""
    gateways = [gateway(OLD, selector={"app": "old"}), gateway(NEW, selector={"app": "new"})]
    new_pods = pods(NEW_PODS, {"app": "new"})
    only_old, both = virtual_service(), virtual_service(gateways=[OLD, NEW])
    for workloads in ([], [new_pods]):
        assert can_drop(facts(gateways, [only_old], workloads), OLD).order is Order.NOT_YET
    assert can_drop(facts(gateways, [both], [new_pods]), OLD).order is Order.EITHER
