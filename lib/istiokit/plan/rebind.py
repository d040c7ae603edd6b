"""The plan that changes which gateways VirtualServices are bound to, on a cluster. Pure: facts in, plan out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from istiokit.cluster.types import Ref
from istiokit.findings import Finding, Severity
from istiokit.flux.drift import ignores
from istiokit.flux.ownership import Owner, Owners, Reverts, owner
from istiokit.istio.bindings import references
from istiokit.istio.mapping import Mapping as GatewayMapping
from istiokit.istio.model import VirtualService
from istiokit.istio.rebinding import (
    ListChange,
    Operation,
    Untouched,
    VirtualServiceEdit,
    applied,
    field,
    rebind,
)
from istiokit.plan.actions.bindings import edit_bindings
from istiokit.plan.model import Group, Plan, Skip

MIGRATION = "bindings"
CONCURRENCY = 8
MISSING_GATEWAY = "VSG050"
"""A Gateway in NEW does not exist."""
CUT_OFF = "VSG051"
"""A VirtualService would no longer answer."""
REFUSING = (MISSING_GATEWAY, CUT_OFF)
"""The findings that stand in the way unless `--allow` names them."""


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


Refused = Callable[[Sequence[Rebound]], Mapping[str, str]]
"""Judges all changes together: the reason, by `namespace/name`, for each VirtualService that would stop answering."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What people ask for."""

    operation: Operation
    mapping: GatewayMapping
    named: bool = False
    """Whether they name the VirtualServices: then they are told of each why it stays as it is."""


def plan_rebind(
    virtual_services: Sequence[VirtualService],
    known: Collection[str] | None,
    owners: Owners,
    wanted: Wanted,
    refused: Refused = lambda changes: {},
) -> RebindPlan:
    """The plan for these VirtualServices: one action each, all of one group, eight at a time.

    `known` are the Gateways that exist (None: nobody can tell). Objects whose owner would put the old list back are
    skipped with the edit to make there. Findings of the plan stand in the way of all of it.
    """
    why = f"{wanted.operation} {', '.join(map(str, wanted.mapping.pairs))}"
    chosen: list[tuple[VirtualService, VirtualServiceEdit]] = []
    skipped: list[Skip] = []
    left = 0
    for item in virtual_services:
        made = rebind(item, wanted.mapping, wanted.operation)
        if isinstance(made, Untouched):
            if made.concerned or wanted.named:
                skipped.append(Skip(str(ref_of(item)), made.reason))
            left += made.left
        elif reason := left_to_owner(item, made, owners):
            skipped.append(Skip(str(ref_of(item)), reason))
            left += 1
        else:
            chosen.append((item, made))
    actions = tuple(edit_bindings(item, made.changes, why=why) for item, made in chosen)
    rebound = [Rebound(item, applied(item, made.changes)) for item, made in chosen]
    plan = Plan(
        MIGRATION,
        str(wanted.operation),
        (Group(actions, CONCURRENCY),) if actions else (),
        skipped=tuple(skipped),
        findings=(*missing_gateways(rebound, known, wanted), *cut_off_findings(refused(rebound))),
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


def left_to_owner(item: VirtualService, edit: VirtualServiceEdit, owners: Owners) -> str:
    """Why the owner would put the old lists back, with the edit to make at its source; empty where it would not."""
    found = owner(item.metadata, owners=owners)
    if found.reverts is Reverts.NO:
        return ""
    release = owners.releases.get(found.ref) if found.ref else None
    if release is not None and ignores(release, ref_of(item), (one.pointer for one in edit.changes)):
        return ""
    return f"{found.why}. Change it {source_of(found, owners)}: {edit_in_words(edit.changes)}"


def edit_in_words(changes: Sequence[ListChange]) -> str:
    """What the lists have to be: `spec.gateways: [a, b]`."""
    return "; ".join(
        f"{field(one.pointer)}: [{', '.join(one.after)}]"
        if one.after is not None
        else f"no {field(one.pointer)}"
        for one in changes
    )


def source_of(found: Owner, owners: Owners, path: str = "/spec/gateways") -> str:
    """Where people have to make the edit of `path`, with its preposition: `in the values of HelmRelease a/b`."""
    ref = found.ref
    if ref is None:
        return "at its source"
    kustomization, release = owners.kustomizations.get(ref), owners.releases.get(ref)
    if kustomization is not None and (source := kustomization.spec.source_ref) is not None:
        return f"in folder {kustomization.spec.path or '.'} of {source.kind} {source.name}"
    if release is not None:
        named = f" (chart {release.spec.chart.spec.chart})" if release.spec.chart else ""
        return f"in the values of {ref}{named}, or let its drift detection ignore {path}"
    return f"where {ref} has it from"


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
