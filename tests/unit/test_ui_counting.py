"""How far a change has come, in numbers that fit each other."""

from istiokit.cluster.types import Ref
from istiokit.istio.rebinding import ListChange
from istiokit.plan.actions.bindings import EditBindings
from istiokit.plan.engine import Moment
from istiokit.plan.engine import Progress as RunProgress
from istiokit.plan.journal import EntryState, begin, entry
from istiokit.plan.model import Group, Plan
from istiokit.ui.counting import Counter
from istiokit.ui.progress import PlainProgress


def edit(name: str) -> EditBindings:
    change = ListChange("/spec/gateways", ("a/old",), ("a/new",))
    return EditBindings(why="test", ref=Ref("VirtualService", name, "web"), changes=(change,))


def test_after_a_resume_the_total_is_what_was_left() -> None:
    plan = Plan("bindings", "swap", (Group(tuple(edit(name) for name in "abc"), 8),))
    run = begin(plan, who="me", command=["swap"], allowed=()).with_entries([entry(0, EntryState.DONE)])
    told: list[str] = []
    counter = Counter(PlainProgress(told.append), "swap")
    counter(RunProgress(Moment.GROUP, run))
    for index in (1, 2):
        counter(RunProgress(Moment.END, run, edit("b"), index))
    assert ["1 of 2" in told[0], "2 of 2" in told[1]] == [True, True], told
