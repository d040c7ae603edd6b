"""`kubectl vs-gateways --served`: on which side each host would answer."""

from istiokit.istio.model import full_name
from istiokit.istio.serving import ServedRow, served_rows
from istiokit.ui import pairs
from istiokit.ui.context import Context
from istiokit.ui.output import Document, render
from istiokit.ui.pairs import Given
from kubectl_vs_gateways import scope
from kubectl_vs_gateways.patch_text import with_patches
from kubectl_vs_gateways.scope import Scope
from kubectl_vs_gateways.served_text import COLUMNS, counts, summary_line


def run_served(wanted: Scope, given: Given, output: str, context: Context, *, no_headers: bool) -> int:
    """Read everything, since hosts are shared, and show what was asked for."""
    everything, chosen = scope.read_whole(wanted, context)
    facts = everything.facts
    mapping = pairs.chosen_mapping(
        given, facts.gateways, facts.virtual_services, context, complete=facts.all_gateways
    )
    everything = with_patches(everything, mapping, context.prog)
    names = {full_name(item) for item in chosen.facts.virtual_services}
    rows = [
        row
        for row in served_rows(facts, {pair.old: pair.new for pair in mapping.pairs})
        if f"{row.namespace}/{row.name}" in names
    ]
    document: Document[ServedRow] = Document(
        "ServedHostList", rows, summary={"hosts": counts(rows)}, skipped=scope.skipped_of(everything)
    )
    context.write(render(document, COLUMNS, output, name=lambda row: row.host, no_headers=no_headers))
    context.say(summary_line(rows))
    for item in everything.unusable:
        context.say(f"left out: {scope.left_out(item)}")
    return 0
