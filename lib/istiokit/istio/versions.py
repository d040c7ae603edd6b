"""Istio versions: reading them off images, what may run with what, and until when.

Source of the tables and of the skew rule: https://istio.io/latest/docs/releases/supported-releases/
(its data as of August 2026).
"""

import functools
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+_].*)?")
_FULL = re.compile(r"v?\d+\.\d+\.\d+(?:[-+_].*)?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version by its numbers; what follows them (`-fips`, `-zarf-123`) says nothing about age."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def release(self) -> str:
        """The minor release that it belongs to: `1.23`."""
        return f"{self.major}.{self.minor}"


LAST_WITH_OPERATOR = Version(1, 23)
"""There is no in-cluster operator from 1.24 on (istio.io blog, in-cluster operator deprecation, 2024)."""


@dataclass(frozen=True, slots=True)
class Release:
    """A minor release of Istio: the Kubernetes 1.x minors it supports (inclusive), and when support ended."""

    oldest_kubernetes: int
    newest_kubernetes: int
    end_of_support: date | None = None
    """None while it had not ended when this table was made."""


RELEASES: dict[str, Release] = {
    "1.20": Release(25, 29, date(2024, 6, 25)),
    "1.21": Release(26, 29, date(2024, 9, 27)),
    "1.22": Release(27, 30, date(2025, 1, 22)),
    "1.23": Release(27, 30, date(2025, 4, 16)),
    "1.24": Release(28, 31, date(2025, 6, 24)),
    "1.25": Release(29, 32, date(2025, 9, 30)),
    "1.26": Release(29, 33, date(2025, 12, 22)),
    "1.27": Release(29, 33, date(2026, 4, 7)),
    "1.28": Release(30, 34, date(2026, 7, 1)),
    "1.29": Release(31, 35),
    "1.30": Release(32, 36),
}
"""By minor release. A release that is not listed is one we know nothing about."""


class Skew(StrEnum):
    """How a proxy stands to its control plane."""

    SUPPORTED = "supported"
    TOO_OLD = "too old"
    AHEAD = "ahead of the control plane"


def parse(text: str) -> Version | None:
    """`1.23.6`, `v1.23`, `1.25.3-bb.1`, `v1.32.4+k3s1`; None for what does not start like a version."""
    found = _VERSION.fullmatch(text.strip())
    if not found:
        return None
    major, minor, patch = found.groups()
    return Version(int(major), int(minor), int(patch or 0))


@functools.lru_cache(maxsize=4096)
def of_image(image: str) -> Version | None:
    """The version that an image's tag names, whatever registry, suffix or digest surrounds it.

    None for `latest`, `auto`, a digest alone, and a floating tag such as `1.25`: they do not say what runs.
    """
    without_digest = image.partition("@")[0]
    tag = without_digest.rpartition("/")[2].partition(":")[2]
    return parse(tag) if _FULL.fullmatch(tag) else None


def skew(control_plane: Version, proxy: Version) -> Skew:
    """The control plane may be one minor release ahead of a proxy, and never behind it."""
    if proxy.major != control_plane.major:
        return Skew.TOO_OLD if proxy < control_plane else Skew.AHEAD
    behind = control_plane.minor - proxy.minor
    if behind < 0:
        return Skew.AHEAD
    return Skew.SUPPORTED if behind <= 1 else Skew.TOO_OLD


def supports_kubernetes(istio: Version, kubernetes: Version) -> bool | None:
    """Whether this Istio release supports this Kubernetes release; None where the table does not know it."""
    release = RELEASES.get(istio.release)
    if release is None:
        return None
    return (
        kubernetes.major == 1 and release.oldest_kubernetes <= kubernetes.minor <= release.newest_kubernetes
    )


def end_of_support(istio: Version) -> date | None:
    """The day on which support of the release ended; None where it is not known to have ended."""
    release = RELEASES.get(istio.release)
    return release.end_of_support if release else None


def has_operator(istio: Version) -> bool:
    """Whether an in-cluster operator exists for this release."""
    return (istio.major, istio.minor) <= (LAST_WITH_OPERATOR.major, LAST_WITH_OPERATOR.minor)
