"""The systems that there are archives for, and what those are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """An operating system and a processor, in the words of Go, krew and Flux."""

    os: str
    arch: str

    def __str__(self) -> str:
        """As people write it: linux/amd64."""
        return f"{self.os}/{self.arch}"

    @property
    def exe(self) -> str:
        """What the file name of an executable ends with."""
        return ".exe" if self.os == "windows" else ""

    def archive(self, version: str) -> str:
        """The archive of all executables of VERSION ("0.1.0")."""
        return f"istio-migrate_v{version}_{self._suffix}"

    def flux_archive(self, version: str) -> str:
        """The archive of the one executable that Flux takes."""
        return f"flux-{self.archive(version)}"

    @property
    def _suffix(self) -> str:
        return f"{self.os}_{self.arch}.{'zip' if self.os == 'windows' else 'tar.gz'}"


SUPPORTED = (
    Platform("linux", "amd64"),
    Platform("linux", "arm64"),
    Platform("darwin", "amd64"),
    Platform("darwin", "arm64"),
    Platform("windows", "amd64"),
)
