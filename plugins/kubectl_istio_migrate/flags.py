"""Flags that several commands of this plugin share."""

import argparse

from istiokit.ui.options import checked, file_name


def add_bigbang_version(parser: argparse.ArgumentParser) -> None:
    """--bigbang-version as `bigbang_version`: overrides the version that was found."""
    parser.add_argument(
        "--bigbang-version",
        metavar="VERSION",
        default="",
        help="Big Bang version, such as 2.54.0, where it cannot be found or is to be another.",
    )


def add_edited_files(parser: argparse.ArgumentParser) -> None:
    """-f as `filenames`: what a step has edited, whose journal lies beside it."""
    parser.add_argument(
        "-f",
        "--filename",
        dest="filenames",
        metavar="FILE",
        type=checked(file_name),
        action="append",
        default=[],
        help="File or folder that a step has edited, whose journal is beside it; repeat it for several.",
    )


def add_journal_namespace(parser: argparse.ArgumentParser) -> None:
    """--journal-namespace as `journal_namespace`."""
    parser.add_argument(
        "--journal-namespace",
        metavar="NAMESPACE",
        default="",
        help="Namespace of the journal and the Lease (default: the umbrella's, else istio-system).",
    )
