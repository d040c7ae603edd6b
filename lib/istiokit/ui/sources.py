"""--source: rendered manifests as evidence of what an owner declares, where it left no copy in the cluster."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from istiokit.ui.context import Context
from istiokit.ui.values import checked, file_name

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.cluster.files import FilesCluster
    from istiokit.survey.declaring import Manifests


def add_source(parser: argparse.ArgumentParser) -> None:
    """--source as `sources`, a list."""
    parser.add_argument(
        "--source",
        dest="sources",
        metavar="FILE",
        type=checked(file_name),
        action="append",
        default=[],
        help="File or folder (with all its folders) with the rendered manifests that an owner applies, for what left "
        "no copy in the cluster (server-side apply); repeat it for several.",
    )


def manifests_of(sources: Sequence[str], context: Context) -> "Manifests":
    """The VirtualServices of these files; what is of no use is told. Raises UsageError for a path that is not there."""
    if not sources:
        return {}
    from istiokit.cluster.files import FilesCluster
    from istiokit.cluster.kinds import VIRTUAL_SERVICE
    from istiokit.survey.declaring import manifests_in

    files = FilesCluster(sources, recursive=True, kinds=[VIRTUAL_SERVICE], lenient=True, say=context.say)
    tell_skipped(files, context)
    found, homeless = manifests_in(files)
    if homeless:
        context.say(
            f"left out: {homeless} of the VirtualServices that --source names, for want of a namespace"
        )
    return found


def tell_skipped(files: "FilesCluster", context: Context) -> None:
    """Say what of the files could not be read."""
    for one in files.skipped:
        if one.broken:
            context.say(f"left out: {one.place}: {one.reason}")
