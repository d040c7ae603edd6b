"""`kubectl vs-gateways isolate OLD`: keep an old Gateway to its own pods, so that it wins nowhere else."""

import argparse
from dataclasses import dataclass

from istiokit.errors import NotDone, UsageError
from istiokit.ui import codes, options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_vs_gateways.scope import Scope

_EVERYTHING = Scope((), "", True, "", "", (), False, "")


@dataclass(frozen=True, slots=True)
class Options:
    """Which Gateway, by which label, and how carefully."""

    old: str
    label: tuple[str, str] | None
    dry_run: str
    output: str
    allow: tuple[str, ...]
    journal_namespace: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Narrow the selector of an old Gateway to a label that only the pods of its own namespace carry, so that it "
        "wins nowhere else."
    )
    parser.exit_one = "not done: it is not safe, a no, an edit left to its owner"
    parser.details = (
        "Where old and new gateway pods share labels the older Gateway wins on the new pods too; after this it wins "
        "nowhere but at home, and its references can be dropped without a 404. It is refused where the owner "
        "would put the selector back.",
        "Without `--label` it is the best that the old pods have for themselves.",
    )
    parser.examples = (
        ("Show the label that would be taken", "istio-system/public --dry-run"),
        ("Take this label", "istio-system/public --label example.com/generation=old"),
    )
    old = parser.add_argument("old", metavar="NAMESPACE/NAME", help="The old Gateway.")
    parser.add_argument(
        "--label",
        metavar="KEY=VALUE",
        default="",
        help="The label to take (default: the best that the old pods have).",
    )
    completed_by(old, Source.GATEWAYS)
    options.add_dry_run(parser)
    options.add_confirmation(parser, codes.changes)
    options.add_journal_namespace(parser)
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for a label that is none."""
    key, sign, value = namespace.label.partition("=")
    if namespace.label and not (key and sign and value):
        raise UsageError(f"--label {namespace.label}: this is not KEY=VALUE")
    return Options(
        old=namespace.old,
        label=(key, value) if key else None,
        dry_run=namespace.dry_run,
        output=namespace.output,
        allow=tuple(code.upper() for code in namespace.allow),
        journal_namespace=namespace.journal_namespace,
    )


def run(given: Options, context: Context) -> int:
    """Read everything, prove it with the model, show, ask, change one field."""
    from istiokit.istio.isolation import isolation
    from istiokit.plan.isolate import REFUSING, plan_isolate
    from istiokit.survey.origins import with_origins
    from istiokit.ui import plans
    from istiokit.ui.plans import refuse
    from kubectl_vs_gateways import scope
    from kubectl_vs_gateways.driving import Drive

    if wrong := [code for code in given.allow if code not in REFUSING]:
        raise UsageError(
            f"--allow {wrong[0]}: no such finding stands in the way here", f"{' or '.join(REFUSING)}"
        )
    reading = scope.read_scope(_EVERYTHING, context, pods=True, writers=True)
    if reading.facts.workloads is None:
        raise NotDone(
            "the pods of the gateways could not be read, and without them nobody can prove that it is safe",
            "ask for the role in docs/rbac/",
        )
    found = isolation(reading.facts, given.old, given.label)
    if found is None:
        raise NotDone(f"there is no Gateway {given.old}", "a Gateway is written NAMESPACE/NAME")
    reading = with_origins(context.cluster, reading, [("Gateway", found.gateway)], values=True)
    plan = plan_isolate(found, reading.owners, given.allow)
    context.write(plans.shown(plan, given.output))
    told = (*plans.findings_lines(plan.findings, given.output), *plan.notes)
    for line in (*told, *scope.unread_lines(reading)):
        context.say(line)
    drive = Drive(context, given.journal_namespace, given.allow, "Gateway")
    if given.dry_run != "none":
        return drive.dry(plan, server=given.dry_run == "server")
    refuse(plan, given.allow)
    if not drive.carry_out(plan, f"isolate: narrow the selector of Gateway {given.old}?"):
        context.say(f"{given.old} keeps to its own pods already ({', '.join(found.old)})")
    return 0
