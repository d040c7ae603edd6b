"""`convert --verify`: the listeners that both sets of values mean, side by side."""

from collections.abc import Sequence

import msgspec

from istiokit.bigbang.merge import merge_maps
from istiokit.convert.listeners import Comparison, Exposure, compare
from istiokit.convert.model import Converted, Values, at
from istiokit.convert.new_listeners import new_exposures, post_rendered
from istiokit.convert.old import read_old
from istiokit.convert.old_listeners import old_exposures
from istiokit.convert.succession import full_name
from istiokit.errors import UsageError
from istiokit.ui.context import Context
from istiokit.ui.output import Column, Document, render
from kubectl_istio_migrate.convert_options import Options

Exposures = tuple[Exposure, ...]
SAME, ASKED, DIFFERS = "same", "as asked", "differs"


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """One thing, with the verdict on it."""

    gateway: str
    what: str
    old: str
    new: str
    verdict: str


COLUMNS: tuple[Column[Line], ...] = (
    Column("gateway", lambda one: one.gateway),
    Column("what", lambda one: one.what),
    Column("old", lambda one: one.old),
    Column("new", lambda one: one.new),
    Column("verdict", lambda one: one.verdict),
)


def verify(values: Values, converted: Converted, given: Options, context: Context) -> int:
    """Show the comparison; 1 if anything differs that nobody asked for."""
    # Who has written new values wants to know what those mean, and not what we would add to them.
    written = bool(at(values, ("istioGateway", "values", "gateways")))
    lines = compared(values, values if written else merge_maps(converted.values, values), converted, given)
    counts = {verdict: sum(one.verdict == verdict for one in lines) for verdict in (SAME, ASKED, DIFFERS)}
    document = Document("ListenerComparison", lines, counts)
    context.write(
        render(document, COLUMNS, given.output, name=lambda one: one.what, no_headers=given.no_headers)
    )
    context.say(", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number))
    if not written:
        context.say("these values have no new gateways yet: compared is what convert would write")
    return 1 if counts[DIFFERS] else 0


def compared(old: Values, new: Values, converted: Converted, given: Options) -> list[Line]:
    """What the old keys of `old` mean against what the new keys of `new` do."""
    mesh = read_old(old)
    names = {one.name: full_name(one) for one in mesh.workloads}
    before, after = old_exposures(mesh), new_exposures(new)
    if given.charts:
        before, after = by_charts(given.charts, new, before, after)
    rows = compare(before, after, names, converted.secret_names)
    return [Line(one.gateway, one.what, one.old, one.new, _verdict(one, given)) for one in rows]


def by_charts(
    charts: Sequence[str], values: Values, before: Exposures, after: Exposures
) -> tuple[Exposures, Exposures]:
    """The same by what helm makes of the values, as far as there is a chart of that generation.

    What does not come from the packages' charts is still the models' word: the umbrella's Secrets, overlays of the
    operator, post-renderers of Flux.
    """
    from istiokit.convert.rendered import exposures
    from istiokit.survey.rendering import chart_at, rendered

    for chart, manifests in rendered([chart_at(path) for path in charts], values):
        found = exposures(manifests)
        if any(one.get("kind") == "IstioOperator" for one in manifests):
            before = tuple(_completed(one, before) for one in found if one.listeners)
        elif found:
            after = tuple(_completed(post_rendered(one, values), after) for one in found)
        else:
            raise UsageError(f"{chart.path} renders no gateway of these values", "name a package's chart")
    return before, after


def _completed(one: Exposure, models: Exposures) -> Exposure:
    model = next((other for other in models if other.name == one.name), None)
    if model is None:
        return one
    service = {**model.service, **one.service}
    return msgspec.structs.replace(one, secrets=model.secrets, service=service)


def _verdict(one: Comparison, given: Options) -> str:
    if one.same:
        return SAME
    asked = []
    if given.node_ports != "keep" or given.load_balancer:
        asked.append("service port ")
    if given.load_balancer:
        asked += ["service type", "replicas"]
    if given.load_balancer == "alb":
        asked.append("listener ")
    if given.external:
        asked.append("certificate ")
    return ASKED if one.what.startswith(tuple(asked) or ("\0",)) else DIFFERS
