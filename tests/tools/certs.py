"""Certificates of one rig: its own CA, kube-apiserver's serving pair, the admin's client pair. All P-256."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME = datetime.timedelta(days=3650)
_SERVICE_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
_ADDRESSES = ("127.0.0.1", "10.96.0.1")


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def cert_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.cert.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        """The key as PEM, not encrypted."""
        return _key_pem(self.key)


def make_ca(name: str) -> Pair:
    """A new self-signed CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    return Pair(builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key)


def make_server(ca: Pair, name: str, dns: Sequence[str], addresses: Sequence[str]) -> Pair:
    """A serving pair for these DNS names and IP addresses."""
    names: list[x509.GeneralName] = [x509.DNSName(value) for value in dns]
    names += [x509.IPAddress(ipaddress.ip_address(value)) for value in addresses]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative = x509.SubjectAlternativeName(names)
    return _issue(ca, subject, ExtendedKeyUsageOID.SERVER_AUTH, alternative)


def make_client(ca: Pair, user: str, group: str) -> Pair:
    """A client pair that kube-apiserver takes for USER in GROUP."""
    attributes = ((NameOID.ORGANIZATION_NAME, group), (NameOID.COMMON_NAME, user))
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    return _issue(ca, subject, ExtendedKeyUsageOID.CLIENT_AUTH, None)


def write_pki(folder: Path) -> None:
    """Writes ca, apiserver and admin as .crt and .key, and sa.key and sa.pub, for ServiceAccount tokens."""
    folder.mkdir(mode=0o700)
    ca = make_ca("rig-ca")
    pairs = {
        "ca": ca,
        "apiserver": make_server(ca, "kube-apiserver", _SERVICE_NAMES, _ADDRESSES),
        "admin": make_client(ca, "admin", "system:masters"),
    }
    for name, pair in pairs.items():
        (folder / f"{name}.crt").write_bytes(pair.cert_pem())
        (folder / f"{name}.key").write_bytes(pair.key_pem())
    signing_key = ec.generate_private_key(ec.SECP256R1())
    (folder / "sa.key").write_bytes(_key_pem(signing_key))
    (folder / "sa.pub").write_bytes(_public_pem(signing_key.public_key()))


def _issue(
    ca: Pair, subject: x509.Name, usage: x509.ObjectIdentifier, names: x509.SubjectAlternativeName | None
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject, ca.cert.subject, key.public_key())
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return Pair(builder.sign(ca.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(hours=1),
        not_valid_after=now + _LIFETIME,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
