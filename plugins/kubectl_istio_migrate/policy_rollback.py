"""`policy rollback`: undo what the journal says was done to the mutation policy."""

from istiokit.cluster.live_failures import NoAnswer
from istiokit.errors import NotDone, OperationFailed
from istiokit.plan.model import Plan
from istiokit.plan.policy import MIGRATION, plan_check
from istiokit.plan.policy_pairs import lost_by_undoing
from istiokit.plan.rollback import plan_rollback
from istiokit.survey.policies import read_standing
from istiokit.ui import plans
from istiokit.ui.abandoning import run_abandon
from istiokit.ui.context import Context
from istiokit.ui.rollbacks import offered
from kubectl_istio_migrate.policy import Options
from kubectl_istio_migrate.policy_driving import PolicyDrive
from kubectl_istio_migrate.policy_gate import Gate, gate_of_pairs


def run_rollback(given: Options, context: Context) -> int:
    """Show what will be undone, ask, undo; then prove the policy that is there again, if there is one."""
    drive = PolicyDrive(given, context)
    if given.abandon:
        is_dry = given.dry_run != "none"
        return run_abandon(MIGRATION, drive.store, drive.lease(), context, dry_run=is_dry)
    plan = plan_rollback(drive.store.list(MIGRATION), MIGRATION, given.to)
    undone = [undo.action for group in plan.groups for undo in group.undos]
    standing = read_standing(context.cluster)
    lost = lost_by_undoing((*standing.policies, *standing.bindings), undone)
    gate = gate_of_pairs(lost, given, context)
    _judge(gate, drive)
    if not offered(plan, drive.store.place, given, context) or not plan.runs:
        return 0
    try:
        drive.roll_back(plan, gate.check)
    except NoAnswer:
        raise  # a server that does not answer now will do so later
    except OperationFailed as error:
        error.hint += f"; to leave it all as it is: {drive.abandoning}"
        raise
    context.say(f"rolled back to {given.to}")
    _prove(drive)
    return 0


def _judge(gate: Gate, drive: PolicyDrive) -> None:
    """Show who depends on what goes; raise NotDone where that stands in the way, or say so in a dry run."""
    found = gate.judged()[0]
    plan = Plan(MIGRATION, "rollback", (), findings=found)
    for line in plans.findings_lines(found, drive.given.output):
        drive.context.say(line)
    try:
        plans.refuse(plan, drive.given.allow)
    except NotDone as error:
        if drive.given.dry_run == "none":
            raise
        drive.context.say(f"without --dry-run it would be refused: {error.what}")


def _prove(drive: PolicyDrive) -> None:
    """Say what is there now; a policy that is there again has to act."""
    standing = read_standing(drive.context.cluster)
    if not standing.policies:
        others = ", ".join(standing.beside)
        still = f"; {others} still gives Gateways to VirtualServices" if others else ""
        told = still or ": nothing gives a Gateway to VirtualServices"
        drive.context.say(f"there is no policy of ours now{told}")
        return
    try:
        check: Plan = plan_check(standing)
    except NotDone as error:
        drive.context.say(f"not proved that the policy mutates: {error.what}")
        return
    drive.follow(check)
