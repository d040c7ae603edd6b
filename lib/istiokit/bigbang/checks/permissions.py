"""Whether we may do what the step's plan needs, and what could not be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from istiokit.bigbang.checks.model import EVERY, STEPS, Check, Subject, Target
from istiokit.bigbang.edit import plan_edits
from istiokit.bigbang.facts import Source, Umbrella
from istiokit.cluster import kinds
from istiokit.cluster.types import Kind
from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity
from istiokit.flux.sources import SOURCE_KINDS
from istiokit.istio.bindings import NEW_NAMESPACE


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """A verb on a kind in a namespace."""

    verb: str
    kind: Kind
    namespace: str

    def __str__(self) -> str:
        return f"{self.verb} {self.kind.resource} in namespace {self.namespace}"


_RECONCILE = ("get", "list", "watch", "patch")
_JOURNAL = ("get", "list", "create", "update")
_LEASE = ("get", "create", "update")
_EDIT = ("get", "patch")


def needed(subject: Subject) -> list[Permission]:
    """What the step's plan does to the cluster, as permissions; nothing where it has no plan.

    They are those of the actions (plan/bigbang.py), of the journal and of the Lease.
    """
    umbrella = subject.facts.umbrella
    if not subject.target.acts or umbrella is None or umbrella.release is None:
        return []
    place = umbrella.namespace
    found = [Permission(verb, kinds.HELM_RELEASE, place) for verb in _RECONCILE]
    found += [Permission(verb, kinds.CONFIG_MAP, place) for verb in _JOURNAL]
    found += [Permission(verb, kinds.LEASE, place) for verb in _LEASE]
    found += [
        Permission(verb, kind, space) for kind, space in _sources(subject, place) for verb in _RECONCILE
    ]
    found += _edits(subject, umbrella)
    if subject.target.step == 2:
        found.append(Permission("list", kinds.SERVICE, NEW_NAMESPACE))
    return list(dict.fromkeys(found))


def _sources(subject: Subject, namespace: str) -> Iterable[tuple[Kind, str]]:
    """The kinds of sources in use, and the HelmCharts that helm-controller makes beside them."""
    used = {(ref.kind, ref.namespace or namespace) for ref in subject.facts.flux_sources}
    return [(SOURCE_KINDS[kind][0], place) for kind, place in sorted(used) if kind in SOURCE_KINDS]


def _edits(subject: Subject, umbrella: Umbrella) -> list[Permission]:
    if subject.target.step is None:
        return []
    try:
        plan = plan_edits(subject.layers, subject.wanted)
    except UsageError:
        return []  # IM019 says why the edit cannot be made.
    places = [edit.layer.address for edit in plan.edits]
    refs = [place.ref for place in places if isinstance(place, Source) and place.ref.kind in kinds.KINDS]
    return [
        Permission(verb, kinds.KINDS[ref.kind], ref.namespace or umbrella.namespace)
        for ref in refs
        for verb in _EDIT
    ]


def _denied(subject: Subject) -> Iterator[Finding]:
    for missing in subject.facts.denied:
        reason = f"you may not {missing}, and the step has to"
        remedy = "ask for the role of the step in docs/rbac, or let somebody with more rights run it"
        yield Finding("IM012", Severity.ERROR, missing, reason, remedy)


def _unread(subject: Subject) -> Iterator[Finding]:
    for item in subject.facts.unread:
        if not item.missing:
            remedy = "ask for the read-only role in docs/rbac, and check again"
            yield Finding("IM025", Severity.WARNING, item.kind, f"could not be read: {item.reason}", remedy)


CHECKS = (
    Check(
        code="IM012",
        title="A permission that the step needs is missing",
        severity=Severity.ERROR,
        why="A step that is refused half-way leaves the old gateways gone and the new ones not yet there. "
        "So every verb of the plan is asked for beforehand, with a SelfSubjectAccessReview each.",
        remedy="Bind the step's ClusterRole from docs/rbac to your user, or run the step as somebody who may.",
        run=_denied,
        steps=STEPS | {Target.CORE},
        live=True,
    ),
    Check(
        code="IM025",
        title="Something could not be read",
        severity=Severity.WARNING,
        why="A check that needs what could not be read says nothing, so fewer errors do not mean fewer problems.",
        remedy="Bind the read-only ClusterRole from docs/rbac to your user and check again.",
        run=_unread,
        steps=EVERY,
        live=True,
    ),
)
