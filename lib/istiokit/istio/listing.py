"""VirtualServices as rows: where each is bound, how far it has come, and who owns it. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from istiokit.flux.ownership import Owners, owner
from istiokit.istio.bindings import Binding, Sides, classify_wording, sides_by
from istiokit.istio.mapping import Mapping
from istiokit.istio.model import full_name
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.wording import Wording, worded


class BindingRow(msgspec.Struct, frozen=True, gc=False):
    """One VirtualService; `gateways` is the top-level list as it is spelled, `mesh` where it is absent."""

    namespace: str
    name: str
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]
    state: Binding
    owner: str


def sides_in(
    facts: RouteFacts, mapping: Mapping | None = None, wordings: Iterable[Wording] | None = None
) -> Sides:
    """The old and new Gateways of the facts, by the mapping if people gave one, else by Big Bang's names.

    Where some Gateways may be elsewhere none counts as missing. `wordings` are those of the facts' VirtualServices, if
    they are at hand.
    """
    complete = facts.all_gateways and facts.gateways is not None
    if mapping is not None:
        return mapping.sides([full_name(one) for one in facts.gateways or ()] if complete else None)
    found = sides_by(facts.gateways, worded(facts.virtual_services) if wordings is None else wordings)
    return found if complete else replace(found, known=None)


def rows(facts: RouteFacts, owners: Owners, sides: Sides) -> list[BindingRow]:
    """A row for each VirtualService, in the order of the facts."""
    states = {
        id(item): state
        for wording, items in worded(facts.virtual_services).items()
        for state in (classify_wording(wording, sides),)
        for item in items
    }
    titles: dict[tuple[int, int], str] = {}
    found = []
    for item in facts.virtual_services:
        metadata, spec = item.metadata, item.spec
        marks = id(metadata.labels), id(metadata.annotations)
        title = titles.get(marks)
        if title is None:
            title = titles[marks] = owner(metadata, (), owners).title
        found.append(
            BindingRow(
                namespace=metadata.namespace or "default",
                name=metadata.name,
                hosts=spec.hosts or (),
                gateways=spec.gateways or (() if not spec.hosts else ("mesh",)),
                state=states[id(item)],
                owner=title,
            )
        )
    return found


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
