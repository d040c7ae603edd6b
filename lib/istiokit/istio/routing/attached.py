"""VirtualServices as istiod indexes them: Gateways resolved, delegates merged in, oldest first.

Sources: `initVirtualServices` and `VirtualServicesForGateway` in pilot/pkg/model/push_context.go,
`mergeVirtualServices` in pilot/pkg/model/virtualservice_controller.go.
"""

from collections.abc import Iterable, Iterator, Mapping

from istiokit.istio.bindings import MESH, resolve
from istiokit.istio.model import Match, Route, VirtualService, full_name
from istiokit.istio.routing.delegates import merged_http, missing
from istiokit.istio.routing.facts import Workload
from istiokit.istio.routing.names import full_host
from istiokit.istio.routing.paths import is_catch_all

_ANYTHING = (Match(),)


class Attached:
    """One VirtualService, with what the model asks of it again and again worked out once."""

    __slots__ = (
        "_complete",
        "_delegates",
        "_http",
        "age",
        "exports",
        "gateways",
        "hosts",
        "item",
        "known_age",
        "name",
        "namespace",
        "open",
        "tcp",
        "tls",
    )

    def __init__(
        self, item: VirtualService, delegates: Mapping[str, VirtualService], *, complete: bool = True
    ) -> None:
        metadata, spec = item.metadata, item.spec
        self.item = item
        self.namespace = metadata.namespace or "default"
        self.name = f"{self.namespace}/{metadata.name}"
        self.known_age = bool(metadata.creation_timestamp)
        self.age = (metadata.creation_timestamp or "", metadata.name, self.namespace)
        self.gateways = _resolved(spec.gateways, self.namespace)
        self.hosts = tuple(full_host(host, self.namespace) for host in spec.hosts or ())
        self.exports = _exports(spec.export_to, self.namespace)
        self._delegates, self._complete = delegates, complete
        self._http: tuple[Route, ...] | None = None
        self.tls: tuple[Route, ...] = spec.tls or ()
        self.tcp: tuple[Route, ...] = spec.tcp or ()
        self.open = is_open(spec.http[0]) if spec.http else False
        """Whether its first HTTP route applies wherever the VirtualService does; then the others are rarely asked."""

    @property
    def http(self) -> tuple[Route, ...]:
        """Its HTTP routes, with those of delegates in their place."""
        if self._http is None:
            self._http = self.item.spec.http or ()
            if any(route.delegate for route in self._http):
                self._http = merged_http(self._http, self.namespace, self._delegates)
        return self._http

    def place(self, namespace: str) -> int | None:
        """Where it stands among those that pods of the namespace see; None: `exportTo` hides it from them.

        Those of the pods' own namespace that are exported by name come first, then others exported by name, then
        the public ones; only within such a group the oldest is first.
        """
        if self.exports is None:
            return 2
        if namespace not in self.exports:
            return None
        return 0 if namespace == self.namespace else 1

    def http_matches(self, gateway: str, number: int, workload: Workload) -> Iterator[Match]:
        """The conditions of its HTTP routes that count at a server, up to the first that takes everything.

        Sources: `BuildHTTPRoutesForVirtualService`, `TranslateRoute` and `sourceMatchHTTP` in core/route/route.go.
        """
        for route in self.http:
            for match in route.match or _ANYTHING:
                if self._fits(match, gateway, number, workload):
                    yield match
                    if is_catch_all(match):
                        return

    def unread(self, gateway: str, number: int, workload: Workload) -> str:
        """A delegate that was not read and whose routes would count at a server; empty where there is none."""
        for route in () if self._complete else self.item.spec.http or ():
            name = missing(route, self.namespace, self._delegates)
            if name and any(
                self._fits(match, gateway, number, workload) for match in route.match or _ANYTHING
            ):
                return name
        return ""

    def _fits(self, match: Match, gateway: str, number: int, workload: Workload) -> bool:
        if match.port and match.port != number:
            return False
        return self._source_fits(match, gateway, workload)

    def _source_fits(self, match: Match, gateway: str, workload: Workload) -> bool:
        if match.gateways:
            return gateway in _resolved(match.gateways, self.namespace)
        if not (match.source_labels or {}).items() <= workload.labels.items():
            return False
        return match.source_namespace in (None, "", workload.namespace)

    def l4_fits(self, match: Match, gateway: str, number: int) -> bool:
        """Whether a condition of a `tls` or `tcp` route counts at a server (`l4SingleMatch`)."""
        if match.port and match.port != number:
            return False
        return not match.gateways or gateway in _resolved(match.gateways, self.namespace)

    def sni_hosts(self, gateway: str, number: int) -> list[tuple[str, ...]]:
        """The names of each `tls` condition that counts at a passthrough server, in order."""
        return [
            match.sni_hosts or ()
            for route in self.tls
            for match in route.match or ()
            if self.l4_fits(match, gateway, number)
        ]

    def has_tcp(self, gateway: str, number: int) -> bool:
        """Whether a `tcp` route counts at a server."""
        return any(
            not route.match or any(self.l4_fits(match, gateway, number) for match in route.match)
            for route in self.tcp
        )


class Index:
    """All VirtualServices, by name and by Gateway."""

    def __init__(self, items: Iterable[VirtualService], *, complete: bool = True) -> None:
        """`complete`: whether these are all that there are, delegates included."""
        everything = list(items)
        delegates = {full_name(item): item for item in everything if not item.spec.hosts}
        attached = (Attached(item, delegates, complete=complete) for item in everything)
        self.by_name = sorted(attached, key=lambda one: one.name)
        self._by_gateway: dict[str, list[Attached]] = {}
        self._seen: dict[tuple[str, str], list[tuple[int, Attached]]] = {}
        for one in sorted(self.by_name, key=lambda one: one.age):
            if one.hosts:
                for gateway in one.gateways:
                    self._by_gateway.setdefault(gateway, []).append(one)
        self.named = frozenset(place for one in self.by_name for place in one.exports or ())
        """Namespaces that some exportTo names."""
        self.by_source = any(
            match.source_labels or match.source_namespace
            for one in self.by_name
            if not one.open
            for route in one.http
            for match in route.match or ()
        )
        """Whether routes look at the pods' labels or namespace."""

    def of(self, gateway: str, namespace: str) -> list[tuple[int, Attached]]:
        """What pods of the namespace see of those attached to the Gateway, in istiod's order, each with its group."""
        key = (gateway, namespace if namespace in self.named else "")
        found = self._seen.get(key)
        if found is None:
            everything = ((one.place(namespace), one) for one in self._by_gateway.get(gateway, ()))
            seen = [(place, one) for place, one in everything if place is not None]
            found = self._seen[key] = sorted(seen, key=lambda pair: pair[0])
        return found


def _resolved(gateways: tuple[str, ...] | None, namespace: str) -> tuple[str, ...]:
    found = dict.fromkeys(resolve(name, namespace) for name in gateways or () if name != MESH)
    return tuple(found)


def _exports(export_to: tuple[str, ...] | None, namespace: str) -> frozenset[str] | None:
    """The namespaces that see it; None means all. `*` wins over everything, then `~` (nobody)."""
    if not export_to or "*" in export_to:
        return None
    if "~" in export_to:
        return frozenset()
    return frozenset(namespace if place == "." else place for place in export_to)


def is_open(route: Route) -> bool:
    """Whether an HTTP route counts wherever its VirtualService does: at every Gateway, port and source."""
    if route.delegate is not None:
        return False
    if not route.match:
        return True
    first = route.match[0]
    return not (first.gateways or first.port or first.source_labels or first.source_namespace)
