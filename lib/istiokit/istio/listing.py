"""VirtualServices as rows: where each is bound, how far it has come, and who owns it. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from istiokit.flux.ownership import Owners, owner
from istiokit.istio.bindings import Binding, Sides, classify, sides_of
from istiokit.istio.mapping import Mapping
from istiokit.istio.model import full_name
from istiokit.istio.routing.facts import RouteFacts


@dataclass(frozen=True, slots=True)
class BindingRow:
    """One VirtualService; `gateways` is the top-level list as it is spelled, `mesh` where it is absent."""

    namespace: str
    name: str
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]
    state: Binding
    owner: str


def sides_in(facts: RouteFacts, mapping: Mapping | None = None) -> Sides:
    """The old and new Gateways of the facts, by the mapping if people gave one, else by Big Bang's names.

    Where some Gateways may be elsewhere none counts as missing.
    """
    complete = facts.all_gateways and facts.gateways is not None
    if mapping is not None:
        return mapping.sides([full_name(one) for one in facts.gateways or ()] if complete else None)
    found = sides_of(facts.gateways, facts.virtual_services)
    return found if complete else replace(found, known=None)


def rows(facts: RouteFacts, owners: Owners, sides: Sides) -> list[BindingRow]:
    """A row for each VirtualService, in the order of the facts."""
    return [
        BindingRow(
            namespace=item.metadata.namespace or "default",
            name=item.metadata.name,
            hosts=item.spec.hosts or (),
            gateways=item.spec.gateways or (() if not item.spec.hosts else ("mesh",)),
            state=classify(item, sides),
            owner=owner(item.metadata, (), owners).title,
        )
        for item in facts.virtual_services
    ]


def by_state(found: Iterable[BindingRow]) -> dict[str, int]:
    """How many rows there are of each state that occurs, in the order of the states."""
    counted = Counter(row.state for row in found)
    return {str(state): counted[state] for state in Binding if counted[state]}


def percent_done(found: Sequence[BindingRow]) -> int | None:
    """How much of what an old Gateway serves or has served is on its new one, in whole percent, rounded down.

    None where nothing is bound to either.
    """
    states = Counter(row.state for row in found)
    done = states[Binding.BOTH] + states[Binding.NEW_ONLY]
    total = done + states[Binding.OLD_ONLY]
    return 100 * done // total if total else None
