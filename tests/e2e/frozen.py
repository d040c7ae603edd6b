"""The frozen archives of the sources as they are: made once, for all tests and all processes that run them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools import build

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
_STAMP = DIST / ".sources"
_INPUTS = ("build.spec", "pyproject.toml", "uv.lock", "LICENSE", "Makefile")
_FOLDERS = ("lib", "plugins", "krew")


class FrozenError(Exception):
    """The archives cannot be made; the message ends with what make said."""


def archives() -> Path:
    """The folder with the archives of these sources and checksums.txt; `make archive` fills it if need be (2 minutes).

    Raises FrozenError if that fails.
    """
    sources = _sources_hash()
    with _locked():
        if not (_STAMP.is_file() and _STAMP.read_text() == sources):
            _make()
            _STAMP.write_text(sources)
    return DIST


def _sources_hash() -> str:
    """Of everything that decides what is in the archives."""
    digest = hashlib.sha256()
    for path in [*(ROOT / name for name in _INPUTS), *_files()]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _files() -> list[Path]:
    found = [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if "__pycache__" not in path.parts)


@contextmanager
def _locked() -> Iterator[None]:
    """One builder per working copy. The lock is outside it: `make build` begins by removing dist/."""
    folder = build.cache_dir() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"frozen-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]}"
    with (folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make() -> None:
    # The tests may themselves have been started by make, whose flags are not for this one.
    env = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "archive"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise FrozenError(f"make archive failed with {done.returncode}:\n{said}")
