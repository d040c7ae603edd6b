"""Flags that several commands of this plugin share."""

import argparse

from istiokit.ui.context import Context


def add_bigbang_version(parser: argparse.ArgumentParser) -> None:
    """--bigbang-version as `bigbang_version`: overrides the version that was found."""
    parser.add_argument(
        "--bigbang-version",
        metavar="VERSION",
        default="",
        help="Big Bang version, such as 2.54.0, instead of the one that is found.",
    )


def there(context: Context, namespace: str) -> str:
    """This plugin with the flags that lead to the same umbrella again, for a command to run next."""
    import shlex  # --help needs none of it

    return context.there + (f" -n {shlex.quote(namespace)}" if namespace else "")
