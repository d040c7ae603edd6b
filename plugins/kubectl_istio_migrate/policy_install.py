"""`policy plan`, `apply` and `touch`: the policy is made and proved, and what was there before it is touched."""

from collections.abc import Sequence
from dataclasses import replace

from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.cluster.manifests import ref_of
from istiokit.errors import NotDone
from istiokit.istio.mapping import Mapping, Pair
from istiokit.istio.model import VirtualService
from istiokit.istio.sharing import shared
from istiokit.kyverno import loops
from istiokit.kyverno.access import Access
from istiokit.kyverno.grants import Grant, grants_of, merged
from istiokit.kyverno.policies import Engine
from istiokit.plan.model import Plan
from istiokit.plan.policy import Wanted, plan_apply, plan_touch
from istiokit.plan.policy_pairs import dropped, served_pairs
from istiokit.plan.policy_told import told_grants, told_pairs
from istiokit.plan.touching import lackers
from istiokit.survey.engines import KIND_OF, asked_engine, chosen_engine
from istiokit.survey.kyverno_access import read_access
from istiokit.survey.policies import Standing, read_standing
from istiokit.ui import pairs, unread
from istiokit.ui.context import Context
from istiokit.ui.engines import KNOW, merged_lines
from istiokit.ui.plans import many
from kubectl_istio_migrate.policy import Options
from kubectl_istio_migrate.policy_driving import PolicyDrive
from kubectl_istio_migrate.policy_gate import gate_of_pairs

_SHOWN = 20
"""So many names people read."""


def run_apply(given: Options, context: Context) -> int:
    """Make the policy, wait, prove it, and touch what is there already if that was asked for."""
    standing = read_standing(context.cluster)
    mapping = _mapping(given, context)
    engine = _engine(given, standing, context)
    wanted = Wanted(engine, mapping, given.one_way, given.allow)
    access = read_access(context.cluster) if engine is not Engine.ADMISSION else None
    plan = plan_apply(standing, wanted, access, grant=given.grant)
    # Only Kyverno's loops are slow, and nothing else needs the VirtualServices here.
    slow = loops.findings(_virtual_services(context), wanted.grants) if engine is Engine.KYVERNO else ()
    going = dropped(standing.policies, mapping.pairs)
    gate = gate_of_pairs(going, given, context)
    notes = (*plan.notes, *_notes(wanted, given, access), *_going(standing, going))
    plan = replace(plan, findings=(*plan.findings, *slow, *gate.judged()[0]), notes=notes)
    drive = PolicyDrive(given, context)
    _show(plan, standing, drive)
    if given.dry_run != "none":
        if given.touch:
            due = lackers(_virtual_services(context), wanted.grants)
            context.say(
                f"then touch {many(len(due), 'VirtualService')} that lack a Gateway (`policy touch` names them)"
            )
        return drive.dry(plan)
    what = f"apply: let {engine} bind VirtualServices to both gateways of {_told(mapping.pairs)}?"
    if not drive.carry_out(plan, what, gate.check):
        context.say("nothing to apply: the policy is there as it is wanted, and it acts")
    if given.touch:
        return _touch(drive, wanted.grants, asked=False)
    context.say(f"next: `{drive.command} touch` lets it see the VirtualServices that are there already")
    return 0


def run_touch(given: Options, context: Context) -> int:
    """Touch the VirtualServices that lack a Gateway; 1 where some lack one still."""
    drive = PolicyDrive(given, context)
    if given.pairs.named:
        grants = grants_of(pairs.given_mapping(given.pairs, context), one_way=given.one_way)
        return _touch(drive, grants, asked=True)
    standing = read_standing(context.cluster)
    _say_unread(standing, context)
    if not standing.policies:
        raise NotDone(
            "there is no policy of ours that would see them",
            f"make one with `{drive.command} apply`; for another policy name its pairs with --map OLD=NEW",
        )
    grants = told_grants(standing, one_way=True if given.one_way else None)
    context.say(f"policy: {_told(told_pairs(standing).pairs)}")
    return _touch(drive, grants, asked=True)


def _touch(drive: PolicyDrive, grants: Sequence[Grant], *, asked: bool) -> int:
    """Show, ask, touch, look again; behind an `apply`, whose plan was shown, neither shown nor asked."""
    context = drive.context
    found = _virtual_services(context)
    plan = plan_touch(found, grants)
    if asked:
        drive.show(plan)
    if drive.given.dry_run != "none":
        return drive.dry(plan)
    number = sum(not action.passive for action in plan.actions())
    question = f"touch {many(number, 'VirtualService')}?" if asked else ""
    if not drive.carry_out(plan, question):
        context.say(f"nothing to touch: none of {many(len(found), 'VirtualService')} lacks a Gateway")
        return 0
    return _look_again(number, grants, context)


def _look_again(number: int, grants: Sequence[Grant], context: Context) -> int:
    """Whether they have what they lacked; 1 where some do not."""
    left = lackers(_virtual_services(context), grants)
    touched = many(number, "VirtualService")
    if not left:
        context.say(f"{touched} touched, and none lacks a Gateway any more")
        return 0
    for one in left[:_SHOWN]:
        context.say(f"{one.name} still lacks {', '.join(one.gateways)}")
    if len(left) > _SHOWN:
        context.say(f"and {len(left) - _SHOWN} more")
    context.say("see whether the policy leaves them out: exceptions, excluded namespaces, other webhooks")
    return 1


def _virtual_services(context: Context) -> Sequence[VirtualService]:
    return context.cluster.list(VIRTUAL_SERVICE, VirtualService, keep=_kept)


def _kept(item: VirtualService) -> VirtualService:
    """What is judged; what is being deleted is left alone, so that has to be seen."""
    return item if item.metadata.deletion_timestamp else shared(item)


def _mapping(given: Options, context: Context) -> Mapping:
    if given.pairs.named:
        return pairs.given_mapping(given.pairs, context)
    return pairs.live_mapping(given.pairs, context.cluster, _virtual_services(context), context)


def _engine(given: Options, standing: Standing, context: Context) -> Engine:
    """The one that was asked for, else that of the policy which stands, else what the cluster has."""
    if given.engine:
        return asked_engine(context.cluster, Engine(given.engine))
    there = {one["kind"]: one["metadata"]["name"] for one in standing.policies}
    for engine, kind in KIND_OF.items():
        if kind.name in there:
            context.say(f"engine {engine}: {kind} {there[kind.name]} of ours is there")
            return engine
    engine, why = chosen_engine(context.cluster)
    context.say(f"engine {engine}: {why}")
    return engine


def _going(standing: Standing, pairs: Sequence[Pair]) -> list[str]:
    """That the policy which stands serves pairs that the new one will not, or does not say which it serves."""
    silent = "does not say which pairs it serves: who depends on others than these was not judged"
    return [
        *(f"it stops to serve {pair}: who depends on that is judged first" for pair in pairs),
        *(f"{ref_of(one)} {silent}" for one in standing.policies if not served_pairs(one)),
    ]


def _notes(wanted: Wanted, given: Options, access: Access | None) -> list[str]:
    """What has to be known before the question."""
    lines = [] if wanted.one_way else merged_lines(merged(wanted.mapping))
    lines.append(KNOW[wanted.engine])
    if given.grant and access is None:
        lines.append("there is nothing to grant: Kyverno has no part in this engine")
    return lines


def _show(plan: Plan, standing: Standing, drive: PolicyDrive) -> None:
    drive.show(plan)
    _say_unread(standing, drive.context)


def _say_unread(standing: Standing, context: Context) -> None:
    for line in unread.lines(standing.unread):
        context.say(line)


def _told(told: Sequence[Pair]) -> str:
    return ", ".join(map(str, told))
