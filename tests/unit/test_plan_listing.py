"""A plan and a rollback as lists, and diffs of values, as people read them."""

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from istiokit.plan.difference import unified
from istiokit.plan.journal import EntryState, RunState, entry
from istiokit.plan.listing import plan_list, rollback_list
from istiokit.plan.model import Group
from istiokit.plan.rollback import plan_rollback
from tests.unit.plan_worlds import turn
from tests.unit.test_plan_render import PLAN, RUN

VALUES = """\
istio:
  # the old one
  enabled: true
istiod:
  enabled: false
istioGateway:
  enabled: false
"""


def test_a_plan_as_a_list() -> None:
    assert plan_list(PLAN.groups) == (
        "1. ConfigMap bigbang/common\n"
        '     data.mode: "old" -> "new"\n'
        "     a test\n"
        "2. Deployment shop/web\n"
        "     restart\n"
        "     old sidecar\n"
        "     this cannot be undone\n"
        "3. ConfigMap bigbang/environment\n"
        '     data.mode: "old" -> "new"\n'
        "     a test\n"
    )


def test_long_lines_are_wrapped_and_words_stay_whole() -> None:
    path = "/srv/" + "clone/" * 20 + "values.yaml"
    why = f"the last source of values that sets these switches is {path} and nothing else does it after"
    action = msgspec.structs.replace(turn("x"), why=why)
    lines = plan_list([Group((action,))]).splitlines()
    assert path in [line.strip() for line in lines]
    assert all(len(line) <= 79 for line in lines if path not in line)
    assert all(line.startswith("     ") for line in lines[1:])


def test_a_change_stays_on_one_line() -> None:
    path = "a." * 25
    lines = plan_list(
        [Group((turn("x", "o" * 20, "n" * 20), turn("y", f"{path}1", f"{path}2")))]
    ).splitlines()
    assert f'     data.mode: "{"o" * 20}" -> "{"n" * 20}"' in lines
    assert f'     "{path}1" -> "{path}2"' in lines


def test_a_rollback_as_a_list() -> None:
    begun = RUN.with_entries([entry(2, EntryState.STARTED)], RunState.RUNNING)
    assert rollback_list(plan_rollback([begun], "bigbang")) == (
        f"undo what {RUN.id} did:\n"
        "1. ConfigMap bigbang/environment\n"
        '     data.mode: "old" -> "new"\n'
        "     it was begun, and may not have been done\n"
        "2. ConfigMap bigbang/common\n"
        '     data.mode: "old" -> "new"\n'
    )


def test_switches_that_change_beside_each_other_are_each_paired_with_themselves() -> None:
    after = VALUES.replace("true", "X").replace("false", "true", 1).replace("X", "false")
    assert unified(VALUES, f"{after}grafana:\n  enabled: true\n", "v").splitlines()[3:] == [
        " istio:",
        "   # the old one",
        "-  enabled: true",
        "+  enabled: false",
        " istiod:",
        "-  enabled: false",
        "+  enabled: true",
        " istioGateway:",
        "   enabled: false",
        "+grafana:",
        "+  enabled: true",
    ]


_LINES = st.lists(
    st.sampled_from(["a:", "b:", "  on: true", "  on: false", "  c:", "    on: true", "# x", ""])
)


@given(_LINES, _LINES)
def test_a_diff_holds_both_texts(before: list[str], after: list[str]) -> None:
    diff = unified("\n".join(before), "\n".join(after), "v", context=100)
    if before == after or not (before or after):
        assert not diff
    body = [line for line in diff.splitlines()[2:] if not re.match(r"@@ ", line)]
    if diff:
        assert [line[1:] for line in body if line[0] in " -"] == "\n".join(before).splitlines()
        assert [line[1:] for line in body if line[0] in " +"] == "\n".join(after).splitlines()
