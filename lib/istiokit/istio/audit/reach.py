"""What keeps a VirtualService from the Gateways that it names: its form, its exportTo, their hosts."""

from collections.abc import Iterator, Sequence

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Reference, Rule, Subject, each, subject_of
from istiokit.istio.bindings import MESH
from istiokit.istio.hosts import server_hosts, visible_in
from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.routing.names import HostSet
from istiokit.istio.wording import Wording


def _delegate(wording: Wording, subject: Subject) -> Iterator[Finding]:
    if wording.has_hosts or wording.gateways is None:
        return
    reason = "it has no hosts, which makes it a delegate, and a delegate must not have gateways"
    remedy = "take spec.gateways out, or give it hosts; exclude delegates from mutation policies"
    yield Finding("VSG003", Severity.ERROR, "", reason, remedy, "spec.gateways")


def _hidden(subject: Subject) -> Iterator[Finding]:
    for one, gateway, items in _bound(subject):
        place = gateway.metadata.namespace or "default"
        reason = f"exportTo hides it from namespace {place}, where {one.gateway} is"
        remedy = f'add "{place}" to spec.exportTo, or take exportTo out'
        for item in items:
            if item.spec.export_to and not visible_in(item, place):
                yield Finding("VSG008", Severity.WARNING, subject_of(item), reason, remedy, "spec.exportTo")


def _not_admitted(subject: Subject) -> Iterator[Finding]:
    remedy = "add the host to a server of the Gateway, or take the reference or the host out"
    for one, gateway, items in _bound(subject):
        place = items[0].metadata.namespace or "default"
        offered = HostSet(host.lower() for host in server_hosts(gateway, place))
        for item in items:
            for at, host in enumerate(item.spec.hosts or ()):
                if not offered.touches(host.lower()):
                    reason = f"no server of Gateway {one.gateway} admits {host} from namespace {place}"
                    path = f"spec.hosts[{at}]"
                    yield Finding("VSG009", Severity.WARNING, subject_of(item), reason, remedy, path)


def _bound(subject: Subject) -> Iterator[tuple[Reference, Gateway, Sequence[VirtualService]]]:
    """Each Gateway of a top-level list that was read, with the VirtualServices that are worded so."""
    for wording, items in subject.wordings.items():
        for one in subject.references(wording):
            if one.top and wording.has_hosts and one.gateway != MESH and one.gateway in subject.gateways:
                yield one, subject.gateways[one.gateway], items


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
        run=_hidden,
    ),
    Rule(
        code="VSG009",
        title="A host that its Gateway does not admit",
        severity=Severity.WARNING,
        why="A server of a Gateway serves only hosts that match its own, from the namespaces that these name "
        "(`namespace/host`, `./host`). Any other host answers 404, although the reference is right.",
        remedy="Add the host to a server of the Gateway, or take the reference out.",
        run=_not_admitted,
    ),
)
