"""What is written can be read: by us, by another machine, by an older version."""

import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.types import Ref
from istiokit.cluster.yamltext import Change, Splice
from istiokit.errors import Conflict, NotDone, OperationFailed
from istiokit.findings import Finding, Severity
from istiokit.plan.actions import codec
from istiokit.plan.actions.lifecycle import CreateObject, DeleteObject
from istiokit.plan.actions.objects import ABSENT, Annotate, SetField
from istiokit.plan.actions.text import EditText, TextPlace
from istiokit.plan.codec import UnknownAction
from istiokit.plan.journal import EntryState, JournalStore, Run, RunState, begin, entry
from istiokit.plan.model import Group, Plan, Skip
from istiokit.plan.rollback import plan_rollback
from istiokit.plan.store_cluster import LIMIT, ClusterStore, cut
from istiokit.plan.store_files import FileLock, FileStore
from tests.fakes import FakeCluster
from tests.unit.plan_worlds import config_map, turn

texts = st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
refs = st.builds(Ref, st.just("ConfigMap"), texts, st.none() | texts)
manifests = st.fixed_dictionaries({"kind": st.just("ConfigMap"), "data": values})
changes = st.builds(
    Change,
    st.tuples(texts, texts),
    st.booleans() | texts,
    st.builds(Splice, st.integers(0, 99), texts, texts),
    st.integers(0, 9),
)
actions = st.one_of(
    st.builds(
        SetField,
        why=texts,
        ref=refs,
        path=st.just("/data/x"),
        before=values | st.just(ABSENT),
        after=values,
        made=st.integers(0, 2),
    ),
    st.builds(Annotate, why=texts, ref=refs, key=texts, before=st.none() | texts, after=st.none() | texts),
    st.builds(CreateObject, why=texts, manifest=manifests),
    st.builds(DeleteObject, why=texts, manifest=manifests),
    st.builds(
        EditText,
        why=texts,
        place=st.builds(TextPlace, ref=st.none() | refs, key=texts, file=texts),
        changes=st.lists(changes, max_size=2).map(tuple),
        shown=texts,
    ),
)
groups = st.builds(Group, st.lists(actions, min_size=1, max_size=3).map(tuple), st.integers(1, 9))
entries = st.builds(entry, st.integers(0, 9), st.sampled_from(EntryState), texts)
FINDING = Finding("IM001", Severity.WARNING, "HelmRelease a/b", "suspended", "resume it")


def run_of(*more: Group, **fields: Any) -> Run:
    plan = Plan("bigbang", "step1", more, (Skip("a", "b"),), (FINDING,), ("note",))
    run = begin(plan, who="alice@desk", command=("step1", "--allow", "IM001"), allowed=("IM001",))
    return msgspec.structs.replace(run, **fields)


@given(
    parts=st.lists(groups, max_size=3), history=st.lists(entries, max_size=4), state=st.sampled_from(RunState)
)
def test_a_run_reads_back_as_it_was(parts: list[Group], history: list[Any], state: RunState) -> None:
    run = run_of(*parts, entries=tuple(history), state=state)
    assert codec().decode(codec().encode(run)) == run


@given(text=st.text(), limit=st.integers(4, 40))
def test_cutting_loses_nothing_and_keeps_the_limit(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= limit for piece in pieces)


@pytest.fixture(params=["cluster", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> JournalStore:
    if request.param == "cluster":
        return ClusterStore(FakeCluster(), "bigbang", codec())
    return FileStore(tmp_path, codec())


def test_a_store_keeps_lists_and_updates_runs(store: JournalStore) -> None:
    assert store.list("bigbang") == []
    assert store.load("bigbang-step1-x") is None
    first = store.create(run_of(Group((turn("values-0"),)), id="run-b", started="2026-01-01"))
    second = store.create(run_of(id="run-a", started="2026-01-02"))
    store.create(run_of(id="run-c", migration="bluegreen"))
    assert store.list("bigbang") == [first, second]
    done = store.update(first.with_entries([entry(0, EntryState.DONE)], RunState.DONE))
    assert store.load("run-b") == done
    assert done.revision != first.revision


def test_a_store_refuses_the_second_of_two_writers(store: JournalStore) -> None:
    first = store.create(run_of())
    store.update(first.with_entries([], RunState.FAILED))
    with pytest.raises(Conflict, match="written by somebody else meanwhile"):
        store.update(first.with_entries([], RunState.DONE))
    with pytest.raises(Conflict):
        store.create(first)


def test_a_large_run_is_split_and_only_its_end_is_written_again() -> None:
    cluster = FakeCluster()
    store = ClusterStore(cluster, "bigbang", codec())
    fields = tuple(turn(f"values-{n}", before="é" * 400, after="x" * 400) for n in range(2_500))
    run = store.create(run_of(Group(fields)))
    parts = [ref.name for method, ref in cluster.writes if ref.name != run.id]
    assert len(parts) == 4
    assert all(
        len(cluster.raw(Ref("ConfigMap", name, "bigbang"))["data"]["run.jsonl"].encode()) <= LIMIT
        for name in parts
    )
    assert cluster.writes[-1] == ("create", Ref("ConfigMap", run.id, "bigbang"))
    cluster.writes.clear()
    run = store.update(run.with_entries([entry(0, EntryState.STARTED)], RunState.FAILED))
    assert [method for method, ref in cluster.writes] == ["create", "replace", "delete"]
    assert store.load(run.id) == run
    (kept,) = store.list("bigbang")
    assert kept == run


def test_a_part_that_is_missing_is_told_not_read_around() -> None:
    cluster = FakeCluster()
    store = ClusterStore(cluster, "bigbang", codec())
    run = store.create(run_of(Group(tuple(turn("v", before="b" * 1000) for _ in range(1000)))))
    cluster.delete(next(ref for _, ref in cluster.writes if ref.name != run.id))
    with pytest.raises(OperationFailed, match="is incomplete: a part of it is missing"):
        store.load(run.id)


def test_a_config_map_of_the_same_name_that_is_no_journal_is_no_run() -> None:
    cluster = FakeCluster([config_map("values-0", mode="old")])
    assert ClusterStore(cluster, "bigbang", codec()).load("values-0") is None


def test_files_are_private_ignored_by_git_and_whole(tmp_path: Path) -> None:
    run = FileStore(tmp_path, codec()).create(run_of())
    folder = tmp_path / ".istio-migrate"
    assert (folder / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", f"{run.id}.jsonl"]
    assert stat.S_IMODE((folder / f"{run.id}.jsonl").stat().st_mode) == 0o600


def test_a_file_whose_writer_was_killed_at_once_is_no_run(tmp_path: Path) -> None:
    store = FileStore(tmp_path, codec())
    store.create(run_of(id="whole"))
    (tmp_path / ".istio-migrate" / "empty.jsonl").touch()
    assert [run.id for run in store.list("bigbang")] == ["whole"]


def test_the_lock_file_names_its_holder_to_the_second_driver(tmp_path: Path) -> None:
    with FileLock(tmp_path, "bigbang", "alice@desk") as lock:
        lock.check()
        with FileLock(tmp_path, "bluegreen", "bob@hall"):
            pass
        with pytest.raises(NotDone, match=r"alice@desk \(pid \d+\) since 20.* is driving this migration"):
            FileLock(tmp_path, "bigbang", "bob@hall").__enter__()
    with FileLock(tmp_path, "bigbang", "bob@hall"):
        pass


UNKNOWN = [
    ('"type":"SetField"', '"type":"MoveMountain"', "MoveMountain"),
    ('"path":"/data/mode"', '"path":"/data/mode","gently":true', "SetField"),
]


@pytest.mark.parametrize(("ours", "theirs", "name"), UNKNOWN)
def test_an_action_of_a_newer_version_is_shown_kept_and_not_undone(ours: str, theirs: str, name: str) -> None:
    run = run_of(Group((turn("values-0"),)), entries=(entry(0, EntryState.DONE),), state=RunState.DONE)
    text = codec().encode(run).replace(ours, theirs)
    read = codec().decode(text)
    (action,) = read.actions()
    assert isinstance(action, UnknownAction)
    assert action.change() == f"{name}: not known to this version"
    assert codec().encode(read) == text
    with pytest.raises(OperationFailed, match=f"holds the action {name}, which this version does not know"):
        plan_rollback([read], "bigbang")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "its first line is not a run"),
        ("no journal", "cannot be read"),
        ('{"line":"run","format":99,"run":{}}\n', "written by a newer version"),
    ],
)
def test_what_is_no_journal_is_told(text: str, reason: str) -> None:
    with pytest.raises(OperationFailed, match=reason):
        codec().decode(text)


def test_no_secret_s_contents_in_any_action() -> None:
    ref = Ref("Secret", "common-bb", "bigbang")
    secret = {"kind": "Secret", "metadata": {"name": "common-bb"}, "data": {"password": "aHVudGVyMg=="}}
    with pytest.raises(ValueError, match="must not go into a plan"):
        SetField(why="", ref=ref, path="/data/password", before="a", after="b")
    with pytest.raises(ValueError, match="must not go into a plan"):
        CreateObject(why="", manifest=secret)
    with pytest.raises(ValueError, match="must not go into a plan"):
        DeleteObject(why="", manifest=secret)
