"""VirtualServices as rows: where each is bound, how far it has come, and who owns it. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from istiokit.istio.bindings import Binding, Sides, classify_wording, references, sides_by
from istiokit.istio.mapping import Mapping, mapping_by
from istiokit.istio.model import VirtualService, full_name
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.wording import Wording, Wordings, worded
from istiokit.ownership.find import Finder
from istiokit.ownership.model import Origin, Owner, Owners

NOBODY = "nobody"
"""Stands for an owner in counts."""


class BindingRow(msgspec.Struct, frozen=True, gc=False):
    """One VirtualService; `gateways` is the top-level list as it is spelled, `mesh` where it is absent."""

    namespace: str
    name: str
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]
    state: Binding
    owner: str
    source: Origin | None = None
    """Where the owner has it from; None where that was not asked for, or nothing is known."""


def sides_in(
    facts: RouteFacts, mapping: Mapping | None = None, wordings: Iterable[Wording] | None = None
) -> Sides:
    """The old and new Gateways of the facts, by the mapping if people gave one, else as `found_mapping` pairs them.

    Where some Gateways may be elsewhere none counts as missing. `wordings` are those of the facts' VirtualServices, if
    they are at hand.
    """
    complete = facts.all_gateways and facts.gateways is not None
    if mapping is not None:
        return mapping.sides([full_name(one) for one in facts.gateways or ()] if complete else None)
    found = sides_by(facts.gateways, worded(facts.virtual_services) if wordings is None else wordings)
    paired = {pair.old: pair.new for pair in mapping_by(facts.gateways, found).pairs}
    return replace(found, successors=paired, known=found.known if complete else None)


def rows(
    facts: RouteFacts,
    owners: Owners,
    sides: Sides,
    wordings: Wordings | None = None,
    *,
    sources: bool = False,
) -> list[BindingRow]:
    """A row for each VirtualService, in the order of the facts; with `sources` where its owner has it from.

    `wordings` are those of (at least) the facts' VirtualServices, if they are at hand.
    """
    finder, origins = Finder(owners), _Origins(owners) if sources else None
    states: dict[int, Binding] = {}
    for wording, items in (wordings or worded(facts.virtual_services)).items():
        states.update(dict.fromkeys(map(id, items), classify_wording(wording, sides)))
    return [
        BindingRow(
            namespace=item.metadata.namespace or "default",
            name=item.metadata.name,
            hosts=item.spec.hosts or (),
            gateways=item.spec.gateways or (() if not item.spec.hosts else ("mesh",)),
            state=states[id(item)],
            owner=held.title,
            source=origins.of(item, held) if origins else None,
        )
        for item in facts.virtual_services
        for held in (finder.of(item.metadata, "VirtualService"),)
    ]


def summary_of(found: Sequence[BindingRow]) -> dict[str, object]:
    """The counts of a document: states, owners, percentDone."""
    return {"states": by_state(found), "owners": by_owner(found), "percentDone": percent_done(found)}


def by_owner(found: Iterable[BindingRow]) -> dict[str, int]:
    """How many rows each owner has, the most first; what nobody owns is `nobody`, and last."""
    counted = Counter(row.owner for row in found)
    nobody = counted.pop("", 0)
    named = dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))
    return {**named, NOBODY: nobody} if nobody else named


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


class _Origins:
    """Thousands of VirtualServices share a few owners, and a few sets of Gateways."""

    def __init__(self, owners: Owners) -> None:
        from istiokit.ownership.places import origin  # a list without sources does not need it
        from istiokit.ownership.spots import Wanted

        self._origin, self._wanted = origin, Wanted
        self._owners = owners
        self._known: dict[tuple[Owner, str, frozenset[str]], Origin | None] = {}

    def of(self, item: VirtualService, held: Owner) -> Origin | None:
        namespace, named = item.metadata.namespace or "default", references(item)
        key = (held, namespace, named)
        if key not in self._known:
            self._known[key] = self._origin(held, self._owners, self._wanted(named, namespace))
        return self._known[key]
