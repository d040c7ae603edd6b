"""Whether a change of bindings would make a host stop answering."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from istiokit.istio.cutoff import cut_off
from istiokit.istio.routing.facts import RouteFacts
from istiokit.plan.rebind import Rebound, Wanted
from istiokit.ui.context import Context


def silenced(
    facts: RouteFacts, wanted: Wanted, changes: Sequence[Rebound], context: Context
) -> Mapping[str, str]:
    """The reason, by `namespace/name`, for each VirtualService that would stop answering somewhere.

    `facts` are those of the whole cluster, since VirtualServices share hosts.
    """
    if not changes or not wanted.operation.takes_away:
        return {}
    if facts.gateways is None:
        context.say("Gateways may not be read: nobody can tell here whether a host would stop answering")
        return {}
    # Where there are no pods (yet), those that the Gateways are made for stand in for them.
    judged = replace(facts, workloads=facts.workloads or None)
    return cut_off(judged, [one.after for one in changes], [pair.new for pair in wanted.mapping.pairs])
