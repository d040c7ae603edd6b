"""The graph of dependsOn."""

from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease
from istiokit.flux.order import Missing, dependencies, graph, order, release_ref, startable
from tests.unit.flux_samples import NS, ref, release

NAMES = [f"r{number}" for number in range(8)]


def releases(edges: dict[str, set[str]]) -> list[HelmRelease]:
    return [release(name, needs=tuple(sorted(needs))) for name, needs in edges.items()]


any_graph = st.dictionaries(
    st.sampled_from(NAMES), st.sets(st.sampled_from([*NAMES, "elsewhere"]), max_size=4)
)


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, set[str]]:
    return {
        name: draw(st.sets(st.sampled_from(NAMES[:at]))) if at else set() for at, name in enumerate(NAMES)
    }


def test_a_diamond() -> None:
    sorted_ = order(releases({"top": {"left", "right"}, "left": {"base"}, "right": {"base"}, "base": set()}))
    assert [[found.name for found in wave] for wave in sorted_.waves] == [
        ["base"],
        ["left", "right"],
        ["top"],
    ]
    assert (sorted_.cycles, sorted_.blocked, sorted_.missing) == ((), (), ())


def test_a_cycle_and_what_is_behind_it() -> None:
    sorted_ = order(releases({"a": {"b"}, "b": {"c"}, "c": {"a"}, "behind": {"a"}, "free": set()}))
    assert sorted_.waves == ((ref("free"),),)
    assert sorted_.cycles == ((ref("a"), ref("b"), ref("c")),)
    assert sorted_.blocked == (ref("behind"),)


def test_one_that_waits_for_itself() -> None:
    assert order(releases({"a": {"a"}})).cycles == ((ref("a"),),)


def test_a_missing_dependency_is_told_and_holds_nothing_up() -> None:
    sorted_ = order(releases({"a": {"ghost"}}))
    assert sorted_.missing == (Missing(ref("a"), ref("ghost")),)
    assert sorted_.waves == ((ref("a"),),)


def test_a_dependency_in_another_namespace() -> None:
    item = release("a", spec={"dependsOn": [{"name": "b", "namespace": "other"}]})
    assert dependencies(item) == (Ref("HelmRelease", "b", "other"),)


def test_startable_ones() -> None:
    needs = graph(releases({"a": set(), "b": {"a"}, "c": {"a"}}))
    assert startable(needs, {ref("a")}, started={ref("a"), ref("b")}) == [ref("c")]
    assert startable(needs, (), started=()) == [Ref("HelmRelease", "a", NS)]


@given(acyclic())
def test_every_wave_depends_on_earlier_ones_only(edges: dict[str, set[str]]) -> None:
    items = releases(edges)
    sorted_ = order(items)
    done: set[Ref] = set()
    for wave in sorted_.waves:
        assert all(set(dependencies(item)) <= done for item in items if release_ref(item) in wave)
        done.update(wave)
    assert done == {release_ref(item) for item in items}


@given(any_graph)
def test_every_release_is_somewhere_once(edges: dict[str, set[str]]) -> None:
    sorted_ = order(releases(edges))
    placed = [found for group in (*sorted_.waves, *sorted_.cycles, sorted_.blocked) for found in group]
    assert sorted(placed) == sorted(ref(name) for name in edges)
    for cycle in sorted_.cycles:
        for at, found in enumerate(cycle):
            assert cycle[(at + 1) % len(cycle)].name in edges[found.name]
    assert bool(sorted_.blocked) <= bool(sorted_.cycles)
