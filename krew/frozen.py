"""Whose the files of a frozen folder are: the suite's, Python's, a package's, or a C library's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from krew.platforms import ReleaseError

INTERNAL = "_internal"
"""Where PyInstaller puts everything but the executables."""
OURS, PYTHON, BOOTLOADER = "istio-migrate", "cpython", "pyinstaller"

_PYTHON = re.compile(r"(lib)?python\d.*|_sysconfigdata_.*|base_library\.zip|Python(\.framework)?", re.I)
_SEAL = re.compile(r"\.?(lib.+)\.hmac")
"""Red Hat's libraries of cryptography look for this file beside them where FIPS is on, and do nothing without it."""
_SUITE = re.compile(r"istiokit|kubectl_\w+")
_HELPER = re.compile(r"_?pyi.*", re.I)
_LIBRARY = re.compile(r".+\.(so(\.\d+)*|dylib|dll)", re.I)


@dataclass(frozen=True)
class Environment:
    """What was frozen, as krew/probe.py tells it."""

    python: str
    modules: frozenset[str]
    libraries: Mapping[str, str]
    """{C library: version} as Python itself names them."""
    packages: Mapping[str, str]
    """{top-level file or folder, without what follows its first dot: name of the package}"""
    inside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """{package: {C library: version}} of what is linked into wheels."""


def environment(report: Mapping[str, Any]) -> Environment:
    """The Environment of a report of krew/probe.py."""
    packages = {stem(name): normal(it["name"]) for it in report["packages"] for name in it["files"]}
    return Environment(
        report["python"], frozenset(report["modules"]), report["libraries"], packages, report["inside"]
    )


def normal(name: str) -> str:
    """A package's name as PyPI compares it: PyYAML is pyyaml, ruamel.yaml is ruamel-yaml."""
    return re.sub(r"[-_.]+", "-", name).lower()


def stem(name: str) -> str:
    """yaml of yaml.pyc, _ssl of _ssl.cpython-311-x86_64-linux-gnu.so, attrs of attrs-26.1.0.dist-info."""
    return re.sub(r"-[^-]*\.dist-info$", "", name).split(".")[0]


def owners(files: Iterable[str], env: Environment) -> dict[str, list[str]]:
    """{owner: places} of FILES, paths below the frozen folder. A place is a file, or a folder right below _internal.

    Owners are OURS, PYTHON, BOOTLOADER, names of packages, and file names of C libraries.
    Raises ReleaseError for a file of which nobody knows whose it is: a list that lacks something is worse than none.
    """
    paths = [PurePosixPath(file) for file in files]
    libraries = {stem(path.name): path.name for path in paths if _is_library(path)}
    found: dict[str, set[str]] = {}
    for path in paths:
        for who, place in _claims(path, env, libraries):
            found.setdefault(who, set()).add(place)
    return {who: sorted(places) for who, places in sorted(found.items())}


def _claims(file: PurePosixPath, env: Environment, libraries: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who has a part in FILE, and the place to name."""
    if file.parts[0] != INTERNAL:
        executable = len(file.parts) == 1 and file.name.startswith(("kubectl", "flux-"))
        return [(OURS, str(file)), *([(BOOTLOADER, str(file))] if executable else [])]
    first = file.parts[1]
    sealed = _SEAL.fullmatch(file.name)
    who = libraries.get(stem(sealed[1])) if sealed else _owner(first, file, env)
    if who is None:
        raise ReleaseError(
            f"nobody knows where {file} in the frozen folder comes from; krew/frozen.py sorts its files"
        )
    return [(who, f"{INTERNAL}/{first}")]


def _owner(first: str, file: PurePosixPath, env: Environment) -> str | None:
    if _SUITE.fullmatch(first):
        return OURS
    if (package := env.packages.get(stem(first))) is not None:
        return package
    if stem(first) in env.modules or _PYTHON.fullmatch(first):
        return PYTHON
    if _HELPER.fullmatch(first):
        return BOOTLOADER
    return first if _is_library(file) else None


def _is_library(file: PurePosixPath) -> bool:
    return len(file.parts) == 2 and file.parts[0] == INTERNAL and bool(_LIBRARY.fullmatch(file.name))
