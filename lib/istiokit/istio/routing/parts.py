"""The parts that VirtualServices have in what Envoy gets, and whose turn comes first."""

from istiokit.istio.routing.attached import Attached
from istiokit.istio.routing.reasons import Reason
from istiokit.istio.routing.servers import Placed

Turn = tuple[int, int]
"""When a VirtualService's routes come: number of the server, group of exportTo. Within a turn the oldest is first."""
Part = tuple[Attached, Placed, Turn]
"""A VirtualService in a virtual host or chain: through which server, and when its turn is."""

Outcome = tuple[Reason, str, str]
"""Why something answers or not, the Gateway meant, and what is in the way."""


def is_before(other: Part, part: Part) -> bool | None:
    """Whether `other` has its turn before `part`; None where one of their ages is not known."""
    if part[2] != other[2]:
        return other[2] < part[2]
    if not (part[0].known_age and other[0].known_age):
        return None
    return other[0].age < part[0].age
