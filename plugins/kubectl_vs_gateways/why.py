"""`kubectl vs-gateways why NAMESPACE/NAME [HOST]`: what answers for one VirtualService, and why not, in sentences."""

import argparse
from dataclasses import dataclass

from istiokit.errors import NotDone, UsageError
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import scope
from kubectl_vs_gateways.scope import Scope


@dataclass(frozen=True, slots=True)
class Options:
    """Which VirtualService, and which of its hosts."""

    scope: Scope
    name: str
    host: str
    """Empty means all of them."""


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Say in sentences what answers for one VirtualService, or what is in the way, and where to change it."
    )
    parser.exit_one = "no such name or host, or nothing serves it"
    parser.details = (
        "For each of its hosts and each gateway workload it tells the port, the protocol and the Gateway that "
        "serves it, or what is in the way; then who owns the VirtualService, and where to change it.",
        scope.GATEWAYS_DETAILS,
    )
    parser.examples = (
        ("All hosts of a VirtualService", "shop/web"),
        ("One host, from manifests", "shop/web www.example.com -f ./apps -R"),
    )
    name = parser.add_argument(
        "name", metavar="NAMESPACE/NAME", help="The VirtualService; vs/NAME works too."
    )
    host = parser.add_argument(
        "host", metavar="HOST", nargs="?", default="", help="One of its hosts; none means all."
    )
    completed_by(name, Source.VIRTUAL_SERVICES)
    completed_by(host, Source.HOSTS)
    options.add_namespace(parser, what="Namespace of a name without one (default: that of the context).")
    scope.add_source_flags(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    from istiokit.istio.naming import plain

    return Options(scope.parse_scope(namespace), plain(namespace.name), namespace.host)


def run(given: Options, context: Context) -> int:
    """Read everything, ask the model, tell.

    Raises NotDone where there is no such VirtualService or host, UsageError where the name fits several.
    """
    everything = scope.read_scope(scope.everywhere(given.scope), context, pods=True, writers=True)

    from istiokit.istio.model import full_name
    from istiokit.istio.routing.served import lookup
    from kubectl_vs_gateways.owner_text import owned
    from kubectl_vs_gateways.served_text import explained

    part = everything.only((given.name,), scope.place_of(given.scope, context))
    chosen = part.facts.virtual_services
    if len(chosen) > 1:
        names = ", ".join(full_name(one) for one in chosen)
        raise UsageError(f"several VirtualServices are called {given.name}", f"name one of {names}")
    item, name = chosen[0], full_name(chosen[0])
    found = [one for one in lookup(everything.facts, name) if given.host in ("", one.host)]
    if not found:
        hosts = ", ".join(item.spec.hosts or ())
        if not given.host:
            raise NotDone(f"nothing serves VirtualService {name}: none of its Gateways has a server")
        raise NotDone(f"VirtualService {name} has no host {given.host}", f"it has: {hosts}")
    origins = None if given.scope.filenames else scope.with_origins(part, context, values=True)
    context.write(explained(name, found) + owned(item, origins.owners if origins else None))
    for other in everything.unusable:
        context.say(f"left out: {scope.left_out(other)}")
    for line in scope.unread_lines(origins) if origins else ():
        context.say(line)
    return 0 if any(one.answers or not one.known for one in found) else 1
