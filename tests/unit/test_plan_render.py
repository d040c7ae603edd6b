"""A plan, a run and a rollback for people and for programs."""

from istiokit.findings import Finding, Severity
from istiokit.plan import render
from istiokit.plan.actions import codec
from istiokit.plan.journal import EntryState, RunState, begin, entry
from istiokit.plan.model import Action, Group, Plan, Skip, State, World
from istiokit.plan.rollback import plan_rollback
from istiokit.plan.runner import Verdict
from tests.unit.plan_worlds import turn


class Restart(Action, frozen=True, kw_only=True):
    irreversible = True

    def target(self) -> str:
        return "Deployment shop/web"

    def change(self) -> str:
        return "restart"

    def state(self, world: World) -> State:
        return State.TODO


PLAN = Plan(
    "bigbang",
    "step1",
    (Group((turn("common"),)), Group((Restart(why="old sidecar"), turn("environment")))),
    skipped=(Skip("HelmRelease bigbang/istio", "suspended"),),
    findings=(Finding("IM001", Severity.WARNING, "HelmRelease a/b", "suspended", "resume it"),),
    notes=("serving stops",),
)
RUN = begin(PLAN, who="alice@desk", command=("step1",), allowed=("IM001",)).with_entries(
    [entry(0, EntryState.DONE), entry(1, EntryState.DONE), entry(2, EntryState.FAILED, "no")], RunState.FAILED
)


def test_a_plan_as_rows_marks_what_cannot_be_undone() -> None:
    assert render.plan_rows(PLAN.groups) == [
        ("1", "ConfigMap bigbang/common", 'data.mode: "old" -> "new"', "yes", "a test"),
        ("2", "Deployment shop/web", "restart", "no", "old sidecar"),
        ("3", "ConfigMap bigbang/environment", 'data.mode: "old" -> "new"', "yes", "a test"),
    ]
    assert all(len(row) == len(render.PLAN_HEADERS) for row in render.plan_rows(PLAN.groups))


def test_a_plan_as_a_diff() -> None:
    assert render.plan_diff(PLAN).splitlines()[:5] == [
        "--- a/ConfigMap bigbang/common /data/mode",
        "+++ b/ConfigMap bigbang/common /data/mode",
        "@@ -1 +1 @@",
        '-"old"',
        '+"new"',
    ]


def test_a_plan_for_programs() -> None:
    plain = render.plan_dict(PLAN)
    assert plain["summary"] == {"migration": "bigbang", "name": "step1", "actions": 3, "irreversible": 1}
    assert plain["items"][1] == {
        "index": 1,
        "group": 1,
        "type": "Restart",
        "target": "Deployment shop/web",
        "change": "restart",
        "why": "old sidecar",
        "reversible": False,
        "diff": "",
    }
    assert plain["skipped"] == [{"object": "HelmRelease bigbang/istio", "reason": "suspended"}]
    assert plain["findings"][0]["severity"] == "warning"
    assert plain["notes"] == ["serving stops"]


def test_the_questions_say_how_much_and_what_is_final() -> None:
    assert render.question(PLAN) == "step1 of bigbang: 3 actions, 1 of them cannot be undone. Go on?"
    assert render.rollback_question(plan_rollback([RUN], "bigbang")) == (
        "rollback of bigbang to start: 2 actions to undo, 1 cannot be undone. Go on?"
    )


def test_what_is_skipped_is_said() -> None:
    assert render.skipped_lines(PLAN.skipped) == ["skipped: HelmRelease bigbang/istio: suspended"]


def test_a_rollback_newest_first() -> None:
    plan = plan_rollback([RUN], "bigbang")
    assert [row[2] for row in render.rollback_rows(plan)] == [
        "ConfigMap bigbang/environment",
        "ConfigMap bigbang/common",
    ]
    plain = render.rollback_dict(plan)
    assert [item["certain"] for item in plain["items"]] == [False, True]
    assert plain["summary"] == {"migration": "bigbang", "to": "start", "runs": [RUN.id], "actions": 2}
    assert plain["skipped"] == [{"object": "Deployment shop/web", "reason": "cannot be undone: restart"}]


def test_the_journal_as_rows_and_one_run_in_full() -> None:
    assert render.journal_rows([RUN]) == [(RUN.id, "step1", "failed", "2/3", RUN.started, "alice@desk")]
    assert [row[3] for row in render.entry_rows(RUN)] == ["done", "done", "failed"]
    assert "items" not in render.run_dict(RUN)
    whole = render.run_dict(RUN, whole=True)
    assert whole["items"][0]["stored"]["type"] == "SetField"
    assert whole["entries"][2]["message"] == "no"
    assert whole["allowed"] == ["IM001"]


def test_a_run_with_an_action_of_a_newer_version_is_shown() -> None:
    read = codec().decode(codec().encode(RUN))
    assert render.entry_rows(read)[1][1:4] == ("?", "Restart: not known to this version", "done")
    assert render.run_dict(read, whole=True)["items"][1]["type"] == "Restart"


def test_what_the_server_said() -> None:
    action = turn("common")
    assert render.verdict_lines([Verdict(action), Verdict(action, "no")]) == [
        "ConfigMap bigbang/common: accepted",
        "ConfigMap bigbang/common: refused: no",
    ]
