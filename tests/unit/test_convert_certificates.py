"""Certificates of gateways: pairs, dates, names, and what is said of them."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from istiokit.convert.certificates import certificate_faults, covers

NOW = datetime.datetime(2026, 1, 10, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
KEYS: dict[str, Callable[[], Any]] = {
    "RSA": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "EC": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
    "DSA": lambda: dsa.generate_private_key(key_size=2048),
}
LABEL = st.text("abcxyz0", min_size=1, max_size=3)


@cache
def key_of(kind: str = "EC") -> Any:
    return KEYS[kind]()


def pem(key: Any, passphrase: bytes = b"", form: str = "PKCS8") -> str:
    secret = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    text: bytes = key.private_bytes(
        serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), secret
    )
    return text.decode()


def certificate(
    *names: str,
    key: Any = None,
    subject: str = "app",
    begin: datetime.datetime = NOW - DAY,
    end: datetime.datetime = NOW + DAY,
    extensions: Sequence[x509.ExtensionType] = (),
) -> str:
    """Signed by itself; with a subjectAltName where there are names."""
    key = key or key_of()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, end)
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        extensions = [*extensions, alternative]
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    plain = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    signed = builder.sign(key, None if plain else hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def faults(cert: str, key: str = "", ca: str = "", hosts: Sequence[str] = ()) -> list[str]:
    return certificate_faults(cert, key or pem(key_of()), ca, hosts, NOW)


@pytest.mark.parametrize("kind", ["RSA", "EC", "EC P-384", "Ed25519"])
@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_a_good_pair_has_no_fault(kind: str, form: str) -> None:
    key = key_of(kind)
    form = "PKCS8" if kind == "Ed25519" else form
    cert = certificate("*.example.com", key=key)
    assert faults(cert, pem(key, form=form), cert, ["*", "*.example.com", "ns/a.example.com"]) == []


def test_a_key_after_its_parameters() -> None:
    """As `openssl ecparam -genkey` writes it."""
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert faults(certificate("a.b"), parameters + pem(key_of(), form="TraditionalOpenSSL")) == []


@pytest.mark.parametrize("kind", ["Ed448", "DSA"])
def test_kinds_of_keys_that_no_gateway_takes(kind: str) -> None:
    assert faults(certificate("a.b", key=key_of(kind)), pem(key_of(kind))) == [
        "the key is neither RSA nor EC nor Ed25519"
    ]


@pytest.mark.parametrize("kind", ["RSA", "EC", "Ed25519"])
def test_the_key_of_another(kind: str) -> None:
    found = faults(certificate("a.b"), pem(KEYS[kind]()))
    assert found == ["the key is not that of the certificate"]


def test_the_key_of_the_intermediate_is_no_good() -> None:
    other = KEYS["EC"]()
    chain = certificate("a.b") + certificate(subject="middle", key=other)
    assert faults(chain) == []
    assert faults(chain, pem(other)) == ["the key is not that of the certificate"]


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_a_key_with_a_passphrase(form: str) -> None:
    assert faults(certificate("a.b"), pem(key_of(), b"secret", form)) == ["the key has a passphrase"]


@pytest.mark.parametrize("text", ["", " ", "nothing", "\udcff", "-----BEGIN CERTIFICATE-----\nAAAA"])
def test_what_is_not_pem(text: str) -> None:
    good = certificate("a.b")
    assert faults(text, hosts=["a.b"]) == ["the certificate is not PEM"]
    assert certificate_faults(good, text, "", ["a.b"], NOW) == ["the key is not PEM"]
    assert faults(good, ca=text) == ([] if text == "" else ["the CA is not PEM"])


def test_all_that_is_not_pem_is_told_at_once() -> None:
    assert faults("x", "x", "x", ["x"]) == [
        "the certificate is not PEM",
        "the key is not PEM",
        "the CA is not PEM",
    ]


def test_what_is_pem_and_yet_no_certificate() -> None:
    empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert faults(empty) == ["the certificate is not PEM"]
    assert faults(certificate("a.b") + empty) == ["the certificate is not PEM"]


def test_dates() -> None:
    old = certificate("a.b", begin=NOW - 9 * DAY, end=NOW - 8 * DAY)
    early = certificate("a.b", begin=NOW + DAY, end=NOW + 9 * DAY)
    assert faults(old) == ["the certificate expired on 2026-01-02"]
    assert faults(early) == ["the certificate is not valid before 2026-01-11"]


def test_dates_of_the_chain() -> None:
    middle = certificate(subject="middle", begin=NOW - 9 * DAY, end=NOW - 8 * DAY)
    top = certificate(subject="top", begin=NOW + DAY, end=NOW + 9 * DAY)
    assert faults(certificate("a.b") + middle + top, hosts=["a.b"]) == [
        "the intermediate certificate CN=middle expired on 2026-01-02",
        "the intermediate certificate CN=top is not valid before 2026-01-11",
    ]


def test_hosts_that_no_name_covers() -> None:
    cert = certificate("*.example.com", "app.other.org", subject="named.example.org")
    hosts = [
        "*",
        "*/a.example.com",
        "ns/*.example.com",
        "*.a.example.com",
        "app.other.org",
        "named.example.org",
    ]
    assert faults(cert, hosts=[*hosts, "./named.example.org"]) == [
        "no name of the certificate covers *.a.example.com",
        "no name of the certificate covers named.example.org",
    ]


def test_the_common_name_counts_where_there_is_no_other() -> None:
    assert faults(certificate(subject="*.example.com"), hosts=["a.example.com", "a.b", "*"]) == [
        "only the common name of the certificate covers a.example.com, and most clients do not look at it",
        "no name of the certificate covers a.b",
    ]


def test_an_alternative_name_of_another_kind_covers_nothing() -> None:
    other = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("https://a.b")])
    cert = certificate(subject="a.b", extensions=[other])
    assert faults(cert, hosts=["a.b"]) == ["no name of the certificate covers a.b"]


def rewritten(text: str, old: str, new: str) -> str:
    """The first PEM block of the text with bytes, given in hexadecimal, replaced by others of that length."""
    head, *body, tail = text.strip().splitlines()
    content = base64.b64decode("".join(body))
    assert bytes.fromhex(old) in content
    changed = content.replace(bytes.fromhex(old), bytes.fromhex(new))
    return "\n".join([head, base64.b64encode(changed).decode(), tail, ""])


def test_kinds_of_keys_that_nobody_knows() -> None:
    ed25519_id, unknown = "2b6570", "2b657f"
    strange = rewritten(pem(key_of("Ed25519")), ed25519_id, unknown)
    assert faults(certificate("a.b"), strange) == ["the key is neither RSA nor EC nor Ed25519"]
    ec_id, unknown = "2a8648ce3d0201", "2a8648ce3d027f"
    assert faults(rewritten(certificate("a.b"), ec_id, unknown)) == ["the key is not that of the certificate"]


def test_names_that_cannot_be_read_cover_nothing() -> None:
    """Two alternative names where there may be one: the second was that of the issuer."""
    issuer = x509.IssuerAlternativeName([x509.DNSName("a.b")])
    twice = rewritten(certificate("a.b", extensions=[issuer]), "551d12", "551d11")
    assert faults(twice, hosts=["a.b"]) == ["no name of the certificate covers a.b"]


def test_no_word_of_the_key_is_said() -> None:
    key = pem(KEYS["RSA"]())
    body = [line for line in key.splitlines() if not line.startswith("-")]
    for text in (key, key.replace("PRIVATE KEY", "SECRET"), key[:-80], pem(KEYS["EC"](), b"word")):
        said = " ".join(faults(certificate("a.b"), text, text, ["x.y"]))
        assert said
        assert not any(line[:8] in said for line in body)


@given(st.lists(LABEL, min_size=2, max_size=3), st.lists(LABEL, min_size=1, max_size=4))
def test_a_wildcard_stands_for_exactly_one_label(domain: list[str], labels: list[str]) -> None:
    name, host = ".".join(["*", *domain]), ".".join([*labels, *domain])
    assert covers(name, host) is (len(labels) == 1)
    assert covers(name, f"*.{host}") is False
    assert covers(name, ".".join(domain)) is False
    assert covers(name, name)


@given(st.lists(LABEL | st.just("*"), min_size=1, max_size=4), st.lists(LABEL, min_size=1, max_size=4))
def test_names_are_compared_label_by_label(name: list[str], host: list[str]) -> None:
    """The rule again in other words, for all names that have no star but the first label."""
    if "*" in name[1:]:
        return
    wild = name[0] == "*" and len(name) > 1
    expected = name == host or (wild and len(name) == len(host) and name[1:] == host[1:])
    assert covers(".".join(name), ".".join(host)) is expected
    assert covers(".".join(name).upper(), ".".join(host) + ".") is expected
