"""`kubectl vs-gateways --audit`: what is wrong with the bindings, as findings."""

from dataclasses import replace

from istiokit.findings import Severity
from istiokit.istio.audit import audit
from istiokit.istio.audit.model import subject_of
from istiokit.istio.listing import by_state, percent_done, rows, sides_in
from istiokit.ui.context import Context
from kubectl_vs_gateways import audit_text, pairs, scope
from kubectl_vs_gateways.list_text import summary_line
from kubectl_vs_gateways.pairs import Given
from kubectl_vs_gateways.patch_text import with_patches
from kubectl_vs_gateways.scope import Scope


def run_audit(wanted: Scope, given: Given, output: str, context: Context, *, no_headers: bool) -> int:
    """Read everything, since hosts are shared, judge, and show what was asked for; 1 if there is an error."""
    mapping = pairs.told_mapping(given, context)
    everything, chosen = scope.read_whole(wanted, context)
    everything = with_patches(everything, mapping, context.prog)
    if mapping is None:
        pairs.say_found(everything.facts.gateways, everything.facts.virtual_services, context)
    others = {subject_of(one) for one in everything.facts.virtual_services}
    others -= {subject_of(one) for one in chosen.facts.virtual_services}
    found = [one for one in audit(everything.facts, everything.unusable, mapping) if one.object not in others]
    part = replace(everything.facts, virtual_services=chosen.facts.virtual_services)
    shown = rows(part, everything.owners, sides_in(everything.facts, mapping))
    summary = {"states": by_state(shown), "percentDone": percent_done(shown)}
    context.write(audit_text.findings_text(found, everything, summary, output, no_headers=no_headers))
    context.say(summary_line(shown))
    context.say(audit_text.verdict_line(found, context.prog))
    for line in audit_text.not_judged(everything):
        context.say(line)
    return int(any(one.severity is Severity.ERROR for one in found))
