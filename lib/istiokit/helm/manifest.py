"""The VirtualServices that a release has rendered. Pure."""

import re
from collections.abc import Iterator

import msgspec

from istiokit.cluster.files_text import NoObject, objects_in
from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.errors import UsageError
from istiokit.helm.release import NotARelease, Release
from istiokit.istio.model import VirtualService, VirtualServiceSpec

_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
"""Where a document begins. At the start of a line it can be nothing else in YAML, not even inside quotes."""


def virtual_services(release: Release) -> dict[tuple[str, str], VirtualServiceSpec]:
    """By namespace and name; an object without a namespace is in that of the release.

    Only the documents that speak of a VirtualService are parsed: most of a manifest is none. Raises NotARelease where
    one of them cannot be read.
    """
    found: dict[tuple[str, str], VirtualServiceSpec] = {}
    for piece in _pieces(release.manifest):
        found.update(_specs(piece, release.namespace))
    return found


def _pieces(manifest: str) -> Iterator[str]:
    """The documents that have the kind's name in them, looked for from there: most of a manifest has none."""
    end = 0
    while (at := manifest.find(VIRTUAL_SERVICE.name, end)) >= 0:
        begin, marker = _begin(manifest, at), _MARKER.search(manifest, at)
        end = marker.start() if marker else len(manifest)
        yield manifest[begin:end]


def _begin(manifest: str, at: int) -> int:
    """Where the document begins that the offset lies in, behind its marker."""
    while (at := manifest.rfind("---", 0, at)) >= 0:
        if marker := _MARKER.match(manifest, at):
            return marker.end()
    return 0


def _specs(piece: str, namespace: str) -> Iterator[tuple[tuple[str, str], VirtualServiceSpec]]:
    try:
        for one in objects_in(piece.encode(), "manifest", (VIRTUAL_SERVICE,)):
            if not isinstance(one, NoObject):
                yield (one.ref.namespace or namespace, one.ref.name), one.decoded(VirtualService).spec
            elif one.broken:
                raise NotARelease(f"its manifest has a document that is not YAML: {one.reason}")
    except (msgspec.ValidationError, UsageError) as error:
        raise NotARelease(f"its manifest has a VirtualService that cannot be read: {error}") from None
