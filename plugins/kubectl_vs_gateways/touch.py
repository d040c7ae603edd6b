"""`kubectl vs-gateways touch`: make the API server admit VirtualServices again, so that a policy reaches them.

What is sent is an empty merge patch: admission runs on the object as it is, and nothing else changes (measured). So
there is nothing to undo and no journal: what changes is what the policy would change at the next update anyway.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import NotDone
from istiokit.ui import options, pairs
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.pairs import Given
from istiokit.ui.parser import Parser
from kubectl_vs_gateways import scope
from kubectl_vs_gateways.scope import Scope

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.cluster.types import Where
    from istiokit.istio.model import VirtualService
    from istiokit.kyverno.grants import Grant
    from istiokit.plan.touching import Lacker, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    """Which VirtualServices, for which mapping, and how carefully."""

    scope: Scope
    pairs: Given
    one_way: bool
    dry_run: str
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Make the API server admit VirtualServices again, so that the mutation policy reaches those that were there "
        "before it. Nothing but what the policy does changes in them."
    )
    parser.exit_one = "not done: a no, a refusal, some that the policy did not reach"
    parser.details = (
        "Only those are touched that still lack a Gateway of the mapping, at the top level or in a route condition.",
        pairs.DETAILS,
    )
    parser.examples = (
        ("See which ones the policy has not reached yet", "-A --dry-run"),
        ("Touch them all", "-A"),
        (
            "Those of one namespace, by a policy from old to new only",
            "-n shop --one-way --map istio-system/public=istio-gateway/new",
        ),
    )
    names = parser.add_argument(
        "names", nargs="*", metavar="NAME", help="VirtualServices: name or namespace/name; none means all."
    )
    completed_by(names, Source.VIRTUAL_SERVICES)
    options.add_scope(parser)
    parser.set_defaults(filenames=[], recursive=False, gateways="")  # a scope has them; nobody admits files
    pairs.add_flags(parser)
    parser.add_argument(
        "--one-way",
        action="store_true",
        help="The policy gives only the new Gateway: do not look for the old.",
    )
    options.add_dry_run(parser)
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask before they are touched.")
    options.add_output(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(
        scope=scope.parse_scope(namespace),
        pairs=pairs.parse(namespace),
        one_way=namespace.one_way,
        dry_run=namespace.dry_run,
        output=namespace.output,
        no_headers=namespace.no_headers,
    )


def run(given: Options, context: Context) -> int:
    """Look, ask, touch, look again; 1 if something could not be touched or still lacks a Gateway."""
    from istiokit.kyverno.grants import grants_of
    from istiokit.plan.touching import Result, judged, lackers, send
    from kubectl_vs_gateways import touch_text

    where, found = _read(given.scope, context)
    mapping = pairs.live_mapping(given.pairs, context.cluster, found, context)
    grants = grants_of(mapping, one_way=given.one_way)
    due = lackers(found, grants)
    context.say(touch_text.look(len(due), len(found), mapping.pairs))
    if not due or given.dry_run == "client":
        return _show(judged(due, Result.WAITING, {}), given, context)
    is_rehearsal = given.dry_run == "server"
    if not is_rehearsal and not context.confirm(f"Touch {touch_text.count(len(due))}?"):
        raise NotDone("answered no; nothing was touched")
    errors = send(context.cluster, due, context.say, dry_run=is_rehearsal)
    if is_rehearsal:
        return _show(judged(due, Result.ACCEPTED, errors), given, context)
    return _finish(_again(due, errors, where, grants, context), given, context)


def _read(wanted: Scope, context: Context) -> "tuple[Where, list[VirtualService]]":
    """The VirtualServices of the scope, and the question that brings them again."""
    from istiokit.cluster.kinds import VIRTUAL_SERVICE
    from istiokit.istio.model import VirtualService, full_name
    from istiokit.istio.naming import named

    place = scope.place_of(wanted, context)
    where = scope.where_of(wanted, place)
    found = sorted(context.cluster.list(VIRTUAL_SERVICE, VirtualService, where), key=full_name)
    return where, named(found, wanted.names, place)


def _again(
    due: "Sequence[Lacker]",
    errors: Mapping[str, str],
    where: "Where",
    grants: "Sequence[Grant]",
    context: Context,
) -> "list[Outcome]":
    """How it ended for each, by reading them again."""
    from istiokit.cluster.kinds import VIRTUAL_SERVICE
    from istiokit.istio.model import VirtualService
    from istiokit.plan.touching import outcomes_of

    return outcomes_of(due, errors, context.cluster.list(VIRTUAL_SERVICE, VirtualService, where), grants)


def _show(outcomes: "Sequence[Outcome]", given: Options, context: Context) -> int:
    """Write them, and tell the reason of each refusal; 1 if there are any."""
    from istiokit.ui.output import Document, render
    from kubectl_vs_gateways.touch_text import COLUMNS, row_name

    document: Document[Outcome] = Document("TouchedList", outcomes)
    if outcomes or given.output != "table":
        text = render(document, COLUMNS, given.output, name=row_name, no_headers=given.no_headers)
        context.write(text)
    refused = [one for one in outcomes if one.reason]
    for one in sorted(refused, key=lambda one: (one.namespace, one.name)):
        context.say(f"{one.namespace}/{one.name}: {one.reason}")
    return int(bool(refused))


def _finish(outcomes: "Sequence[Outcome]", given: Options, context: Context) -> int:
    """Show how it ended; 1 if something was refused, or lacks a Gateway still."""
    from istiokit.plan.touching import Result
    from kubectl_vs_gateways import touch_text

    code = _show(outcomes, given, context)
    context.say(touch_text.summary(outcomes))
    if not any(one.result is Result.MISSING for one in outcomes):
        return code
    context.say(touch_text.still_missing(context.prog))
    return 1
