"""Helm's record of a release, as its secrets driver stores it. Pure.

Source: helm.sh/helm/v3 pkg/storage/driver (secrets.go, util.go) and pkg/release: a Secret for each revision, called
`sh.helm.release.v1.NAME.vREVISION` and labelled owner=helm, name, status and version; its key `release` holds base64 of
gzip of JSON. The record has the values too, which may be secret: of it just what is named here is decoded.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from istiokit.cluster.decode import Object, Part, decoder

T = TypeVar("T")

SELECTOR = "owner=helm"
"""The label selector that finds the Secrets of all releases."""
DEPLOYED = "deployed"
_NAME = re.compile(r"sh\.helm\.release\.v1\.(?P<release>.+)\.v(?P<revision>\d+)")
_GZIP = b"\x1f\x8b\x08"
_MOST = 64 << 20
"""Bytes that a record may have unpacked; the Secret itself cannot be larger than 1 MiB."""


class NotARelease(ValueError):
    """The payload is none that Helm has written; the message says what is wrong with it."""


class ReleaseInfo(Part, frozen=True, kw_only=True):
    """What became of a revision. Helm spells these fields with underscores."""

    status: str = ""
    last_deployed: str = msgspec.field(name="last_deployed", default="")


class ChartMetadata(Part, frozen=True, kw_only=True):
    """Which chart it was."""

    name: str = ""
    version: str = ""


class Chart(Part, frozen=True, kw_only=True):
    """The chart, without its files."""

    metadata: ChartMetadata = ChartMetadata()


class Release(Part, frozen=True, kw_only=True):
    """One revision: what was rendered (after post-rendering), and what became of it."""

    name: str = ""
    namespace: str = ""
    version: int = 0
    info: ReleaseInfo = ReleaseInfo()
    chart: Chart = Chart()
    manifest: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """The Secret of one revision, by its name and labels alone."""

    namespace: str
    release: str
    number: int
    status: str
    secret: str
    """The name of the Secret."""


def unpacked(payload: str, as_: type[T]) -> T:
    """What the key `release` of a Secret holds, as the API sends it (base64 of Helm's own base64).

    Raises NotARelease.
    """
    try:
        packed = base64.b64decode(base64.b64decode(payload, validate=True), validate=True)
        text = _inflated(packed) if packed.startswith(_GZIP) else packed
        return decoder(as_).decode(text)
    except binascii.Error:
        raise NotARelease("its payload is not base64") from None
    except zlib.error:
        raise NotARelease("its payload is cut off or no gzip") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotARelease("its payload is not the JSON of a release") from None


def revision_of(secret: Object) -> Revision | None:
    """The revision that the Secret holds; None where its name is not of that form."""
    metadata = secret.metadata
    match = _NAME.fullmatch(metadata.name)
    if match is None:
        return None
    status = metadata.labels.get("status", "")
    return Revision(
        metadata.namespace or "default", match["release"], int(match["revision"]), status, metadata.name
    )


def counting(revisions: Iterable[Revision]) -> Sequence[Revision]:
    """Of the revisions of one release those that tell what it wants: the newest, and the deployed one below it.

    The newest is not deployed where an upgrade has failed or is under way: then both may be in the cluster.
    """
    ordered = sorted(revisions, key=lambda one: one.number, reverse=True)
    deployed = [one for one in ordered[1:] if one.status == DEPLOYED]
    return ordered[:1] if not ordered or ordered[0].status == DEPLOYED else [ordered[0], *deployed[:1]]


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    text = unpacker.decompress(packed, _MOST)
    if unpacker.unconsumed_tail:
        raise NotARelease(f"its record is larger than {_MOST >> 20} MiB")
    if not unpacker.eof:
        raise zlib.error("cut off")
    return text
