"""--source: rendered manifests as evidence of what an owner declares, where it left no copy in the cluster."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.values import checked, file_name

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.cluster.files_text import Stored
    from istiokit.survey.declaring import Manifests


DETAILS = (
    "`--source` is a file, or a folder with all its folders, with the rendered manifests that an owner "
    "applies. It is for what left no copy in the cluster, as server-side apply does."
)
"""What the help of --source has no room for."""


def add_source(parser: argparse.ArgumentParser) -> None:
    """--source as `sources`, a list."""
    flag = parser.add_argument(
        "--source",
        dest="sources",
        metavar="FILE",
        type=checked(file_name),
        action="append",
        default=[],
        help="File or folder of manifests that an owner applies (repeatable).",
    )
    completed_by(flag, Source.FILES)


def manifests_of(sources: Sequence[str], context: Context) -> "Manifests":
    """The VirtualServices of these files; what is of no use is told. Raises UsageError for a path that is not "
    "there."""
    if not sources:
        return {}
    from istiokit.cluster.files_read import STDIN, files_under, read_bytes, read_stdin
    from istiokit.survey.declaring import manifests_in

    stdin = read_stdin(context.stdin) if STDIN in sources else b""
    found: list[Stored] = []
    for path in files_under(sources, True):
        data = stdin if path == STDIN else read_bytes(path)
        found += _usable(data, path, context)
    manifests, lines = manifests_in(found)
    for line in lines:
        context.say(f"left out: {line}")
    return manifests


def _usable(data: bytes, path: str, context: Context) -> "list[Stored]":
    """The VirtualServices of a file; what cannot be read is told."""
    import msgspec

    from istiokit.cluster.files_text import NoObject, objects_in
    from istiokit.cluster.kinds import VIRTUAL_SERVICE
    from istiokit.istio.model import VirtualService

    found = []
    try:
        for one in objects_in(data, path, (VIRTUAL_SERVICE,)):
            if isinstance(one, NoObject):
                if one.broken:
                    context.say(f"left out: {one.place}: {one.reason}")
                continue
            one.decoded(VirtualService)
            found.append(one)
    except (UsageError, msgspec.ValidationError) as error:
        context.say(f"left out: {path}: {error}")
    return found
