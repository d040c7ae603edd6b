"""What keeps a VirtualService from the Gateways that it names: its form, its exportTo, their hosts."""

from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Reference, Rule, Subject, each, subject_of
from istiokit.istio.bindings import MESH
from istiokit.istio.hosts import intersection, server_hosts, visible_in
from istiokit.istio.model import Gateway, VirtualService


def _delegate(item: VirtualService, subject: Subject) -> Iterator[Finding]:
    if item.spec.hosts or item.spec.gateways is None:
        return
    reason = "it has no hosts, which makes it a delegate, and a delegate must not have gateways"
    remedy = "take spec.gateways out, or give it hosts; exclude delegates from mutation policies"
    yield Finding("VSG003", Severity.ERROR, subject_of(item), reason, remedy, "spec.gateways")


def _hidden(item: VirtualService, subject: Subject) -> Iterator[Finding]:
    for one, gateway in _bound(item, subject):
        place = gateway.metadata.namespace or "default"
        if not visible_in(item, place):
            reason = f"exportTo hides it from namespace {place}, where {one.gateway} is"
            remedy = f'add "{place}" to spec.exportTo, or take exportTo out'
            yield Finding("VSG008", Severity.WARNING, subject_of(item), reason, remedy, "spec.exportTo")


def _not_admitted(item: VirtualService, subject: Subject) -> Iterator[Finding]:
    place = item.metadata.namespace or "default"
    for one, gateway in _bound(item, subject):
        offered = server_hosts(gateway, place)
        for at, host in enumerate(item.spec.hosts or ()):
            if not any(intersection(server, host) for server in offered):
                reason = f"no server of Gateway {one.gateway} admits {host} from namespace {place}"
                remedy = "add the host to a server of the Gateway, or take the reference or the host out"
                yield Finding(
                    "VSG009", Severity.WARNING, subject_of(item), reason, remedy, f"spec.hosts[{at}]"
                )


def _bound(item: VirtualService, subject: Subject) -> Iterator[tuple[Reference, Gateway]]:
    """Each Gateway of the top-level list that was read."""
    for one in subject.references(item):
        if one.top and item.spec.hosts and one.gateway != MESH and one.gateway in subject.gateways:
            yield one, subject.gateways[one.gateway]


RULES = (
    Rule(
        code="VSG003",
        title="A delegate with gateways",
        severity=Severity.ERROR,
        why="A VirtualService without hosts is a delegate: others route to it. istiod refuses one that has "
        "gateways, and a blanket mutation that adds some gets every delegate rejected.",
        remedy="Take its gateways out, and exclude VirtualServices without hosts from mutation policies.",
        run=each(_delegate),
    ),
    Rule(
        code="VSG008",
        title="exportTo hides it from its Gateway",
        severity=Severity.WARNING,
        why="A Gateway gets only the VirtualServices that its own namespace may see. The new gateways are in "
        "another namespace than the old ones, so an exportTo that was right before hides it now.",
        remedy="Export it to the Gateway's namespace.",
        run=each(_hidden),
    ),
    Rule(
        code="VSG009",
        title="A host that its Gateway does not admit",
        severity=Severity.WARNING,
        why="A server of a Gateway serves only hosts that match its own, from the namespaces that these name "
        "(`namespace/host`, `./host`). Any other host answers 404, although the reference is right.",
        remedy="Add the host to a server of the Gateway, or take the reference out.",
        run=each(_not_admitted),
    ),
)
