"""`kubectl istio-migrate check`: everything that would make a step fail or hurt. Changes nothing."""

import argparse
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.ui import codes, options
from istiokit.ui.completable import completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_istio_migrate import flags

_TARGETS = ("2.54", "3.0")


@dataclass(frozen=True, slots=True)
class Options:
    """What to check, what for, and how to show it."""

    target: str
    """`1`, `2`, `3.0`, or empty for what comes next."""
    namespace: str
    filenames: tuple[str, ...]
    recursive: bool
    bigbang_version: str
    allow: tuple[str, ...]
    explain: str
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Find everything that would make a step of the migration fail or hurt. Nothing is changed."
    )
    parser.exit_one = "an error that the step would refuse to go on with"
    parser.examples = (
        ("Check for the step that comes next", ""),
        ("Check for step 2, and let one finding pass", "--step 2 --allow IM018"),
        ("See whether Big Bang 3.0 will take these values", "--target 3.0 -f values.yaml -f secrets.yaml"),
        ("Read what a code means", "--explain IM008"),
    )
    parser.details = (
        "`--target 2.54` is the upgrade of an istioCore installation (2.49, 2.50), `--target 3.0` the one "
        "after both steps.",
    )
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument("--step", choices=("1", "2"), metavar="1|2", default="", help="The step to check for.")
    goal.add_argument(
        "--target",
        choices=_TARGETS,
        metavar="2.54|3.0",
        default="",
        help="Check for an upgrade of Big Bang instead.",
    )
    allow = parser.add_argument(
        "--allow",
        metavar="CODE",
        action="append",
        default=[],
        help="Let the finding with this code pass (repeatable).",
    )
    explain = parser.add_argument(
        "--explain", metavar="CODE", default="", help="Say what a code means and what to do, and do no more."
    )
    completed_by(allow, codes.checks)
    completed_by(explain, codes.checks)
    options.add_namespace(parser, what="Namespace of the umbrella HelmRelease (default: wherever it is).")
    options.add_files(parser)
    flags.add_bigbang_version(parser)
    options.add_output(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for contradicting ones."""
    if namespace.filenames and namespace.namespace:
        raise UsageError("-n names a namespace of a cluster, and -f reads files", "leave one of them out")
    return Options(
        target=namespace.step or namespace.target,
        namespace=namespace.namespace,
        filenames=tuple(namespace.filenames),
        recursive=namespace.recursive,
        bigbang_version=namespace.bigbang_version,
        allow=tuple(code.upper() for code in namespace.allow),
        explain=namespace.explain,
        output=namespace.output,
        no_headers=namespace.no_headers,
    )


def run(given: Options, context: Context) -> int:
    """Read, check, show; 1 if anything refuses the step."""
    from istiokit.bigbang.checks import check, find_check, refusing
    from istiokit.bigbang.checks.model import Target
    from istiokit.bigbang.checks.upcoming import next_target
    from istiokit.survey.extras import survey_for_check
    from kubectl_istio_migrate.check_text import explanation, findings_text, summary_line
    from kubectl_istio_migrate.reading import read_facts

    if given.explain:
        context.write(explanation(find_check(given.explain)))
        return 0
    for code in given.allow:
        find_check(code)
    facts = read_facts(given.namespace, given.filenames, given.recursive, context)
    target = Target(given.target) if given.target else next_target(facts, given.bigbang_version)
    if not given.filenames:
        facts = survey_for_check(context.cluster, facts, target)
    found = check(facts, target, given.bigbang_version)
    context.write(findings_text(found, facts, target, given.allow, given.output, no_headers=given.no_headers))
    context.say(summary_line(found, facts, target, given.allow, context.prog, given.filenames))
    return 1 if refusing(found, given.allow) else 0
