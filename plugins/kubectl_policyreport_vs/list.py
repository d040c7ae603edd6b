"""`kubectl policyreport-vs [list]`: who still depends on the mutation policy. Changes nothing."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import NotDone, OperationFailed, UsageError
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_policyreport_vs import asking

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.survey.dependence import DependenceReading

GROUPS = ("owner", "namespace", "rule")
_PERIOD = 5.0
"""Seconds between two looks of --wait."""
_WITH_CHANGES = ("wide", "json", "yaml", "markdown", "csv")
"""The outputs that show where to make the edit; only for them it is read."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to look at, and how to show it."""

    asked: asking.Given
    pending: bool
    by: str
    """One of GROUPS, or empty."""
    wait: bool
    timeout: float
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Show for each VirtualService of the migration whether its source still needs the mutation policy: "
        "depends-on-policy, source-migrated, or unknown with the reason."
    )
    parser.exit_one = "no such name, or with --wait the time is over"
    parser.details = (
        "Three pieces of evidence are joined: the report with its age, the object itself, and what its owner "
        "declares by Helm's record, kubectl's last-applied annotation or managedFields. It works without any report.",
        "`--fast` tells what the reports say and no more: they are about the last request, not about the source, so "
        "nobody is called migrated.",
        *asking.DETAILS,
    )
    parser.examples = (
        ("The whole cluster", "-A"),
        ("What is left to do, for a ticket", "-A --pending -o markdown"),
        ("Whom to ask", "-A --pending --by owner"),
        ("Follow until nobody needs it", "-A --wait --timeout 2h"),
        ("What the reports alone say, in a moment", "-A --fast"),
        ("On a dump", "-f reports.yaml -f virtualservices.yaml"),
    )
    names = parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="VirtualServices: name, namespace/name, or vs/name; none means all.",
    )
    completed_by(names, Source.VIRTUAL_SERVICES)
    options.add_namespace(parser)
    parser.add_argument(
        "-A", "--all-namespaces", action="store_true", help="Work in all namespaces; overrides -n."
    )
    parser.add_argument(
        "-l", "--selector", metavar="LABELS", default="", help="Label selector, as in kubectl."
    )
    parser.add_argument("--pending", action="store_true", help="Leave out those whose source is migrated.")
    parser.add_argument(
        "--by",
        metavar="|".join(GROUPS),
        choices=GROUPS,
        default="",
        help="Group them: by owner, namespace or rule.",
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help="What the reports say and no more: nobody is called migrated.",
    )
    parser.add_argument(
        "--wait", action="store_true", help="Look again until none depends and none is unknown."
    )
    options.add_timeout(parser, "30m", "How long --wait waits")
    asking.add_flags(parser)
    options.add_output(parser, "markdown", "csv")


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for contradicting ones."""
    if namespace.wait and namespace.filenames:
        raise UsageError("--wait follows a cluster, and -f reads files", "leave one of them out")
    return Options(
        asked=asking.parse(namespace),
        pending=namespace.pending,
        by=namespace.by,
        wait=namespace.wait,
        timeout=namespace.timeout,
        output=namespace.output,
        no_headers=namespace.no_headers,
    )


def run(given: Options, context: Context) -> int:
    """Read, judge, show; with --wait again until nothing is left, and 1 if the time is over."""
    asking.expect(given.asked, context)
    changes = given.output in _WITH_CHANGES
    read = asking.read(given.asked, context, changes=changes and not given.wait)
    if given.wait:
        read = _followed(read, given, context)
        if changes:
            read = asking.read(given.asked, context)
    _show(read, given, context)
    if given.wait and (blind := _blind(read)):
        raise OperationFailed(
            f"{blind}, so nobody can say that none is left", "ask for the role in docs/rbac/"
        )
    left = sum(one.pending for one in read.rows)
    if given.wait and left:
        raise NotDone(f"the time is over, and {left} still keep the policy", "see --pending -o wide")
    return 0


def _blind(read: "DependenceReading") -> str:
    """Why VirtualServices could not be read; empty where they could."""
    return next((one.reason for one in read.unread if one.kind == "VirtualService" and not one.missing), "")


def _followed(read: "DependenceReading", given: Options, context: Context) -> "DependenceReading":
    """Look until nothing is pending or the time is over; a line whenever the counts have changed."""
    import time

    from kubectl_policyreport_vs.list_text import counts_line

    until, told = time.monotonic() + given.timeout, ""
    while any(one.pending for one in read.rows) and time.monotonic() < until:
        line = counts_line(read)
        if line != told:
            context.say(line)
        told = line
        time.sleep(min(_PERIOD, max(0.0, until - time.monotonic())))
        read = asking.read(given.asked, context, changes=False)
    return read


def _show(read: "DependenceReading", given: Options, context: Context) -> None:
    from istiokit.ui import unread
    from kubectl_policyreport_vs import list_text
    from kubectl_policyreport_vs.groups import grouped, groups_text

    shown = [one for one in read.rows if one.pending or not given.pending]
    if given.by:
        groups = grouped(shown, given.by)
        text = groups_text(groups, given.by, read, given.output, no_headers=given.no_headers)
    else:
        text = list_text.rows_text(shown, read, given.output, no_headers=given.no_headers)
    context.write(text)
    if given.asked.fast:
        context.say(
            "--fast: a report speaks of the last request, not of the source; without --fast there is a verdict"
        )
    for line in (*list_text.talk(read, given.output), *unread.lines(read.unread)):
        context.say(line)
    told = given.pending and given.output in _WITH_CHANGES
    step = (
        ""
        if told
        else list_text.next_line(
            read, context.prog, asking.scope_words(given.asked), asking.words(given.asked)
        )
    )
    if step:
        context.say(step)
