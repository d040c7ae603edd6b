"""What can be proved of the Containerfile without an engine to build it: its step, on a real archive."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from istiokit import __version__
from krew.platforms import Platform
from tests.e2e.frozen import ROOT, archives
from tests.e2e.release import HERE

TEXT = (ROOT / "Containerfile").read_text()
ARCHIVE = Platform("linux", "${TARGETARCH}").archive("${VERSION}")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """What the COPY of the first stage brings: the checksums of the whole release, and one of its archives."""
    copied = re.search(r"(?m)^COPY checksums\.txt (\S+) \./$", TEXT)
    assert copied is not None
    assert copied[1] == ARCHIVE
    for name in ("checksums.txt", HERE.archive(__version__)):
        shutil.copyfile(archives() / name, tmp_path / name)
    return tmp_path


def step(context: Path) -> subprocess.CompletedProcess[str]:
    """Runs the one RUN of the recipe, as a builder would."""
    (command,) = re.findall(r"(?m)^RUN ((?:.*\\\n)*.*)$", TEXT)
    env = {**os.environ, "VERSION": __version__, "TARGETARCH": HERE.arch}
    return subprocess.run(
        ["sh", "-c", command], cwd=context, env=env, capture_output=True, text=True, check=False
    )


def test_the_archive_is_compared_and_unpacked(context: Path) -> None:
    done = step(context)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{HERE.archive(__version__)}: OK\n"
    (entry,) = re.findall(r'(?m)^ENTRYPOINT \["(\S+)"\]$', TEXT)
    program = [str(context / "istio-migrate" / entry), "--version"]
    assert (
        subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()[-1] == __version__
    )


def test_a_tampered_archive_stops_the_build(context: Path) -> None:
    with (context / HERE.archive(__version__)).open("ab") as archive:
        archive.write(b"more")
    assert step(context).returncode != 0
    assert not (context / "istio-migrate").exists()


def test_it_runs_as_a_number_and_starts_no_shell() -> None:
    """Kubernetes judges runAsNonRoot by the number alone."""
    final = TEXT.rpartition("\nFROM ")[2]
    assert re.search(r"(?m)^USER [1-9]\d*:[1-9]\d*$", final)
    assert "RUN " not in final
