"""checksums.txt: the SHA-256 of every file of a release, as `sha256sum --check` reads it.

`python -m krew.checksums` writes it anew, for a folder into which the archives of several machines were brought.
"""

import hashlib
import sys
from pathlib import Path

from krew.command import Parser, command
from krew.platforms import ReleaseError
from krew.release import parse_checksums

CHECKSUMS = "checksums.txt"
_RELEASED = (".tar.gz", ".zip", ".whl", ".json")


@command
def main() -> int:
    """Writes the checksums of dist/; returns the exit code."""
    parser = Parser(prog="python -m krew.checksums", description=__doc__)
    parser.add_argument("dist", nargs="?", type=Path, default=Path("dist"), help="Default: %(default)s.")
    print(write_checksums(parser.parse_args().dist).read_text("utf-8"), end="")
    return 0


def write_checksums(dist: Path) -> Path:
    """Writes dist/checksums.txt for all that is released from there, sorted by name; returns it.

    Raises ReleaseError if there is nothing.
    """
    if not dist.is_dir():
        raise ReleaseError(f"{dist} is no folder; `make archive` makes it")
    files = sorted(path for path in dist.iterdir() if path.name.endswith(_RELEASED) and path.is_file())
    if not files:
        raise ReleaseError(f"{dist} has no file of a release; `make archive` makes some")
    target = dist / CHECKSUMS
    target.write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files), "utf-8", newline="\n")
    return target


def read_checksums(path: Path) -> dict[str, str]:
    """{file name: SHA-256} that the file at PATH has. Raises ReleaseError, which names it, if there are none."""
    try:
        return parse_checksums(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}; `make checksums` writes it") from error
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{path} is no text in UTF-8; `make checksums` writes it anew") from error
    except ReleaseError as error:
        raise ReleaseError(f"{path}: {error}; `make checksums` writes it anew") from error


def sha256(path: Path) -> str:
    """The checksum of a file, in hex."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
