"""What a rule of the audit is, and what it looks at. Pure: facts in, findings out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from istiokit.cluster.decode import Metadata
from istiokit.findings import Finding, Severity
from istiokit.istio.bindings import MESH, Sides, is_generated, resolve
from istiokit.istio.dependents.facts import NO_DEPENDENTS, Dependents
from istiokit.istio.dependents.moves import Move, find_moves
from istiokit.istio.listing import sides_in
from istiokit.istio.mapping import Mapping
from istiokit.istio.model import Gateway, VirtualService, full_name
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.routing.served import Served, served_alike
from istiokit.istio.unusable import Unusable
from istiokit.istio.wording import Wording, Wordings, worded
from istiokit.ownership.find import owner
from istiokit.ownership.model import OwnerKind


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a list of gateways in a VirtualService."""

    path: str
    """`spec.gateways[0]`, `spec.http[0].match[1].gateways[0]`."""
    spelled: str
    gateway: str
    """In full, `namespace/name`, or `mesh`."""

    @property
    def top(self) -> bool:
        """Whether it is in the VirtualService's own list, not in that of a route condition."""
        return self.path.startswith("spec.gateways")


@dataclass(frozen=True)
class Subject:
    """The facts, and what several rules would otherwise work out again."""

    facts: RouteFacts
    unusable: tuple[Unusable, ...] = ()
    mapping: Mapping | None = None
    """Which Gateway takes over from which, if people said so."""
    dependents: Dependents = NO_DEPENDENTS
    """What else may name the old gateways."""

    @cached_property
    def gateways(self) -> dict[str, Gateway]:
        """Those that were read, by `namespace/name`."""
        return {full_name(gateway): gateway for gateway in self.facts.gateways or ()}

    @cached_property
    def sides(self) -> Sides:
        """Old and new Gateways."""
        return sides_in(self.facts, self.mapping, self.wordings)

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """The pods of each pair of old and new Gateway."""
        return find_moves(self.facts, self.sides, self.dependents)

    @property
    def root(self) -> str:
        """The mesh's root namespace: policies there may apply to pods of all namespaces."""
        return self.dependents.root_namespace or self.facts.root_namespace

    @cached_property
    def bound_namespaces(self) -> frozenset[str]:
        """Namespaces with VirtualServices that are bound to an old or a new Gateway: requests come to them."""
        named = self.sides.successors.keys() | self.sides.new
        return frozenset(
            wording.namespace
            for wording in self.wordings
            if any(one.gateway in named for one in self.references(wording))
        )

    def references(self, wording: Wording) -> tuple[Reference, ...]:
        """Every entry of every list of gateways of a wording, in the manifest's order."""
        found = self._references.get(wording)
        if found is None:
            found = self._references[wording] = tuple(_references(wording))
        return found

    @cached_property
    def _references(self) -> dict[Wording, tuple[Reference, ...]]:
        """Those that were worked out: nearly every rule asks."""
        return {}

    @cached_property
    def wordings(self) -> Wordings:
        """The VirtualServices by how they name Gateways: most rules depend on nothing else."""
        return worded(self.facts.virtual_services)

    @cached_property
    def by_name(self) -> dict[str, VirtualService]:
        """The VirtualServices by `namespace/name`."""
        return {full_name(item): item for item in self.facts.virtual_services}

    @cached_property
    def served(self) -> list[Served]:
        """What the routing model says of each host."""
        return list(served_alike(self.facts))

    def exists(self, gateway: str) -> bool | None:
        """Whether the Gateway is there; None where nobody can tell."""
        if gateway in self.gateways or gateway == MESH or is_generated(gateway):
            return True
        return False if self.facts.gateways is not None and self.facts.all_gateways else None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `run` yields findings of this code alone."""

    code: str
    title: str
    severity: Severity
    """The worst that it can say."""
    why: str
    """What goes wrong without it, for --explain."""
    remedy: str
    """What to do in general, for --explain."""
    run: Callable[[Subject], Iterable[Finding]]


Judge = Callable[[Wording, Subject], Iterable[Finding]]
"""Judges all VirtualServices of a wording at once: `object` of its findings is still empty."""


def each(judge: Judge) -> Callable[[Subject], Iterator[Finding]]:
    """A rule that judges wordings, as one that says it of each VirtualService that is worded so."""

    def run(subject: Subject) -> Iterator[Finding]:
        for wording, items in subject.wordings.items():
            for one in judge(wording, subject):
                for item in items:
                    yield Finding(one.code, one.severity, subject_of(item), one.reason, one.remedy, one.path)

    return run


def _references(wording: Wording) -> Iterator[Reference]:
    for at, name in enumerate(wording.gateways or ()):
        yield Reference(f"spec.gateways[{at}]", name, resolve(name, wording.namespace))
    for condition in wording.conditions:
        for at, name in enumerate(condition.gateways):
            yield Reference(f"{condition.path}[{at}]", name, resolve(name, wording.namespace))


def subject_of(item: VirtualService) -> str:
    """How findings call it."""
    return f"VirtualService {full_name(item)}"


def at_source(metadata: Metadata, kind: str) -> str:
    """The end of a remedy: where an object is to be changed so that its owner does not put it back."""
    found = owner(metadata, kind)
    if found.kind in (OwnerKind.NONE, OwnerKind.KUBECTL_APPLY):
        return ""
    return f", at its source ({found.title})"
