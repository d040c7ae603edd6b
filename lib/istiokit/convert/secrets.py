"""Certificates of the old Gateways under the keys of the new ones. Pure; private keys pass through here.

Until Big Bang 2.53 the umbrella makes one Secret for a gateway, `<name>-cert`, from `tls`; from 2.54 on one for each
entry of `gatewayCerts`, by the entry's name (chart/templates/istio-gateway/secret-tls.yaml).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from istiokit.bigbang.layers import ENCRYPTED
from istiokit.bigbang.versions import CertificateKey
from istiokit.convert.model import Ledger, Path, Values, at, dotted
from istiokit.convert.old_gateways import Certificate

PARTS = ("key", "cert", "ca")
"""Of a certificate, as the old and the new values both call them."""


@dataclass(slots=True)
class Secrets:
    """The Secrets of one new gateway."""

    values: Values = field(default_factory=dict)
    """`gatewayCerts` or `tls`, for the gateway's values."""
    names: dict[str, str] = field(default_factory=dict)
    """The Secret that takes the place of an old one, where it has another name."""
    places: list[tuple[Path, Certificate]] = field(default_factory=list)
    """New places with keys, and what stands there."""


def secrets_of(
    certificates: Sequence[Certificate],
    others: Collection[str],
    user: Values,
    home: Path,
    way: CertificateKey,
    ledger: Ledger,
    *,
    external: bool,
) -> Secrets:
    """What becomes of the certificates. `home` is that of the new gateway; with `external` people make the Secrets.

    `others` are the Secrets that the same gateway needs besides.
    """
    found = Secrets()
    for one in certificates:
        if external:
            _external(one, ledger)
        elif any(at(user, (*one.home, part)) == ENCRYPTED for part in PARTS):
            _encrypted(one, home, way, ledger)
        elif way is CertificateKey.GATEWAY_CERTS:
            _entry(found, one, user, home, ledger)
        elif found.values or f"{home[-1]}-cert" in others:
            todo = (
                f"make the Secret istio-gateway/{one.name} by other means, or upgrade to Big Bang 2.54 first"
            )
            why = f"until Big Bang 2.53 a gateway has one certificate, in the Secret {home[-1]}-cert"
            _lost(one, ledger, why, todo)
        else:
            _single(found, one, user, home, ledger)
    return found


def say_of_halves(name: str, user: Values, ledger: Ledger) -> None:
    """A key without its certificate, or the other way round: the old chart makes no Secret of it."""
    home: Path = ("istio", "gateways", name)
    servers = at(user, (*home, "servers"))
    places = [(*home, "tls"), *((*home, "servers", n, "tls") for n in range(len(servers or ())))]
    for place in places if isinstance(servers, list | None) else ():
        there = [part for part in PARTS if at(user, (*place, part))]
        if there and not {"key", "cert"} <= set(there):
            lacks = "key" if "key" not in there else "certificate"
            todo = f"bring the {lacks} too (is it set by a targetPath?), or make the Secret by other means"
            for part in there:
                ledger.lost(
                    (*place, part), f"there is no {lacks} beside it, so these values make no Secret", todo
                )


def _entry(found: Secrets, one: Certificate, user: Values, home: Path, ledger: Ledger) -> None:
    entries = found.values.setdefault("gatewayCerts", [])
    place: Path = (*home, "gatewayCerts", len(entries), "tls")
    entries.append({"name": one.name, "tls": _parts(one, user)})
    _carried(found, one, user, place, ledger)


def _single(found: Secrets, one: Certificate, user: Values, home: Path, ledger: Ledger) -> None:
    found.values["tls"] = _parts(one, user)
    found.names[one.name] = f"{home[-1]}-cert"
    _carried(found, one, user, (*home, "tls"), ledger)


def _carried(found: Secrets, one: Certificate, user: Values, place: Path, ledger: Ledger) -> None:
    found.places.append((place, one))
    for part in PARTS:
        if at(user, (*one.home, part)) is not None:
            ledger.carried((*one.home, part), (*place, part))


def _parts(one: Certificate, user: Values) -> Values:
    return {part: value for part in PARTS if (value := at(user, (*one.home, part)))}


def _encrypted(one: Certificate, home: Path, way: CertificateKey, ledger: Ledger) -> None:
    key = "gatewayCerts" if way is CertificateKey.GATEWAY_CERTS else "tls"
    entry = (
        f", an entry with name: {one.name} and the same tls"
        if key == "gatewayCerts"
        else ", with the same keys"
    )
    todo = f"write {dotted((*home, key))} in that file with sops{entry}"
    _lost(one, ledger, "it is encrypted with SOPS, and only you can read it", todo)


def _external(one: Certificate, ledger: Ledger) -> None:
    for part in PARTS:
        todo = f"make the Secret istio-gateway/{one.name} before step 2"
        ledger.carried((*one.home, part), why="left out, as --certs external asks", todo=todo)


def _lost(one: Certificate, ledger: Ledger, why: str, todo: str) -> None:
    for part in PARTS:
        ledger.lost((*one.home, part), why, todo)
