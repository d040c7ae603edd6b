"""Flags that several commands of this plugin share."""

import argparse

JOURNAL_NAMESPACE = "istio-system"


def add_journal_namespace(parser: argparse.ArgumentParser) -> None:
    """--journal-namespace as `journal_namespace`."""
    parser.add_argument(
        "--journal-namespace",
        metavar="NAMESPACE",
        default=JOURNAL_NAMESPACE,
        help=f"Namespace of the journal and the Lease (default: {JOURNAL_NAMESPACE}).",
    )
