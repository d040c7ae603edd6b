"""Routes that are kept in another VirtualService: merged into the root as istiod does.

Source: `MergeHTTPRoutes` and `hasConflict` in pilot/pkg/model/virtualservice.go. Conditions on headers, methods and so
on are not read, so two that contradict each other there are taken to agree.
"""

from collections.abc import Iterator, Mapping

import msgspec

from istiokit.istio.bindings import resolve
from istiokit.istio.model import Match, Route, StringMatch, VirtualService


def merged_http(
    routes: tuple[Route, ...], namespace: str, delegates: Mapping[str, VirtualService]
) -> tuple[Route, ...]:
    """The HTTP routes of a root with those of its delegates in their place.

    A delegate that is missing, or not exported to the root's namespace, takes only its own route away.
    """
    return tuple(found for route in routes for found in _expanded(route, namespace, delegates))


def missing(route: Route, namespace: str, delegates: Mapping[str, VirtualService]) -> str:
    """The delegate that the route names, as `namespace/name`, if that is not there; else empty."""
    if route.delegate is None:
        return ""
    name = f"{route.delegate.namespace or namespace}/{route.delegate.name}"
    return "" if name in delegates else name


def _expanded(route: Route, namespace: str, delegates: Mapping[str, VirtualService]) -> Iterator[Route]:
    if route.delegate is None:
        yield route
        return
    place = route.delegate.namespace or namespace
    delegate = delegates.get(f"{place}/{route.delegate.name}")
    if delegate is None or not _exported(delegate, place, namespace):
        return
    for inner in delegate.spec.http or ():
        if not route.match or not inner.match:
            yield Route(match=_absolute(inner.match, place) or route.match)
            continue
        pairs = [(one, other) for other in _absolute(inner.match, place) or () for one in route.match]
        fitting = [(one, other) for one, other in pairs if not _conflict(one, other, namespace)]
        if {id(other) for _, other in fitting} == {id(other) for _, other in pairs}:
            yield Route(match=tuple(_merged(one, other) for one, other in fitting))


def _exported(delegate: VirtualService, place: str, namespace: str) -> bool:
    exports = delegate.spec.export_to or ("*",)
    return "*" in exports or namespace in exports or ("." in exports and place == namespace)


def _absolute(matches: tuple[Match, ...] | None, place: str) -> tuple[Match, ...] | None:
    """A delegate's Gateways are resolved in its own namespace."""
    return matches and tuple(
        msgspec.structs.replace(one, gateways=tuple(resolve(name, place) for name in one.gateways))
        if one.gateways
        else one
        for one in matches
    )


def _merged(root: Match, inner: Match) -> Match:
    return msgspec.structs.replace(
        inner,
        gateways=inner.gateways or root.gateways,
        port=inner.port or root.port,
        source_labels={**(root.source_labels or {}), **(inner.source_labels or {})} or None,
        source_namespace=inner.source_namespace or root.source_namespace,
        uri=inner.uri or root.uri,
        method=inner.method or root.method,
        headers=inner.headers or root.headers,
        without_headers=inner.without_headers or root.without_headers,
        query_params=inner.query_params or root.query_params,
        authority=inner.authority or root.authority,
        scheme=inner.scheme or root.scheme,
    )


def _conflict(root: Match, inner: Match, namespace: str) -> bool:
    if root.port and inner.port and root.port != inner.port:
        return True
    if root.source_namespace and root.source_namespace != inner.source_namespace:
        return True
    if root.gateways and inner.gateways:
        outer = {resolve(name, namespace) for name in root.gateways}
        if not outer.issuperset(inner.gateways):
            return True
    return _uri_conflict(root.uri, inner.uri)


def _uri_conflict(root: StringMatch | None, inner: StringMatch | None) -> bool:
    """Whether the delegate's path is not a part of the root's (`stringMatchConflict`)."""
    if root is None or inner is None:
        return False
    if root.regex or inner.regex:
        return True
    if root.exact:
        return bool(inner.prefix) or inner.exact != root.exact
    return not (inner.prefix or inner.exact).startswith(root.prefix)
