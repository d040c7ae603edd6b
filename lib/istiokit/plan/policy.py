"""The plans about the mutation policy: apply, touch, narrow, remove. Pure: what was read in, a plan out.

The order never leaves a moment without a policy that acts, nor half of one: a new policy is made and Ready before the
one goes that it takes the place of, and Kubernetes' own is made before its binding and goes after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from istiokit.cluster.manifests import ref_of
from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.findings import Finding
from istiokit.istio.mapping import Mapping
from istiokit.istio.model import VirtualService
from istiokit.kyverno import access
from istiokit.kyverno.access import Access
from istiokit.kyverno.grants import Grant, grants_of
from istiokit.kyverno.policies import Engine, policy
from istiokit.plan.actions.lifecycle import CreateObject, DeleteObject, contains, delete_object
from istiokit.plan.actions.policies import AwaitAccess, AwaitPolicy, ProvePolicy
from istiokit.plan.actions.replace import ReplaceObject, replace_object
from istiokit.plan.actions.touch import TouchVirtualService
from istiokit.plan.model import Action, Group, Plan
from istiokit.plan.policy_owned import owned_notes
from istiokit.plan.policy_told import by_hand, narrow, narrowed, noted, says_direction, told_grants
from istiokit.plan.touching import CONNECTIONS, lackers
from istiokit.survey.policies import Manifest, Standing

MIGRATION = "gateway-policy"
APPLY, TOUCH, NARROW, REMOVE = "apply", "touch", "narrow", "remove"
_AT_ONCE = 1000
"""So many VirtualServices are one group: a run that was killed touches no more of them a second time."""
_AWAITED = ("ClusterPolicy", "MutatingPolicy")
"""Kinds that say whether they are Ready."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The policy that people ask for."""

    engine: Engine
    mapping: Mapping
    one_way: bool = False
    allowed: tuple[str, ...] = ()
    """The codes of `--allow`."""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What it does."""
        return grants_of(self.mapping, one_way=self.one_way)


def plan_apply(
    standing: Standing, wanted: Wanted, found: Access | None = None, *, grant: bool = False
) -> Plan:
    """Make the policy, or make what stands into it; then wait until it acts, and prove it.

    `found` is what Kyverno's reports controller may do (None: it is no matter), which `grant` gives it where it lacks.
    Raises NotDone where somebody owns what stands and would put it back.
    """
    manifests = policy(wanted.engine, wanted.mapping, one_way=wanted.one_way)
    there = {ref_of(one): one for one in (*standing.policies, *standing.bindings)}
    refs = [ref_of(one) for one in manifests]
    old = [one for ref, one in there.items() if ref not in refs]
    steps = [action for one in manifests if (action := _settled(there.get(ref_of(one)), one, _why(wanted)))]
    touched = [there[action.ref] for action in steps if action.ref in there]
    return Plan(
        MIGRATION,
        APPLY,
        _groups(
            *(_granted(standing, found) if grant and found else ()),
            *steps,
            *_awaited(manifests),
            *_deleted(old, "another policy of ours takes its place"),
            ProvePolicy(why="nothing may rely on it before", grants=wanted.grants),
        ),
        findings=_lacking(found, wanted, standing) if found and not grant else (),
        notes=(
            *owned_notes((*touched, *old), standing.owners, wanted.allowed),
            *by_hand(touched),
            *_widened(wanted, standing),
            *_beside(standing),
            *(access.notes(found) if found else ()),
        ),
    )


def plan_touch(virtual_services: Iterable[VirtualService], grants: Sequence[Grant]) -> Plan:
    """An empty patch for each VirtualService that lacks a Gateway, once it is proved that the policy acts.

    They are in groups, each as many at a time as an API server takes at best. No group where nothing lacks anything.
    """
    due = [
        TouchVirtualService(why="it was there before the policy", ref=one.ref, gateways=one.gateways)
        for one in lackers(virtual_services, grants)
    ]
    parts = [due[at : at + _AT_ONCE] for at in range(0, len(due), _AT_ONCE)]
    proof = ProvePolicy(why="else touching would come to nothing", grants=tuple(grants))
    touches = tuple(Group(tuple(part), CONNECTIONS) for part in parts)
    return Plan(MIGRATION, TOUCH, (Group((proof,)), *touches) if due else ())


def plan_narrow(standing: Standing, allowed: Sequence[str] = ()) -> Plan:
    """Our policies made anew from what they say of themselves, from old to new only; then wait, and prove.

    Raises NotDone where there is none, where one does not say what it was made of, or has an owner that would put it
    back.
    """
    if not standing.policies:
        raise NotDone("there is no policy of ours to narrow", "make one with `policy apply --one-way`")
    why = "the old Gateway need not be given to those who name the new one"
    steps = [action for one in standing.policies if (action := _settled(one, narrowed(one), why))]
    steps += [
        action
        for one in standing.bindings
        if says_direction(one) and (action := _settled(one, noted(one), why))
    ]
    changed = [
        one for one in (*standing.policies, *standing.bindings) if ref_of(one) in {s.ref for s in steps}
    ]
    return Plan(
        MIGRATION,
        NARROW,
        _groups(
            *steps,
            *_awaited(standing.policies),
            ProvePolicy(why="the old Gateway must not come back", grants=told_grants(standing, one_way=True)),
        ),
        notes=(*owned_notes(changed, standing.owners, allowed), *by_hand(changed), *_beside(standing)),
    )


def plan_remove(standing: Standing, findings: Sequence[Finding], allowed: Sequence[str] = ()) -> Plan:
    """Delete the policies, and what was made for them. `findings` say who still depends on them.

    Raises NotDone where one has an owner that would make it again.
    """
    made = () if standing.role is None else (standing.role,)
    deletions = _deleted((*standing.policies, *standing.bindings), "nobody is to need it any more")
    role = [delete_object(one, why="it was made for the reports about the policy") for one in made]
    return Plan(
        MIGRATION,
        REMOVE,
        _groups(*deletions, *role),
        findings=tuple(findings),
        notes=(
            *owned_notes((*standing.policies, *standing.bindings), standing.owners, allowed, verb="delete"),
            *_beside(standing),
        ),
    )


def plan_check(standing: Standing) -> Plan:
    """Wait for our policies and prove them, as they say of themselves; raises NotDone where one does not say it."""
    proof = ProvePolicy(why="it is there, so it has to act", grants=told_grants(standing))
    return Plan(MIGRATION, "check", _groups(*_awaited(standing.policies), proof))


def is_change(plan: Plan) -> bool:
    """Whether there is anything in it but waiting and proving."""
    return any(not action.passive for action in plan.actions())


def _settled(live: Manifest | None, wanted: Manifest, why: str) -> CreateObject | ReplaceObject | None:
    """What makes the object as it is wanted; None where it is so."""
    if live is None:
        return CreateObject(why=why, manifest=wanted)
    return None if contains(live, wanted) else replace_object(live, wanted, why=why)


def _deleted(manifests: Iterable[Manifest], why: str) -> list[DeleteObject]:
    """Bindings first: a policy of Kubernetes' own without one does nothing, a binding alone is a riddle."""
    ordered = sorted(manifests, key=lambda one: (not str(one["kind"]).endswith("Binding"), str(ref_of(one))))
    return [delete_object(one, why=why) for one in ordered]


def _awaited(manifests: Iterable[Manifest]) -> list[AwaitPolicy]:
    refs: list[Ref] = [ref_of(one) for one in manifests if one["kind"] in _AWAITED]
    return [AwaitPolicy(why="until then it does nothing", ref=ref) for ref in refs]


def _granted(standing: Standing, found: Access) -> list[Action]:
    """The ClusterRole, and waiting until it counts; nothing where the controller may do it all by itself."""
    made = _settled(standing.role, access.role(), "without it there never is a report")
    if found.account is None or (not found.missing and standing.role is None and not found.unchecked):
        return []
    waits = AwaitAccess(why="Kyverno collects rules by labels, from 1.13 on", account=found.account)
    return [*([made] if made else ()), *([] if found.unchecked else [waits])]


def _lacking(found: Access, wanted: Wanted, standing: Standing) -> tuple[Finding, ...]:
    """What Kyverno may not do; its remedy keeps the direction that the policy has, or is to have."""
    told = access.findings(found)
    if not wanted.one_way and not narrow(standing):
        return told
    grant = "policy apply --grant"
    return tuple(
        msgspec.structs.replace(one, remedy=one.remedy.replace(grant, f"{grant} --one-way")) for one in told
    )


def _widened(wanted: Wanted, standing: Standing) -> list[str]:
    """A note for each policy of ours that was narrowed, and that would give the old Gateway again."""
    told = "gives the new Gateway only, and will go both ways again: --one-way keeps it so"
    return [] if wanted.one_way else [f"{ref_of(one)} {told}" for one in narrow(standing)]


def _beside(standing: Standing) -> list[str]:
    """A note for each policy of others that does such things too: it may give what ours does not."""
    told = "adds to the gateways of VirtualServices too, and stays"
    return [f"{one} {told}: `policy remove --policy {one.split()[-1]}` removes it" for one in standing.beside]


def _why(wanted: Wanted) -> str:
    return f"bind to both gateways: {', '.join(map(str, wanted.mapping.pairs))}"


def _groups(*actions: Action) -> tuple[Group, ...]:
    """One after the other, and nothing after a failure."""
    return tuple(Group((action,)) for action in actions)
