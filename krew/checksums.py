"""The checksums of a release's files, as sha256sum writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from krew.platforms import SUPPORTED

_LINE = re.compile(r"(\S+) [ *](\S+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ARCHIVE = re.compile(r"(?:flux-)?istio-migrate_v?([^_]+)_.*\.(?:tar\.gz|zip)")


class Gap(Exception):
    """What a release needs is missing or wrong; the message says what, in one line for people."""


def parse(text: str) -> dict[str, str]:
    """{file name: SHA-256 in hex} of TEXT. Raises Gap for what sha256sum would not write, or a name twice."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise Gap(f"line {number} is not of the form 'CHECKSUM  FILE'")
        checksum, name = match.groups()
        if not _SHA256.fullmatch(checksum):
            raise Gap(f"line {number}: the checksum of {name} is not 64 lower-case hexadecimal digits")
        if name in found:
            raise Gap(f"line {number}: {name} is there a second time")
        found[name] = checksum
    return found


def check_archives(checksums: Mapping[str, str], version: str) -> None:
    """Raises Gap for an archive of another version, of a platform that nobody renders, or that is a copy of another.

    Other files of a release (wheels, SBOMs) may have their checksums in the same file.
    """
    ours = {archive(version) for it in SUPPORTED for archive in (it.archive, it.flux_archive)}
    seen: dict[str, str] = {}
    for name, checksum in checksums.items():
        match = _ARCHIVE.fullmatch(name)
        if match is None:
            continue
        if match.group(1) != version:
            raise Gap(f"{name} is of version {match.group(1)}, and lib/istiokit/__init__.py says {version}")
        if name not in ours:
            raise Gap(f"{name} is of no platform of krew/platforms.py: {', '.join(map(str, SUPPORTED))}")
        if checksum in seen:
            raise Gap(f"{name} and {seen[checksum]} are one and the same file")
        seen[checksum] = name
