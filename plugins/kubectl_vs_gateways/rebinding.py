"""`add`, `swap` and `remove` on a cluster: read, plan, show, ask, do."""

from dataclasses import replace

from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.errors import KindNotServed, OperationFailed
from istiokit.istio.model import full_name
from istiokit.istio.rebinding import Operation
from istiokit.plan.model import Plan
from istiokit.plan.rebind import RebindPlan, Wanted, plan_rebind
from istiokit.survey.policies import read_policies
from istiokit.survey.routes import RouteReading
from istiokit.ui import pairs, plans
from istiokit.ui.context import Context
from istiokit.ui.plans import many, refuse
from kubectl_vs_gateways import scope
from kubectl_vs_gateways.driving import Drive
from kubectl_vs_gateways.rebind_options import Options
from kubectl_vs_gateways.serving import silenced


def run_on_cluster(operation: Operation, given: Options, context: Context) -> int:
    """Change the bindings; returns 0 when all is done, 1 where some is left to people, raises what is in the way."""
    everything, reading = _read(operation, given, context)
    _refuse_blindness(everything, reading)
    facts = reading.facts
    known = None if facts.gateways is None else {full_name(one) for one in facts.gateways}
    mapping = pairs.chosen_mapping(given.pairs, facts.gateways, facts.virtual_services, context)
    wanted = Wanted(operation, mapping, bool(given.scope.names), given.allow)
    policies, unread = read_policies(context.cluster) if operation.takes_away else ((), ())
    made = plan_rebind(
        facts.virtual_services,
        known,
        reading.owners,
        wanted,
        lambda changes: silenced(everything.facts, wanted, changes, context),
        policies,
    )
    show(made.plan, given, context)
    for line in (
        *scope.unread_lines(replace(reading, unread=(*reading.unread, *unread))),
        *pairs.strangers(mapping, facts.gateways, facts.virtual_services),
    ):
        context.say(line)
    drive = Drive(context, given.journal_namespace, given.allow)
    if given.dry_run != "none":
        return drive.dry(made.plan, server=given.dry_run == "server")
    refuse(made.plan, given.allow)
    number = sum(len(group.actions) for group in made.plan.groups)
    if not drive.carry_out(
        made.plan, f"{operation}: change the gateways of {many(number, 'VirtualService')}?"
    ):
        context.say(
            f"nothing to {operation}: {many(len(facts.virtual_services), 'VirtualService')} looked at"
        )
    return _left(made, context)


def _read(operation: Operation, given: Options, context: Context) -> tuple[RouteReading, RouteReading]:
    """All that decides what answers, where that matters, and what of it is to change, with its owners."""
    if operation.takes_away:
        everything, part = scope.read_whole(given.scope, context, writers=True)
        return everything, scope.with_origins(part, context, values=True)
    reading = scope.with_origins(scope.read_scope(given.scope, context, writers=True), context, values=True)
    return reading, reading


def _refuse_blindness(reading: RouteReading, part: RouteReading) -> None:
    """Raise where VirtualServices could not be read at all: nothing to change must not be the answer."""
    if part.facts.virtual_services:
        return
    for item in reading.unread:
        if item.kind == VIRTUAL_SERVICE.name:
            raise KindNotServed(item.kind) if item.missing else OperationFailed(item.reason, "see docs/rbac/")


def show(plan: Plan, given: Options, context: Context) -> None:
    """The plan on stdout, findings and what is left alone on stderr."""
    context.write(plans.shown(plan, given.output))
    say_what_to_know(plan, given, context)


def say_what_to_know(plan: Plan, given: Options, context: Context) -> None:
    """Findings, notes and what is left alone, on stderr."""
    for line in plans.findings_lines(plan.findings, given.output):
        context.say(line)
    for line in plans.note_lines(plan.notes, given.output):
        context.say(line)
    for line in plans.skipped_lines(plan.skipped, given.output):
        context.say(line)


def left_to_people(left: int) -> str:
    """What the last line says where the exit code is 1."""
    return f"{left} left as {'it is' if left == 1 else 'they are'}: see the reasons above"


def _left(made: RebindPlan, context: Context) -> int:
    if made.left:
        context.say(left_to_people(made.left))
    return int(made.left > 0)
