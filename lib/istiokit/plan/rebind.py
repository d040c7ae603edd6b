"""The plan that changes which gateways VirtualServices are bound to, on a cluster. Pure: facts in, plan out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from istiokit.cluster.types import Ref
from istiokit.findings import Finding, Severity
from istiokit.istio.bindings import references
from istiokit.istio.mapping import Mapping as GatewayMapping
from istiokit.istio.model import VirtualService
from istiokit.istio.rebinding import Operation, Untouched, VirtualServiceEdit, applied, rebind
from istiokit.kyverno.standing import StandingPolicy, giving_back
from istiokit.ownership.model import Owners
from istiokit.plan.actions.bindings import edit_bindings
from istiokit.plan.model import Group, Plan, Skip
from istiokit.plan.owned import UNSURE, Change, Held, edit_in_words, held, notes

MIGRATION = "bindings"
CONCURRENCY = 8
MISSING_GATEWAY = "VSG050"
"""A Gateway in NEW does not exist."""
CUT_OFF = "VSG051"
"""A VirtualService would no longer answer."""
GIVEN_BACK = "VSG054"
"""A mutation policy would bind to OLD again."""
REFUSING = (MISSING_GATEWAY, CUT_OFF, UNSURE, GIVEN_BACK)
"""What stands in the way unless `--allow` names it."""


@dataclass(frozen=True, slots=True)
class Rebound:
    """One VirtualService as it is and as it would be."""

    before: VirtualService
    after: VirtualService


@dataclass(frozen=True, slots=True)
class RebindPlan:
    """The plan, and how much of the work it leaves to people."""

    plan: Plan
    left: int
    """VirtualServices that have to be changed elsewhere, or in another way, than by this plan."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One that is to be changed, and what its owner says to that."""

    item: VirtualService
    edit: VirtualServiceEdit
    verdict: Held


Refused = Callable[[Sequence[Rebound]], Mapping[str, str]]
"""Judges all changes together: the reason, by `namespace/name`, for each VirtualService that would stop answering."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What people ask for."""

    operation: Operation
    mapping: GatewayMapping
    named: bool = False
    """Whether they name the VirtualServices: then they are told of each why it stays as it is."""
    allowed: tuple[str, ...] = ()
    """The codes of `--allow`."""


def plan_rebind(
    virtual_services: Sequence[VirtualService],
    known: Collection[str] | None,
    owners: Owners,
    wanted: Wanted,
    refused: Refused = lambda changes: {},
    policies: Sequence[StandingPolicy] = (),
) -> RebindPlan:
    """The plan for these VirtualServices: one action each, all of one group, eight at a time.

    `known` are the Gateways that exist (None: nobody can tell). Objects whose owner would put the old list back are
    skipped with the edit to make there; what an owner may put back later is a note. Findings of the plan stand in the
    way of all of it; `policies` are the mutation policies of the cluster.
    """
    why = f"{wanted.operation} {', '.join(map(str, wanted.mapping.pairs))}"
    chosen: list[_Chosen] = []
    skipped: list[Skip] = []
    left = 0
    for item in virtual_services:
        made = rebind(item, wanted.mapping, wanted.operation)
        if isinstance(made, Untouched):
            if made.concerned or wanted.named:
                skipped.append(Skip(str(ref_of(item)), made.reason))
            left += made.left
            continue
        verdict = held(_change(item, made, wanted), owners, wanted.allowed)
        if verdict.refused:
            skipped.append(Skip(str(ref_of(item)), verdict.reason))
            left += 1
        else:
            chosen.append(_Chosen(item, made, verdict))
    actions = tuple(edit_bindings(one.item, one.edit.changes, why=why) for one in chosen)
    rebound = [Rebound(one.item, applied(one.item, one.edit.changes)) for one in chosen]
    plan = Plan(
        MIGRATION,
        str(wanted.operation),
        (Group(actions, CONCURRENCY),) if actions else (),
        skipped=tuple(skipped),
        findings=(
            *missing_gateways(rebound, known, wanted),
            *cut_off_findings(refused(rebound)),
            *(given_back(policies, wanted) if actions else ()),
        ),
        notes=notes([one.verdict for one in chosen]),
    )
    return RebindPlan(plan, left)


def ref_of(item: VirtualService) -> Ref:
    """The address of a VirtualService."""
    return Ref("VirtualService", item.metadata.name, item.metadata.namespace)


def missing_gateways(
    rebound: Sequence[Rebound], known: Collection[str] | None, wanted: Wanted
) -> tuple[Finding, ...]:
    """An error for each NEW that does not exist and that a changed VirtualService would name."""
    if known is None or wanted.operation is Operation.REMOVE or not rebound:
        return ()
    news = dict.fromkeys(pair.new for pair in wanted.mapping.pairs)
    counts = {new: sum(_names(one.after, new) for one in rebound) for new in news if new not in known}
    return tuple(
        Finding(
            MISSING_GATEWAY,
            Severity.ERROR,
            f"Gateway {new}",
            f"it does not exist, and {_count(number)} would name it: nothing answers there, and some versions of"
            " Istio drop a VirtualService as a whole that names a missing Gateway",
            f"create the Gateway first; to bind ahead of it on purpose: --allow {MISSING_GATEWAY}",
        )
        for new, number in counts.items()
        if number
    )


def given_back(policies: Sequence[StandingPolicy], wanted: Wanted) -> tuple[Finding, ...]:
    """An error for each policy that would undo what takes a Gateway away, while it is written."""
    if not wanted.operation.takes_away:
        return ()
    return tuple(
        Finding(
            GIVEN_BACK,
            Severity.ERROR,
            str(policy),
            "it binds to the old Gateway again whatever is bound to the new one, so nothing would change",
            "make it one-way first (`kubectl istio-migrate policy narrow`), or remove it; to go on all the same: "
            f"--allow {GIVEN_BACK}",
        )
        for policy in giving_back(policies, wanted.mapping)
    )


def _change(item: VirtualService, edit: VirtualServiceEdit, wanted: Wanted) -> Change:
    olds = references(item) & {pair.old for pair in wanted.mapping.pairs}
    pointers = tuple(one.pointer for one in edit.changes)
    return Change(ref_of(item), item.metadata, pointers, edit_in_words(edit.changes), olds)


def cut_off_findings(reasons: Mapping[str, str], severity: Severity = Severity.ERROR) -> tuple[Finding, ...]:
    """A finding for each VirtualService that would stop answering; only an error stands in the way."""
    go_on = f"; to go on all the same: --allow {CUT_OFF}" if severity is Severity.ERROR else ""
    return tuple(
        Finding(
            CUT_OFF,
            severity,
            f"VirtualService {name}",
            reason,
            f"isolate or delete the old Gateway first (`isolate`, `can-drop`), or bind both with `add`{go_on}",
        )
        for name, reason in sorted(reasons.items())
    )


def _names(item: VirtualService, gateway: str) -> bool:
    return gateway in references(item)


def _count(number: int) -> str:
    return f"{number} VirtualService{'' if number == 1 else 's'}"
