"""`kubectl vs-gateways can-drop OLD`: may an old Gateway go, and what has to go first? Changes nothing."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import NotDone, OperationFailed
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import scope
from kubectl_vs_gateways.scope import Scope

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.istio.routing.dropping import Drop
    from istiokit.survey.routes import RouteReading


@dataclass(frozen=True, slots=True)
class Options:
    """Which Gateway, and how to show the answer."""

    scope: Scope
    old: str
    output: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Say whether an old Gateway can be dropped without a single 404, and in which order: the references to it "
        "first, or the Gateway first."
    )
    parser.exit_one = "there is no such order, or it cannot be known"
    parser.details = (scope.GATEWAYS_DETAILS,)
    parser.examples = (
        ("Before the old gateway goes", "istio-system/public"),
        ("The same", "public -n istio-system"),
        ("In a repository that holds all Gateways", "istio-system/public -f ./apps -R"),
    )
    old = parser.add_argument("old", metavar="NAMESPACE/NAME", help="The old Gateway.")
    completed_by(old, Source.GATEWAYS)
    options.add_namespace(parser, what="Namespace of a name without one (default: that of the context).")
    scope.add_source_flags(parser)
    options.add_output(parser, headers=False)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(scope.parse_scope(namespace), namespace.old, namespace.output)


def run(given: Options, context: Context) -> int:
    """Read everything, run the model on what is and on what would be, tell; 1 unless an order is safe."""
    reading = scope.read_scope(scope.everywhere(given.scope), context, pods=True)

    from istiokit.istio.model import full_name
    from istiokit.istio.routing.dropping import Order, can_drop, without_pods
    from kubectl_vs_gateways.drop_text import drop_text
    from kubectl_vs_gateways.patch_text import told_patches

    _refuse_blindness(reading)
    names = {full_name(gateway) for gateway in reading.facts.gateways or ()}
    old = _full(given, context)
    if old not in names:
        known = ", ".join(sorted(names)) or "none"
        raise NotDone(f"there is no Gateway {old} in {reading.facts.where}", f"known are: {known}")
    drop: Drop = can_drop(reading.facts, old)
    context.write(drop_text(drop, given.output))
    if without_pods(reading.facts, old):
        context.say(f"{old} selects no pods now: it was judged as if it had some in its namespace")
    unusable = [*reading.unusable, *told_patches(reading.patches, [old], context.prog)]
    for item in unusable:
        context.say(f"not judged: {scope.left_out(item)}")
    if unusable:
        # What could not be read may well refer to the Gateway: nobody can say that it is safe.
        raise NotDone(
            "that is not the whole answer: some files or objects could not be judged", "correct them"
        )
    return int(drop.order in (Order.NOT_YET, Order.WITH_A_GAP))


def _refuse_blindness(reading: "RouteReading") -> None:
    """Raise OperationFailed where Gateways or VirtualServices may not be read: none would look like none left."""
    blind = [one for one in reading.unread if one.kind in ("Gateway", "VirtualService") and not one.missing]
    if blind:
        raise OperationFailed(blind[0].reason, "ask for the role in docs/rbac/")


def _full(given: Options, context: Context) -> str:
    """The name with its namespace."""
    place = "" if "/" in given.old else scope.place_of(given.scope, context)
    return f"{place}/{given.old}" if place else given.old
