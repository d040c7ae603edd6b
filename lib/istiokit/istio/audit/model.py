"""What a rule of the audit is, and what it looks at. Pure: facts in, findings out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from istiokit.findings import Finding, Severity
from istiokit.istio.bindings import MESH, Sides, is_generated, resolve
from istiokit.istio.listing import sides_in
from istiokit.istio.mapping import Mapping
from istiokit.istio.model import Gateway, VirtualService, full_name
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.routing.served import Answer, answers


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


@dataclass(frozen=True, slots=True)
class Unusable:
    """What could not be judged at all: an object whose fields are of the wrong type, or a file."""

    object: str
    """As findings call it: `VirtualService shop/web`, `apps/web.yaml`."""
    reason: str
    path: str = ""
    """The field, where it is one."""
    file: bool = False
    place: str = ""
    """Where it stands: `apps/web.yaml:12`."""
    remedy: str = ""
    """What to do about it, where that is not what it is for most."""


@dataclass(frozen=True)
class Subject:
    """The facts, and what several rules would otherwise work out again."""

    facts: RouteFacts
    unusable: tuple[Unusable, ...] = ()
    mapping: Mapping | None = None
    """Which Gateway takes over from which, if people said so."""

    @cached_property
    def gateways(self) -> dict[str, Gateway]:
        """Those that were read, by `namespace/name`."""
        return {full_name(gateway): gateway for gateway in self.facts.gateways or ()}

    @cached_property
    def sides(self) -> Sides:
        """Old and new Gateways."""
        return sides_in(self.facts, self.mapping)

    def references(self, item: VirtualService) -> tuple[Reference, ...]:
        """Every entry of every list of gateways of one of the facts' VirtualServices, in the manifest's order."""
        return self._references[id(item)]

    @cached_property
    def _references(self) -> dict[int, tuple[Reference, ...]]:
        """Of all of them at once: nearly every rule asks."""
        return {id(item): tuple(_references(item)) for item in self.facts.virtual_services}

    @cached_property
    def by_name(self) -> dict[str, VirtualService]:
        """The VirtualServices by `namespace/name`."""
        return {full_name(item): item for item in self.facts.virtual_services}

    @cached_property
    def answers(self) -> list[Answer]:
        """What the routing model says of each host."""
        return answers(self.facts)

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


def each(
    judge: Callable[[VirtualService, Subject], Iterable[Finding]],
) -> Callable[[Subject], Iterator[Finding]]:
    """A rule that judges one VirtualService at a time, as one for all of them."""

    def run(subject: Subject) -> Iterator[Finding]:
        for item in subject.facts.virtual_services:
            yield from judge(item, subject)

    return run


def _references(item: VirtualService) -> Iterator[Reference]:
    place = item.metadata.namespace or "default"
    for at, name in enumerate(item.spec.gateways or ()):
        yield Reference(f"spec.gateways[{at}]", name, resolve(name, place))
    for protocol, routes in (("http", item.spec.http), ("tls", item.spec.tls), ("tcp", item.spec.tcp)):
        for number, route in enumerate(routes or ()):
            for condition, match in enumerate(route.match or ()):
                for at, name in enumerate(match.gateways or ()):
                    path = f"spec.{protocol}[{number}].match[{condition}].gateways[{at}]"
                    yield Reference(path, name, resolve(name, place))


def subject_of(item: VirtualService) -> str:
    """How findings call it."""
    return f"VirtualService {full_name(item)}"
