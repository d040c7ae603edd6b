"""`add`, `swap` and `remove` over folders of manifests: tests/golden/bindings/<case>/, with what they say beside it.

`<case>.<command>.txt` holds the exit code, stdout and stderr. BINDINGS_UPDATE=1 writes them anew, to be read.
"""

import os
import shutil
from pathlib import Path

import pytest

from kubectl_vs_gateways.main import APP
from tests.run import Result, run

CASES = Path(__file__).parent / "bindings"
MAP = ["--map", "istio-system/public=istio-gateway/public-ingressgateway"]
MESH = ["--map", "mesh=istio-gateway/public-ingressgateway"]
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


def said(result: Result) -> str:
    return f"exit code {result.code}\n--- stdout\n{result.out}--- stderr\n{result.err}"


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".istio-migrate" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", ["add", "swap", "remove"])
def test_what_a_command_says_does_and_takes_back(place: Path, name: str, command: str) -> None:
    shutil.copytree(CASES / name, place / name)
    before = bytes_of(place / name)
    flags = [*(MESH if name == "mesh" and command == "add" else MAP), "-f", name, "-R"]
    shown = run(command, *flags, "--dry-run", app=APP)
    assert bytes_of(place / name) == before
    expected = CASES / f"{name}.{command}.txt"
    if os.environ.get("BINDINGS_UPDATE"):
        expected.write_bytes(said(shown).encode())
    assert said(shown) == expected.read_bytes().decode()
    done = run(command, *flags, "--yes", app=APP)
    assert done.out == shown.out
    assert done.code == int("left as" in done.err), done.err
    again = run(command, *flags, "--yes", app=APP)
    assert (again.out, f"nothing to {command}" in again.err) == ("", True)
    back = run("rollback", "-f", name, "--yes", app=APP)
    assert back.code == 0, back.err
    assert bytes_of(place / name) == before


def test_pairs_are_found_from_the_files_themselves(place: Path) -> None:
    shutil.copytree(CASES / "kustomize", place / "apps")
    done = run("swap", "-f", "apps", "--yes", app=APP)
    assert done.code == 0, done.err
    assert "pair: istio-system/public=istio-gateway/public-ingressgateway (" in done.err
    assert "warning VSG051  VirtualService default/no-namespace" in done.err
    assert b"['istio-gateway/public-ingressgateway', 'mesh']" in (place / "apps/routes.yaml").read_bytes()


def test_the_text_of_stdin_goes_to_stdout(place: Path) -> None:
    text = (CASES / "windows/crlf.yaml").read_bytes().decode()
    done = run("swap", "-f", "-", *MAP, app=APP, stdin=text)
    assert done.code == 0, done.err
    assert done.out == text.replace("istio-system/public", "istio-gateway/public-ingressgateway")
    assert "-  - istio-system/public" in done.err


def test_one_of_several_is_chosen_by_name(place: Path) -> None:
    shutil.copytree(CASES / "dump", place / "dump")
    done = run("swap", "two/b", "-f", "dump", *MAP, "--yes", app=APP)
    assert done.code == 0, done.err
    text = (place / "dump/all.yaml").read_text()
    assert (text.count("istio-system/public"), text.count("- istio-gateway/public-ingressgateway")) == (1, 2)
    missing = run("swap", "two/c", "-f", "dump", *MAP, "--yes", app=APP)
    assert (missing.code, "no VirtualService two/c" in missing.err) == (1, True)


def test_gateways_of_another_folder_say_which_exist(place: Path) -> None:
    shutil.copytree(CASES / "windows", place / "apps")
    shutil.copytree(CASES / "kustomize", place / "gateways")
    flags = ["-f", "apps", "--gateways", "gateways/gateways.yaml", "--yes"]
    assert run("add", *flags, *MAP, app=APP).code == 0
    refused = run("swap", *flags, "--map", "istio-system/public=istio-gateway/none", app=APP)
    assert (refused.code, "VSG050" in refused.err) == (1, True)
    assert (
        run(
            "swap", *flags, "--map", "istio-system/public=istio-gateway/none", "--allow", "vsg050", app=APP
        ).code
        == 0
    )


def test_gateways_that_cannot_be_read_are_unknown_and_not_missing(place: Path) -> None:
    shutil.copytree(CASES / "windows", place / "apps")
    for overlay in ("dev", "prod"):
        shutil.copytree(CASES / "kustomize", place / "gateways" / overlay)
    flags = [
        "-f",
        "apps",
        "--gateways",
        "gateways",
        "--map",
        "istio-system/public=istio-gateway/none",
        "--dry-run",
    ]
    known = run("swap", *flags, app=APP)
    assert (known.code, "error VSG050  Gateway istio-gateway/none" in known.err) == (0, True), known.err
    (place / "gateways/dev/more.yaml").write_text("{{- if .Values.x }}\nkind: Gateway\n{{- end }}\n")
    unknown = run("swap", *flags, app=APP)
    assert (unknown.code, "VSG050" in unknown.err) == (0, False), unknown.err
    assert "--gateways gateways: not all of it could be read" in unknown.err


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["-f", "nowhere", *MAP], 2, "nowhere: No such file or directory"),
        (["-f", "apps", "--map", "a=b"], 2, "is no reference"),
        (["-f", "apps", "--map", "a/a=b/b", "--map", "b/b=a/a"], 2, "make a loop"),
        (["-f", "apps", *MAP, "--dry-run=server"], 2, "needs a server"),
        (["-f", "apps", *MAP, "--allow", "IM001"], 2, "no such finding"),
        (["-f", "apps", *MAP], 2, "no terminal to ask on"),
        (["-f", "-", *MAP, "-o", "json"], 2, "add --dry-run"),
    ],
)
def test_bad_arguments_are_told_in_one_line(place: Path, flags: list[str], code: int, words: str) -> None:
    shutil.copytree(CASES / "windows", place / "apps")
    before = bytes_of(place / "apps")
    result = run("swap", *flags, app=APP)
    assert (result.code, words in result.err.splitlines()[-1]) == (code, True), result.err
    assert bytes_of(place / "apps") == before


def test_the_way_back_follows_symbolic_links_as_the_edit_does(tmp_path: Path) -> None:
    real, links = tmp_path / "real", tmp_path / "links"
    shutil.copytree(CASES / NAMES[0], real)
    links.mkdir()
    for file in (one for one in real.iterdir() if one.is_file()):
        (links / file.name).symlink_to(file)
    before = bytes_of(real)
    assert run("add", *MAP, "-f", str(links), "--yes", app=APP).code in (0, 1)
    assert bytes_of(real) != before
    back = run("rollback", "-f", str(links), "--yes", app=APP)
    assert back.code == 0, back
    assert bytes_of(real) == before


def test_a_rollback_that_others_have_made_impossible_can_be_given_up(place: Path) -> None:
    shutil.copytree(CASES / "windows", place / "apps")
    shutil.copytree(CASES / "kustomize", place / "apps/more")
    before = bytes_of(place / "apps")
    assert run("swap", *MAP, "-f", "apps", "-R", "--yes", app=APP).code == 0
    theirs = place / "apps/crlf.yaml"
    theirs.write_bytes(
        theirs.read_bytes().replace(b"istio-gateway/public-ingressgateway", b"istio-gateway/mine")
    )
    mine = bytes_of(place / "apps")["crlf.yaml"]
    refused = run("rollback", "-f", "apps", "--yes", app=APP)
    assert (refused.code, "crlf.yaml was changed by somebody else" in refused.err) == (3, True)
    assert "to leave it all as it is: kubectl vs-gateways rollback -f apps --abandon" in refused.err
    stuck = run("swap", *MAP, "-f", "apps", "-R", "--yes", app=APP)
    assert (stuck.code, "the rollback of swap" in stuck.err) == (1, True)

    both = run("rollback", "-f", "apps", "--abandon", "--to", "start", app=APP)
    assert (both.code, "leave one of them out" in both.err) == (2, True)
    shown = run("rollback", "-f", "apps", "--abandon", "--dry-run", app=APP)
    assert (shown.code, shown.err.splitlines()[-1]) == (0, "nothing was changed (--dry-run)")
    assert "stays as it is: " in shown.err and "crlf.yaml: VirtualService web/crlf" in shown.err
    assert run("rollback", "-f", "apps", "--abandon", app=APP, stdin="n\n", tty=True).code == 1
    done = run("rollback", "-f", "apps", "--abandon", app=APP, stdin="y\n", tty=True)
    assert (done.code, "is abandoned: no rollback undoes it any more" in done.err) == (0, True)

    assert bytes_of(place / "apps") == {**before, "crlf.yaml": mine}
    assert "nothing to undo" in run("rollback", "-f", "apps", "--yes", app=APP).err
    assert "nothing to abandon" in run("rollback", "-f", "apps", "--abandon", app=APP).err
    assert run("swap", *MAP, "-f", "apps", "-R", "--yes", app=APP).code == 0
    assert run("rollback", "-f", "apps", "--yes", app=APP).code == 0
    assert bytes_of(place / "apps") == {**before, "crlf.yaml": mine}
