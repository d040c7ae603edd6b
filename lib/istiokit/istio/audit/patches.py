"""EnvoyFilters whose patches name the old Gateway: its name, its routes, its ports' names, its Service.

Source: pilot/pkg/networking/core/envoyfilter/rc_patch.go (routeConfigurationMatch, virtualHostMatch), cluster_patch.go
(clusterMatch) and pilot/pkg/model/gateway.go (gatewayRDSRouteName, ParseGatewayRDSRouteName) of istio/istio, 1.20 to
1.32. Only HTTPS servers have routes of their own, `https.<port>.<port name>.<Gateway>.<namespace>`; those of HTTP
servers are `http.<port>` and belong to no Gateway.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.dependents.envoyfilters import (
    ClusterMatch,
    ConfigPatch,
    EnvoyFilter,
    PatchMatch,
    RouteConfigurationMatch,
    VirtualHostMatch,
)
from istiokit.istio.dependents.moves import Move
from istiokit.istio.model import Gateway, full_name

_GATEWAY_CONTEXTS = frozenset({"ANY", "GATEWAY", "0", "3", ""})
_DOTS = 4
"""Of the name of an HTTPS server's routes."""


@dataclass(frozen=True, slots=True)
class _Named:
    """One field that means something of the old Gateway."""

    path: str
    value: str
    new: str
    """What means the same of the new one; empty where that is not known."""
    move: Move


def _patches(subject: Subject) -> Iterator[Finding]:
    if not subject.moves:
        return
    everything = [
        patch for item in subject.dependents.envoy_filters for patch in item.spec.config_patches or ()
    ]
    for item in subject.dependents.envoy_filters:
        for at, patch in enumerate(item.spec.config_patches or ()):
            named = [one for move in subject.moves for one in _named(patch, move, subject)]
            if named and not any(_follows(patch, one, named) for one in everything):
                yield _finding(item, at, named)


def _finding(item: EnvoyFilter, at: int, named: list[_Named]) -> Finding:
    first = named[0]
    new = ", ".join(sorted({one.move.new for one in named}))
    whose = "" if first.value == first.move.old else f", which is of {first.move.old}"
    reason = f"the patch is for {first.value}{whose}, and nothing does the same for {new}"
    known = sorted({one.new for one in named if one.new})
    what = f"for {', '.join(known)}" if known else f"that is for {new}"
    remedy = f"add the same patch {what}{at_source(item.metadata, 'EnvoyFilter')}"
    path = f"spec.configPatches[{at}].match.{first.path}"
    return Finding("VSG020", Severity.WARNING, f"EnvoyFilter {full_name(item)}", reason, remedy, path)


def _follows(patch: ConfigPatch, other: ConfigPatch, named: list[_Named]) -> bool:
    """Whether another patch does the same to what is the new Gateway's, or to all gateways."""
    if other is patch or other.apply_to != patch.apply_to or other.patch != patch.patch:
        return False
    words = set(_words(other.match))
    return not words or not words.isdisjoint({one.new for one in named if one.new})


def _words(match: PatchMatch | None) -> Iterator[str]:
    """All that a match says about one Gateway."""
    routes, cluster = match and match.route_configuration, match and match.cluster
    if routes:
        yield from filter(None, (routes.gateway, routes.name, routes.port_name))
    if routes and routes.vhost:
        yield from filter(None, (routes.vhost.name, routes.vhost.domain_name))
    if cluster:
        yield from filter(None, (cluster.service, cluster.name))


def _named(patch: ConfigPatch, move: Move, subject: Subject) -> Iterator[_Named]:
    match = patch.match
    if match is None:
        return
    routes, cluster = match.route_configuration, match.cluster
    if routes and str(match.context) in _GATEWAY_CONTEXTS:
        yield from _of_gateway(routes, move, subject)
    yield from _of_service(routes.vhost if routes else None, cluster, move)


def _of_gateway(match: RouteConfigurationMatch, move: Move, subject: Subject) -> Iterator[_Named]:
    old, new = (subject.gateways.get(name) for name in (move.old, move.new))
    if match.gateway:
        if match.gateway == move.old:
            yield _Named("routeConfiguration.gateway", match.gateway, move.new, move)
        return
    if match.name:
        if _gateway_of(match.name) == move.old:
            yield _Named("routeConfiguration.name", match.name, _renamed(match.name, move, new), move)
        return
    ports = set(_https_ports(old))
    if match.port_name in ports and new is not None and match.port_name not in _https_ports(new):
        others = sorted(_https_ports(new))
        yield _Named("routeConfiguration.portName", match.port_name, others[0] if others else "", move)


def _gateway_of(route: str) -> str:
    """The Gateway that a route's name belongs to, as istiod reads it; empty for an HTTP server's."""
    if not route.startswith("https.") or route.count(".") != _DOTS:
        return ""
    *_, name, namespace = route.split(".")
    return f"{namespace}/{name}"


def _renamed(route: str, move: Move, new: Gateway | None) -> str:
    """The same route of the new Gateway; empty where it has no such server, or more than one that may be meant."""
    _, number, _, _, _ = route.split(".")
    names = [
        server.port.name
        for server in (new.spec.servers or () if new else ())
        if str(server.port.number) == number and server.port.protocol.upper() == "HTTPS"
    ]
    namespace, _, name = move.new.partition("/")
    return f"https.{number}.{names[0]}.{name}.{namespace}" if len(names) == 1 else ""


def _https_ports(gateway: Gateway | None) -> set[str]:
    """The names of the ports of its HTTPS servers."""
    servers = gateway.spec.servers or () if gateway else ()
    return {one.port.name for one in servers if one.port.protocol.upper() == "HTTPS" and one.port.name}


def _of_service(vhost: VirtualHostMatch | None, cluster: ClusterMatch | None, move: Move) -> Iterator[_Named]:
    """A virtual host or a cluster of sidecars that leads to the old gateway's Service."""
    fields = (
        ("routeConfiguration.vhost.name", vhost.name if vhost else ""),
        ("routeConfiguration.vhost.domainName", vhost.domain_name if vhost else ""),
        ("cluster.service", cluster.service if cluster else ""),
        ("cluster.name", cluster.name if cluster else ""),
    )
    for path, value in fields:
        for old in old_services(move) if value else ():
            if _mentions(value, old):
                new = new_service(move)
                yield _Named(path, value, value.replace(old, new) if new else "", move)
                break


def old_services(move: Move) -> tuple[str, ...]:
    """Host names of the Services in front of the old pods, sorted; likely ones where no pods were seen."""
    found = {
        f"{service}.{pods.namespace}.svc"
        for pods in move.before
        for service in (pods.services if pods.services is not None else pods.likely)
    }
    return tuple(sorted(found))


def new_service(move: Move) -> str:
    """The host name of the Service in front of the new pods; empty where there are none or several."""
    found = {f"{service}.{pods.namespace}.svc" for pods in move.after for service in pods.services or ()}
    return found.pop() if len(found) == 1 else ""


def _mentions(text: str, host: str) -> bool:
    """Whether the host is in the text as a whole name: `outbound|80||host.cluster.local`, `host.cluster.local:80`."""
    before, found, after = text.partition(host)
    return bool(found) and (not before or before[-1] in "|/") and (not after or after[0] in ".:|")


RULES = (
    Rule(
        code="VSG020",
        title="An EnvoyFilter patches the old Gateway by name",
        severity=Severity.WARNING,
        why="A patch that names a Gateway, one of its HTTPS routes or ports, or the Service in front of it, is for "
        "that one alone. What it adds, such as limits, headers or an external check, is silently missing on the "
        "new Gateway.",
        remedy="Add the same patch for the new Gateway, or leave the name out where the patch is for all gateways.",
        run=_patches,
    ),
)
