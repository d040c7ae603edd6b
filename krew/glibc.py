"""The glibc that frozen executables need: the newest of its symbol versions that any file of a build asks for.

    python -m krew.glibc dist/istio-migrate [--here]

Exit code 1 if that is newer than what docs/install.md promises. What is built on a machine needs about the glibc of
that machine, so a release is built in a container with an old one, and judged there. `--here` judges a build for the
machine that it was made on, and says so.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from krew.command import Parser, command
from krew.platforms import ReleaseError

PROMISED = (2, 28)
"""What the archives for Linux run on: Red Hat 8, Debian 10, Ubuntu 20.04 and whatever is newer."""

_SYMBOL = re.compile(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?")
_MARKERS = {"GLIBC_ABI_DT_RELR": (2, 36), "GLIBC_ABI_GNU2_TLS": (2, 42)}
"""Names without a number, and the first glibc that has them."""

Version = tuple[int, int]


@dataclass(frozen=True, order=True)
class Need:
    """The newest glibc that one file asks for."""

    version: Version
    file: Path


def needs(places: Sequence[Path]) -> list[Need]:
    """What each ELF file at or below PLACES asks for, the newest first; files that need no glibc are left out."""
    files = sorted({file for place in places for file in _files(place)})
    found = [Need(max(versions), file) for file in files if (versions := asked_for(file))]
    return sorted(found, reverse=True)


def asked_for(file: Path) -> set[Version]:
    """The versions of glibc's symbols that FILE asks for; empty if it is no ELF file, or a static one."""
    from elftools.elf.elffile import ELFFile
    from elftools.elf.gnuversions import GNUVerNeedSection

    with file.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return set()
        parts = [part for part in ELFFile(stream).iter_sections() if isinstance(part, GNUVerNeedSection)]
        names = {symbol.name for part in parts for _, symbols in part.iter_versions() for symbol in symbols}
    return {version for version in map(version_of, names) if version is not None}


def version_of(symbol: str) -> Version | None:
    """(2, 28) of GLIBC_2.28; None of what says nothing of glibc, such as GLIBC_PRIVATE or GCC_3.0."""
    match = _SYMBOL.fullmatch(symbol)
    return (int(match[1]), int(match[2])) if match else _MARKERS.get(symbol)


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    yield from (path for path in place.rglob("*") if path.is_file())


def _here() -> Version:
    """The glibc of this machine."""
    major, minor = platform.libc_ver()[1].split(".")[:2]
    return int(major), int(minor)


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def verdict(found: Sequence[Need], *, here: Version | None) -> tuple[int, str]:
    """The exit code, and the line to say. HERE is the glibc to be content with where the promised one is not kept."""
    if not found:
        return 1, "error: no file there needs glibc, so these are no executables for Linux"
    need = found[0]
    what = f"glibc {_text(need.version)} is needed, by {need.file.name}"
    if need.version <= PROMISED:
        return 0, f"{what}; {_text(PROMISED)} is promised"
    if here is not None and need.version <= here:
        return 0, f"{what}: not for publication, {_text(PROMISED)} is promised (docs/releasing.md)"
    if here is not None:
        return 1, f"error: {what}, and this machine has {_text(here)}; build it here"
    return (
        1,
        f"error: {what}, and docs/install.md promises {_text(PROMISED)}; build it where the release is built",
    )


@command
def main(argv: Sequence[str]) -> int:
    """Judges the files named in ARGV; returns the exit code."""
    parser = Parser(prog="python -m krew.glibc", description="Tell the glibc that files need.")
    parser.add_argument("places", nargs="+", type=Path, metavar="FILE", help="a file or folder of dist/")
    parser.add_argument("--here", action="store_true", help="content with the glibc of this machine")
    arguments = parser.parse_args(argv)
    missing = [place for place in arguments.places if not place.exists()]
    if missing:
        raise ReleaseError(f"{missing[0]} is not there; `make build` makes it")
    code, line = verdict(needs(arguments.places), here=_here() if arguments.here else None)
    print(line, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
