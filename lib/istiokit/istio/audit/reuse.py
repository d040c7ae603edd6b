"""Servers that share a certificate and not their hosts: browsers reuse a connection of one for the other.

https://istio.io/latest/docs/ops/common-problems/network-issues/, "404 errors occur when multiple gateways configured
with same TLS certificate": each HTTPS server has a filter chain with routes of its own, chosen by the SNI name of the
connection. A browser (RFC 9113, 9.1.1) sends requests for another host over a connection that it has if the
certificate covers that host too, and they come to routes that do not know it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.model import Gateway, full_name
from istiokit.istio.routing.facts import Workload, assumed_workloads
from istiokit.istio.routing.model import orders
from istiokit.istio.routing.served import Answer
from istiokit.istio.routing.servers import Kind, Placed, merge
from istiokit.istio.wording import wording


@dataclass(frozen=True, slots=True)
class _Server:
    """An HTTPS server in force on some pods."""

    placed: Placed
    path: str
    credential: str


def _reuse(subject: Subject) -> Iterator[Finding]:
    groups = list(_groups(subject))
    if not groups:
        return
    wanted = {(name, port) for name, port, _ in groups}
    served: dict[tuple[str, int], list[Answer]] = defaultdict(list)
    for alike in subject.served:
        if any((one.workload, one.port) in wanted for one in alike.found):
            for one in alike.answers():
                if one.answers and one.known and one.protocol == "HTTPS":
                    served[one.workload, one.port].append(one)
    for name, port, servers in groups:
        hosts = [_hosts(one, served[name, port], subject) for one in servers]
        for at, server in enumerate(servers):
            clash = _clash(at, servers, hosts, subject)
            if clash:
                yield _finding(server, *clash, subject.gateways[server.placed.gateway])


def _groups(subject: Subject) -> Iterator[tuple[str, int, list[_Server]]]:
    """The servers of a workload's port with one certificate, where there are several."""
    gateways = subject.facts.gateways or ()
    workloads = subject.facts.workloads
    for workload in assumed_workloads(gateways) if workloads is None else workloads:
        groups: dict[tuple[int, str, str], list[_Server]] = defaultdict(list)
        for one in _servers(workload, gateways):
            groups[one.placed.port, one.placed.bind, one.credential].append(one)
        for (port, _, _), servers in groups.items():
            if len(servers) > 1:
                yield workload.name, port, servers


def _servers(workload: Workload, gateways: Iterable[Gateway]) -> Iterator[_Server]:
    """Those that istiod does not skip, as far as the order of the Gateways is known."""
    chosen = [one for one in gateways if (one.spec.selector or {}).items() <= workload.labels.items()]
    ordered = next(orders(chosen))
    places = [
        (f"spec.servers[{at}].tls.credentialName", server)
        for gateway in ordered
        for at, server in enumerate(gateway.spec.servers or ())
        if server.port.number
    ]
    for placed, (path, server) in zip(merge(ordered, workload.ports), places, strict=True):
        name = server.tls.credential_name if server.tls else ""
        if name and placed.kind is Kind.HTTPS and placed.skipped is None:
            yield _Server(placed, path, name)


def _hosts(server: _Server, served: Iterable[Answer], subject: Subject) -> dict[str, str]:
    """The hosts that answer through it, each with its VirtualService."""
    return {
        one.host: one.virtual_service
        for one in served
        if one.gateway == server.placed.gateway and _admits(server, one.host, one.virtual_service)
    }


def _admits(server: _Server, host: str, virtual_service: str) -> bool:
    """Whether it has all of the host for VirtualServices of that namespace."""
    return host in server.placed.hosts_for(virtual_service.partition("/")[0]).common(host)


def _clash(
    at: int, servers: list[_Server], hosts: Sequence[Mapping[str, str]], subject: Subject
) -> tuple[str, str, str] | None:
    """A host of another server, that server's Gateway and a host of this one that its routes do not know."""
    for other, theirs in enumerate(hosts):
        if other == at or not theirs:
            continue
        for host, virtual_service in sorted(hosts[at].items()):
            if not _knows(servers[other], host, virtual_service, subject):
                return min(theirs), servers[other].placed.gateway, host
    return None


def _knows(server: _Server, host: str, virtual_service: str, subject: Subject) -> bool:
    """Whether requests for the host are answered on the connections of this server as well."""
    worded = wording(subject.by_name[virtual_service])
    bound = {one.gateway for one in subject.references(worded) if one.top}
    return server.placed.gateway in bound and _admits(server, host, virtual_service)


def _finding(server: _Server, first: str, other: str, host: str, gateway: Gateway) -> Finding:
    whose = "another server of it" if other == server.placed.gateway else f"Gateway {other}"
    reason = (
        f"{whose} has the same certificate {server.credential} on the same pods: a browser that has been to {first} "
        f"asks for {host} on that connection and gets 404, while curl gets 200 (if the certificate covers both)"
    )
    source = at_source(gateway.metadata, "Gateway")
    remedy = f"serve both hosts by one server, or give each a certificate of its own{source}"
    about = f"Gateway {full_name(gateway)}"
    return Finding("VSG026", Severity.INFO, about, reason, remedy, server.path)


RULES = (
    Rule(
        code="VSG026",
        title="Browsers may get 404 over a connection that they reuse",
        severity=Severity.INFO,
        why="Two servers on the same pods with the same certificate and different hosts have routes of their own. "
        "Browsers reuse an HTTP/2 connection for every host that its certificate covers, and so ask one server for "
        "what only the other has: 404 in the browser, and 200 in curl, which opens a new connection.",
        remedy="Serve the hosts by one server (`*.example.com`), or give each server a certificate of its own.",
        run=_reuse,
    ),
)
