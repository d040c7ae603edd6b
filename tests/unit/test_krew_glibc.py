"""What glibc an executable needs is read from it, and compared with what is promised."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from krew import glibc
from krew.glibc import PROMISED, Need, asked_for, main, needs, verdict, version_of

ROOT = Path(__file__).parents[2]
OLD, NEW = Need((2, 17), Path("old.so")), Need((2, 36), Path("new.so"))


def test_documentation_promises_what_is_checked() -> None:
    row = re.search(r"^\| glibc \| (\d+)\.(\d+)\b", (ROOT / "docs/install.md").read_text(), re.MULTILINE)
    assert row is not None
    assert (int(row[1]), int(row[2])) == PROMISED


@pytest.mark.parametrize(
    ("symbol", "version"),
    [
        ("GLIBC_2.28", (2, 28)),
        ("GLIBC_2.2.5", (2, 2)),
        ("GLIBC_2.4", (2, 4)),
        ("GLIBC_ABI_DT_RELR", (2, 36)),
        ("GLIBC_PRIVATE", None),
        ("GCC_3.0", None),
        ("GLIBCXX_3.4.29", None),
        ("OPENSSL_3.0.0", None),
    ],
)
def test_symbols_tell_the_version(symbol: str, version: tuple[int, int] | None) -> None:
    assert version_of(symbol) == version


def test_the_same_as_objdump_says_of_this_python() -> None:
    """objdump is among the binutils, which PyInstaller needs as well."""
    python = Path(sys.executable).resolve()
    said = subprocess.run(
        ["objdump", "--private-headers", python], capture_output=True, text=True, check=True
    ).stdout
    named = {(int(major), int(minor)) for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", said)}
    assert named
    assert asked_for(python) == named


def test_only_files_that_need_glibc_count_and_the_newest_comes_first(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("GLIBC_9.99")
    (tmp_path / "empty").touch()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/python").write_bytes(Path(sys.executable).resolve().read_bytes())
    found = needs([tmp_path])
    assert [need.file for need in found] == [tmp_path / "deep/python"]
    assert found[0].version == max(asked_for(Path(sys.executable).resolve()))


def test_promise_is_kept_broken_or_not_for_publication() -> None:
    assert verdict([OLD], here=None) == (0, "glibc 2.17 is needed, by old.so; 2.28 is promised")
    assert verdict([NEW, OLD], here=None)[0] == 1
    assert (
        "glibc 2.36 is needed, by new.so, and docs/install.md promises 2.28"
        in verdict([NEW, OLD], here=None)[1]
    )
    assert verdict([NEW], here=(2, 36)) == (
        0,
        "glibc 2.36 is needed, by new.so: not for publication, 2.28 is promised (docs/releasing.md)",
    )
    assert verdict([NEW], here=(2, 35)) == (
        1,
        "error: glibc 2.36 is needed, by new.so, and this machine has 2.35; build it here",
    )


def test_nothing_to_judge_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert main([str(tmp_path / "missing")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("error: no file there needs glibc")
    assert told[1].endswith("missing is not there; `make build` makes it")


def test_this_machine_can_run_its_own_python() -> None:
    assert max(asked_for(Path(sys.executable).resolve())) <= glibc._here()
