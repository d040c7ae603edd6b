"""Which Big Bang brings which Istio packages. What an Istio version supports is in istio/versions.py.

Sources: chart/values.yaml and the templates of the public Big Bang chart, tags 2.49.0 to 3.0.0; Big Bang's guide
"Migrating from Istio Operator to Helm based Istio"; the announcements of Istio 1.23.0 and 1.25.0 on istio.io.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from istiokit.errors import UsageError

TARGET = "2.54"
"""The Big Bang to migrate on: the last one with both kinds of packages."""
KNOWN = "2.49 to 2.54, and 3.0 or later"

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+].*)?")


class Family(StrEnum):
    """The kinds of Istio packages that a Big Bang has, named for their value keys."""

    CORE = "istioCore"
    """istioOperator and istio, or istioCore and istioGateway."""
    SPLIT = "istioCRDs and istiod"
    """istioOperator and istio, or istioCRDs, istiod and istioGateway."""
    HELM_ONLY = "istioCRDs and istiod, without an operator"
    """istioCRDs, istiod and istioGateway; the values schema rejects istio and istioOperator."""


class Window(StrEnum):
    """How a version stands to the migration."""

    ALPHA = "too early: the Helm packages are alpha"
    BETA = "early: the Helm packages are beta"
    OPEN = "the time to migrate"
    TOO_LATE = "too late: the operator packages are gone"


class CertificateKey(StrEnum):
    """Which key of `istioGateway.values.gateways.<name>` holds the gateway's certificate."""

    TLS = "tls"
    """A mapping {key, cert, ca}; makes the Secret `<name>-cert`."""
    GATEWAY_CERTS = "gatewayCerts"
    """A list of {name, tls: {key, cert, ca}}; makes a Secret with the name of each entry."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A Big Bang version; a release candidate counts as its release."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


SPLIT_SINCE = Version(2, 51)
"""The first Big Bang with istioCRDs and istiod in place of istioCore."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a Big Bang version means for the migration."""

    version: Version
    family: Family
    window: Window
    certificate_key: CertificateKey


def parse_version(text: str) -> Version:
    """`2.54.0`, `v2.54` or `2.54.0-rc.1` as a Version; raises UsageError for anything else."""
    found = _VERSION.fullmatch(text.strip())
    if not found:
        raise UsageError(f'"{text}" is not a Big Bang version', f"write it like 2.54.0; known are {KNOWN}")
    major, minor, patch = (int(part or 0) for part in found.groups())
    return Version(major, minor, patch)


def release(version: Version) -> Release:
    """What is known about the version; raises UsageError for a version outside the known range."""
    minor = (version.major, version.minor)
    if version.major >= 3:
        return Release(version, Family.HELM_ONLY, Window.TOO_LATE, CertificateKey.GATEWAY_CERTS)
    if minor in ((2, 49), (2, 50)):
        return Release(version, Family.CORE, Window.ALPHA, CertificateKey.TLS)
    if (2, 51) <= minor <= (2, 54):
        window = Window.BETA if minor == (2, 51) else Window.OPEN
        key = CertificateKey.GATEWAY_CERTS if minor == (2, 54) else CertificateKey.TLS
        return Release(version, Family.SPLIT, window, key)
    raise UsageError(f"Big Bang {version} is not known", f"known are {KNOWN}")
