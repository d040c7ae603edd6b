"""Flags that several commands of this plugin share."""

import argparse


def add_bigbang_version(parser: argparse.ArgumentParser) -> None:
    """--bigbang-version as `bigbang_version`: overrides the version that was found."""
    parser.add_argument(
        "--bigbang-version",
        metavar="VERSION",
        default="",
        help="Big Bang version, such as 2.54.0, instead of the one that is found.",
    )
