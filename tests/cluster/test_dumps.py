"""What the real kubectl prints of real objects, read and edited in files."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from istiokit.cluster.files_text import NoObject, Stored, objects_in
from istiokit.cluster.yamlread import Read, holds_list, read
from istiokit.cluster.yamltext import parse_all
from kubectl_vs_gateways.main import APP
from tests.cluster.test_vs_gateways import NEW, OLD, virtual_service
from tests.run import run
from tests.tools.rig import Rig

TEXTS = [
    "- a\n- b\n",
    "---\nkind: List\nitems:\n- x: |\n    y\n",
    "items:\n",
    "no end of line",
    "trailing spaces  \n\n\n",
    "\ttab: [\n",
    'it\'s "quoted" & *aliased {braces} #not a comment: yes',
    "größe 😀 \ufeff",
    "x" * 500 + " " + "y" * 500,
    "\r\nwindows\r\n",
    '{"kind": "List", "items": [{"a": 1}]}',
    "{{ .Values.x }}",
]


def config_map(name: str, namespace: str, text: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "annotations": {"text": text}}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"text": text, "x": "- y\n"},
    }


def objects(text: str) -> dict[str, Any]:
    found = list(objects_in(text.encode(), "dump"))
    assert not any(isinstance(one, NoObject) for one in found), found
    return {str(one.ref): msgspec.json.decode(one.body) for one in found if isinstance(one, Stored)}


def as_they_are(rig: Rig, namespace: str) -> tuple[str, str]:
    """The objects of a namespace as YAML and as JSON."""
    kinds = "configmaps,virtualservices"
    flags = ("get", kinds, f"--namespace={namespace}", "--output")
    return rig.kubectl(*flags, "yaml"), rig.kubectl(*flags, "json")


def check(dump: str, whole: list[Any]) -> None:
    """The dump is cut at its items, and what is read of them is what the whole says, with its lines."""
    read_ones = [one for one in read(dump, "dump") if isinstance(one, Read)]
    assert holds_list(dump)
    assert [one.value for one in read_ones] == whole
    assert all(one.piece.item is not None for one in read_ones)
    lines = dump.splitlines()
    assert all(lines[one.line - 1].startswith("- apiVersion: ") for one in read_ones)


def test_a_dump_reads_in_pieces_as_it_reads_as_a_whole(rig: Rig, namespace: str) -> None:
    rig.apply([config_map(f"c{at}", namespace, text) for at, text in enumerate(TEXTS)])
    rig.apply([virtual_service(f"v{at}", namespace, hosts=["a"], gateways=[OLD]) for at in range(3)])
    as_yaml, as_json = as_they_are(rig, namespace)
    check(as_yaml, parse_all(as_yaml, "dump")[0].values["items"])
    assert objects(as_yaml) == objects(as_json)
    assert {one["data"].get("text") for one in objects(as_yaml).values() if "data" in one} >= set(TEXTS)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=80))
def test_whatever_text_an_object_holds(rig: Rig, namespace: str, text: str) -> None:
    rig.apply([config_map("any", namespace, text)])
    as_yaml, as_json = as_they_are(rig, namespace)
    check(as_yaml, parse_all(as_yaml, "dump")[0].values["items"])
    assert objects(as_yaml) == objects(as_json)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_dump_is_edited_and_applied(
    rig: Rig, namespace: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rig.apply([config_map(f"c{at}", namespace, text) for at, text in enumerate(TEXTS) if "{{" not in text])
    rig.apply([virtual_service(f"v{at}", namespace, hosts=["a"], gateways=[OLD, "mesh"]) for at in range(3)])
    before = as_they_are(rig, namespace)[form == "json"]
    (tmp_path / "dump").write_text(before)
    done = run("swap", "-f", "dump", "--map", f"{OLD}={NEW}", "--yes", app=APP)
    assert done.code == 0, done.err
    after = (tmp_path / "dump").read_text()
    assert after == before.replace(OLD, NEW)
    rig.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=after)
    items = rig.get("virtualservices", f"--namespace={namespace}")["items"]
    assert [one["spec"]["gateways"] for one in items] == [[NEW, "mesh"]] * 3
    assert run("rollback", "-f", "dump", "--yes", app=APP).code == 0
    assert (tmp_path / "dump").read_text() == before
