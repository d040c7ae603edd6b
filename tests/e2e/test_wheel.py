"""The wheel and the sdist: what is in them, and that what users install them with gives working commands."""

from __future__ import annotations

import configparser
import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from istiokit import __version__
from krew.smoke import failures, programs

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = {"istiokit", *(target.split(".")[0] for target in PROJECT["scripts"].values())}
BIN = Path(sys.executable).parent
WHEEL = f"istio_migrate-{__version__}-py3-none-any.whl"
SDIST = f"istio_migrate-{__version__}.tar.gz"

CLIENT = """\
from istiokit.ui.app import main
from kubectl_vs_gateways.main import APP
name: str = APP.name
code: str = main(APP)
"""
"""Its last line is wrong: whoever sees no types sees nothing wrong in it."""


def run(*command: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """What COMMAND prints; AssertionError with all that it said if it fails."""
    # Neither make's own flags, where it runs these tests, nor packages that are about may decide.
    hidden = ("MAKE", "MFLAGS", "PYTHONPATH")
    env = {**{key: value for key, value in os.environ.items() if not key.startswith(hidden)}, **(env or {})}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the sdist, as a release has them."""
    folder = tmp_path_factory.mktemp("dist")
    run("make", "--no-print-directory", "wheel", f"OUT={folder}")
    assert sorted(path.name for path in folder.iterdir()) == sorted((WHEEL, SDIST))
    return folder


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that held nothing before pip put the wheel into it."""
    return with_pip(dist / WHEEL, tmp_path_factory.mktemp("pip"))


def with_pip(file: Path, folder: Path) -> Path:
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv/bin/python", "-m", "pip", "install", "--quiet", file)
    return folder / "venv/bin"


def with_uv(file: Path, folder: Path) -> Path:
    places = {name: str(folder / name) for name in ("UV_TOOL_DIR", "UV_TOOL_BIN_DIR")}
    uv = shutil.which("uv") or BIN / "uv"
    run(uv, "tool", "install", "--quiet", "--python", sys.executable, file, env=places)
    return folder / "UV_TOOL_BIN_DIR"


def with_pipx(file: Path, folder: Path) -> Path:
    places = {name: str(folder / name) for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    run(BIN / "pipx", "install", "--python", sys.executable, file, env=places)
    return folder / "PIPX_BIN_DIR"


def all_work(folder: Path) -> None:
    wanted = {name for name in PROJECT["scripts"] if name.startswith("kubectl-")}
    found = programs(folder)
    assert {program.name for program in found} == wanted
    assert [problem for program in found for problem in failures(program)] == []


def test_pip_gives_working_commands(installed: Path) -> None:
    all_work(installed)


@pytest.mark.parametrize(("install", "file"), [(with_uv, WHEEL), (with_pipx, SDIST)])
def test_installers_of_tools_give_working_commands(
    install: Callable[[Path, Path], Path], file: str, dist: Path, tmp_path: Path
) -> None:
    all_work(install(dist / file, tmp_path))


def test_client_sees_types(installed: Path, tmp_path: Path) -> None:
    script = tmp_path / "client.py"
    script.write_text(CLIENT)
    command = (BIN / "mypy", "--strict", "--python-executable", installed / "python", "--cache-dir", tmp_path)
    # From a folder where mypy finds neither the sources nor the project's own settings.
    done = subprocess.run([*command, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    problems = [line for line in done.stdout.splitlines() if "client.py" in line]
    assert len(problems) == 1, done.stdout + done.stderr
    assert 'client.py:4: error: Incompatible types in assignment (expression has type "int"' in problems[0]


def test_wheel_holds_the_packages_with_their_types_and_nothing_else(dist: Path) -> None:
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = wheel.namelist()
        points = configparser.ConfigParser(delimiters="=")
        points.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their case
        points.read_string(wheel.read(f"istio_migrate-{__version__}.dist-info/entry_points.txt").decode())
    assert {name.split("/")[0] for name in names} == PACKAGES | {f"istio_migrate-{__version__}.dist-info"}
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert dict(points["console_scripts"]) == PROJECT["scripts"]
    assert f"istio_migrate-{__version__}.dist-info/licenses/LICENSE" in names
    code = [name for name in names if name.endswith(".py")]
    sources = [path for root in ("lib", "plugins") for path in (ROOT / root).rglob("*.py")]
    assert len(code) == len(sources)
    assert len(names) == len(code) + len(PACKAGES) + len(
        ("METADATA", "WHEEL", "RECORD", "LICENSE", "entry_points")
    )


def test_page_on_pypi_has_no_links_that_lead_nowhere(dist: Path) -> None:
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        metadata = email.message_from_bytes(wheel.read(f"istio_migrate-{__version__}.dist-info/METADATA"))
    page = str(metadata.get_payload())
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "\n## Until the sources are migrated" in page
    assert [
        target for target in re.findall(r"\]\(([^)]*)\)", page) if not target.startswith("https://")
    ] == []


def test_tree_elsewhere_and_the_sdist_give_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    """The folder, the times of the files and the umask are those of whoever builds; the bytes are the commit's."""
    copy = tmp_path / "copy"
    for name in run("git", "ls-files", "-z").split("\0")[:-1]:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    with tarfile.open(dist / SDIST) as packed:
        packed.extractall(tmp_path, filter="data")
    build = (shutil.which("uv") or BIN / "uv", "build", "--quiet", "--out-dir")
    moment = {"SOURCE_DATE_EPOCH": run("git", "log", "-1", "--format=%ct").strip()}
    run(*build, tmp_path / "from-tree", "--wheel", cwd=copy, env=moment)
    run(*build, tmp_path / "from-tree", "--sdist", cwd=copy, env=moment)
    run(*build, tmp_path / "from-sdist", "--wheel", cwd=tmp_path / SDIST.removesuffix(".tar.gz"), env=moment)
    assert (tmp_path / "from-tree" / SDIST).read_bytes() == (dist / SDIST).read_bytes()
    assert (tmp_path / "from-tree" / WHEEL).read_bytes() == (dist / WHEEL).read_bytes()
    assert (tmp_path / "from-sdist" / WHEEL).read_bytes() == (dist / WHEEL).read_bytes()
