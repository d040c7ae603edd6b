"""`convert --verify`: the listeners that both sets of values mean, side by side."""

from collections.abc import Sequence

import msgspec

from istiokit.bigbang.merge import merge_maps
from istiokit.convert.entry import full_name
from istiokit.convert.listeners import Comparison, Exposure, compare
from istiokit.convert.model import Converted, Values
from istiokit.convert.new_listeners import new_exposures, post_rendered
from istiokit.convert.old import read_old
from istiokit.convert.old_listeners import old_exposures
from istiokit.ui.context import Context
from istiokit.ui.output import Column, Document, render
from kubectl_istio_migrate.convert_options import Options

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
    lines = compared(values, converted, given)
    counts = {verdict: sum(one.verdict == verdict for one in lines) for verdict in (SAME, ASKED, DIFFERS)}
    document = Document("ListenerComparison", lines, counts)
    context.write(
        render(document, COLUMNS, given.output, name=lambda one: one.what, no_headers=given.no_headers)
    )
    context.say(", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number))
    if converted.values:
        context.say("what the values do not say yet was taken as convert would write it")
    return 1 if counts[DIFFERS] else 0


def compared(values: Values, converted: Converted, given: Options) -> list[Line]:
    """Old against new: what the new keys do not say yet is what the conversion says."""
    mesh = read_old(values)
    names = {one.name: full_name(one) for one in mesh.workloads}
    whole = merge_maps(converted.values, values)
    before, after = _by_charts(given.charts, whole) if given.charts else (None, None)
    before = old_exposures(mesh) if before is None else tuple(one for one in before if one.listeners)
    rows = compare(before, after or new_exposures(whole), names, converted.secret_names)
    return [Line(one.gateway, one.what, one.old, one.new, _verdict(one, given)) for one in rows]


def _by_charts(
    charts: Sequence[str], values: Values
) -> tuple[tuple[Exposure, ...] | None, tuple[Exposure, ...] | None]:
    """What helm makes of the old and of the new values; None where no chart of that generation was given."""
    from istiokit.convert.rendered import exposures
    from istiokit.survey.rendering import chart_at, rendered

    before: tuple[Exposure, ...] | None = None
    after: tuple[Exposure, ...] | None = None
    for _, manifests in rendered([chart_at(path) for path in charts], values):
        if any(one.get("kind") == "IstioOperator" for one in manifests):
            before = exposures(manifests)
        else:
            after = tuple(post_rendered(one, values) for one in exposures(manifests))
    return before, after


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
    return ASKED if one.what.startswith(tuple(asked) or ("\0",)) else DIFFERS
