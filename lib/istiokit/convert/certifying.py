"""What of the certificates on their way people have to know: keys that must not be shown, pairs that do not fit."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from istiokit.convert.certificates import certificate_faults
from istiokit.convert.model import CarriedSecret, Converted, Values, at, dotted, leaves

_KEY = "PRIVATE KEY-----"


def holds_private_key(converted: Converted) -> bool:
    """Whether the new values hold a private key, by where it stands or by how it looks."""
    there = any(at(converted.values, one.new) is not None for one in converted.secrets)
    return there or any(_KEY in text for _, value in leaves(converted.values) for text in _texts(value))


def certificate_notes(values: Values, converted: Converted, now: datetime) -> list[str]:
    """A line for each thing that is wrong with a certificate of the old values; never a word of a key."""
    return [f"{dotted(one.old)}: {fault}" for one in converted.secrets for fault in _faults(values, one, now)]


def _faults(values: Values, one: CarriedSecret, now: datetime) -> list[str]:
    cert, key, ca = (str(at(values, (*one.old, part)) or "") for part in ("cert", "key", "ca"))
    return certificate_faults(cert, key, ca, one.hosts, now)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
