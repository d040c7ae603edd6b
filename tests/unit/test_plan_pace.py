"""How a plan is worked off: so many in a lane, so many failures, and a server that is away for a while."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from istiokit.cluster.live_failures import NoAnswer
from istiokit.errors import Conflict, NotDone, OperationFailed
from istiokit.plan.actions import codec
from istiokit.plan.engine import NOT_BEGUN, Pace
from istiokit.plan.journal import EntryState, Run, RunState
from istiokit.plan.lease import LeaseSilent
from istiokit.plan.model import Action, Group, Plan, State, World
from istiokit.plan.patience import Patience, PatientLock, PatientStore
from istiokit.plan.runner import run
from istiokit.plan.store_cluster import ClusterStore
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import PLACE, lease_of

AT_WORK: Counter[str] = Counter()
MOST: Counter[str] = Counter()
_LOCK = threading.Lock()


class Slow(Action, frozen=True, kw_only=True):
    """Takes a moment in its lane; fails if it is told to."""

    name: str
    place: str
    fails: bool = False

    def lane(self) -> str:
        return self.place

    def target(self) -> str:
        return f"{self.place}/{self.name}"

    def change(self) -> str:
        return "work"

    def state(self, world: World) -> State:
        return State.TODO

    def do(self, world: World, *, dry_run: bool = False) -> None:
        with _LOCK:
            AT_WORK.update([self.place, "all"])
            MOST.update({key: max(0, AT_WORK[key] - MOST[key]) for key in (self.place, "all")})
        time.sleep(0.02)
        with _LOCK:
            AT_WORK.subtract([self.place, "all"])
        if self.fails:
            raise NotDone(f"{self.name} went wrong")

    def undo(self, world: World) -> None:
        """Nothing to take back."""


@pytest.fixture(autouse=True)
def _fresh() -> None:
    AT_WORK.clear()
    MOST.clear()


def slow(name: str, place: str = "a", *, fails: bool = False) -> Slow:
    return Slow(why="a test", name=name, place=place, fails=fails)


def drive(cluster: FakeCluster, pace: Pace, *groups: Group) -> Run:
    store = ClusterStore(cluster, PLACE, codec(Slow))
    world = World(cluster, lambda line: None, timeout=5)
    return run(
        Plan("bigbang", "test", groups), world, store, lease_of(cluster), who="x", command=["y"], pace=pace
    )


def stored(cluster: FakeCluster) -> Run:
    (found,) = ClusterStore(cluster, PLACE, codec(Slow)).list("bigbang")
    return found


def test_a_lane_has_a_limit_of_its_own() -> None:
    jobs = [slow(str(number), place) for place in "abc" for number in range(6)]
    drive(FakeCluster(), Pace(per_lane=2), Group(tuple(jobs), 5))
    assert {place: MOST[place] for place in "abc"} == {"a": 2, "b": 2, "c": 2}
    assert 3 <= MOST["all"] <= 5


def test_without_a_limit_a_lane_takes_all() -> None:
    drive(FakeCluster(), Pace(), Group(tuple(slow(str(number)) for number in range(8)), 4))
    assert MOST["a"] == 4


@pytest.mark.parametrize(
    ("limit", "begun"),
    [(1, "a"), (2, "ab"), (3, "abcd"), (0, "abcdef")],
    ids=["one", "two", "three", "no limit"],
)
def test_after_so_many_failures_nothing_more_is_begun(limit: int, begun: str) -> None:
    """One at a time: a, b and d fail, in two groups."""
    cluster = FakeCluster()
    first = Group(tuple(slow(name, fails=name in "ab") for name in "abc"))
    second = Group(tuple(slow(name, fails=name == "d") for name in "def"))
    with pytest.raises(NotDone, match="a went wrong"):
        drive(cluster, Pace(max_failures=limit), first, second)
    found = stored(cluster)
    actions = found.actions()
    done = [
        actions[index].target()[2:]
        for index, last in sorted(found.latest().items())
        if last.message != NOT_BEGUN
    ]
    assert ("".join(done), found.state) == (begun, RunState.FAILED)


def test_a_failure_ends_the_group_and_no_other_begins_unless_told() -> None:
    cluster = FakeCluster()
    with pytest.raises(NotDone, match="run the same command again to go on, or roll back"):
        drive(cluster, Pace(), Group((slow("a", fails=True), slow("b"))), Group((slow("c"),)))
    assert {index: last.state for index, last in stored(cluster).latest().items()} == {
        0: EntryState.FAILED,
        1: EntryState.DONE,
    }


def failing(times: int, error: Exception, then: str = "well") -> Callable[[], str]:
    left = [times]

    def attempt() -> str:
        if left[0]:
            left[0] -= 1
            raise error
        return then

    return attempt


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Patience:
    monkeypatch.setattr("istiokit.plan.patience._PAUSE_SECONDS", 0.01)
    return Patience(0.3, threading.Event())


def test_a_server_that_is_away_is_asked_again(patience: Patience) -> None:
    assert patience.for_answer(failing(3, NoAnswer("away"))) == "well"
    with pytest.raises(NoAnswer, match="away"):
        patience.for_answer(failing(10_000, NoAnswer("away")))
    with pytest.raises(OperationFailed, match="refused"):
        patience.for_answer(failing(1, OperationFailed("refused")))
    patience.stop.set()
    with pytest.raises(NoAnswer):
        patience.for_answer(failing(1, NoAnswer("away")))


def test_a_lease_that_is_silent_is_waited_for_and_one_that_is_lost_is_not(patience: Patience) -> None:
    class Lock:
        """One whose check does as it is told."""

        def __init__(self, check: Callable[[], object]) -> None:
            self.check = check

        __enter__ = __exit__ = lambda self, *words: self

    PatientLock(Lock(failing(2, LeaseSilent("silent"))), patience).check()  # type: ignore[arg-type] # enough of one
    with pytest.raises(OperationFailed, match="taken"):
        PatientLock(Lock(failing(2, OperationFailed("taken"))), patience).check()  # type: ignore[arg-type] # the same


def test_a_journal_that_was_written_without_an_answer_is_found_again(patience: Patience) -> None:
    """The server took the first write, and its answer was lost: the second one is refused as a conflict."""
    cluster = FakeCluster()
    drive(cluster, Pace(), Group((slow("a"),)))
    store = ClusterStore(cluster, PLACE, codec(Slow))
    (before,) = store.list("bigbang")
    lost = [1]

    def update(changed: Run) -> Run:
        found = store.update(changed)
        if lost.pop() if lost else 0:
            raise NoAnswer("the answer was lost")
        return found

    class Lossy(ClusterStore):
        """Loses the answer to its first write."""

        def update(self, run: Run) -> Run:
            return update(run)

    patient = PatientStore(Lossy(cluster, PLACE, codec(Slow)), patience)
    wanted = before.with_entries([], RunState.FAILED)
    assert patient.update(wanted).state is RunState.FAILED
    with pytest.raises(Conflict):
        patient.update(before.with_entries([], RunState.DONE))
