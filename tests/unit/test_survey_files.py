"""What `-f` names, read into facts: layers in order, places of errors, the mesh in manifests."""

import io
import subprocess
from pathlib import Path

import pytest

from istiokit.bigbang.facts import Facts
from istiokit.bigbang.layers import merge
from istiokit.errors import UsageError
from istiokit.survey.files import facts_of_files, file_address, layers_of_files, read_texts

VALUES = "istio:\n  enabled: true\n"
GATEWAY = """\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: istio-system}
spec: {selector: {app: public-ingressgateway}, servers: []}
"""
SHOP = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: shop}
spec: {hosts: [shop.example.com], gateways: [istio-system/public]}
"""


def facts(*paths: Path | str, recursive: bool = False, stdin: str = "") -> Facts:
    return facts_of_files([str(path) for path in paths], recursive=recursive, stdin=io.StringIO(stdin))


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def test_the_order_is_that_of_the_command_line(tmp_path: Path) -> None:
    write(tmp_path, a="domain: a\n", b="domain: b\n")
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    assert merge(facts(a, b).layers) == {"domain": "b"}
    assert merge(facts(b, a).layers) == {"domain": "a"}
    assert facts(b, a).where == f"{b}, {a}"


def test_a_file_named_twice_counts_where_it_comes_last(tmp_path: Path) -> None:
    write(tmp_path, a="domain: a\n", b="domain: b\n")
    link = tmp_path / "link.yaml"
    link.symlink_to("a.yaml")
    found = facts(tmp_path / "a.yaml", tmp_path / "b.yaml", link).layers
    assert [layer.origin for layer in found] == [str(tmp_path / "b.yaml"), str(link)]


def test_values_come_by_stdin_too(tmp_path: Path) -> None:
    write(tmp_path, a="domain: a\n")
    found = facts(tmp_path / "a.yaml", "-", stdin="domain: stdin\n").layers
    assert merge(found) == {"domain": "stdin"}
    assert file_address(found[1]).path == "-"


def test_a_folder_is_read_with_its_folders_only_if_asked(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    write(tmp_path, a="domain: a\n")
    write(tmp_path / "dev", b="domain: b\n")
    assert len(facts(tmp_path).layers) == 1
    assert len(facts(tmp_path, recursive=True).layers) == 2


def test_in_a_folder_files_without_values_are_mentioned_and_left_out(tmp_path: Path) -> None:
    write(tmp_path, values=VALUES, chart="name: umbrella\nversion: 1.0.0\n")
    found = facts(tmp_path)
    assert [layer.origin for layer in found.layers] == [str(tmp_path / "values.yaml")]
    assert [item.kind for item in found.unread] == [str(tmp_path / "chart.yaml")]


def test_what_a_kustomization_generates_is_not_read_twice(tmp_path: Path) -> None:
    write(tmp_path, common="domain: common\n", environment="domain: environment\n")
    write(
        tmp_path,
        kustomization="configMapGenerator:\n- name: environment\n  files: [values.yaml=environment.yaml]\n"
        "- name: common\n  files: [values.yaml=common.yaml]\n",
    )
    assert merge(facts(tmp_path).layers) == {"domain": "common"}
    assert len(facts(tmp_path).layers) == 2


def test_a_file_behind_a_generator_that_is_missing_is_named(tmp_path: Path) -> None:
    write(tmp_path, kustomization="configMapGenerator: [{name: a, files: [values.yaml=gone.yaml]}]\n")
    with pytest.raises(UsageError, match=r"gone\.yaml: No such file or directory; a kustomization names it"):
        facts(tmp_path / "kustomization.yaml")


def test_manifests_of_the_mesh_are_read_beside_the_values(tmp_path: Path) -> None:
    write(tmp_path, values=VALUES, mesh=f"{GATEWAY}---\n{SHOP}")
    found = facts(tmp_path)
    assert len(found.layers) == 1
    assert [item.metadata.name for item in found.mesh.virtual_services] == ["shop"]
    assert [item.metadata.name for item in found.mesh.gateways] == ["public"]
    assert "Pod" in {item.kind for item in found.unread}


def test_values_alone_tell_nothing_about_a_mesh(tmp_path: Path) -> None:
    config_map = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  values.yaml: |\n    istio: {}\n"
    )
    write(tmp_path, values=VALUES, embedded=config_map)
    assert len(facts(tmp_path).layers) == 2
    assert facts(tmp_path).unread == ()


def test_what_kubectl_get_prints_as_json_is_a_mesh(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text(
        '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "networking.istio.io/v1", '
        '"kind": "VirtualService", "metadata": {"name": "shop", "namespace": "shop"}, "spec": {"hosts": ["a"]}}]}'
    )
    assert [item.metadata.name for item in facts(tmp_path / "all.json").mesh.virtual_services] == ["shop"]


def test_a_step_needs_values_in_every_file_that_is_named(tmp_path: Path) -> None:
    write(tmp_path, values=VALUES, mesh=GATEWAY)
    names = [str(tmp_path / "values.yaml"), str(tmp_path / "mesh.yaml")]
    with pytest.raises(UsageError, match=r"mesh\.yaml: none of its manifests holds Big Bang values"):
        layers_of_files(names, read_texts(names, False, io.StringIO()))
    folder = [str(tmp_path)]
    assert len(layers_of_files(folder, read_texts(folder, False, io.StringIO()))) == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("gone.yaml", None, "gone.yaml: No such file or directory; check -f"),
        (
            "latin.yaml",
            b"domain: caf\xe9\n",
            "latin.yaml:1: this is not text (UTF-8); check -f, or save it as UTF-8",
        ),
        ("tabs.yaml", b"istio:\n\tenabled: true\n", "tabs.yaml:2:1: a tab cannot indent YAML; use spaces"),
        ("other.yaml", b"replicas: 3\n", "other.yaml: not Big Bang values: none of their top-level keys is"),
        (
            "binary.yaml",
            b"\x00\x01",
            "binary.yaml:1: a character that YAML does not allow; is it a text file?",
        ),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(
    tmp_path: Path, name: str, data: bytes | None, reason: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError) as error:
        facts(tmp_path / name)
    assert reason in str(error.value)


def test_a_folder_without_manifests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no manifest in this folder; -R looks deeper"):
        facts(tmp_path)


def test_a_file_that_cannot_be_written_is_read_and_blocked(tmp_path: Path) -> None:
    with subprocess.Popen(["printf", "istio:\n  enabled: true\n"], stdout=subprocess.PIPE) as printing:
        assert printing.stdout is not None
        found = facts(f"/dev/fd/{printing.stdout.fileno()}").layers
    assert merge(found) == {"istio": {"enabled": True}}
    assert found[0].blocked == "it is no file that can be written"
