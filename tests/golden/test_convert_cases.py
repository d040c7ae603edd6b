"""`kubectl istio-migrate convert` on old values of all kinds: the new values and the report, word for word.

Each file in tests/golden/convert is a case: old values, with the flags in a comment on the first line. What the command
makes of it stands beside it; CONVERT_UPDATE=1 writes that anew, to be read before it is committed.
"""

import os
from pathlib import Path

import pytest

from kubectl_istio_migrate.main import APP
from tests.run import run

CASES = sorted((Path(__file__).parent / "convert").glob("*.yaml"))


def told(case: Path, folder: Path) -> str:
    """All that the command says and writes."""
    text = case.read_text()
    first, _, rest = text.partition("\n")
    flags = first.removeprefix("# ").split() if first.startswith("# --") else []
    values = folder / "values.yaml"
    values.write_text(rest if flags else text)
    done = run("convert", "-f", "values.yaml", *flags, app=APP)
    assert "internal error" not in done.err, done.err
    parts = [f"exit code {done.code}\n", "--- stdout\n", done.out, "--- stderr\n", done.err]
    made = folder / "new.yaml"
    if made.exists():
        assert made.stat().st_mode & 0o777 == 0o600
        parts += ["--- new.yaml\n", made.read_text()]
    if "--in-place" in flags:
        parts += ["--- values.yaml\n", values.read_text()]
    return "".join(parts).replace(str(folder), "FOLDER")


def test_there_are_cases() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    found, expected = told(case, tmp_path), case.with_suffix(".out")
    if os.environ.get("CONVERT_UPDATE"):
        expected.write_text(found)
    assert found == expected.read_text()
