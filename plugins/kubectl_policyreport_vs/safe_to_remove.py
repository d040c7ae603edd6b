"""`kubectl policyreport-vs safe-to-remove`: may the policy go? Changes nothing."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.ui import codes, options
from istiokit.ui.completable import completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_policyreport_vs import asking

if TYPE_CHECKING:  # --help needs none of it
    from collections.abc import Sequence

    from istiokit.findings import Finding
    from istiokit.survey.dependence import DependenceReading


@dataclass(frozen=True, slots=True)
class Options:
    """Which policies, and how to show the answer."""

    asked: asking.Given
    explain: str
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Say whether the mutation policy may be removed, over all namespaces: only where no VirtualService "
        "depends on it and no verdict is unknown."
    )
    parser.exit_one = "not safe to remove"
    parser.details = asking.DETAILS
    parser.examples = (
        ("In front of the removal", "&& kubectl istio-migrate policy remove"),
        ("For a pipeline", "-o json"),
        ("What a code means", "--explain PR002"),
    )
    explain = parser.add_argument(
        "--explain", metavar="CODE", default="", help="Say what a code means, and do no more."
    )
    completed_by(explain, codes.removal)
    asking.add_flags(parser)
    options.add_output(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(asking.parse(namespace), namespace.explain, namespace.output, namespace.no_headers)


def run(given: Options, context: Context) -> int:
    """Read everything, judge, tell; 1 where something stands in the way."""
    if given.explain:
        from kubectl_policyreport_vs.safe_text import explanation

        context.write(explanation(given.explain))
        return 0
    import dataclasses

    asked = dataclasses.replace(given.asked, all_namespaces=not given.asked.filenames)
    asking.expect(asked, context)
    read = asking.read(asked, context)

    from istiokit.findings import Severity
    from istiokit.survey.removal import findings_of

    found = findings_of(read)
    _show(read, found, given, context)
    return int(any(one.severity is Severity.ERROR for one in found))


def _show(read: "DependenceReading", found: "Sequence[Finding]", given: Options, context: Context) -> None:
    from istiokit.ui import unread
    from kubectl_policyreport_vs import safe_text

    context.write(safe_text.findings_text(found, read, given.output, no_headers=given.no_headers))
    for line in (
        *safe_text.evidence(read),
        *unread.lines(read.unread),
        safe_text.verdict(found, read, context.prog),
    ):
        context.say(line)
