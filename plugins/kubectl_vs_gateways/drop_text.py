"""The judgement on an old Gateway as people and programs read it. Everything returns strings."""

from collections.abc import Iterator, Sequence

from istiokit.istio.routing.dropping import Drop, Order
from istiokit.istio.routing.served import Answer
from istiokit.istio.serving import place_of
from istiokit.ui.output import Document, render
from istiokit.ui.printable import printable

_SHOWN = 10
_VERDICTS = {
    Order.EITHER: "can be dropped; the order does not matter",
    Order.REFERENCES_FIRST: "can be dropped: first the references to it, then the Gateway",
    Order.GATEWAY_FIRST: "can be dropped: first the Gateway, then the references to it",
    Order.WITH_A_GAP: "cannot be dropped without a gap: isolate it first",
    Order.NOT_YET: "cannot be dropped yet",
}


def drop_text(drop: Drop, output: str) -> str:
    """The verdict, its reason and what it rests on; a document with -o json and yaml."""
    if output in ("json", "yaml", "name"):
        item = {"gateway": drop.old, "order": drop.order, "why": drop.why, **_lists(drop)}
        return render(Document("GatewayDrop", [item]), (), output, name=lambda one: str(one["order"]))
    return "".join(f"{printable(line)}\n" for line in _lines(drop))


def _lines(drop: Drop) -> Iterator[str]:
    yield f"Gateway {drop.old} {_VERDICTS[drop.order]}"
    yield f"  {drop.why}"
    yield from _some("served by it alone", drop.alone)
    yield from _some("would get 404 if the references went first", drop.references_first.lost)
    yield from _some("would get 404 if the Gateway went first", drop.gateway_first.lost)
    yield from _some("single requests would get 404 when the Gateway goes", drop.gateway_first.moved)
    yield from _some("stops on the pods that leave, so traffic must have moved before", drop.leaving)


def _some(title: str, found: Sequence[Answer]) -> Iterator[str]:
    if found:
        yield f"{title}:"
    for one in found[:_SHOWN]:
        where = f"on {place_of(one)}" if one.workload else f"({one.sentence})"
        yield f"  {one.host} of {one.virtual_service} {where}"
    if len(found) > _SHOWN:
        yield f"  and {len(found) - _SHOWN} more"


def _lists(drop: Drop) -> dict[str, Sequence[Answer]]:
    return {
        "alone": drop.alone,
        "lostWithReferencesFirst": drop.references_first.lost,
        "lostWithGatewayFirst": drop.gateway_first.lost,
        "moved": drop.gateway_first.moved,
        "leaving": drop.leaving,
    }
