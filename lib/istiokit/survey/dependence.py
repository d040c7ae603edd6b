"""Judges whether VirtualServices still depend on the mutation policy, by all that tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from istiokit.cluster import kinds
from istiokit.cluster.files import FilesCluster
from istiokit.cluster.types import Cluster
from istiokit.cluster.unread import Unread
from istiokit.errors import NotDone, UsageError
from istiokit.istio.mapping import Mapping, found_mapping
from istiokit.istio.model import VirtualService
from istiokit.istio.naming import named
from istiokit.kyverno.dependence import (
    Case,
    Forward,
    Measure,
    Verdict,
    concerns,
    forward_rules,
    judge,
    told,
)
from istiokit.kyverno.dependents import DependentRow, row
from istiokit.kyverno.direction import forward, forward_grants, refuse_reversed, rules_by_name, strangers
from istiokit.kyverno.grants import Grant
from istiokit.kyverno.recognise import MutationPolicy
from istiokit.ownership.declared import DeclaredVirtualService
from istiokit.ownership.find import Finder
from istiokit.survey.declaring import Manifests, read_sources
from istiokit.survey.edits import edit_places
from istiokit.survey.evidence import Evidence, Question, read_evidence
from istiokit.survey.reported import reported_rows


@dataclass(frozen=True, slots=True)
class DependenceReading:
    """The answer, with what it rests on."""

    rows: tuple[DependentRow, ...]
    """By namespace and name."""
    policies: tuple[MutationPolicy, ...]
    mapping: Mapping
    puzzling: tuple[str, ...]
    """Gateways that policies give and that are neither the old nor the new one of any pair."""
    unread: tuple[Unread, ...]
    lost: tuple[tuple[str, str], ...] = ()
    """Places in files that could not be read, each with the reason."""


def read_dependence(
    cluster: Cluster, question: Question, now: datetime, *, changes: bool = True
) -> DependenceReading:
    """Read and judge; with `changes` also where those that depend are to be changed.

    Raises NotDone for names that nobody has, UsageError where the pairs contradict each other.
    """
    read = read_evidence(cluster, question)
    _refuse_unknown(question.policies, read)
    mapping = _mapping(read, question)
    measure = _measure(read, mapping)
    rules = (
        forward_rules(read.policies, measure.forward)
        if read.policies
        else rules_by_name(read.observations, question.policies, mapping)
    )
    chosen = _chosen(read, question, measure.forward)
    judged, unread = _judged(cluster, read, chosen, measure, rules, now, question.manifests, changes=changes)
    rows = [*judged, *_elsewhere(read, question, rules, now)]
    return DependenceReading(
        rows=tuple(sorted(rows, key=lambda one: (one.namespace, one.name))),
        policies=read.policies,
        mapping=mapping,
        puzzling=strangers(read.policies, mapping),
        unread=unread,
        lost=_lost(cluster, read) if isinstance(cluster, FilesCluster) else (),
    )


def _mapping(read: Evidence, question: Question) -> Mapping:
    """The pairs: those that were given, else what the policies stand for."""
    found = found_mapping(read.gateways, read.virtual_services)
    if question.mapping is None:
        return forward(read.policies, found, read.gateways)
    try:
        meant = forward(read.policies, found, read.gateways) if read.policies else Mapping()
    except UsageError:  # where policies contradict each other people have the last word
        meant = Mapping()
    refuse_reversed(question.mapping, meant)
    return question.mapping


def _measure(read: Evidence, mapping: Mapping) -> Measure:
    acting = (grant for policy in read.policies for grant in policy.grants if grant.holders)
    appending = all(policy.appends for policy in read.policies)
    return Measure(forward_grants(mapping), tuple(dict.fromkeys(acting)), appending)


def _refuse_unknown(names: Sequence[str], read: Evidence) -> None:
    """Raise NotDone for a name that no policy has: a slip must not look as if nobody depended on anything."""
    known = {policy.name for policy in read.policies}
    known |= {one.policy for found in read.observations.values() for one in found}
    unknown = [name for name in names if name not in known]
    if unknown:
        told = f"no policy {', '.join(unknown)} adds to the gateways of VirtualServices here"
        raise NotDone(told, f"known are: {', '.join(sorted(map(str, read.policies))) or 'none'}")


def _lost(files: FilesCluster, read: Evidence) -> tuple[tuple[str, str], ...]:
    """What of the files could not be read, with the reason: it may have been what depends."""
    lost = [(one.place, one.reason) for one in files.skipped]
    return tuple(lost) if read.virtual_services else (*lost, (files.name, "no VirtualService was read"))


def _chosen(read: Evidence, question: Question, grants: Sequence[Grant]) -> list[DeclaredVirtualService]:
    """The VirtualServices that were asked for and that one of the pairs is about."""
    pairs = frozenset(name for grant in grants for name in (grant.gateway, *grant.holders))
    wanted = named(read.virtual_services, question.names, question.home, files=question.files)
    asked: set[int] = {id(item) for item in wanted}
    return [item for item in read.virtual_services if id(item) in asked and _is_about(item, pairs)]


def _is_about(item: DeclaredVirtualService, pairs: frozenset[str]) -> bool:
    if item.metadata.deletion_timestamp:
        return False
    if concerns(item, pairs):
        return True
    source = item.applied
    return source is not None and concerns(VirtualService(metadata=item.metadata, spec=source), pairs)


def _judged(
    cluster: Cluster,
    read: Evidence,
    chosen: Sequence[DeclaredVirtualService],
    measure: Measure,
    rules: Forward,
    now: datetime,
    manifests: Manifests,
    *,
    changes: bool,
) -> tuple[list[DependentRow], tuple[Unread, ...]]:
    finder = Finder(read.owners)
    owned = [(item, finder.of(item.metadata, kinds.VIRTUAL_SERVICE.name)) for item in chosen]
    sources = read_sources(cluster, owned, read.owners, manifests)
    cases = []
    for item, owner in owned:
        about = read.observations.get(item.metadata.address, ())
        said = told(item, about, rules, now)
        case = Case(item, sources.of(item, owner), said, sources.rivals(item, owner))
        cases.append((case, judge(case, measure), owner))
    pending = [case.item for case, judgement, _ in cases if judgement.verdict is not Verdict.MIGRATED]
    places, unread = edit_places(cluster, read.owners, pending, measure.forward) if changes else ({}, ())
    rows = [row(case, judgement, owner, places.get(id(case.item), "")) for case, judgement, owner in cases]
    return rows, tuple(dict.fromkeys((*read.unread, *sources.unread, *unread)))


def _elsewhere(read: Evidence, question: Question, rules: Forward, now: datetime) -> list[DependentRow]:
    """Those that only reports speak of: in a cluster they are gone, unless nobody has looked."""
    if question.names or not (question.files or question.fast):
        return []
    here = {item.metadata.address for item in read.virtual_services}
    others = {name: found for name, found in read.observations.items() if name not in here}
    return reported_rows(others, rules, now)


def present() -> datetime:
    """Now, for whoever asks."""
    return datetime.now(UTC)
