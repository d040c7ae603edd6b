"""Whether a release can be made of the commit that is checked out, and what its notes are.

    python -m krew.ready [--tag v1.2.3]   one line, or one error
    python -m krew.ready --notes          what CHANGELOG.md says of this version, for the page of the release

A version is released once CHANGELOG.md has a section for it. Until then the section Unreleased stands for it in a dry
run, and in nothing else: with a tag, given or at this commit, the section must be there.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from istiokit import __version__
from krew import changelog
from krew.command import Parser, command
from krew.platforms import ReleaseError

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


def head(tag: str | None) -> Commit:
    """What is checked out here; TAG counts as one of its tags."""
    dirty = tuple(line[3:] for line in git("status", "--porcelain"))
    tags = tuple(line for line in git("tag", "--points-at", "HEAD") if line.startswith("v"))
    given = (tag,) if tag and tag not in tags else ()
    return Commit(__version__, _changelog(), dirty, (*tags, *given))


def _changelog() -> str:
    try:
        return (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no text in UTF-8"
        raise ReleaseError(
            f"CHANGELOG.md cannot be read: {why}; `git restore CHANGELOG.md` brings it back"
        ) from error


def git(*words: str) -> list[str]:
    """The lines that git says of this repository. Raises ReleaseError."""
    try:
        done = subprocess.run(["git", *words], cwd=_ROOT, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ReleaseError(
            "this is no clone of the repository, or git is missing: a release is made of commits"
        ) from error
    return done.stdout.splitlines()


def _line(commit: Commit) -> str:
    found = section_for(commit)
    if found.version != commit.version:
        return f"version {commit.version} is not released: {found.version} in CHANGELOG.md stands for it, here only"
    return f"version {commit.version}, CHANGELOG.md of {found.date}, tag {', '.join(commit.tags) or 'still to be set'}"


@command
def main(argv: Sequence[str]) -> int:
    """Says it; returns 0, or 1 with the one reason on stderr."""
    parser = Parser(prog="python -m krew.ready", description="Judge the commit that is checked out.")
    parser.add_argument("--tag", help="the tag to release, where it is not yet at this commit")
    parser.add_argument("--notes", action="store_true", help="print the section of CHANGELOG.md instead")
    arguments = parser.parse_args(argv)
    commit = head(arguments.tag)
    print(section_for(commit).notes if arguments.notes else _line(commit))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
