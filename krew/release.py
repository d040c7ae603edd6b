"""What is released: a version, where its archives lie, and their checksums, all of it checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from krew.platforms import SUPPORTED, Platform, ReleaseError

VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")
"""Three numbers, as krew and CHANGELOG.md want them."""
# No user and no query, which may be secrets, and nothing that means something to YAML or to a shell.
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~%+@-]+)*")
_LINE = re.compile(r"(\S+) [ *](\S+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ARCHIVE = re.compile(r"(?:flux-)?istio-migrate_v?([^_]+)_.*\.(?:tar\.gz|zip)")


@dataclass(frozen=True)
class Release:
    """What the templates are filled with."""

    version: str
    """As istiokit says it, without a v."""
    base_url: str
    """Where the archives lie, without a last slash."""
    homepage: str
    checksums: Mapping[str, str]
    """{file name: SHA-256 in hex}."""
    platforms: tuple[Platform, ...] = SUPPORTED

    def check(self) -> None:
        """Raises ReleaseError for a version that is not X.Y.Z, a URL that is not plain https, or strange archives."""
        if not VERSION.fullmatch(self.version):
            raise ReleaseError(
                f"version {self.version} is not X.Y.Z, as krew wants it (lib/istiokit/__init__.py)"
            )
        check_url("--base-url", self.base_url)
        check_url("--homepage", self.homepage)
        _check_archives(self.checksums, self.version)


def check_url(flag: str, url: str) -> None:
    """Raises ReleaseError, without the URL itself, if what FLAG gives is not plain https."""
    if not _URL.fullmatch(url):
        raise ReleaseError(f"{flag} is not a plain https:// URL without user, query and last slash")


def parse_checksums(text: str) -> dict[str, str]:
    """{file name: SHA-256 in hex}; raises ReleaseError for what sha256sum would not write, or a name twice."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ReleaseError(f"line {number} is not of the form 'CHECKSUM  FILE'")
        checksum, name = match.groups()
        if not _SHA256.fullmatch(checksum):
            raise ReleaseError(
                f"line {number}: the checksum of {name} is not 64 lower-case hexadecimal digits"
            )
        if name in found:
            raise ReleaseError(f"line {number}: {name} is there a second time")
        found[name] = checksum
    return found


def _check_archives(checksums: Mapping[str, str], version: str) -> None:
    """No archive may be of another version, of a platform that nobody renders, or a copy of another.

    Other files of a release (wheels, SBOMs) may have their checksums in the same file.
    """
    ours = {archive(version) for it in SUPPORTED for archive in (it.archive, it.flux_archive)}
    seen: dict[str, str] = {}
    for name, checksum in checksums.items():
        match = _ARCHIVE.fullmatch(name)
        if match is None:
            continue
        if match.group(1) != version:
            raise ReleaseError(
                f"{name} is of version {match.group(1)}, and lib/istiokit/__init__.py says {version}: "
                f"check out v{match.group(1)}, or remove the archive and run `make checksums`"
            )
        if name not in ours:
            raise ReleaseError(
                f"{name} is of no platform of krew/platforms.py: {', '.join(map(str, SUPPORTED))}"
            )
        if checksum in seen:
            raise ReleaseError(f"{name} and {seen[checksum]} are one and the same file")
        seen[checksum] = name
