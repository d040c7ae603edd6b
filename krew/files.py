"""What a release consists of, and whether all of it is there.

python -m krew.files dist [--only linux/amd64]   shows the files with their sizes and checksums
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from istiokit import __version__
from krew.checksums import CHECKSUMS, read_checksums, sha256
from krew.command import Parser, command
from krew.platforms import SUPPORTED, Platform, ReleaseError, chosen

_ANEW = "make it anew, and then `make checksums manifests`"


def expected(version: str, platforms: Sequence[Platform]) -> list[str]:
    """The files of a release of VERSION for PLATFORMS, sorted by name; checksums and manifests are made of them."""
    of_python = [f"istio_migrate-{version}-py3-none-any.whl", f"istio_migrate-{version}.tar.gz"]
    archives = [
        name
        for it in platforms
        for name in (it.archive(version), it.flux_archive(version), bill_name(version, it))
    ]
    return sorted(of_python + archives)


def bill_name(version: str, platform: Platform) -> str:
    """The file name of the list of components (SBOM) of the archives for PLATFORM."""
    return f"istio-migrate_v{version}_{platform.os}_{platform.arch}.cdx.json"


def check(there: Mapping[str, str], version: str, platforms: Sequence[Platform]) -> None:
    """Raises ReleaseError if THERE ({name: SHA-256}) lacks a file of a release, or has one of another."""
    wanted = set(expected(version, platforms))
    if missing := wanted - set(there):
        raise ReleaseError(f"{min(missing)} is not in {CHECKSUMS}: a release has all of its files or is none")
    if strange := set(there) - wanted:
        raise ReleaseError(f"{min(strange)} in {CHECKSUMS} is no file of a release of {version}: remove it")


def verify(dist: Path, sums: Mapping[str, str]) -> None:
    """Raises ReleaseError if a file of SUMS ({name: SHA-256}) is not in DIST, or is another one there."""
    for name, checksum in sums.items():
        if not (dist / name).is_file():
            raise ReleaseError(f"{dist / name} is not there, and {CHECKSUMS} names it: {_ANEW}")
        if sha256(dist / name) != checksum:
            raise ReleaseError(f"{dist / name} is not the file whose checksum is in {CHECKSUMS}: {_ANEW}")


def table(paths: Sequence[Path]) -> str:
    """One line for each of PATHS: its size in bytes, its SHA-256, its name."""
    rows = [(f"{path.stat().st_size:,}", sha256(path), path.name) for path in paths]
    wide = max(len(size) for size, _, _ in rows)
    return "\n".join(f"{size:>{wide}}  {checksum}  {name}" for size, checksum, name in rows)


def attached(dist: Path, sums: Mapping[str, str]) -> list[Path]:
    """The paths of the files in SUMS, of the checksums, and of the manifests that `make manifests` has rendered.

    krew's have "krew-" before their names, since Flux finds its own one by the name of the plugin.
    """
    manifests = [
        *sorted((dist / "manifests").glob("krew-*.yaml")),
        *sorted((dist / "manifests/flux").glob("*.yaml")),
    ]
    if not manifests:
        raise ReleaseError(f"{dist}/manifests is empty; `make manifests` renders them")
    return [*(dist / name for name in sorted(sums)), dist / CHECKSUMS, *manifests]


@command
def main(argv: Sequence[str]) -> int:
    """Shows the table; returns 0, or 1 with the one reason on stderr."""
    parser = Parser(prog="python -m krew.files", description="Show the files of a release.")
    parser.add_argument("dist", type=Path)
    parser.add_argument(
        "--only", action="append", choices=list(map(str, SUPPORTED)), help="expect this platform alone"
    )
    parser.add_argument("--names", action="store_true", help="print paths, those of the manifests too")
    arguments = parser.parse_args(argv)
    platforms = chosen(arguments.only)
    sums = read_checksums(arguments.dist / CHECKSUMS)
    check(sums, __version__, platforms)
    verify(arguments.dist, sums)
    paths = attached(arguments.dist, sums)
    print("\n".join(path.as_posix() for path in paths) if arguments.names else table(paths))
    if len(platforms) < len(SUPPORTED):
        print(f"not for publication: {len(platforms)} of {len(SUPPORTED)} platforms", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
