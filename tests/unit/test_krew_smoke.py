"""The trial of executables sees those that are not what they should be."""

import sys
from pathlib import Path

import pytest

from krew.smoke import TRIALS, failures, main, plugin_of, programs

GOOD = Path(sys.executable).with_name("kubectl-recycle_injected")


@pytest.mark.parametrize(
    ("name", "plugin"),
    [
        ("kubectl-vs_gateways", "vs-gateways"),
        ("kubectl-vs-gateways.exe", "vs-gateways"),
        ("flux-istio-migrate", "istio-migrate"),
        ("kubectl_complete-vs_gateways", None),
        ("kubectl", None),
        ("LICENSE", None),
    ],
)
def test_file_names_tell_the_plugin(name: str, plugin: str | None) -> None:
    assert plugin_of(Path(name)) == plugin


def test_every_plugin_is_tried() -> None:
    assert set(TRIALS) == {plugin_of(path) for path in programs(Path(sys.executable).parent)}


def test_good_one_has_no_failures() -> None:
    assert list(failures(GOOD)) == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 0", "said '', and not"),
        ("exit 3", "exit code 3 instead of 0"),
        ("echo kubectl-recycle-injected 9.9.9", "and not '"),
    ],
)
def test_empty_shell_of_an_executable_is_seen(script: str, told: str, tmp_path: Path) -> None:
    program = tmp_path / GOOD.name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    problems = list(failures(program))
    assert problems[0].startswith("kubectl-recycle_injected --version: ")
    assert told in problems[0]


def test_nothing_to_try_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.tar.gz").write_text("no archive")
    assert [main([str(tmp_path / name)]) for name in ("", "missing.tar.gz", "bad.tar.gz")] == [1, 1, 1]
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"error: no executable of the suite in {tmp_path}"
    assert told[1] == f"error: {tmp_path}/missing.tar.gz is not there; `make archive` makes what is tried"
    assert told[2].endswith("; `make archive` makes what is tried")
