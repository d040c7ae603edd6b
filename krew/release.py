"""What a release consists of, and whether it can be made of this commit.

    python -m krew.release check [--tag v0.1.0]   is this commit a release, or could it become one?
    python -m krew.release files dist [--only linux/amd64]   are all files there? shows them with sizes and checksums
    python -m krew.release notes   what CHANGELOG.md says of this version

A version is released once CHANGELOG.md has a section for it. Until then the section Unreleased stands for it in a dry
run, and in nothing else: with a tag, given or at this commit, the section must be there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from istiokit import __version__
from krew import changelog
from krew.checksums import CHECKSUMS
from krew.platforms import SUPPORTED, Platform, ReleaseError

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Commit:
    """What is checked out."""

    version: str
    """The one of lib/istiokit/__init__.py."""
    changelog: str
    dirty: tuple[str, ...] = ()
    """Files that differ from the commit."""
    tags: tuple[str, ...] = ()
    """The tags of versions that it has."""


def section_for(it: Commit) -> changelog.Section:
    """The section of the changelog that tells of a release of this commit. Raises ReleaseError if there can be none."""
    if it.dirty:
        raise ReleaseError(
            f"{it.dirty[0]} differs from the commit, and a release is made of commits: commit or stash it"
        )
    wrong = changelog.problems(it.changelog)
    if wrong:
        raise ReleaseError(f"CHANGELOG.md, {wrong[0]}")
    other = [tag for tag in it.tags if tag != f"v{it.version}"]
    if other:
        raise ReleaseError(
            f"the tag is {other[0]}, and lib/istiokit/__init__.py says {it.version}: they must agree"
        )
    return _section(it)


def _section(it: Commit) -> changelog.Section:
    found = changelog.section(it.changelog, it.version)
    if found is not None:
        return found
    if it.tags:
        raise ReleaseError(
            f"CHANGELOG.md has no section ## [{it.version}] - DATE: give what is Unreleased that heading"
        )
    waiting = changelog.section(it.changelog, changelog.UNRELEASED)
    if waiting is None or not waiting.notes:
        raise ReleaseError(
            f"CHANGELOG.md says nothing of {it.version}: neither a section of its own, nor Unreleased"
        )
    return waiting


def expected(version: str, platforms: Sequence[Platform]) -> list[str]:
    """The files of a release of VERSION for PLATFORMS, sorted by name; checksums and manifests are made of them."""
    of_python = [f"istio_migrate-{version}-py3-none-any.whl", f"istio_migrate-{version}.tar.gz"]
    archives = [
        name
        for it in platforms
        for name in (it.archive(version), it.flux_archive(version), bill(version, it))
    ]
    return sorted(of_python + archives)


def bill(version: str, platform: Platform) -> str:
    """The file name of the list of components (SBOM) of the archives for PLATFORM."""
    return f"istio-migrate_v{version}_{platform.os}_{platform.arch}.cdx.json"


def listed(dist: Path, version: str, platforms: Sequence[Platform]) -> list[str]:
    """The names in DIST's checksums, if they are those of a release.

    Raises ReleaseError for what is missing, and for what does not belong there.
    """
    wanted = set(expected(version, platforms))
    there = set(checksums(dist))
    if wanted - there:
        raise ReleaseError(
            f"{min(wanted - there)} is not in {dist / CHECKSUMS}: a release has all of its files or is none"
        )
    if there - wanted:
        raise ReleaseError(f"{min(there - wanted)} in {dist} is no file of a release of {version}: remove it")
    return sorted(there)


def checksums(dist: Path) -> dict[str, str]:
    """{name: SHA-256} of DIST's checksums.txt."""
    lines = (dist / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def table(dist: Path, names: Sequence[str]) -> str:
    """One line for each file of DIST in NAMES, and for the checksums: size, checksum, name."""
    sums = checksums(dist)
    rows = [(f"{(dist / name).stat().st_size:,}", sums.get(name, ""), name) for name in [*names, CHECKSUMS]]
    wide = max(len(size) for size, _, _ in rows)
    return "\n".join(f"{size:>{wide}}  {checksum:64}  {name}" for size, checksum, name in rows)


def head(tag: str | None) -> Commit:
    """What is checked out here; TAG counts as one of its tags."""
    dirty = tuple(line[3:] for line in _git("status", "--porcelain"))
    tags = tuple(line for line in _git("tag", "--points-at", "HEAD") if line.startswith("v"))
    given = (tag,) if tag and tag not in tags else ()
    return Commit(__version__, (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), dirty, (*tags, *given))


def _git(*words: str) -> list[str]:
    try:
        done = subprocess.run(["git", *words], cwd=_ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ReleaseError(
            "this is no clone of the repository, or git is missing: a release is made of commits"
        ) from error
    return done.stdout.splitlines()


def _check(arguments: argparse.Namespace) -> Iterator[str]:
    commit = head(arguments.tag)
    found = section_for(commit)
    if found.version == commit.version:
        tags = ", ".join(commit.tags) or "still to be set"
        yield f"version {commit.version}, CHANGELOG.md of {found.date}, tag {tags}"
    else:
        yield f"version {commit.version} is not released: {found.version} in CHANGELOG.md stands for it, here only"


def _files(arguments: argparse.Namespace) -> Iterator[str]:
    platforms = [it for it in SUPPORTED if not arguments.only or str(it) in arguments.only]
    yield table(arguments.dist, listed(arguments.dist, __version__, platforms))
    if len(platforms) < len(SUPPORTED):
        yield f"not for publication: only {', '.join(map(str, platforms))} of {len(SUPPORTED)} platforms"


def _notes(_: argparse.Namespace) -> Iterator[str]:
    yield section_for(head(None)).notes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m krew.release", description="Judge and list a release.")
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check", help="whether a release can be made of this commit")
    check.add_argument("--tag", help="the tag to release, where it is not yet at this commit")
    check.set_defaults(run=_check)
    files = commands.add_parser("files", help="whether all files are there, and what they are")
    files.add_argument("dist", type=Path)
    files.add_argument(
        "--only", action="append", choices=list(map(str, SUPPORTED)), help="look for this platform only"
    )
    files.set_defaults(run=_files)
    commands.add_parser("notes", help="what CHANGELOG.md says of this version").set_defaults(run=_notes)
    return parser


def main(argv: Sequence[str]) -> int:
    """Runs one command; returns 0, or 1 with the one reason on stderr."""
    arguments = _parser().parse_args(argv)
    try:
        for line in arguments.run(arguments):
            print(line)
    except (ReleaseError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
