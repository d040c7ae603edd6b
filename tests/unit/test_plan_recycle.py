"""Plans of restarts: which way each workload goes, in which wave, what of an earlier run is left."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.errors import UsageError
from istiokit.istio.controllers import Controller
from istiokit.istio.sidecars import Workload
from istiokit.istio.staleness import Judgement, Mesh, Question, Reason, Standing, judge
from istiokit.plan.actions.evict import EvictPods
from istiokit.plan.actions.pause import Pause
from istiokit.plan.actions.relabel import RelabelNamespace
from istiokit.plan.actions.restart import RestartWorkload
from istiokit.plan.journal import EntryState, begin, entry
from istiokit.plan.model import Action, Plan
from istiokit.plan.recycle import How, Strategy, plan_recycle
from istiokit.plan.recycle_resume import outside, rest_of
from istiokit.plan.relabel import moved, parse_relabel, relabellings, with_relabelling
from istiokit.plan.waves import WaveBy, in_waves, normal, strays, waves_of_lines
from tests.unit.recycle_world import controller, mesh, pod, workload

MARK = "2026-11-25T09:30:00Z"


def planned(*found: Workload, how: How | None = None, **owner: Any) -> Plan:
    owners: dict[Any, Controller] = {one.owner: controller(**owner) for one in found}
    return plan_recycle(found, owners, how or How(MARK))


def actions(plan: Plan) -> list[Action]:
    return [action for group in plan.groups for action in group.actions]


def test_only_the_stale_pods_have_to_go() -> None:
    (action,) = actions(planned(workload(pods=3, stale=2)))
    assert isinstance(action, RestartWorkload)
    assert action.pods == {"web-0": "uid-web-0", "web-1": "uid-web-1"}
    assert (action.count, action.uid, action.mark) == (3, "uid-owner", MARK)
    assert (action.revision, action.version, action.injected) == ("1-31", "1.31.1", True)
    assert action.irreversible


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ({}, RestartWorkload),
        ({"updateStrategy": {"type": "OnDelete"}}, EvictPods),
        ({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}, EvictPods),
        ({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}, RestartWorkload),
        ({"updateStrategy": {"rollingUpdate": {"partition": "0%"}}}, RestartWorkload),
        ({"updateStrategy": {"rollingUpdate": {"partition": "50%"}}}, EvictPods),
    ],
)
def test_a_strategy_that_replaces_not_all_pods_is_helped_by_eviction(
    spec: dict[str, Any], kind: type
) -> None:
    (action,) = actions(planned(workload("StatefulSet", "db"), spec=spec))
    assert type(action) is kind


def test_what_is_left_and_why() -> None:
    unserved = Judgement(Standing.UNSERVED, detail="asks for revision gone, which no webhook serves")
    lost = workload(name="lost", judgement=unserved)
    plan = plan_recycle(
        [workload("Job", "once"), workload("Pod", "alone"), workload("Node", "static"), lost], {}, How(MARK)
    )
    assert plan.groups == ()
    assert {
        skip.object.partition(" ")[0]: skip.reason.partition(";")[0].partition(":")[0]
        for skip in plan.skipped
    } == {
        "Job": "a Job runs to its end by itself",
        "Pod": "nobody would make the pod again",
        "Node": "a static pod of its node",
        "Deployment": "asks for revision gone, which no webhook serves",
    }
    (paused,) = planned(workload(), spec={"paused": True}).skipped
    assert "is paused" in paused.reason


def test_ways_that_were_asked_for() -> None:
    (evicted,) = actions(
        planned(workload(pods=2), how=How(MARK, strategy=Strategy.EVICT), spec={"paused": True})
    )
    assert isinstance(evicted, EvictPods)
    assert (evicted.delete, evicted.replaced) == (False, True)
    (deleted,) = actions(planned(workload(), how=How(MARK, strategy=Strategy.DELETE)))
    assert isinstance(deleted, EvictPods)
    assert deleted.delete
    (bare,) = actions(plan_recycle([workload("Pod", "alone", 1)], {}, How(MARK, bare_pods="delete")))
    assert isinstance(bare, EvictPods)
    assert (bare.delete, bare.replaced) == (True, False)
    (orphan,) = actions(plan_recycle([workload()], {}, How(MARK)))
    assert isinstance(orphan, EvictPods), "its Deployment is not there"


def test_an_outage_is_told_before_it_happens() -> None:
    recreate = actions(planned(workload(), spec={"strategy": {"type": "Recreate"}}))
    assert recreate[0].why == "revision 1-30 -> 1-31; nothing of it answers meanwhile"
    no_surge = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}}}
    assert actions(planned(workload(pods=1), spec=no_surge))[0].why.endswith(
        "nothing of it answers meanwhile"
    )
    assert actions(planned(workload(pods=2), spec=no_surge))[0].why == "revision 1-30 -> 1-31"


def test_pods_that_shall_have_none() -> None:
    unwanted = Judgement(Standing.STALE, Reason.UNWANTED, "has a sidecar")
    (action,) = actions(planned(workload(judgement=unwanted)))
    assert isinstance(action, RestartWorkload)
    assert (action.injected, action.revision, action.version) == (False, "", "")


NAMES = st.sampled_from(["auth", "cart", "shop", "wave-2", "wave-10"])


@given(
    st.lists(st.tuples(NAMES, st.sampled_from("abc")), unique=True), st.lists(NAMES, unique=True, max_size=3)
)
def test_every_workload_is_in_one_wave_and_what_is_asked_for_goes_first(
    made: list[tuple[str, str]], first: list[str]
) -> None:
    found = [workload(namespace=namespace, name=name) for namespace, name in made]
    waves = in_waves(found, WaveBy("namespace"), first)
    assert sorted(one.owner for wave in waves for one in wave) == sorted(one.owner for one in found)
    order = [wave[0].owner.namespace for wave in waves]
    assert len(order) == len(set(order))
    assert [name for name in order if name in first] == [name for name in first if name in order]
    rest = [name for name in order if name not in first]
    assert rest == [name for name in ("auth", "cart", "shop", "wave-2", "wave-10") if name in rest]
    assert order == [*[name for name in order if name in first], *rest]


def test_waves_by_a_file() -> None:
    lines = waves_of_lines("auth # first\n\n# a remark\nshop/Deployment/a*\nshop/statefulset/db\n", "waves")
    assert lines == (("auth",), ("shop/Deployment/a*", "shop/StatefulSet/db"))
    found = [
        workload(name="zeta"),
        workload(name="api"),
        workload("StatefulSet", "db"),
        workload(name="login", namespace="auth"),
    ]
    waves = in_waves(found, WaveBy("file", lines=lines), ())
    assert [[one.owner.name for one in wave] for wave in waves] == [["login"], ["api", "db"], ["zeta"]]
    for bad in ("shop/web", "two words"):
        with pytest.raises(UsageError, match=r"waves:2: .* is no pattern"):
            waves_of_lines(f"auth\n{bad}\n", "waves")


def test_kinds_of_patterns_are_spelled_as_people_do() -> None:
    lines = waves_of_lines("shop/deploy/b\n\n*/sts/*\n*/*/a\n", "waves")
    assert lines == (("shop/Deployment/b",), ("*/StatefulSet/*", "*/*/a"))
    found = [workload(name="a"), workload(name="b")]
    waves = in_waves(found, WaveBy("file", lines=lines), ())
    assert [one.owner.name for wave in waves for one in wave] == ["b", "a"]
    assert [
        one.owner.name for wave in in_waves(found, WaveBy(), [normal("shop/deploy/b")]) for one in wave
    ] == ["b", "a"]


def test_what_means_nothing_here_is_told() -> None:
    found = [workload(labels={"tier": "1"})]
    assert strays(found, WaveBy("namespace"), ["shop", "shop/Deployment/web"]) == []
    assert strays(found, WaveBy("label", "tier"), ["1"]) == []
    assert strays(found, WaveBy(), ["shpo"]) == ["no stale workload is meant by 'shpo': is it mistyped?"]
    assert strays(found, WaveBy("label", "nope"), []) == [
        "no stale workload has the label nope: all are in one wave"
    ]
    assert strays(found, WaveBy("file", lines=(("shop",), ("card",))), []) == [
        "no stale workload is meant by 'card': is it mistyped?"
    ]
    assert strays(found, WaveBy("file"), []) == ["the file of --wave-by names nothing: all are in one wave"]
    assert strays([], WaveBy(), ["shpo"]) == []


def test_a_pause_is_between_waves_and_nowhere_else() -> None:
    plan = planned(
        workload(namespace="a"), workload(namespace="b"), workload(namespace="c"),
        how=How(MARK, waves=WaveBy("namespace"), pause=60),
    )  # fmt: skip
    assert [type(group.actions[0]) for group in plan.groups] == [
        RestartWorkload, Pause, RestartWorkload, Pause, RestartWorkload
    ]  # fmt: skip


LABELS = {
    "shop": {"istio.io/rev": "1-30", "team": "x"},
    "cart": {"istio-injection": "enabled"},
    "off": {"istio-injection": "disabled", "istio.io/rev": "1-30"},
}


@pytest.mark.parametrize(
    ("old", "names"),
    [("1-30", ["shop"]), ("istio-injection", ["cart"]), ("default", ["cart"]), ("1-29", [])],
)
def test_which_namespaces_move(old: str, names: list[str]) -> None:
    found = relabellings(LABELS, parse_relabel(f"{old}=1-31"))
    assert [one.namespace for one in found] == names


def test_moved_namespaces_keep_their_other_labels() -> None:
    here = Mesh(LABELS, ())
    after = moved(here, relabellings(LABELS, parse_relabel("1-30=1-31")))
    assert after.namespaces == {"shop": {"team": "x", "istio.io/rev": "1-31"}}


def test_a_moved_namespace_is_judged_by_its_new_labels() -> None:
    """What was worked out about the old labels must not live on."""
    here = mesh({"istio.io/rev": "1-30"}, ("1-30", ""), ("1-31", ""))
    found = pod(revision="1-30", version="1.31.1")
    assert judge(found, here, Question()).standing is Standing.CURRENT
    after = moved(here, relabellings(here.namespaces, parse_relabel("1-30=1-31")))
    assert judge(found, after, Question()).reason is Reason.REVISION


@pytest.mark.parametrize("bad", ["1-30", "=1-31", "1-30=", "a=b=c", "same=same"])
def test_what_is_no_relabelling(bad: str) -> None:
    with pytest.raises(ValueError, match=r"moves nothing|is not OLD=NEW"):
        parse_relabel(bad)


def test_a_namespace_moves_before_its_workloads_and_the_next_one_after_them() -> None:
    found = [workload(namespace="a"), workload(namespace="b"), workload("StatefulSet", "db", namespace="a")]
    restarts = planned(*found)
    labels = {"a": {"istio.io/rev": "1-30"}, "b": {"istio.io/rev": "1-30"}}
    plan = with_relabelling(restarts, relabellings(labels, parse_relabel("1-30=1-31")), 5)
    assert [[type(one).__name__ for one in group.actions] for group in plan.groups] == [
        ["RelabelNamespace"],
        ["RestartWorkload", "RestartWorkload"],
        ["Pause"],
        ["RelabelNamespace"],
        ["RestartWorkload"],
    ]


def test_what_a_run_has_left() -> None:
    how = How(MARK, waves=WaveBy("namespace"), pause=60)
    plan = planned(*(workload(namespace=name) for name in "abc"), how=how)
    run = begin(plan, who="x", command=["kubectl"], allowed=())
    run = run.with_entries([entry(0, EntryState.DONE), entry(1, EntryState.STARTED)])
    left = rest_of(run, Plan("recycle", "restart", ()))
    assert [one.target() for one in actions(left)] == [
        "wave 1",
        "Deployment b/web",
        "wave 2",
        "Deployment c/web",
    ]
    assert [str(one.target()) for one in outside(left, ["b"], [])] == ["Deployment c/web"]
    assert outside(left, [], []) == ()
    assert len(outside(left, ["b", "c"], ["Deployment/other"])) == 2


def test_an_action_is_the_same_whatever_the_pods_and_the_moment() -> None:
    """On a resume the evidence of the first plan has to last."""
    (first,) = actions(planned(workload()))
    (later,) = actions(planned(workload(pods=5), how=replace(How("2027-01-01T00:00:00Z"), undo_failed=True)))
    assert first.identity() == later.identity()
    (other,) = actions(planned(workload(name="api")))
    assert first.identity() != other.identity()


def test_a_mesh_of_chart_webhooks_serves_its_tags() -> None:
    from istiokit.istio.served_revisions import served, server_of

    here = mesh({}, ("default", ""), ("1-31", "stable"), ("1-31", ""))
    assert served(here.injectors or ()) == ("1-31", "default", "stable")
    found = server_of(here.injectors or (), {"istio.io/rev": "stable"})
    assert found is not None
    assert found.revision == "1-31"
    assert server_of(here.injectors or (), {"istio.io/rev": "gone"}) is None


def test_relabelling_is_reversible_and_restarting_is_not() -> None:
    assert RestartWorkload.irreversible
    assert EvictPods.irreversible
    assert not RelabelNamespace.irreversible
