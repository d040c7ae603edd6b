"""What the lists of gateways say: do they lead anywhere, and do they agree with each other?"""

from collections.abc import Iterable, Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Reference, Rule, Subject, each
from istiokit.istio.bindings import MESH, Binding, classify_wording
from istiokit.istio.wording import Wording


def _missing(wording: Wording, subject: Subject) -> Iterator[Finding]:
    for one in subject.references(wording):
        if subject.exists(one.gateway) is False:
            reason = f"there is no Gateway {one.gateway}"
            remedy = "create the Gateway first, or take the reference out"
            yield Finding("VSG001", Severity.ERROR, "", reason, remedy, one.path)


def _unknown(wording: Wording, subject: Subject) -> Iterator[Finding]:
    first = {one.gateway: one for one in reversed(subject.references(wording))}
    for one in first.values():
        if subject.exists(one.gateway) is None:
            reason = f"cannot tell whether there is a Gateway {one.gateway}: it was not read"
            remedy = "name the file that has it as well, or run it on the cluster"
            yield Finding("VSG002", Severity.WARNING, "", reason, remedy, one.path)


def _never_matches(wording: Wording, subject: Subject) -> Iterator[Finding]:
    """Pilot narrows the top-level list by a condition's own list; a delegate's list is that of who routes to it."""
    if not wording.has_hosts:
        return
    listed = {one.gateway for one in subject.references(wording) if one.top} or {MESH}
    for one in subject.references(wording):
        if not one.top and one.gateway not in listed:
            reason = (
                f"the condition names {one.spelled}, and spec.gateways does not: it can never match there"
            )
            remedy = f"add {one.spelled} to spec.gateways, or take it out of the condition"
            yield Finding("VSG004", Severity.WARNING, "", reason, remedy, one.path)


def _narrowed(wording: Wording, subject: Subject) -> Iterator[Finding]:
    listed = {one.gateway for one in subject.references(wording) if one.top}
    for one in (one for one in subject.references(wording) if not one.top):
        new = subject.sides.successors.get(one.gateway)
        if new is None or new not in listed or new in _beside(one, subject.references(wording)):
            continue
        reason = f"it looks migrated, but this condition is for {one.spelled} only: not on {new}"
        remedy = f"add {new} to the condition's gateways"
        yield Finding("VSG005", Severity.ERROR, "", reason, remedy, one.path)


def _beside(one: Reference, found: Iterable[Reference]) -> set[str]:
    """The Gateways in the same list."""
    list_path = one.path.rpartition("[")[0]
    return {other.gateway for other in found if other.path.rpartition("[")[0] == list_path}


def _old_only(wording: Wording, subject: Subject) -> Iterator[Finding]:
    if classify_wording(wording, subject.sides) is not Binding.OLD_ONLY:
        return
    listed = {one.gateway for one in subject.references(wording) if one.top}
    for one in subject.references(wording):
        new = subject.sides.successors.get(one.gateway) if one.top else None
        if new and new not in listed:
            reason = f"it is bound to the old gateway {one.spelled} and not to {new}"
            remedy = f"kubectl vs-gateways add --map {one.gateway}={new}, at its source"
            yield Finding("VSG006", Severity.WARNING, "", reason, remedy, one.path)


def _legacy(wording: Wording, subject: Subject) -> Iterator[Finding]:
    for one in subject.references(wording):
        if "/" not in one.spelled and "." in one.spelled:
            reason = f"{one.spelled} is the legacy spelling of {one.gateway}"
            remedy = f"write {one.gateway}: policies and searches for it do not find the other form"
            yield Finding("VSG007", Severity.INFO, "", reason, remedy, one.path)


RULES = (
    Rule(
        code="VSG001",
        title="A Gateway that does not exist",
        severity=Severity.ERROR,
        why="Nothing is served through a Gateway that is not there, and one missing Gateway may disable the "
        "whole VirtualService, its other Gateways and the mesh included.",
        remedy="Create the Gateway before anything refers to it, or take the reference out.",
        run=each(_missing),
    ),
    Rule(
        code="VSG002",
        title="A Gateway that was not read",
        severity=Severity.WARNING,
        why="Whether anything answers depends on a Gateway that is not among the files (or that may not be "
        "read), so nothing can be said about it: neither that it is right nor that it is wrong.",
        remedy="Name its manifest as well (`--gateways FILE`), or take the Gateways of the cluster.",
        run=each(_unknown),
    ),
    Rule(
        code="VSG004",
        title="A condition that can never match",
        severity=Severity.WARNING,
        why="The list of gateways of a route condition narrows that of the VirtualService; it cannot widen it. "
        "A Gateway that only the condition names never gets the route.",
        remedy="Add the Gateway to spec.gateways as well, or take it out of the condition.",
        run=each(_never_matches),
    ),
    Rule(
        code="VSG005",
        title="It looks migrated, and a condition still narrows it to the old gateway",
        severity=Severity.ERROR,
        why="spec.gateways has both gateways, so every audit by that list passes. A condition's own list "
        "decides: the route is not on the new gateway, which answers 404.",
        remedy="Add the new Gateway to the condition's gateways too.",
        run=each(_narrowed),
    ),
    Rule(
        code="VSG006",
        title="Bound to the old gateway only",
        severity=Severity.WARNING,
        why="When the old gateway goes, nothing serves it any more.",
        remedy="Add the new Gateway at the source of the VirtualService, beside the old one.",
        run=each(_old_only),
    ),
    Rule(
        code="VSG007",
        title="A legacy spelling of a Gateway",
        severity=Severity.INFO,
        why="istiod still understands `name.namespace.svc.cluster.local`, but text searches, policies and most "
        "tools look for `namespace/name` and pass it by.",
        remedy="Write `namespace/name`.",
        run=each(_legacy),
    ),
)
