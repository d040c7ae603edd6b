"""`policy narrow` and `remove`: the policy does less, or goes, once nobody needs it."""

from collections.abc import Iterable
from dataclasses import replace

from istiokit.cluster.manifests import ref_of
from istiokit.errors import NotDone
from istiokit.findings import Severity
from istiokit.kyverno.recognise import recognise
from istiokit.plan.policy import NARROW, plan_narrow, plan_remove
from istiokit.survey.admitting import no_answer
from istiokit.survey.policies import Manifest, Standing, read_standing
from istiokit.ui import unread
from istiokit.ui.context import Context
from kubectl_istio_migrate.policy import Options
from kubectl_istio_migrate.policy_driving import PolicyDrive
from kubectl_istio_migrate.policy_gate import gate_of_policies


def run_narrow(given: Options, context: Context) -> int:
    """Make our policies one-way, wait, prove that the old Gateway does not come back."""
    standing = read_standing(context.cluster)
    drive = PolicyDrive(given, context)
    if not standing.policies:
        drive.refuse_missing(NARROW)
    plan = plan_narrow(standing, given.allow)
    drive.show(plan)
    _say_unread(standing, context)
    if given.dry_run != "none":
        return drive.dry(plan)
    if not drive.carry_out(plan, f"narrow: let {_names(standing)} give the new Gateway only?"):
        context.say("nothing to narrow: it goes from old to new only, and it acts")
        return 0
    context.say(
        "VirtualServices keep the old Gateway that they were given until their owner writes them again"
    )
    return 0


def run_remove(given: Options, context: Context) -> int:
    """Delete our policies and those that were named, if no VirtualService depends on them."""
    standing = read_standing(context.cluster, given.policies)
    _refuse_strangers(given, standing)
    drive = PolicyDrive(given, context)
    names = [one["metadata"]["name"] for one in standing.policies if recognise(one["kind"], one)]
    gate = gate_of_policies(names, given, context)
    found, more = gate.judged()
    plan = plan_remove(standing, found, given.allow)
    drive.show(plan)
    _say_unread(replace(standing, unread=(*standing.unread, *more)), context)
    if any(one.severity is Severity.ERROR for one in found):
        context.say("`kubectl policyreport-vs` shows the evidence of each; --source FILE adds to it")
    if given.dry_run != "none":
        return drive.dry(plan)
    if not drive.carry_out(plan, f"remove: delete {_names(standing)}?", gate.check):
        context.say("nothing to remove: there is no policy of ours")
        return 0
    _say_removed(standing, context)
    if reason := no_answer(context.cluster):
        context.say(f"VirtualServices cannot be written at all now: {reason}")
        context.say(
            "a webhook of Kyverno stays until Kyverno itself takes it back: kubectl -n kyverno get pods"
        )
    return 0


def _say_removed(standing: Standing, context: Context) -> None:
    """What VirtualServices get from now on."""
    if standing.beside:
        context.say(f"{', '.join(standing.beside)} still gives Gateways to VirtualServices")
        return
    context.say(
        "nothing gives a Gateway to VirtualServices any more: each keeps what it has until its owner writes it again, "
        "and has then what its source names"
    )


def _refuse_strangers(given: Options, standing: Standing) -> None:
    """Raise NotDone for a name that no policy has, or one that has nothing to do with gateways."""
    there = {one["metadata"]["name"] for one in standing.policies}
    for name in given.policies:
        if name not in there:
            raise NotDone(
                f"there is no policy {name} of the whole cluster",
                "see kubectl get clusterpolicies,mutatingpolicies,mutatingadmissionpolicies",
            )
    for one in standing.policies:
        if one["metadata"]["name"] in given.policies and recognise(one["kind"], one) is None:
            raise NotDone(
                f"{ref_of(one)} adds nothing to the gateways of VirtualServices",
                "is it the one that you mean?",
            )


def _names(standing: Standing) -> str:
    found: Iterable[Manifest] = standing.policies or standing.bindings or filter(None, [standing.role])
    return ", ".join(str(ref_of(one)) for one in found) or "what is left"


def _say_unread(standing: Standing, context: Context) -> None:
    for line in dict.fromkeys(unread.lines(standing.unread)):
        context.say(line)
