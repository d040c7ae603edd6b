"""Which files are patches, and which Gateways they name."""

from pathlib import Path
from typing import Any

import pytest

from istiokit.cluster.files_patches import Patches
from istiokit.cluster.kustomize import components_of, gateways_in, patches_of


@pytest.mark.parametrize(
    ("kustomization", "files", "texts"),
    [
        ({}, [], []),
        (None, [], []),
        ({"patches": None, "patchesStrategicMerge": {"a": 1}}, [], []),
        (
            {"patches": [{"path": "a.yaml"}, {"patch": "- op: test"}, {"target": {}}, 7]},
            ["a.yaml"],
            ["- op: test"],
        ),
        (
            {"patches": ["a.yaml"], "patchesStrategicMerge": ["b.yaml", "kind: X\n"]},
            ["a.yaml", "b.yaml"],
            ["kind: X\n"],
        ),
        ({"patchesJson6902": [{"path": "c.json", "target": {}}, {"path": ["x"]}]}, ["c.json"], []),
    ],
)
def test_patches_are_files_or_texts(kustomization: Any, files: list[str], texts: list[str]) -> None:
    assert patches_of(kustomization) == (files, texts)


@pytest.mark.parametrize(
    ("patch", "gateways"),
    [
        ({"spec": {"gateways": ["a/b", "c"], "http": [{"match": [{"gateways": ["d"]}]}]}}, ("a/b", "c", "d")),
        ([{"op": "replace", "path": "/spec/gateways/0", "value": "a/b"}], ("a/b",)),
        ([{"op": "add", "path": "/spec/gateways", "value": ["a/b", "a/b", 7]}], ("a/b",)),
        ([{"op": "add", "path": "/spec/http/0", "value": {"match": [{"gateways": ["c"]}]}}], ("c",)),
        ([{"op": "remove", "path": "/spec/gateways/0"}], ()),
        ({"gateways": "a/b"}, ("a/b",)),
        ({"spec": {"gateways": None}}, ()),
        ("gateways", ()),
    ],
)
def test_every_gateway_that_a_patch_names(patch: Any, gateways: tuple[str, ...]) -> None:
    assert gateways_in(patch) == gateways


def test_components_are_folders() -> None:
    assert components_of({"components": ["../a", 7]}) == ["../a"]
    assert components_of({"components": "a"}) == components_of([]) == []


def test_a_kustomization_in_the_folder_above_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "patches").mkdir()
    (tmp_path / "Kustomization").write_text("patches: [{path: patches/a.yaml}]\n")
    (tmp_path / "patches" / "kustomization.yaml").write_text("patches: [")
    source = str(tmp_path / "patches" / "a.yaml")
    found = Patches([source, str(tmp_path / "patches" / "b.yaml"), "-"])
    assert found.folder_of(source) is not None
    assert Path(found.folder_of(source) or "").resolve() == tmp_path
    assert found.folder_of(str(tmp_path / "patches" / "b.yaml")) is found.folder_of("-") is None
    assert found.inline == []
