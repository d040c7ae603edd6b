"""`kubectl vs-gateways --audit`: what is wrong with the bindings, as findings."""

from istiokit.findings import Severity
from istiokit.istio.audit import audit
from istiokit.istio.listing import by_state, percent_done, rows
from istiokit.survey.routes import RouteReading
from istiokit.ui.context import Context
from kubectl_vs_gateways import audit_text
from kubectl_vs_gateways.list_text import summary_line


def run_audit(reading: RouteReading, output: str, context: Context, *, no_headers: bool) -> int:
    """Judge and show; returns 1 if there is a finding of level error."""
    found = audit(reading.facts, reading.unusable)
    everything = rows(reading.facts, reading.owners)
    summary = {"states": by_state(everything), "percentDone": percent_done(everything)}
    context.write(audit_text.findings_text(found, reading, summary, output, no_headers=no_headers))
    context.say(summary_line(everything))
    context.say(audit_text.verdict_line(found, context.prog))
    return int(any(one.severity is Severity.ERROR for one in found))
