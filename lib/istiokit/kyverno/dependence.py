"""Whether a VirtualService still depends on the mutation policy: three pieces of evidence, one verdict. Pure.

The source decides where it is known. Reports are read per engine. Of a ClusterPolicy `pass` says that the last request
had to be changed, and `skip` that it needed nothing, whoever sent it: a patch of an object that carries both Gateways
turns one into the other. Of policies in CEL a scan of the object as it is says `fail` where it lacks a Gateway, which
the object itself tells as well (Kyverno 1.15 says it of every object), so they prove nothing about a source.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from istiokit.istio.bindings import references, resolve
from istiokit.istio.model import VirtualService, VirtualServiceSpec
from istiokit.kyverno.grants import Grant, lacking
from istiokit.kyverno.recognise import MutationPolicy
from istiokit.kyverno.reports import Observation, Source
from istiokit.ownership.declared import By, Declared, DeclaredVirtualService, written_at

Forward = Mapping[tuple[str, str, str], tuple[str, ...]]
"""The rules of the migration's policies by `Observation.key`: the new Gateways that each gives; none for a way back."""

GRACE = 30
"""Seconds that a report may be older than the newest write without being stale: Kyverno takes 20 to write it."""


class Verdict(StrEnum):
    """Whether the policy may go, for one VirtualService."""

    DEPENDS = "depends-on-policy"
    UNKNOWN = "unknown"
    MIGRATED = "source-migrated"


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says of one rule, with its age in seconds and whether the object was written since."""

    observation: Observation
    age: int
    stale: bool
    forward: tuple[str, ...]
    """The new Gateways that the rule gives to the holders of old ones; none for one that gives old ones back."""

    @property
    def accuses(self) -> bool:
        """Whether it says that the policy had to add a new Gateway to the last request."""
        one = self.observation
        return bool(self.forward) and one.source == Source.KYVERNO and one.result == "pass"


@dataclass(frozen=True, slots=True)
class Case:
    """One VirtualService with all that speaks for or against it."""

    item: DeclaredVirtualService
    declared: Declared
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its reason, a sentence without the full stop."""

    verdict: Verdict
    why: str
    missing: tuple[str, ...] = ()
    """The new Gateways that the source has to name; empty where it is not known."""
    leaves: tuple[str, ...] = ()
    """The old Gateways that it leaves at its next write, once a policy that goes both ways is gone."""


def concerns(item: VirtualService, names: frozenset[str]) -> bool:
    """Whether it is bound to one of these Gateways; a delegate never is."""
    return bool(item.spec.hosts) and bool(item.spec.gateways) and not names.isdisjoint(references(item))


def told(
    item: DeclaredVirtualService, found: Iterable[Observation], forward: Forward, now: datetime
) -> tuple[Told, ...]:
    """What the rules of the migration's policies are reported to have said about it; no others count."""
    newest, present = _seconds(written_at(item)), int(now.timestamp())
    return tuple(
        Told(one, max(0, present - one.seconds), one.seconds + GRACE < newest, forward[one.key])
        for one in found
        if one.key in forward
    )


def forward_rules(policies: Iterable[MutationPolicy], grants: Sequence[Grant]) -> Forward:
    """All rules of the policies; `grants` are the forward ones."""
    new = {grant.gateway for grant in grants}
    return {
        key: tuple(grant.gateway for grant in given if grant.gateway in new)
        for policy in policies
        for key, given in policy.reported_rules()
    }


def judge(case: Case, grants: Sequence[Grant], *, appending: bool = True) -> Judgement:
    """The verdict on one VirtualService; `grants` are the forward ones.

    `appending` tells whether all policies add at the end of a list, so that the order of a list is evidence.
    """
    fresh = [one for one in case.told if one.accuses and not one.stale]
    live = lacking(case.item, grants)
    if case.declared.spec is not None:
        found = _by_source(case, case.declared.spec, grants, live, fresh)
    elif case.declared.by is By.WRITER and appending and not live:
        found = _by_order(case, grants, fresh)
    else:
        found = _by_rest(case, live, fresh)
    return replace(found, why=f"{found.why}{_beside(case, found.verdict)}")


def _by_source(
    case: Case, spec: VirtualServiceSpec, grants: Sequence[Grant], live: tuple[str, ...], fresh: list[Told]
) -> Judgement:
    """The source is known: it decides, unless the rest says that it is not the whole truth."""
    where = case.declared.where
    source = VirtualService(metadata=case.item.metadata, spec=spec)
    if missing := lacking(source, grants):
        return Judgement(Verdict.DEPENDS, f"{where} has no {_and(missing)}", missing)
    if live:
        why = f"{where} needs nothing, but the object lacks {_and(live)}: somebody else has changed it"
        return Judgement(Verdict.UNKNOWN, why)
    if fresh:
        why = f"{where} needs nothing, but {_accusation(fresh[0])}: it is from before, or of another writer"
        return Judgement(Verdict.UNKNOWN, why)
    return Judgement(
        Verdict.MIGRATED, _needs_nothing(source, where, grants), leaves=_leaves(source, case, grants)
    )


def _by_order(case: Case, grants: Sequence[Grant], fresh: list[Told]) -> Judgement:
    """A policy appends, so a new Gateway before (or without) the old ones is the owner's own word."""
    if fresh:
        return Judgement(Verdict.DEPENDS, _accusation(fresh[0]), fresh[0].forward)
    own = {grant.gateway: _own_word(case.item, grant) for grant in grants}
    if all(own.values()):
        why = f"{case.declared.where}, with the new Gateway first: a policy only appends"
        return Judgement(Verdict.MIGRATED, why)
    doubtful = [name for name, said in own.items() if not said]
    why = (
        f"{case.declared.where}, and keeps no copy: whether {_and(doubtful)} is from there or from the policy"
    )
    return Judgement(Verdict.UNKNOWN, f"{why} cannot be told")


def _by_rest(case: Case, live: tuple[str, ...], fresh: list[Told]) -> Judgement:
    if fresh:
        return Judgement(Verdict.DEPENDS, _accusation(fresh[0]), fresh[0].forward)
    if live:
        return Judgement(Verdict.DEPENDS, f"the object lacks {_and(live)}: no policy has reached it", live)
    kept = ", and keeps no copy" if case.declared.by is By.WRITER else ""
    return Judgement(Verdict.UNKNOWN, f"{case.declared.where}{kept}")


def _own_word(item: VirtualService, grant: Grant) -> bool:
    """Whether in every list the Gateway stands before all those that entitle to it."""
    namespace = item.metadata.namespace or "default"
    for names in _lists(item.spec):
        full = [resolve(name, namespace) for name in names]
        held = min((full.index(name) for name in grant.holders if name in full), default=len(full))
        if held < len(full) and grant.gateway not in full[:held]:
            return False
    return True


def _lists(spec: VirtualServiceSpec) -> Iterable[tuple[str, ...]]:
    routes = (route for part in (spec.http, spec.tls, spec.tcp) for route in part or ())
    conditions = (match.gateways for route in routes for match in route.match or () if match.gateways)
    return (spec.gateways or (), *conditions)


def _needs_nothing(source: VirtualService, where: str, grants: Sequence[Grant]) -> str:
    named = references(source)
    own = [grant.gateway for grant in grants if grant.gateway in named]
    return f"{where} names {_and(own)}" if own else f"{where} names no Gateway of the migration"


def _leaves(source: VirtualService, case: Case, grants: Sequence[Grant]) -> tuple[str, ...]:
    """Old Gateways that the object has, and its source has not."""
    old = {holder for grant in grants for holder in grant.holders}
    return tuple(sorted((references(case.item) & old) - references(source)))


def _accusation(one: Told) -> str:
    rule, policy = one.observation.rule, one.observation.policy
    return f"its report says that rule {rule} of {policy} had to change the last request"


def _beside(case: Case, verdict: Verdict) -> str:
    """What a report says against the verdict, and why that does not count; empty where it agrees."""
    forward = [one for one in case.told if one.forward]
    passes = [one for one in forward if one.accuses and one.stale]
    fails = [one for one in forward if one.observation.result == "fail"]
    skips = [one for one in forward if one.observation.result == "skip"]
    if verdict is Verdict.DEPENDS and skips and not any(one.accuses for one in forward):
        return "; the report's skip speaks of the last request, not of the source"
    if verdict is not Verdict.DEPENDS and passes:
        return "; the report's pass is stale: the object was written since"
    if verdict is not Verdict.DEPENDS and fails:
        return "; the report's fail does not count: the object itself has what it says is missing"
    return ""


def _and(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def _seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp()) if time else 0
