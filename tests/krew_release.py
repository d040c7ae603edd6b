"""A release on paper: checksums of archives that were never built."""

from __future__ import annotations

import hashlib
from pathlib import Path

from istiokit import __version__
from krew.checksums import write_checksums
from krew.files import expected
from krew.platforms import SUPPORTED

BASE_URL = f"https://git.example.com/mesh/istio-migrate/releases/v{__version__}"
HOMEPAGE = "https://git.example.com/mesh/istio-migrate"
NAMES = [archive(__version__) for it in SUPPORTED for archive in (it.archive, it.flux_archive)]


def checksum(name: str) -> str:
    """Some checksum, another one for each NAME."""
    return hashlib.sha256(name.encode()).hexdigest()


def checksums_txt(*names: str) -> str:
    """What sha256sum would print about NAMES, by default about all archives of a release."""
    return "".join(f"{checksum(name)}  {name}\n" for name in names or NAMES)


def fill(dist: Path) -> None:
    """Makes DIST what the publishing jobs get: each file of a release, with its name as its content."""
    names = expected(__version__, SUPPORTED)
    for name in (*names, "manifests/krew-istio-migrate.yaml", "manifests/flux/istio-migrate.yaml"):
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_text(name)
    write_checksums(dist)
