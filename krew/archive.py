"""Packs a folder so that the same content is the same bytes: `python -m krew.archive` packs dist/ for this machine.

Names are sorted, owners are root, modes are 755 or 644, and every time is SOURCE_DATE_EPOCH
(reproducible-builds.org). There are no links: krew's extractor knows only files and folders
(krew internal/download/downloader.go).
"""

import gzip
import os
import shutil
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from istiokit import __version__
from krew.checksums import write_checksums
from krew.command import Parser, command
from krew.platforms import Platform, ReleaseError, this_platform

FOLDER = "istio-migrate"
"""The one folder at the top of an archive, and of dist/."""
FLUX_PLUGIN = "flux-istio-migrate"
_OLDEST_ZIP = 315532800
"""1980-01-01: a zip archive knows no time before it."""


@command
def main() -> int:
    """Packs what is in dist/ and writes its checksums; returns the exit code."""
    parser = Parser(prog="python -m krew.archive", description=__doc__)
    parser.add_argument("dist", nargs="?", type=Path, default=Path("dist"), help="Default: %(default)s.")
    parser.add_argument("--man", type=Path, default=Path("build/man"), help="Default: %(default)s.")
    given = parser.parse_args()
    for packed in pack_all(given.dist, given.man, this_platform(), source_date()):
        print(f"{packed.stat().st_size:>12,}  {packed}")
    write_checksums(given.dist)
    return 0


def source_date() -> int:
    """The time of all that is packed, in seconds; raises ReleaseError where nobody has set it."""
    try:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    except (KeyError, ValueError):
        raise ReleaseError("SOURCE_DATE_EPOCH is not set: run `make archive`, which sets it") from None


def pack_all(dist: Path, man: Path, platform: Platform, date: int) -> Iterator[Path]:
    """Packs the folder with the man pages, and Flux's executable with the licences, each into an archive beside it."""
    folder, plugin = dist / FOLDER, dist / _executable(FLUX_PLUGIN, platform)
    for built in (folder, plugin, man):
        if not built.exists():
            raise ReleaseError(f"{built} is not there: run `make archive`, which builds it first")
    # Where `man` looks first for what is on the PATH: beside it.
    contents = _named(folder, FOLDER) | _named(man, f"{FOLDER}/man")
    yield pack(contents, dist / platform.archive(__version__), date)
    alone = {plugin.name: plugin, **{name: folder / name for name in ("LICENSE", "THIRD-PARTY-LICENSES")}}
    yield pack(alone, dist / platform.flux_archive(__version__), date)


def pack(contents: dict[str, Path], target: Path, date: int) -> Path:
    """Packs the files under these names into `target`, whose suffix says how; returns it.

    Raises ReleaseError for what is no file, such as a link to nothing.
    """
    for path in contents.values():
        if not path.is_file():
            raise ReleaseError(f"{path} is no file: an archive for krew holds nothing else")
    write = _write_zip if target.suffix == ".zip" else _write_tar
    unfinished = target.with_name(f".{target.name}")
    write(contents, unfinished, date)
    unfinished.replace(target)
    return target


def _named(folder: Path, name: str) -> dict[str, Path]:
    """The files of a folder by their names in the archive, below `name`; what a link leads to is a file like others."""
    walked = os.walk(folder, followlinks=True)
    files = (Path(where, file) for where, _, names in walked for file in names)
    return {f"{name}/{path.relative_to(folder).as_posix()}": path for path in files}


def _executable(name: str, platform: Platform) -> str:
    return f"{name}.exe" if platform.os == "windows" else name


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _write_tar(contents: dict[str, Path], target: Path, date: int) -> None:
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=date) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name, path in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = path.stat().st_size, _mode(path), date
            entry.uname = entry.gname = "root"
            with path.open("rb") as content:
                tar.addfile(entry, content)


def _write_zip(contents: dict[str, Path], target: Path, date: int) -> None:
    moment = time.gmtime(max(date, _OLDEST_ZIP))[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, path in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _mode(path) << 16
            with path.open("rb") as content, packed.open(entry, "w") as place:
                shutil.copyfileobj(content, place)


if __name__ == "__main__":
    sys.exit(main())
