"""Which side serves each host: verdicts of the routing model as rows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.routing.reasons import INTENDED
from istiokit.istio.routing.served import Answer, Verdict, answers, sides


@dataclass(frozen=True, slots=True)
class ServedRow:
    """One host of one VirtualService."""

    namespace: str
    name: str
    host: str
    served: Verdict
    """On which side all of it answers."""
    why: str
    """Why it does not answer on one side, or on both; empty where it answers on both."""


def served_rows(facts: RouteFacts, mapping: Mapping[str, str]) -> list[ServedRow]:
    """A row for each host that some Gateway is meant to serve, sorted; `mapping` leads from old Gateways to new ones.

    Delegates and VirtualServices of the mesh alone have none.
    """
    found = answers(facts)
    verdicts = sides(facts, mapping, found)
    rows = []
    for (full, host), group in groupby(found, key=lambda one: (one.virtual_service, one.host)):
        asked = list(group)
        if host and any(one.gateway for one in asked):
            namespace, _, name = full.partition("/")
            rows.append(ServedRow(namespace, name, host, verdicts[full, host], _why(asked)))
    return rows


def _why(asked: Sequence[Answer]) -> str:
    """The first thing in the way, with its place: `istio-gateway/public-ingressgateway:8443 HTTPS: ...`."""
    bad = [one for one in asked if not one.answers and (one.reason in INTENDED or not one.workload)]
    bad = bad or [one for one in asked if not any(other.answers for other in asked)]
    if not bad:
        return ""
    one = bad[0]
    return f"{place_of(one)}: {one.sentence}" if one.workload else one.sentence


def place_of(one: Answer) -> str:
    """`istio-gateway/public-ingressgateway:8443 HTTPS`; the workload alone where no port comes into question."""
    return f"{one.workload}:{one.port} {one.protocol}" if one.port else one.workload
