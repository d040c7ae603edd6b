"""The plan that carries istioCore on, and the actions that only it has."""

from dataclasses import replace
from typing import Any

import pytest

from istiokit.bigbang import core
from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.checks.upcoming import next_target
from istiokit.bigbang.facts import Facts, Umbrella
from istiokit.bigbang.status import status
from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.plan.actions.bigbang import AwaitUpgrade
from istiokit.plan.actions.crds import ProveCrds
from istiokit.plan.actions.releases import SuspendRelease
from istiokit.plan.bigbang import MIGRATION
from istiokit.plan.core import NAME, plan_core
from istiokit.plan.journal import begin
from istiokit.plan.model import Group, Plan, State, World
from istiokit.plan.resume import resumed
from tests.fakes import FakeCluster
from tests.unit.facts_builder import facts, layer
from tests.unit.flux_samples import NS, condition, manifest, ready
from tests.unit.test_checks_core import on_core

UMBRELLA = Ref("HelmRelease", "bigbang", "bigbang")
CORE = Ref("HelmRelease", "istio-core", NS)
CRD = Ref("CustomResourceDefinition", "gateways.networking.istio.io")


def planned(found: Facts) -> list[str]:
    assert found.umbrella is not None
    plan = plan_core(found, found.umbrella)
    return [type(action).__name__ for group in plan.groups for action in group.actions]


def at(version: str, *names: str, values: str = "domain: a") -> Facts:
    found = facts(values, version=version)
    return replace(found, releases=tuple(ready(name) for name in ("bigbang", *names)))


SPLIT = "istioCRDs: {enabled: true}\nistiod: {enabled: true}"
REST = ["AwaitNamespaces", "ReconcileReleases", "ReconcileReleases", "WaitForReleases", "ProveCrds"]


def test_istio_core_is_suspended_before_anybody_upgrades() -> None:
    assert planned(on_core()) == ["SuspendRelease", "AwaitUpgrade", *REST]
    assert planned(core.guarded(on_core())) == ["AwaitUpgrade", *REST]


def test_after_the_upgrade_it_only_waits_and_proves() -> None:
    assert planned(at("2.54.0", "istio-core", values=SPLIT)) == ["SuspendRelease", *REST]
    assert planned(at("2.54.0", "istio-crds", values=SPLIT)) == REST
    assert planned(at("2.54.0", "istio-crds", "istiod", values=SPLIT)) == []


def test_a_mesh_that_never_had_it_is_left_alone() -> None:
    """It would wait for releases that nobody has asked for."""
    with pytest.raises(NotDone, match="nothing to carry on"):
        planned(at("2.54.0", "istio", "istio-operator"))


def test_without_a_look_at_the_crds_nothing_could_be_proved() -> None:
    with pytest.raises(NotDone, match="could not be proved"):
        planned(on_core(crds=()))


def test_without_istio_core_there_is_nothing_to_carry() -> None:
    found = at("2.50.0", "istio")
    with pytest.raises(NotDone, match="nothing to carry on"):
        plan_core(found, Umbrella(UMBRELLA, "2.50.0", ready("bigbang")))


@pytest.mark.parametrize(
    ("version", "split"), [("2.50.9", False), ("2.51.0", True), ("3.0.0", True), ("", False), ("main", False)]
)
def test_from_2_51_on_it_is_split(version: str, split: bool) -> None:
    assert core.is_split(version) is split


def test_other_switches_stay_as_they_are() -> None:
    assert core.carried({"istio": {"enabled": False}, "istioGateway": {"enabled": True}}) == {
        "istioOperator.enabled": True,
        "istio.enabled": False,
        "istioGateway.enabled": True,
        "istioCore.enabled": False,
        "istioCRDs.enabled": True,
        "istiod.enabled": True,
    }


def test_the_values_to_change_are_named_where_they_stand() -> None:
    common = layer("istioCore: {flux: {timeout: 5m}, values: {istiod: {}}, git: {tag: a}}")
    gateways = (
        "istioGateway: {values: {gateways: {public: {labels: {istio: ingressgateway}, tls: {key: A}}}}}"
    )
    environment = layer(f"istioCore: {{enabled: true}}\n{gateways}", "environment")
    one, other = common.origin, environment.origin
    path = "istioGateway.values.gateways.public"
    assert core.edit_to_make((common, environment)) == [
        f"{one}: take out istioCore",
        "  istioCore.flux goes to istioCRDs.flux and istiod.flux",
        "  istioCore.values goes to istiod.values (what Istio's own chart takes: istiod.values.upstream)"
        " and istioCRDs.values",
        f"{other}: take out istioCore",
        f"{other}: move {path}.labels to {path}.upstream.labels",
        f"{other}: for 2.54 and later move {path}.tls to {path}.gatewayCerts, a list: name: public-cert,"
        " tls: as it was",
        f"{other}: add istioCRDs.enabled: true and istiod.enabled: true",
    ]


def test_what_stays_behind_is_named_with_its_command() -> None:
    lines = core.left_behind("bigbang")
    assert "kubectl -n bigbang delete secret -l owner=helm,name=istio-system-istio-core" in lines[1]
    assert "kubectl -n bigbang delete helmchart.source.toolkit.fluxcd.io bigbang-istio-core" in lines[3]


def world(*manifests: dict[str, Any]) -> tuple[World, FakeCluster, list[str]]:
    cluster, said = FakeCluster(list(manifests)), list[str]()
    return World(cluster, said.append, timeout=0.0), cluster, said


@pytest.mark.parametrize("spec", [{}, {"suspend": False}])
def test_suspending_and_its_undo(spec: dict[str, bool]) -> None:
    found = manifest("istio-core")
    here, cluster, _ = world({**found, "spec": {"interval": "5m", **spec}})
    action = SuspendRelease(why="it goes", ref=CORE)
    assert action.state(here) is State.TODO
    action.do(here)
    assert action.state(here) is State.DONE
    changed = cluster.get(CORE, dict[str, Any])
    assert changed is not None and changed["spec"]["suspend"] is True
    action.undo(here)
    after = cluster.get(CORE, dict[str, Any])
    assert after is not None and not after["spec"].get("suspend")
    assert action.state(here) is State.TODO


def test_a_release_that_has_gone_needs_neither_suspending_nor_its_undo() -> None:
    here, _, _ = world()
    action = SuspendRelease(why="it goes", ref=CORE)
    assert action.state(here) is State.DONE
    action.do(here)
    action.undo(here)


def umbrella(version: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    found = manifest("bigbang", *conditions)
    history = [{"chartName": "bigbang", "chartVersion": version, "status": "deployed", "version": 1}]
    return {**found, "status": {**found.get("status", {}), "history": history}}


def test_the_upgrade_is_waited_for_and_its_failure_is_told() -> None:
    failed = condition("Ready", "False", "UpgradeFailed", "additional properties 'istioCore' not allowed")
    here, _, said = world(umbrella("2.50.0", failed))
    action = AwaitUpgrade(why="now", umbrella=UMBRELLA, guard=CORE)
    with pytest.raises(NotDone, match=r"has not arrived.* runs 2\.50\.0 \(UpgradeFailed: additional"):
        action.do(here)
    assert len(said) == 1 and "waiting for Big Bang 2.51 or later" in said[0]


def test_an_upgrade_that_has_arrived_is_not_waited_for() -> None:
    here, _, said = world(umbrella("2.54.0"))
    action = AwaitUpgrade(why="now", umbrella=UMBRELLA, guard=CORE)
    assert action.state(here) is State.DONE
    action.do(here)
    assert said == []


def crd(uid: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": CRD.kind,
        "metadata": {"name": CRD.name, "uid": uid},
    }


def test_a_crd_that_was_made_again_is_a_crd_that_was_lost() -> None:
    action = ProveCrds(why="it counts", crds={CRD.name: "one"})
    action.do(world(crd("one"))[0])
    for lost in (world(crd("two"))[0], world()[0]):
        with pytest.raises(NotDone, match=CRD.name):
            action.do(lost)


def test_what_others_resume_during_the_wait_is_suspended_again() -> None:
    here, cluster, said = world(umbrella("2.50.0"), manifest("istio-core"))
    with pytest.raises(NotDone, match="has not arrived"):
        AwaitUpgrade(why="now", umbrella=UMBRELLA, guard=CORE).do(here)
    assert cluster.raw(CORE)["spec"]["suspend"] is True
    assert "was resumed: suspended again" in said[0]


def test_a_resume_after_a_loss_compares_with_what_was_before_it() -> None:
    """The plan of the resume sees other CRDs, and would find them as they are."""
    began = ProveCrds(why="it counts", crds={CRD.name: "one"})
    anew = ProveCrds(why="again", crds={CRD.name: "two"})
    first = Plan(MIGRATION, NAME, (Group((began,)),))
    run = begin(first, who="me", command=(), allowed=())
    other = SuspendRelease(why="more", ref=CORE)
    for groups in ((Group((anew,)),), (Group((other,)), Group((anew,)))):
        resumed_run = resumed(run, Plan(MIGRATION, NAME, groups), lambda action: State.TODO)
        proofs = [action for action in resumed_run.actions() if isinstance(action, ProveCrds)]
        assert all(proof.crds == {CRD.name: "one"} for proof in proofs)


def test_values_that_are_ahead_of_the_version_do_not_hide_the_way() -> None:
    ahead = replace(core.guarded(on_core()), layers=facts(SPLIT).layers)
    found = status(ahead)
    assert (found.place, found.next) == ("mixed", "carry-core")
    assert "no package istioCRDs" in found.why
    assert next_target(ahead) is Target.CORE
    told = [row.remedy for row in found.not_ready if row.name == "istio-core"]
    assert told == [core.LEAVE]
