"""The action that changes bindings on a cluster, and the plan made of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from istiokit.cluster.types import Ref
from istiokit.errors import Conflict, OperationFailed
from istiokit.flux.model import HelmRelease
from istiokit.istio.mapping import mapping_of, parse_flag
from istiokit.istio.model import VirtualService
from istiokit.istio.rebinding import ListChange, Operation
from istiokit.ownership.model import NO_OWNERS, Owners
from istiokit.plan.actions import codec
from istiokit.plan.actions.bindings import EditBindings
from istiokit.plan.codec import encode_action
from istiokit.plan.model import State, World
from istiokit.plan.owned import UNSURE
from istiokit.plan.rebind import CUT_OFF, MISSING_GATEWAY, RebindPlan, Rebound, Wanted, plan_rebind
from tests.fakes import FakeCluster
from tests.unit.owner_samples import HEALING, application, flux_labels, thing
from tests.unit.owner_samples import owners as known

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
REF = Ref("VirtualService", "shop", "web")
TOP, MATCH = "/spec/gateways", "/spec/http/0/match/0/gateways"
FLUX_HELM = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "bigbang"}


def manifest(gateways: list[str] | None, match: list[str] | None = None, **metadata: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"hosts": ["shop.example.com"]}
    if gateways is not None:
        spec["gateways"] = gateways
    spec["http"] = [{"match": [{"gateways": match} if match else {"port": 80}], "route": [{"weight": 1}]}]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "shop", "namespace": "web", **metadata},
        "spec": spec,
    }


def action(*changes: tuple[str, Sequence[str] | None, Sequence[str] | None]) -> EditBindings:
    def words(one: Sequence[str] | None) -> tuple[str, ...] | None:
        return None if one is None else tuple(one)

    lists = tuple(ListChange(pointer, words(before), words(after)) for pointer, before, after in changes)
    return EditBindings(why="test", ref=REF, changes=lists)


def world(cluster: FakeCluster) -> World:
    return World(cluster, lambda line: None)


SWAP = action((TOP, [OLD], [NEW]), (MATCH, [OLD], [NEW]))
MESH = action((TOP, None, ["mesh", NEW]))


@pytest.mark.parametrize(("one", "before"), [(SWAP, manifest([OLD], [OLD])), (MESH, manifest(None))])
def test_there_and_back_and_through_the_journal(one: EditBindings, before: dict[str, Any]) -> None:
    cluster = FakeCluster([before])
    spec = cluster.raw(REF)["spec"]
    assert one.state(world(cluster)) is State.TODO
    assert one.carry_out(world(cluster)) is State.TODO
    assert one.state(world(cluster)) is State.DONE
    assert one.carry_out(world(cluster)) is State.DONE
    stored = codec().action(encode_action(one))
    assert stored == one
    stored.undo(world(cluster))
    assert cluster.raw(REF)["spec"] == spec
    stored.undo(world(cluster))
    assert len(cluster.writes) == 2


def test_one_patch_and_no_look_where_nobody_was_quicker() -> None:
    cluster = FakeCluster([manifest([OLD], [OLD])], denied={("get", "VirtualService")})
    SWAP.carry_out(world(cluster))
    assert cluster.writes == [("json_patch", REF)]


def test_what_others_do_elsewhere_in_the_object_is_no_conflict() -> None:
    cluster = FakeCluster([manifest([OLD], [OLD], labels={"a": "b"})])
    cluster.put(manifest([OLD], [OLD], labels={"a": "c"}))
    SWAP.carry_out(world(cluster))
    cluster.put({**cluster.raw(REF), "metadata": {"name": "shop", "namespace": "web", "labels": {"a": "d"}}})
    SWAP.undo(world(cluster))
    assert cluster.raw(REF)["spec"] == manifest([OLD], [OLD])["spec"]
    assert cluster.raw(REF)["metadata"]["labels"] == {"a": "d"}


@pytest.mark.parametrize(
    "theirs", [manifest([OLD, "own"], [OLD]), manifest([NEW], [OLD]), manifest([OLD]), manifest(None, [OLD])]
)
def test_lists_that_others_have_changed_are_left_alone(theirs: dict[str, Any]) -> None:
    cluster = FakeCluster([theirs])
    assert SWAP.carry_out(world(cluster)) is State.CHANGED
    with pytest.raises(Conflict, match=r"was changed by somebody else: spec\.gateways should be"):
        SWAP.do(world(cluster))
    with pytest.raises(Conflict, match=rf"spec.gateways should be {NEW}; spec.http\[0\]"):
        SWAP.undo(world(cluster))
    assert cluster.writes == []


def test_an_object_that_went_away_stops_the_change_and_not_the_way_back() -> None:
    cluster = FakeCluster()
    said: list[str] = []
    with pytest.raises(OperationFailed, match="it is not there"):
        SWAP.carry_out(world(cluster))
    SWAP.undo(World(cluster, said.append))
    assert said == ["VirtualService web/shop is gone: there is nothing to restore"]


def test_it_reads_well() -> None:
    assert SWAP.change() == f"gateways: {OLD} -> {NEW}, http[0].match[0].gateways: {OLD} -> {NEW}"
    assert MESH.change() == f"gateways: none (mesh) -> mesh,{NEW}"
    assert SWAP.diff().splitlines()[3:6] == [" spec.gateways:", f"-- {OLD}", f"+- {NEW}"]


def item(gateways: list[str], match: list[str] | None = None, **metadata: Any) -> VirtualService:
    return msgspec.convert(manifest(gateways, match, **metadata), VirtualService)


def planned(
    *items: VirtualService,
    operation: Operation = Operation.SWAP,
    gateways: set[str] | None = None,
    owners: Owners = NO_OWNERS,
    named: bool = False,
    cut_off: dict[str, str] | None = None,
    allowed: tuple[str, ...] = (),
) -> RebindPlan:
    wanted = Wanted(operation, mapping_of([parse_flag(f"{OLD}={NEW}")]), named, allowed)
    return plan_rebind(items, gateways, owners, wanted, lambda changes: cut_off or {})


def test_a_plan_is_one_group_of_eight_at_a_time() -> None:
    made = planned(item([OLD]), item([NEW]), item(["own", OLD]), gateways={OLD, NEW})
    (group,) = made.plan.groups
    assert (len(group.actions), group.concurrency) == (2, 8)
    assert (made.plan.migration, made.plan.name) == ("bindings", "swap")
    assert (made.plan.skipped, made.plan.findings, made.left) == ((), (), 0)


def test_those_who_were_named_are_told_why_nothing_happens() -> None:
    (skip,) = planned(item([NEW]), named=True).plan.skipped
    assert skip.reason == f"it names none of {OLD}"


def test_what_is_left_to_do_is_counted() -> None:
    made = planned(item([OLD]), operation=Operation.REMOVE)
    assert (len(made.plan.skipped), made.left) == (1, 1)


@pytest.mark.parametrize(("gateways", "found"), [({OLD}, True), ({OLD, NEW}, False), (None, False)])
def test_a_new_gateway_that_does_not_exist_is_a_finding(gateways: set[str] | None, found: bool) -> None:
    findings = planned(item([OLD]), gateways=gateways).plan.findings
    assert [one.code for one in findings] == ([MISSING_GATEWAY] if found else [])
    assert planned(item([OLD]), gateways=gateways, operation=Operation.REMOVE).plan.findings == ()
    assert planned(item(["own"]), gateways=gateways).plan.findings == ()


def test_what_would_stop_answering_is_a_finding() -> None:
    seen: list[Rebound] = []
    wanted = Wanted(Operation.SWAP, mapping_of([parse_flag(f"{OLD}={NEW}")]))

    def judge(changes: Sequence[Rebound]) -> dict[str, str]:
        seen.extend(changes)
        return {"web/shop": "no answer on https"}

    made = plan_rebind([item([OLD])], None, Owners(), wanted, judge)
    assert [(one.code, one.object, one.reason) for one in made.plan.findings] == [
        (CUT_OFF, "VirtualService web/shop", "no answer on https")
    ]
    assert [one.after.spec.gateways for one in seen] == [(NEW,)]


def release(**drift: Any) -> Owners:
    fields = {
        "metadata": {"name": "shop", "namespace": "bigbang"},
        "spec": {"driftDetection": drift} if drift else {},
    }
    ref = Ref("HelmRelease", "shop", "bigbang")
    return Owners({ref: msgspec.convert(fields, HelmRelease)})


IGNORE = {"mode": "enabled", "ignore": [{"paths": ["/spec/gateways"]}]}


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        (Owners(), "HelmRelease bigbang/shop was not found"),
        (release(mode="enabled"), "corrects drift. Change it in the values of HelmRelease bigbang/shop"),
        (release(mode="enabled", ignore=[{"paths": ["/metadata"]}]), "corrects drift"),
        (
            release(mode="enabled", ignore=[{"paths": ["/spec"], "target": {"kind": "Gateway"}}]),
            "corrects drift",
        ),
        (
            release(mode="enabled", ignore=[{"paths": [""], "target": {"labelSelector": "a=b"}}]),
            "corrects drift",
        ),
        (release(**IGNORE), ""),
        (release(mode="enabled", ignore=[{"paths": ["/spec"], "target": {"kind": "Virtual.*"}}]), ""),
        (release(mode="enabled", ignore=[{"paths": [""]}]), ""),
        (release(mode="warn"), ""),
        (release(), ""),
    ],
)
def test_an_owner_that_would_put_it_back_is_named_with_the_edit(owners: Owners, said: str) -> None:
    made = planned(item([OLD], labels=FLUX_HELM), owners=owners)
    assert bool(made.plan.groups) is not bool(said)
    assert made.left == bool(said)
    for skip in made.plan.skipped:
        assert said in skip.reason
        assert f": spec.gateways: [{NEW}]" in skip.reason


def test_what_to_edit_is_named_with_its_place() -> None:
    spec = {"path": "./apps", "sourceRef": {"kind": "GitRepository", "name": "fleet"}}
    apps = thing("Kustomization", "apps", "flux-system", spec=spec)
    fleet = thing("GitRepository", "fleet", "flux-system", spec={"url": "https://git.example.com/fleet"})
    labels = flux_labels("Kustomization", "apps", "flux-system")
    (skip,) = planned(item([OLD], labels=labels), owners=known(apps, fleet)).plan.skipped
    assert skip.reason == (
        "Kustomization flux-system/apps applies it again at every interval. Change it in "
        f"https://git.example.com/fleet (branch master), folder apps: spec.gateways: [{NEW}]"
    )
    values = {"gateways": [OLD, "team/own"]}
    release = thing(
        "HelmRelease", "shop", "bigbang", spec={"values": values, "driftDetection": {"mode": "enabled"}}
    )
    (skip,) = planned(item([OLD], [OLD], labels=FLUX_HELM), owners=known(release)).plan.skipped
    assert skip.reason == (
        "HelmRelease bigbang/shop corrects drift. Change it at HelmRelease bigbang/shop spec.values.gateways[0], or "
        "let its drift detection ignore /spec/gateways and /spec/http: "
        f"spec.gateways: [{NEW}]; spec.http[0].match[0].gateways: [{NEW}]"
    )


TRACKED = {"argocd.argoproj.io/tracking-id": "shop:networking.istio.io/VirtualService:web/shop"}


def argo(**spec: Any) -> Owners:
    return known(application(source={"repoURL": "https://git.example.com/a", "path": "shop"}, **spec))


def test_an_application_that_heals_itself_is_refused() -> None:
    made = planned(item([OLD], annotations=TRACKED), owners=argo(syncPolicy=HEALING))
    (skip,) = made.plan.skipped
    assert skip.reason == (
        "Application argocd/shop puts it back: its self-heal is on. Change it in https://git.example.com/a, path "
        "shop, revision HEAD, or let its ignoreDifferences name /spec/gateways, with the sync option "
        f"RespectIgnoreDifferences=true: spec.gateways: [{NEW}]"
    )
    assert (made.left, made.plan.groups) == (1, ())


def test_what_overwrites_it_later_is_a_note_for_each_owner() -> None:
    made = planned(
        item([OLD], annotations=TRACKED),
        item([OLD], annotations=TRACKED),
        item([OLD], labels=FLUX_HELM),
        item([OLD], annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}"}),
        item([OLD]),
        owners=replace(argo(), releases=release(mode="warn").releases),
    )
    assert [len(group.actions) for group in made.plan.groups] == [5]
    assert made.plan.notes == (
        "2 of them: Application argocd/shop is synced by people; its next sync overwrites it; change it as well in "
        "https://git.example.com/a, path shop, revision HEAD",
        "HelmRelease bigbang/shop does not correct drift, but a later upgrade may overwrite it; change it as well in "
        "the values of HelmRelease bigbang/shop",
        "kubectl apply wrote it; who applies that manifest again puts it back",
    )


def test_an_owner_that_nobody_can_ask_is_refused_unless_it_is_allowed() -> None:
    refused = planned(item([OLD], annotations=TRACKED), owners=known())
    (skip,) = refused.plan.skipped
    assert "Application shop is not on this cluster" in skip.reason
    assert skip.reason.endswith("; to change it here all the same: --allow VSG053")
    allowed = planned(item([OLD], annotations=TRACKED), owners=known(), allowed=(UNSURE,))
    assert (len(allowed.plan.groups), allowed.left) == (1, 0)
    assert "is not on this cluster" in allowed.plan.notes[0]
    healing = planned(item([OLD], annotations=TRACKED), owners=argo(syncPolicy=HEALING), allowed=(UNSURE,))
    assert healing.left == 1
