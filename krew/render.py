"""Renders the manifests of a release: templates, version and checksums become files, or nothing does.

    python -m krew.render --checksums dist/checksums.txt --base-url URL --homepage URL --output DIR

DIR gets `plugins/`, as an index of krew has it, and `flux/`, as a catalog of Flux has it. Whatever is missing or wrong
is said in one line, and then no file is written.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from istiokit import __version__
from krew.checksums import read_checksums
from krew.command import Parser, command
from krew.manifests import manifests
from krew.platforms import SUPPORTED, ReleaseError, chosen
from krew.release import Release

TEMPLATES = Path(__file__).parent


@command
def main(argv: Sequence[str]) -> int:
    """Renders; returns 0, or 1 with the one reason on stderr. The files written are named on stdout."""
    arguments = _arguments(argv)
    for path in _render(arguments):
        print(path)
    if arguments.only:
        print(f"not for publication: only {', '.join(arguments.only)} was rendered", file=sys.stderr)
    return 0


def templates() -> dict[str, str]:
    """{path under krew/: text} of all templates."""
    paths = sorted([*TEMPLATES.glob("*.yaml"), *TEMPLATES.glob("flux/*.yaml")])
    return {path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="python -m krew.render", description="Render the manifests of krew and of Flux.")
    parser.add_argument("--checksums", type=Path, required=True, help="checksums.txt of `make archive`")
    parser.add_argument("--base-url", required=True, help="the https:// URL of the folder with the archives")
    parser.add_argument("--homepage", required=True, help="the https:// URL of the project")
    parser.add_argument(
        "--output", type=Path, required=True, help="the folder to write plugins/ and flux/ into"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[str(platform) for platform in SUPPORTED],
        help="render for this platform and leave out the others: to try it, not to publish; may be repeated",
    )
    return parser.parse_args(argv)


def _render(arguments: argparse.Namespace) -> list[Path]:
    checksums, platforms = read_checksums(arguments.checksums), chosen(arguments.only)
    release = Release(__version__, arguments.base_url, arguments.homepage, checksums, platforms)
    return _write(arguments.output, manifests(release, templates()))


def _write(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """All of TEXTS or none. What is there with another content is somebody's work, or of another version."""
    paths = {folder / name: text for name, text in texts.items()}
    try:
        for path, text in paths.items():
            _check_folder(path.parent)
            if path.exists() and path.read_bytes() != text.encode():
                raise ReleaseError(
                    f"{path} is there with another content; remove it, or name an empty folder"
                )
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReleaseError(f"{error.filename} cannot be written: {error.strerror}") from error
    return list(paths)


def _check_folder(folder: Path) -> None:
    """Raises ReleaseError where FOLDER is something else, or would have to be made below something else."""
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not there.is_dir():
        raise ReleaseError(f"{there} is no folder; remove it, or name another one")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
