"""The systems that a release is made for, and what their files are called."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin", "Windows": "windows"}
_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class ReleaseError(Exception):
    """A release cannot be made of this. Its text is one line that says what is missing, and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """An operating system and an architecture, in Go's names, which krew and Flux use: `linux`, `amd64`."""

    os: str
    arch: str

    def __str__(self) -> str:
        return f"{self.os}/{self.arch}"

    @property
    def suffix(self) -> str:
        """What archives are there: krew and Flux unpack both, and Windows has no tar before its version 10."""
        return "zip" if self.os == "windows" else "tar.gz"

    def archive(self, version: str) -> str:
        """The file name of the archive with all executables; `version` without a v: `1.2.3`."""
        return f"istio-migrate_v{version}_{self.os}_{self.arch}.{self.suffix}"

    def flux_archive(self, version: str) -> str:
        """The file name of the archive with the one executable that Flux installs."""
        return f"flux-{self.archive(version)}"


SUPPORTED = (
    Platform("darwin", "amd64"),
    Platform("darwin", "arm64"),
    Platform("linux", "amd64"),
    Platform("linux", "arm64"),
    Platform("windows", "amd64"),
)
"""What a release consists of. PyInstaller freezes for the machine that it runs on, so each is a job of its own."""


def chosen(only: Sequence[str] | None) -> tuple[Platform, ...]:
    """The supported platforms of these names, `linux/amd64`; all of them without any."""
    return tuple(one for one in SUPPORTED if not only or str(one) in only)


def this_platform() -> Platform:
    """The platform of this machine; raises ReleaseError if there is no release for it."""
    found = Platform(
        _SYSTEMS.get(platform.system(), platform.system().lower()),
        _MACHINES.get(platform.machine(), platform.machine()),
    )
    if found not in SUPPORTED:
        raise ReleaseError(f"no release is made for {found}, only for {', '.join(map(str, SUPPORTED))}")
    return found
