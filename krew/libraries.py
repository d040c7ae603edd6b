"""Which package of the operating system a C library is from: its version is what advisories speak of."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Origin:
    """What is known of a library: a package of a distribution, or just a name and a version."""

    name: str
    version: str
    purl: str


_REPORTED = {"libssl": "openssl", "libcrypto": "openssl", "libz": "zlib", "zlib1": "zlib"}
"""What Python's own report calls a library, by the start of its file name."""


def origin(file: str, reported: Mapping[str, str]) -> Origin | None:
    """Where the library FILE ("libssl.so.3") is from; None if nobody knows. dpkg, rpm and Python's report are asked."""
    return _from_dpkg(file) or _from_rpm(file) or from_report(file, reported)


def from_report(file: str, reported: Mapping[str, str]) -> Origin | None:
    """What Python says of the library FILE that it was linked with: the only answer on macOS and Windows."""
    name = _REPORTED.get(file.split(".")[0].split("-")[0])
    if name is None or name not in reported:
        return None
    return Origin(name, reported[name], f"pkg:generic/{name}@{reported[name]}")


def _from_dpkg(file: str) -> Origin | None:
    owner = _said("dpkg-query", "--search", f"*/{file}").split(": ")[0]
    if not owner:
        return None
    told = _said("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Architecture}", owner)
    return from_words("deb", told, platform.freedesktop_os_release())


def _from_rpm(file: str) -> Origin | None:
    told = _said("rpm", "--query", "--whatprovides", "--queryformat", _RPM, f"{file}()(64bit)")
    return from_words("rpm", told.partition("\n")[0], platform.freedesktop_os_release()) if told else None


_RPM = "%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\n"


def from_words(kind: str, words: str, release: Mapping[str, str]) -> Origin | None:
    """The Origin of "NAME VERSION ARCHITECTURE", the WORDS of dpkg or rpm (KIND: deb or rpm), on the system RELEASE."""
    try:
        name, version, architecture = words.split()
    except ValueError:
        return None
    distro = f"{release['ID']}-{release.get('VERSION_ID', 'unknown')}"
    purl = f"pkg:{kind}/{release['ID']}/{quote(name)}@{quote(version)}?arch={architecture}&distro={distro}"
    return Origin(name, version, purl)


def _said(*command: str) -> str:
    """What COMMAND printed; nothing if it is not there or knows no answer."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout if done.returncode == 0 else ""
