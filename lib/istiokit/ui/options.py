"""The flags that commands share; each means what it means in kubectl.

A command's `configure` calls the `add_*` functions it needs. The flags arrive in the namespace under the
names that the functions' docstrings give.
"""

import argparse

from istiokit.ui.completable import Completer, Source, completed_by
from istiokit.ui.duration import parse_duration, parse_request_timeout
from istiokit.ui.parser import EVERY_COMMAND
from istiokit.ui.values import checked, file_name, parse_count, parse_level

FORMATS = ("table", "wide", "json", "yaml", "name")
DRY_RUNS = ("none", "client", "server")

LEADING = (
    *("--kubeconfig", "--context", "--cluster", "--user", "--as", "--as-group", "--request-timeout"),
    *("-n", "--namespace", "-v", "--v"),
)
"""Flags with a value that may stand in front of the command, as kubectl's global flags may."""


def add_connection(parser: argparse.ArgumentParser) -> None:
    """--kubeconfig --context --cluster --user --as --as-group --request-timeout, read by `connection.connection`."""
    group = parser.add_argument_group(EVERY_COMMAND)
    kubeconfig = "Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)."
    for flag, what, source in (
        ("kubeconfig", kubeconfig, Source.ANY_FILES),
        ("context", "Name of the kubeconfig context to use.", Source.CONTEXTS),
        ("cluster", "Name of the kubeconfig cluster to use.", Source.CLUSTERS),
        ("user", "Name of the kubeconfig user to use.", Source.USERS),
    ):
        completed_by(group.add_argument(f"--{flag}", metavar=flag.upper(), default="", help=what), source)
    group.add_argument("--as", dest="as_user", metavar="USER", default="", help="User to impersonate.")
    group.add_argument(
        "--as-group",
        dest="as_groups",
        metavar="GROUP",
        action="append",
        default=[],
        help="Group to impersonate (repeatable).",
    )
    group.add_argument(
        "--request-timeout",
        metavar="DURATION",
        type=checked(parse_request_timeout),
        default=0.0,
        help="How long one request may take, such as 30s; 0 means no limit.",
    )


def add_namespace(parser: argparse.ArgumentParser, default: str = "", what: str = "") -> None:
    """-n/--namespace as `namespace`; `what` replaces the help sentence."""
    text = what or "Namespace to work in (default: that of the context)."
    flag = parser.add_argument("-n", "--namespace", metavar="NAMESPACE", default=default, help=text)
    completed_by(flag, Source.NAMESPACES)


def add_scope(parser: argparse.ArgumentParser) -> None:
    """-n as `namespace`, -A as `all_namespaces`, -l as `selector`, --field-selector as `field_selector`."""
    add_namespace(parser)
    parser.add_argument(
        "-A", "--all-namespaces", action="store_true", help="Work in all namespaces; overrides -n."
    )
    parser.add_argument(
        "-l", "--selector", metavar="LABELS", default="", help="Label selector, as in kubectl."
    )
    parser.add_argument(
        "--field-selector", metavar="FIELDS", default="", help="Field selector, as in kubectl."
    )


def add_files(parser: argparse.ArgumentParser) -> None:
    """-f as `filenames` (a list) and -R as `recursive`."""
    _add_filenames(parser, "File or folder instead of a cluster, - for stdin")
    parser.add_argument(
        "-R", "--recursive", action="store_true", help="Read the folders given by -f with all their folders."
    )


def add_edited_files(parser: argparse.ArgumentParser) -> None:
    """-f as `filenames`: what a command has edited, for those that work with its journal."""
    _add_filenames(parser, "Edited file or folder, with its journal beside it")


def _add_filenames(parser: argparse.ArgumentParser, what: str) -> None:
    flag = parser.add_argument(
        "-f",
        "--filename",
        dest="filenames",
        metavar="FILE",
        type=checked(file_name),
        action="append",
        default=[],
        help=f"{what} (repeatable).",
    )
    completed_by(flag, Source.FILES)


def add_dry_run(parser: argparse.ArgumentParser, *, server: bool = True) -> None:
    """--dry-run as `dry_run`: none, client and, if the command can do it, server."""
    choices = DRY_RUNS if server else DRY_RUNS[:-1]
    judged = "; with server the API server judges it as well" if server else ""
    parser.add_argument(
        "--dry-run",
        metavar=f"[={'|'.join(choices[1:])}]",
        choices=choices,
        default="none",
        help=f"Show the plan only{judged}.",
    )


def add_output(
    parser: argparse.ArgumentParser, *extra: str, default: str = "table", headers: bool = True
) -> None:
    """-o as `output` (FORMATS and the command's `extra` ones); with `headers`, --no-headers as `no_headers`."""
    formats = (*FORMATS, *extra)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FORMAT",
        choices=formats,
        default=default,
        help=f"{', '.join(formats[:-1])} or {formats[-1]} (default: {default}).",
    )
    if headers:
        parser.add_argument("--no-headers", action="store_true", help="Leave the headers of tables out.")


def add_confirmation(parser: argparse.ArgumentParser, codes: Completer) -> None:
    """-y/--yes as `yes`, --allow as `allow` (a list of codes); `codes` are those that may stand in the way."""
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask before the change is made.")
    flag = parser.add_argument(
        "--allow",
        metavar="CODE",
        action="append",
        default=[],
        help="Go on in spite of the finding with this code (repeatable).",
    )
    completed_by(flag, codes)


def add_timeout(parser: argparse.ArgumentParser, default: str, what: str = "How long to wait") -> None:
    """--timeout as `timeout`, in seconds; `default` is written as a user would write it, `what` begins the help."""
    parser.add_argument(
        "--timeout",
        metavar="DURATION",
        type=checked(parse_duration),
        default=parse_duration(default),
        help=f"{what}, such as 90s or 10m (default: {default}).",
    )


def add_concurrency(parser: argparse.ArgumentParser, default: int) -> None:
    """--concurrency as `concurrency`, at least 1."""
    parser.add_argument(
        "--concurrency",
        metavar="N",
        type=checked(parse_count),
        default=default,
        help=f"How many to work on at the same time (default: {default}).",
    )


def add_journal_namespace(parser: argparse.ArgumentParser, default: str = "istio-system") -> None:
    """--journal-namespace as `journal_namespace`; an empty default is the umbrella's namespace."""
    where = default or "the umbrella's, or istio-system"
    flag = parser.add_argument(
        "--journal-namespace",
        metavar="NAME",
        default=default,
        help=f"Where journal and Lease are (default: {where}).",
    )
    completed_by(flag, Source.NAMESPACES)


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """-v as `verbosity`; the kit adds it to every command."""
    parser.add_argument_group(EVERY_COMMAND).add_argument(
        "-v",
        "--v",
        dest="verbosity",
        metavar="LEVEL",
        type=checked(parse_level),
        default=0,
        help="How much to tell on stderr, 0 to 9; 9 shows where an error came from.",
    )
