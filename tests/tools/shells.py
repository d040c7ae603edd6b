"""The shells that completion is tested in: those of this machine, else Debian's, unpacked into the user's cache.

Nobody has to be root: `apt-get download` brings the packages, `dpkg-deb` unpacks them, and nothing is installed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools.build import cache_dir, locked, say
from tests.tools.golang import BuildError

PACKAGES = {
    "zsh": ("zsh", "zsh-common", "libcap2", "libtinfo6"),
    "fish": ("fish", "fish-common", "libpcre2-32-0", "libtinfo6"),
    "bash-completion": ("bash-completion",),
}
"""What Debian (and Ubuntu) call them; libraries that a minimal system lacks are named, too."""
_BASH_COMPLETION = "usr/share/bash-completion/bash_completion"


@dataclass(frozen=True)
class Shell:
    """A program, and what it needs in its environment to find its parts."""

    program: Path
    env: Mapping[str, str] = field(default_factory=dict)
    setup: str = ""
    """What it has to run first, so that what it starts finds the libraries of the system again."""


def zsh() -> Shell:
    """zsh with its completion functions. Raises BuildError."""
    if found := shutil.which("zsh"):
        return Shell(Path(found))
    root = _unpacked("zsh")
    functions = root / "usr/share/zsh/functions"
    folders = [functions, *(path for path in functions.rglob("*") if path.is_dir())]
    modules = next((root / "usr/lib").rglob("zsh/zle.so")).parents[1]
    env = {"FPATH": ":".join(map(str, folders)), **_libraries(root)}
    return Shell(_proved(root / "bin/zsh", env), env, f"unset LD_LIBRARY_PATH; module_path=('{modules}')")


def fish() -> Shell:
    """fish with its functions. Raises BuildError."""
    if found := shutil.which("fish"):
        return Shell(Path(found))
    root = _unpacked("fish")
    env = _libraries(root)
    return Shell(_proved(root / "usr/bin/fish", env), env, "set -e LD_LIBRARY_PATH")


def bash_completion() -> Path:
    """The file of the package bash-completion that a shell sources. Raises BuildError."""
    installed = [
        Path("/", _BASH_COMPLETION),
        *Path("/opt/homebrew/share").glob("bash-completion/bash_completion"),
    ]
    return (
        next((path for path in installed if path.is_file()), None)
        or _unpacked("bash-completion") / _BASH_COMPLETION
    )


def main() -> None:
    """Bring all that is not there. Raises BuildError."""
    for bring in (zsh, fish, bash_completion):
        bring()


def _libraries(root: Path) -> dict[str, str]:
    """Where the libraries are that were brought."""
    folders = {library.parent for library in root.glob("**/lib/*/*.so.*")}
    return {"LD_LIBRARY_PATH": ":".join(sorted(map(str, folders)))}


def _proved(program: Path, env: Mapping[str, str]) -> Path:
    """The program, if it runs."""
    done = subprocess.run(
        [program, "--version"], env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildError(f"{program} does not run: {done.stderr.strip()}")
    return program


def _unpacked(name: str) -> Path:
    """The folder with the files of these packages; brought if need be."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise BuildError(
            f"{name} is needed to test completion, and there is no apt-get to bring it: install {name}"
        )
    target = cache_dir() / f"{name}-{_release_hash(name)}"
    with locked(name):
        if not target.is_dir():
            say(f"bringing {name}")
            with tempfile.TemporaryDirectory(prefix=f".{name}@", dir=cache_dir()) as work:
                _bring(name, Path(work))
                (Path(work) / "root").rename(target)
    return target


def _release_hash(name: str) -> str:
    """Names what is brought: another release of the system has other versions."""
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    parts = (*PACKAGES[name], system.get("ID", ""), system.get("VERSION_ID", ""), platform.machine())
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


def _bring(name: str, work: Path) -> None:
    packages = work / "packages"
    packages.mkdir()
    known = ["apt-get", "download", *PACKAGES[name]]
    done = _apt(known, packages)
    if done.returncode != 0:  # no lists of packages here, or old ones: then lists of our own
        own = _own_lists(work)
        _apt([*own, "update"], packages)
        done = _apt([*own, *known[1:]], packages)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["apt-get says nothing"])[-1]
        raise BuildError(
            f"{name} is needed to test completion, and cannot be brought: {reason}; install {name}"
        )
    for package in sorted(packages.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, work / "root"], check=True, capture_output=True)
    # fish looks for its settings beside its program.
    (work / "root/usr/etc").symlink_to("../etc")


def _own_lists(work: Path) -> list[str]:
    """apt-get with a state of its own, for the sources of this machine."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    options = {
        "Dir::State": work / "state",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "",
    }
    return ["apt-get", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]


def _apt(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
