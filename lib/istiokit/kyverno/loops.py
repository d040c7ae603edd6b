"""VirtualServices that a ClusterPolicy takes too long for. Pure.

Kyverno's loops within loops take more than twice as long for twice as many conditions. Measured with 1.19 on two cores:
100 take 0.4 s, 200 1.7 s, 400 5.4 s and 500 9.0 s. Its webhook has 10 s, and what takes longer is refused.
"""

from collections.abc import Iterable, Sequence

from istiokit.findings import Finding, Severity
from istiokit.istio.bindings import resolve
from istiokit.istio.model import VirtualService, full_name
from istiokit.kyverno.grants import Grant

TOO_LARGE = "PR011"
MOST = 250
"""Conditions that a ClusterPolicy gets through in a quarter of its time."""


def findings(virtual_services: Iterable[VirtualService], grants: Sequence[Grant]) -> tuple[Finding, ...]:
    """An error for each that could not be written any more: many conditions, and one names what is looked for."""
    holders = {holder for grant in grants for holder in grant.holders}
    return tuple(
        _finding(item, number)
        for item in virtual_services
        if (number := _conditions(item)) > MOST and _begins(item, holders)
    )


def _conditions(item: VirtualService) -> int:
    spec = item.spec
    routes = (route for part in (spec.http, spec.tls, spec.tcp) for route in part or ())
    return sum(len(route.match or ()) for route in routes)


def _begins(item: VirtualService, holders: set[str]) -> bool:
    """Whether the loops begin: some condition has a list of its own with such a Gateway."""
    spec, namespace = item.spec, item.metadata.namespace or "default"
    routes = (route for part in (spec.http, spec.tls, spec.tcp) for route in part or ())
    named = (name for route in routes for match in route.match or () for name in match.gateways or ())
    return any(resolve(name, namespace) in holders for name in named)


def _finding(item: VirtualService, number: int) -> Finding:
    return Finding(
        TOO_LARGE,
        Severity.ERROR,
        f"VirtualService {full_name(item)}",
        f"has {number} route conditions, some with gateways of their own; Kyverno's loops over more than {MOST} may "
        "take longer than its webhook waits, and then no change of it is let through",
        "use --engine kyverno-mutating or --engine admission, which take any number",
    )
