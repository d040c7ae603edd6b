"""Big Bang versions, and the Kubernetes and sidecars that each Istio goes with."""

import pytest

from istiokit.bigbang.versions import (
    CertificateKey,
    Family,
    Version,
    Window,
    parse_version,
    release,
)
from istiokit.errors import UsageError


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.54.0", Version(2, 54, 0)),
        ("v2.54", Version(2, 54, 0)),
        (" 2.54.0-rc.1\n", Version(2, 54, 0)),
        ("3.10.2+build", Version(3, 10, 2)),
    ],
)
def test_versions_are_read_in_the_ways_people_write_them(text: str, version: Version) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("text", ["", "latest", "2", "2.x", "2.54.0.1", "-2.54"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"known are 2\.49 to 2\.54, and 3\.0 or later"):
        parse_version(text)


@pytest.mark.parametrize(
    ("version", "family", "window", "key"),
    [
        ("2.49.0", Family.CORE, Window.ALPHA, CertificateKey.TLS),
        ("2.50.0", Family.CORE, Window.ALPHA, CertificateKey.TLS),
        ("2.51.1", Family.SPLIT, Window.BETA, CertificateKey.TLS),
        ("2.52.0", Family.SPLIT, Window.OPEN, CertificateKey.TLS),
        ("2.53.1", Family.SPLIT, Window.OPEN, CertificateKey.TLS),
        ("2.54.0", Family.SPLIT, Window.OPEN, CertificateKey.GATEWAY_CERTS),
        ("3.0.0-rc.1", Family.HELM_ONLY, Window.TOO_LATE, CertificateKey.GATEWAY_CERTS),
        ("3.30.0", Family.HELM_ONLY, Window.TOO_LATE, CertificateKey.GATEWAY_CERTS),
    ],
)
def test_a_version_tells_packages_time_and_certificate_key(
    version: str, family: Family, window: Window, key: CertificateKey
) -> None:
    known = release(parse_version(version))
    assert (known.family, known.window, known.certificate_key) == (family, window, key)
    assert str(known.version) in (version, version.partition("-")[0])


@pytest.mark.parametrize("version", ["2.48.0", "2.55.0", "1.0.0"])
def test_a_version_outside_the_table_is_refused(version: str) -> None:
    with pytest.raises(UsageError, match="is not known"):
        release(parse_version(version))
