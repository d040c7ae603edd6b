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

_ORDERED = (By.WRITER, By.ITSELF)
"""Where no copy is known the order of the list tells something, as its writer has left it."""

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
    rivals: tuple[Declared, ...] = ()
    """What else declares it, or keeps its owner from doing so."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What the VirtualServices are judged by."""

    forward: tuple[Grant, ...]
    """Each new Gateway, and the old ones that entitle to it."""
    acting: tuple[Grant, ...] = ()
    """All that the policies give, also back: an old Gateway that is given back may entitle a condition to a new one."""
    appending: bool = True
    """Whether all policies add at the end of a list, so that the order of a list is evidence."""

    def lacks(self, item: VirtualService) -> tuple[str, ...]:
        """The new Gateways that it would not have without the policies."""
        new = {grant.gateway for grant in self.forward}
        found = lacking(item, (*self.forward, *self.acting))
        return tuple(dict.fromkeys(name for name in found if name in new))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its reason, a sentence without the full stop."""

    verdict: Verdict
    why: str
    missing: tuple[str, ...] = ()
    """The new Gateways that the source has to name; empty where it is not known."""
    leaves: tuple[str, ...] = ()
    """The old Gateways that it leaves at its next write, once a policy that goes both ways is gone."""
    reached: bool = True
    """Whether the object has all that a policy would give: what it has not it cannot lose."""


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


def judge(case: Case, measure: Measure) -> Judgement:
    """The verdict on one VirtualService."""
    fresh = [one for one in case.told if one.accuses and not one.stale]
    live = measure.lacks(case.item)
    if case.declared.spec is not None:
        found = _by_source(case, case.declared.spec, measure, live, fresh)
    elif case.declared.by in _ORDERED and measure.appending and not live:
        found = _by_order(case, measure.forward, fresh)
    else:
        found = _by_rest(case, live, fresh)
    if found.verdict is Verdict.MIGRATED and (doubt := _disputed(case, measure)):
        found = Judgement(Verdict.UNKNOWN, f"{found.why}, but {doubt}")
    return replace(found, why=f"{found.why}{_beside(case, found.verdict)}", reached=not live)


def _disputed(case: Case, measure: Measure) -> str:
    """Why what the owner declares may not last; empty where nobody else has a say."""
    for one in case.rivals:
        if one.spec is None:
            return one.where
        if missing := measure.lacks(VirtualService(metadata=case.item.metadata, spec=one.spec)):
            return f"{one.where} has no {_and(missing)}"
    return ""


def _by_source(
    case: Case, spec: VirtualServiceSpec, measure: Measure, live: tuple[str, ...], fresh: list[Told]
) -> Judgement:
    """The source is known: it decides, unless the rest says that it is not the whole truth."""
    where = case.declared.where
    source = VirtualService(metadata=case.item.metadata, spec=spec)
    if missing := measure.lacks(source):
        place = "" if not set(missing) & references(source) else " in a route condition"
        return Judgement(Verdict.DEPENDS, f"{where} has no {_and(missing)}{place}", missing)
    if live:
        why = f"{where} needs nothing, but the object lacks {_and(live)}: somebody else has changed it"
        return Judgement(Verdict.UNKNOWN, why)
    if fresh:
        why = f"{where} needs nothing, but {_accusation(fresh[0])}: it is from before, or of another writer"
        return Judgement(Verdict.UNKNOWN, why)
    why = _needs_nothing(source, where, measure.forward)
    return Judgement(Verdict.MIGRATED, why, leaves=_leaves(source, case, measure.forward))


def _by_order(case: Case, grants: Sequence[Grant], fresh: list[Told]) -> Judgement:
    """A policy appends, so a new Gateway before (or without) the old ones is the writer's own word."""
    if fresh:
        return Judgement(Verdict.DEPENDS, _accusation(fresh[0]), fresh[0].forward)
    doubtful = [grant.gateway for grant in grants if not _own_word(case.item, grant)]
    if not doubtful:
        why = f"{case.declared.where}, with the new Gateway first: a policy only appends"
        return Judgement(Verdict.MIGRATED, why)
    what = f"whether {_and(doubtful)} is from there or from the policy cannot be told"
    return Judgement(Verdict.UNKNOWN, f"{case.declared.where}, and keeps no copy: {what}")


def _by_rest(case: Case, live: tuple[str, ...], fresh: list[Told]) -> Judgement:
    if fresh:
        return Judgement(Verdict.DEPENDS, _accusation(fresh[0]), fresh[0].forward)
    if live:
        return Judgement(Verdict.DEPENDS, f"the object lacks {_and(live)}: no policy has reached it", live)
    kept = ", and keeps no copy" if case.declared.by in _ORDERED else ""
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
