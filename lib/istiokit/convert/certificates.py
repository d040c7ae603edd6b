"""What is wrong with a certificate and its key, before a cluster finds out: pairs, dates, names. Pure.

A Secret with a pair that does not fit is accepted by the API server; only the gateway refuses it, and goes on with the
certificate that it had. No sentence here says a word of the key itself.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def certificate_faults(cert: str, key: str, ca: str, hosts: Iterable[str], now: datetime) -> list[str]:
    """What is wrong, a sentence each; nothing where the gateway can serve all the hosts with it.

    `cert` may be a chain, the gateway's own first; `ca`, which clients are checked against, may be empty. `hosts` are
    those of a Gateway: `*`, `*.example.com`, and with a namespace before a slash. `now` has a time zone.
    """
    # What is merely old-fashioned about a certificate is nothing that a user of this program can act on.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chain, public = _chain(cert), _public_part(key)
        faults = [] if chain else ["the certificate is not PEM"]
        faults += [public] if isinstance(public, str) else []
        if chain and isinstance(public, bytes) and public != _public_bytes(chain[0]):
            faults.append("the key is not that of the certificate")
        faults += [] if not ca or _chain(ca) else ["the CA is not PEM"]
        return [*faults, *_out_of_date(chain, now), *(_uncovered(chain[0], hosts) if chain else ())]


def covers(name: str, host: str) -> bool:
    """Whether a certificate's name is good for the host of a Gateway, as clients see it (RFC 6125, 6.4.3).

    `*.example.com` covers `a.example.com` and the host `*.example.com`, which stands for all that the wildcard can
    be used for; `*.a.example.com` and `example.com` it does not cover.
    """
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    label, _, domain = name.partition(".")
    first, _, rest = host.partition(".")
    return name == host or (label == "*" and domain != "" and first != "" and domain == rest)


def _chain(pem: str) -> "Sequence[Certificate]":
    """The certificates of the text, in its order; none where it has none, or one that cannot be read."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, x509.InvalidVersion):
        return ()


def _public_part(key: str) -> bytes | str:
    """The public half of a private key; a sentence where there is none to be had."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    unknown = "the key is neither RSA nor EC nor Ed25519"
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except TypeError:
        return "the key has a passphrase"
    except ValueError:
        return "the key is not PEM"
    except UnsupportedAlgorithm:
        return unknown
    known = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
    return _encoded(private.public_key()) if isinstance(private, known) else unknown


def _public_bytes(certificate: "Certificate") -> bytes:
    """The public key that it is about; empty where it is of a kind that nobody knows."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return _encoded(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return b""


def _encoded(public: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    encoded: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _out_of_date(chain: "Sequence[Certificate]", now: datetime) -> Iterator[str]:
    """A chain is as good as the worst of its certificates."""
    for number, one in enumerate(chain):
        which = (
            f"the intermediate certificate {one.subject.rfc4514_string()}" if number else "the certificate"
        )
        if one.not_valid_after_utc < now:
            yield f"{which} expired on {one.not_valid_after_utc.date()}"
        if one.not_valid_before_utc > now:
            yield f"{which} is not valid before {one.not_valid_before_utc.date()}"


def _uncovered(leaf: "Certificate", hosts: Iterable[str]) -> Iterator[str]:
    """The hosts that clients will not accept it for.

    Where there is no subjectAltName, some clients still look at the common name, and browsers do not.
    """
    names, common = _names(leaf)
    for host in dict.fromkeys(entry.rpartition("/")[2] for entry in hosts):
        if host == "*" or any(covers(name, host) for name in names):
            continue
        if any(covers(name, host) for name in common):
            yield f"only the common name of the certificate covers {host}, and most clients do not look at it"
        else:
            yield f"no name of the certificate covers {host}"


def _names(leaf: "Certificate") -> tuple[list[str], list[str]]:
    """The DNS names of the subjectAltName; where it has no such extension, the common names, as the second list."""
    from cryptography import x509

    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        common = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return [], [str(one.value) for one in common]
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return [], []
    return found.value.get_values_for_type(x509.DNSName), []
