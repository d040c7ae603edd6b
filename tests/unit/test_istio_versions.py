"""Versions: reading them, and what Istio supports together."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.istio.versions import (
    RELEASES,
    Skew,
    Version,
    end_of_support,
    has_operator,
    of_image,
    parse,
    skew,
    supports_kubernetes,
)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.23.6", Version(1, 23, 6)),
        ("v1.32.4+k3s1", Version(1, 32, 4)),
        ("1.25", Version(1, 25)),
        ("1.25.3-bb.1", Version(1, 25, 3)),
        ("latest", None),
        ("", None),
        ("1", None),
        ("1.2.3.4", None),
        ("1.23.6_fips", Version(1, 23, 6)),
        ("sha256:1.23", None),
    ],
)
def test_parsing(text: str, version: Version | None) -> None:
    assert parse(text) == version


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("docker.io/istio/proxyv2:1.23.6", Version(1, 23, 6)),
        ("registry.example.com:5000/ironbank/istio/proxyv2:1.23.6-fips", Version(1, 23, 6)),
        ("127.0.0.1:31999/istio/proxyv2:1.23.6-zarf-1234567890", Version(1, 23, 6)),
        ("istio/proxyv2:1.25.3@sha256:0a1b", Version(1, 25, 3)),
        ("istio/proxyv2:1.25.3-distroless", Version(1, 25, 3)),
        ("istio/proxyv2:v1.25.3", Version(1, 25, 3)),
        ("istio/proxyv2@sha256:0a1b", None),
        ("registry.example.com:5000/istio/proxyv2", None),
        ("istio/proxyv2:latest", None),
        ("istio/proxyv2:1.25", None),
        ("istio/proxyv2:1.25-alpha.0123abc", None),
        ("auto", None),
        ("", None),
    ],
)
def test_reading_the_version_off_an_image(image: str, version: Version | None) -> None:
    assert of_image(image) == version


NUMBERS = st.integers(min_value=0, max_value=40)
VERSIONS = st.builds(Version, st.just(1), NUMBERS, NUMBERS)


@given(VERSIONS, st.sampled_from(["", "-fips", "-bb.2", "-zarf-12", "-tetratefips-v0"]))
def test_a_version_survives_any_spelling(version: Version, suffix: str) -> None:
    assert parse(f"{version}{suffix}") == version
    assert of_image(f"registry.example.com:5000/a/b:{version}{suffix}@sha256:ff") == version


@given(VERSIONS, VERSIONS)
def test_versions_are_ordered_by_their_numbers(one: Version, other: Version) -> None:
    assert (one < other) == ((one.minor, one.patch) < (other.minor, other.patch))


@pytest.mark.parametrize(
    ("control_plane", "proxy", "expected"),
    [
        ("1.25.3", "1.25.0", Skew.SUPPORTED),
        ("1.25.0", "1.25.3", Skew.SUPPORTED),
        ("1.24.6", "1.23.6", Skew.SUPPORTED),
        ("1.25.3", "1.23.6", Skew.TOO_OLD),
        ("1.23.6", "1.25.3", Skew.AHEAD),
        ("2.0.0", "1.25.3", Skew.TOO_OLD),
        ("1.25.3", "2.0.0", Skew.AHEAD),
    ],
)
def test_a_control_plane_may_be_one_minor_ahead(control_plane: str, proxy: str, expected: Skew) -> None:
    plane, sidecar = parse(control_plane), parse(proxy)
    assert plane is not None and sidecar is not None
    assert skew(plane, sidecar) is expected


def test_kubernetes_support_knows_its_limits() -> None:
    assert supports_kubernetes(Version(1, 25, 3), Version(1, 32, 4)) is True
    assert supports_kubernetes(Version(1, 25, 3), Version(1, 33)) is False
    assert supports_kubernetes(Version(1, 25, 3), Version(1, 28)) is False
    assert supports_kubernetes(Version(1, 99), Version(1, 32)) is None


def test_support_ends() -> None:
    assert end_of_support(Version(1, 23, 6)) == date(2025, 4, 16)
    assert end_of_support(Version(1, 30)) is None
    assert end_of_support(Version(1, 3)) is None


def test_the_operator_ends_with_1_23() -> None:
    assert has_operator(Version(1, 23, 9))
    assert not has_operator(Version(1, 24))


def test_the_table_moves_forward_only() -> None:
    for older, newer in pairwise(RELEASES.values()):
        assert older.oldest_kubernetes <= newer.oldest_kubernetes <= newer.newest_kubernetes
        assert older.newest_kubernetes <= newer.newest_kubernetes
        assert newer.end_of_support is None or (
            older.end_of_support is not None and older.end_of_support < newer.end_of_support
        )
