"""Keeping an old Gateway to its own pods."""

from typing import Any

import msgspec
import pytest

from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.flux.model import HelmRelease
from istiokit.istio.isolation import Isolation, isolation
from istiokit.istio.model import Gateway
from istiokit.istio.routing.facts import RouteFacts, Workload
from istiokit.ownership.model import NO_OWNERS, Owners
from istiokit.plan.isolate import LOST, plan_isolate
from tests.unit.routing_world import LABELS, NEW, OLD, gateway, virtual_service

COMPONENT = {"operator.istio.io/component": "IngressGateways"}


def workload(place: str, **labels: str) -> Workload:
    return Workload(place, place.partition("/")[0], {**LABELS, **labels})


OLD_PODS = workload("istio-system/public", **COMPONENT, **{"istio.io/rev": "default", "helm.sh/chart": "x-1"})
NEW_PODS = workload("istio-gateway/public", **{"istio.io/rev": "new"})


def found(
    *workloads: Workload,
    bound: tuple[str, ...] = (OLD, NEW),
    label: tuple[str, str] | None = None,
    old: Gateway | None = None,
) -> Isolation:
    gateways = (old or gateway(OLD, made="2023"), gateway(NEW, made="2025"))
    facts = RouteFacts("test", (virtual_service(gateways=bound),), gateways, workloads=workloads)
    made = isolation(facts, OLD, label)
    assert made
    return made


def test_the_label_of_the_operator_is_taken() -> None:
    made = found(OLD_PODS, NEW_PODS)
    assert (made.label, made.refusal, made.lost) == (
        ("operator.istio.io/component", "IngressGateways"),
        "",
        (),
    )
    assert {one.protocol for one in made.moved} == {"HTTP", "HTTPS"}
    plan = plan_isolate(made, NO_OWNERS)
    (action,) = plan.groups[0].actions
    assert action.target() == f"Gateway {OLD}"
    assert action.change() == 'spec.selector.operator.istio.io/component: absent -> "IngressGateways"'
    assert "Do it before traffic moves" in plan.notes[0]


def test_all_of_its_own_pods_must_carry_the_label_and_no_other_may() -> None:
    other = workload("istio-system/second", team="a")
    assert "no lasting label" in found(OLD_PODS, other, NEW_PODS).refusal
    assert found(workload("istio-system/public", team="a"), other, NEW_PODS).label == ("team", "a")
    assert "no lasting label" in found(OLD_PODS, workload("istio-gateway/public", **COMPONENT)).refusal


def test_a_label_that_the_next_rollout_may_change_is_not_taken() -> None:
    fleeting = {"istio.io/rev": "default", "helm.sh/chart": "x-1", "app.kubernetes.io/version": "1.23"}
    assert "no lasting label" in found(workload("istio-system/public", **fleeting), NEW_PODS).refusal


@pytest.mark.parametrize(
    ("label", "refusal"),
    [
        (("istio.io/rev", "default"), ""),
        (("team", "a"), "not all of its own pods carry team=a"),
        (("app", "public-ingressgateway"), "other pods that it selects carry app=public-ingressgateway too"),
    ],
)
def test_a_label_that_people_chose_is_proved_too(label: tuple[str, str], refusal: str) -> None:
    made = found(OLD_PODS, NEW_PODS, label=label)
    assert (made.refusal, made.label) == (refusal, None if refusal else label)
    if refusal:
        with pytest.raises(NotDone, match=f"cannot be isolated: {refusal}"):
            plan_isolate(made, NO_OWNERS)


def test_what_the_new_pods_serve_through_it_alone_is_a_finding() -> None:
    made = found(OLD_PODS, NEW_PODS, bound=(OLD,))
    assert {one.workload for one in made.lost} == {"istio-gateway/public"}
    assert {one.code for one in plan_isolate(made, NO_OWNERS).findings} == {LOST}


def test_nothing_is_to_do_where_it_selects_its_own_pods_alone() -> None:
    made = found(OLD_PODS, NEW_PODS, old=gateway(OLD, selector={**LABELS, **COMPONENT}))
    assert (made.isolated, plan_isolate(made, NO_OWNERS).groups) == (True, ())


def test_without_pods_of_its_own_there_is_nothing_to_keep_it_for() -> None:
    assert "selects no pod in namespace istio-system" in found(NEW_PODS).refusal
    assert isolation(RouteFacts("test"), OLD) is None


@pytest.mark.parametrize(
    ("ignored", "refused"), [((), True), (("/spec/selector",), False), (("/spec/servers",), True)]
)
def test_an_owner_that_would_put_it_back_is_named_with_the_edit(
    ignored: tuple[str, ...], refused: bool
) -> None:
    labels = {"helm.toolkit.fluxcd.io/name": "istio", "helm.toolkit.fluxcd.io/namespace": "bigbang"}
    plain = gateway(OLD, made="2023")
    old = msgspec.structs.replace(plain, metadata=msgspec.structs.replace(plain.metadata, labels=labels))
    drift: dict[str, Any] = {"mode": "enabled", "ignore": [{"paths": ignored}]}
    release = msgspec.convert(
        {"metadata": {"name": "istio", "namespace": "bigbang"}, "spec": {"driftDetection": drift}},
        HelmRelease,
    )
    owners = Owners({Ref("HelmRelease", "istio", "bigbang"): release})
    made = found(OLD_PODS, NEW_PODS, old=old)
    if not refused:
        assert plan_isolate(made, owners).groups
        return
    with pytest.raises(NotDone, match="corrects drift") as caught:
        plan_isolate(made, owners)
    assert "spec.selector: add operator.istio.io/component: IngressGateways" in caught.value.hint
