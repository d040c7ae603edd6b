"""`kubectl vs-gateways --audit`: what is wrong with the bindings, as findings."""

from collections.abc import Collection, Iterable
from contextlib import nullcontext
from dataclasses import replace

from istiokit.findings import Finding, Severity
from istiokit.istio.audit import audit
from istiokit.istio.audit.model import subject_of
from istiokit.istio.listing import rows, sides_in, summary_of
from istiokit.survey.dependents import FILE_KINDS, DependentsRead, DependentsReading, dependents_in
from istiokit.survey.routes import RouteReading
from istiokit.ui import pairs
from istiokit.ui.context import Context
from istiokit.ui.pairs import Given
from kubectl_vs_gateways import audit_text, scope
from kubectl_vs_gateways.list_text import owners_line, summary_line
from kubectl_vs_gateways.next_step import next_line
from kubectl_vs_gateways.patch_text import with_patches
from kubectl_vs_gateways.scope import Scope


def run_audit(wanted: Scope, given: Given, output: str, context: Context, *, no_headers: bool) -> int:
    """Read everything, since hosts are shared, judge, and show what was asked for; 1 if there is an error."""
    mapping = pairs.told_mapping(given, context)
    place = scope.place_of(wanted, context)
    everything, chosen, beside = _read(wanted, context)
    is_whole = chosen is everything
    everything = with_patches(everything, mapping, context.prog)
    if mapping is None:
        pairs.say_found(everything.facts.gateways, everything.facts.virtual_services, context)
    judged = audit(everything.facts, everything.unusable, mapping, beside.dependents)
    found = judged if is_whole else _asked_for(judged, everything, chosen, beside, place)
    part = replace(everything.facts, virtual_services=chosen.facts.virtual_services)
    sides = sides_in(everything.facts, mapping)
    shown = rows(part, everything.owners, sides)
    summary = {**summary_of(shown), "lookedAt": beside.counts}
    context.write(audit_text.findings_text(found, everything, summary, output, no_headers=no_headers))
    failed = any(one.severity is Severity.ERROR for one in found)
    # With an error the verdict says what comes first.
    step = "" if failed else next_line(shown, sides, context.prog, wanted, given)
    lines = [summary_line(shown), owners_line(shown), audit_text.verdict_line(found, context.prog), step]
    lines += [*scope.unread_lines(everything, beside.unread), *audit_text.not_judged(everything)]
    lines += audit_text.beside_lines(beside, paired=bool(sides.successors))
    for line in filter(None, lines):
        context.say(line)
    return int(failed)


def _read(wanted: Scope, context: Context) -> tuple[RouteReading, RouteReading, DependentsRead]:
    """Everything, what of it was asked for, and what else may name the old gateways; all at the same time."""
    with nullcontext() if wanted.filenames else DependentsReading(context.cluster) as begun:
        everything, chosen = scope.read_whole(wanted, context, kinds=FILE_KINDS)
        if begun is not None:
            beside = begun.result()
        else:
            beside = dependents_in(everything.files) if everything.files else DependentsRead()
    told = replace(
        everything,
        unread=(*everything.unread, *beside.unread),
        unusable=(*everything.unusable, *beside.unusable),
        places={**everything.places, **beside.places},
    )
    return told, told if chosen is everything else chosen, beside


def _asked_for(
    found: Iterable[Finding],
    everything: RouteReading,
    chosen: RouteReading,
    beside: DependentsRead,
    place: str | None,
) -> tuple[Finding, ...]:
    """Without those of other VirtualServices, and of policies that have to do with other namespaces only."""
    others = {subject_of(one) for one in everything.facts.virtual_services}
    others -= {subject_of(one) for one in chosen.facts.virtual_services}
    near = {place, everything.facts.root_namespace, beside.dependents.root_namespace}
    for one in (*chosen.facts.virtual_services, *(everything.facts.gateways or ())):
        near.add(one.metadata.namespace or "default")
    return tuple(one for one in found if one.object not in others and not _is_far(one, near, beside.counts))


def _is_far(finding: Finding, near: Collection[str | None], kinds: Collection[str]) -> bool:
    kind, _, name = finding.object.partition(" ")
    return kind in kinds and name.partition("/")[0] not in near
