"""Manifests as a cluster: what is found where, and that a change touches nothing else."""

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from istiokit.cluster.decode import Object, Raw
from istiokit.cluster.files import FilesCluster
from istiokit.cluster.kinds import CONFIG_MAP, GATEWAY, HELM_RELEASE, POD
from istiokit.cluster.types import Cluster, EventType, Ref, Where
from istiokit.errors import KindNotServed, OperationFailed, UsageError

RELEASE = """\
# the umbrella
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: bigbang, namespace: bigbang}
spec:
  suspend: false   # not now
  values:
    istio:
      enabled: yes
---
# two settings

apiVersion: v1
kind: ConfigMap
metadata:
  name: common
  namespace: bigbang
  labels: {app: bigbang}
data: {}
"""
LIST = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a, namespace: x}
- apiVersion: gateway.networking.k8s.io/v1
  kind: Gateway
  metadata: {name: g, namespace: x}
"""
BIGBANG, COMMON = Ref("HelmRelease", "bigbang", "bigbang"), Ref("ConfigMap", "common", "bigbang")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "release.yaml").write_text(RELEASE)
    (tmp_path / "list.yml").write_text(LIST)
    (tmp_path / "notes.txt").write_text("not: looked at")
    (tmp_path / "deep" / ".git").mkdir(parents=True)
    (tmp_path / "deep" / ".git" / "hidden.yaml").write_text("a: [")
    (tmp_path / "deep" / "one.json").write_text(
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"x"}}'
    )
    return tmp_path


def test_a_folder_is_a_cluster(folder: Path) -> None:
    files: Cluster = FilesCluster(["."])
    assert files.name == "." and files.server_version() is None
    assert [one.metadata.name for one in files.list(CONFIG_MAP, Object)] == ["a", "common"]
    assert [one.metadata.name for one in files.list(CONFIG_MAP, Object, Where(labels="app=bigbang"))] == [
        "common"
    ]
    release = files.get(BIGBANG, Raw)
    assert release is not None and release["spec"]["values"] == {"istio": {"enabled": True}}
    assert files.get(Ref("HelmRelease", "other", "bigbang"), Object) is None
    assert files.allowed("patch", HELM_RELEASE)


def test_every_object_knows_its_line(folder: Path) -> None:
    files = FilesCluster(["release.yaml", "list.yml"])
    assert files.origin(BIGBANG) == "release.yaml:3"
    assert files.origin(COMMON) == "release.yaml:14"
    assert files.origin(Ref("ConfigMap", "a", "x")) == "list.yml:4"
    assert files.origin(Ref("ConfigMap", "none")) == ""


def test_a_kind_is_served_if_it_is_there_and_a_group_is_part_of_a_kind(folder: Path) -> None:
    files = FilesCluster(["."])
    assert files.served(HELM_RELEASE)
    assert not files.served(GATEWAY), "the Gateway in the list belongs to the Gateway API"
    with pytest.raises(KindNotServed, match=r"Gateway; there is none in \."):
        files.list(GATEWAY, Object)


def test_only_minus_r_looks_deeper_and_hidden_folders_stay_hidden(folder: Path) -> None:
    assert not FilesCluster(["."]).served(POD)
    assert FilesCluster(["."], recursive=True).origin(Ref("Pod", "p", "x")) == "deep/one.json:1"
    (folder / "empty" / "deep").mkdir(parents=True)
    with pytest.raises(UsageError, match="deep: there is no manifest in this folder; -R looks deeper"):
        FilesCluster([str(folder / "empty" / "deep")])


def test_stdin_is_a_file_too(folder: Path) -> None:
    for stdin in (RELEASE, RELEASE.encode()):
        files = FilesCluster(["-"], stdin=stdin)
        assert files.origin(BIGBANG) == "-:3"


def test_a_file_named_twice_is_read_once(folder: Path) -> None:
    assert len(FilesCluster(["release.yaml", "release.yaml"]).list(CONFIG_MAP, Object)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"bad\.yaml:2:1: not YAML"),
        ("kind: A\nkind: B", r'bad\.yaml:2:1: the key "kind" is given twice'),
        ("a:\n\tb: 1", r"bad\.yaml:2:1: a tab cannot indent YAML"),
        (
            RELEASE + "---\n" + RELEASE,
            r"bad\.yaml:\d+: HelmRelease bigbang/bigbang is there twice, first in .*yaml:3",
        ),
        (RELEASE.replace("name: bigbang,", "name: 7,"), None),
    ],
)
def test_bad_text_is_named_by_file_and_line(folder: Path, text: str, message: str | None) -> None:
    (folder / "bad.yaml").write_text(text)
    with pytest.raises(UsageError, match=message):
        FilesCluster(["bad.yaml"]).list(HELM_RELEASE, Object)


def test_bad_paths(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.yaml: No such file or directory; check -f"):
        FilesCluster(["gone.yaml"])
    (folder / "image.yaml").write_bytes(b"\x89PNG\xff")
    with pytest.raises(UsageError, match="this is not text"):
        FilesCluster(["image.yaml"])


def test_a_name_that_is_no_text_is_refused(folder: Path) -> None:
    odd = folder / os.fsdecode(b"b\xff.yaml")
    odd.write_text(RELEASE)
    for named in (odd, folder):
        with pytest.raises(UsageError, match="the name of this file is not text") as refused:
            FilesCluster([str(named)])
        assert "b\N{REPLACEMENT CHARACTER}.yaml" in str(refused.value)


def test_documents_that_are_no_objects_are_kept_in_mind(folder: Path) -> None:
    (folder / "values.yaml").write_text(
        "istio: {enabled: true}\n---\nkind: A\napiVersion: v1\n---\n- 1\n---\n"
    )
    skipped = FilesCluster(["values.yaml"]).skipped
    assert [one.place for one in skipped] == ["values.yaml:1", "values.yaml:3", "values.yaml:6"]
    assert skipped[1].reason == "a A without a name"


def test_a_list_inside_a_list_is_called_that() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMapList, items: []}\n"
    (found,) = FilesCluster(["-"], stdin=text, lenient=True).skipped
    assert found.reason == "a ConfigMapList inside a List, which is not read"


def test_changing_files_is_left_to_plans_and_people(folder: Path) -> None:
    files = FilesCluster(["."])
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b", "namespace": "a"}}
    with pytest.raises(OperationFailed, match=r"Secret a/b is not in .*; add its manifest"):
        files.create(manifest)
    bigbang = {"kind": "HelmRelease", "metadata": {"name": "bigbang", "namespace": "bigbang"}}
    refused: list[Callable[[], object]] = [
        lambda: files.delete(BIGBANG),
        lambda: files.merge_patch(BIGBANG, {"spec": {"suspend": True}}),
        lambda: files.json_patch(BIGBANG, []),
        lambda: files.replace(bigbang),
    ]
    for change in refused:
        with pytest.raises(OperationFailed, match=r"release\.yaml:3: HelmRelease .* is in a file"):
            change()
    files.delete(Ref("Secret", "b", "a"))
    assert (folder / "release.yaml").read_text() == RELEASE


def test_a_watch_tells_what_is_there_and_ends(folder: Path) -> None:
    events = list(FilesCluster(["."]).watch(HELM_RELEASE, Object, seconds=60))
    assert [(event.type, event.object.metadata.name) for event in events] == [(EventType.ADDED, "bigbang")]


def test_of_other_kinds_than_those_asked_for_nothing_is_kept(folder: Path) -> None:
    files = FilesCluster(["."], kinds=[CONFIG_MAP])
    assert [one.metadata.name for one in files.list(CONFIG_MAP, Object)] == ["a", "common"]
    assert not files.served(HELM_RELEASE)
    assert files.origin(BIGBANG) == ""


def test_null_counts_as_absent(folder: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n  annotations:\n  namespace:\n"
    [found] = FilesCluster(["-"], stdin=text).list(CONFIG_MAP, Object)
    assert (found.metadata.labels, found.metadata.namespace) == ({}, None)


@pytest.mark.parametrize("kind", ["ConfigMap", "Other"])
def test_a_few_objects_of_a_large_file_do_not_keep_its_text(folder: Path, kind: str) -> None:
    """A body is a view into the text, which stays as long as one of them does."""
    one = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    others = [
        {**one, "kind": kind, "metadata": {"name": f"x{at}"}, "data": {"x": "y" * 1000}} for at in range(999)
    ]
    (folder / "large.json").write_text(json.dumps({"kind": "List", "items": [one, *others]}))
    tracemalloc.start()
    files = FilesCluster(["large.json"], kinds=[CONFIG_MAP])
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(list(files.stored(CONFIG_MAP))) == (1000 if kind == "ConfigMap" else 1)
    size = (folder / "large.json").stat().st_size
    assert (kept > size) == (kind == "ConfigMap")
    assert kept < 2 * size, "no second copy of the text"


def test_people_are_told_of_the_faster_way_before_they_wait(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("istiokit.cluster.files._MUCH", 100)
    said: list[str] = []
    FilesCluster(["release.yaml"], say=said.append)
    assert said == [
        "release.yaml: 0 MB of YAML take a while; as JSON (kubectl get -o json) they are read many times as fast"
    ]
    (folder / "much.json").write_text(json.dumps({"kind": "List", "items": [], "x": "y" * 200}))
    FilesCluster(["much.json"], say=said.append)
    assert len(said) == 1


def test_what_powershell_writes_is_read(folder: Path) -> None:
    (folder / "wide.yaml").write_text(RELEASE, "utf-16")
    assert FilesCluster(["wide.yaml"]).origin(COMMON) == "wide.yaml:14"
