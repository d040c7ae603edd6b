"""A shell can close a stream: whoever needs it says so in one line, and the exit code is the suite's."""

import subprocess
import sys
from pathlib import Path

import pytest

SHOP = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec: {hosts: [a], gateways: [x/y]}
"""
NOBODY_TO_ASK = "There is no terminal to ask on; add --yes to go on without asking"


def shell(place: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = f'"$0" -m kubectl_vs_gateways {words}'
    argv = ["sh", "-c", command, sys.executable]
    return subprocess.run(argv, cwd=place, capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(SHOP)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ("-f a.yaml >&-", 3, "stdout: it is closed"),
        ("--help >&-", 3, "stdout: it is closed"),
        ("--version >/dev/full", 3, "input or output: No space left on device"),
        ("-f a.yaml >/dev/full", 3, "input or output: No space left on device"),
        ("-f - <&-", 2, "-f -: stdin: it is closed; give it a pipe or a file"),
        ("swap -f - --map a/b=c/d <&-", 2, "-f -: stdin: it is closed; give it a pipe or a file"),
        (
            "swap -f a.yaml --map x/y=c/d <&- >/dev/null",
            2,
            f"swap: change 1 VirtualService in 1 file? {NOBODY_TO_ASK}",
        ),
        ("add -f a.yaml --map x/y=c/d --yes >&-", 3, "stdout: it is closed"),
    ],
)
def test_what_is_closed_is_told_in_one_line(place: Path, words: str, code: int, line: str) -> None:
    done = shell(place, words)
    assert (done.returncode, done.stderr.splitlines()[-1], "Traceback" in done.stderr) == (
        code,
        f"error: {line}",
        False,
    )
    assert (place / "a.yaml").read_text() == SHOP


@pytest.mark.parametrize(
    ("words", "code"), [("-f a.yaml 2>&-", 0), ("-f b.yaml 2>&-", 2), ("-f a.yaml <&-", 0)]
)
def test_what_nobody_needs_may_be_closed(place: Path, words: str, code: int) -> None:
    done = shell(place, words)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert ("default" in done.stdout) == (code == 0)


def test_with_all_of_them_closed_the_exit_code_is_left(place: Path) -> None:
    assert shell(place, "-f a.yaml <&- >&- 2>&-").returncode == 3
