"""Folders of manifests as each command that reads shows them: tests/golden/bindings/<case>/ in views/<case>.txt.

VIEWS_UPDATE=1 writes them anew, to be read.
"""

import os
import shutil
from pathlib import Path

import pytest

from kubectl_vs_gateways.main import APP
from tests.run import run

CASES = Path(__file__).parent / "bindings"
VIEWS = Path(__file__).parent / "views"
MAP = ["--map", "istio-system/public=istio-gateway/public-ingressgateway"]
COMMANDS: tuple[list[str], ...] = (
    [],
    ["--audit"],
    ["--audit", "-o", "json"],
    ["--audit", "-o", "sarif"],
    ["--audit", "-o", "markdown"],
    ["--audit", "--gateways", "{}", *MAP],
    ["--served", *MAP],
    ["can-drop", "istio-system/public"],
)


@pytest.mark.parametrize("name", ["broken", "packages", "patches"])
def test_what_is_shown_of_a_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CASES / name, tmp_path / name)
    text = ""
    for command in COMMANDS:
        words = [word.format(name) for word in command]
        result = run(*words, "-f", name, "-R", app=APP)
        sarif = result.out.partition('"results": ')[2] if "sarif" in words else result.out
        text += f"$ {' '.join([*words, '-f', name, '-R'])}\n{sarif}--- stderr, exit code {result.code}\n{result.err}\n"
    expected = VIEWS / f"{name}.txt"
    if os.environ.get("VIEWS_UPDATE"):
        expected.write_bytes(text.encode())
    assert text == expected.read_bytes().decode()
