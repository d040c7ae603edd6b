"""checksums.txt: the SHA-256 of every file of a release, as `sha256sum --check` reads it.

`python -m krew.checksums` writes it anew, for a folder into which the archives of several machines were brought.
"""

import argparse
import hashlib
import sys
from pathlib import Path

CHECKSUMS = "checksums.txt"
_RELEASED = (".tar.gz", ".zip", ".whl", ".json")


def main() -> int:
    """Writes the checksums of dist/; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m krew.checksums", description=__doc__)
    parser.add_argument("dist", nargs="?", type=Path, default=Path("dist"), help="Default: %(default)s.")
    print(write_checksums(parser.parse_args().dist).read_text(), end="")
    return 0


def write_checksums(dist: Path) -> Path:
    """Writes dist/checksums.txt for all that is released from there, sorted by name; returns it."""
    files = sorted(path for path in dist.iterdir() if path.name.endswith(_RELEASED) and path.is_file())
    target = dist / CHECKSUMS
    target.write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files), newline="\n")
    return target


def sha256(path: Path) -> str:
    """The checksum of a file, in hex."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
