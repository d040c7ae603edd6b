"""How VirtualServices are worded where they name Gateways. Thousands of them share a few wordings. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from istiokit.istio.model import Route, VirtualService

_Routes = tuple[Route, ...] | None


class Named(NamedTuple):
    """A list of Gateways of one route condition."""

    path: str
    """`spec.http[0].match[1].gateways`."""
    gateways: tuple[str, ...]


class Wording(NamedTuple):
    """All that decides where a VirtualService is bound, as it is spelled."""

    namespace: str
    has_hosts: bool
    gateways: tuple[str, ...] | None
    """The top-level list; None where it is absent."""
    conditions: tuple[Named, ...]
    """The route conditions that have a list of their own, in the manifest's order."""
    has_open: bool
    """Whether something is left of it without such a list: a condition, a route without conditions."""


Wordings = Mapping[Wording, Sequence[VirtualService]]
"""VirtualServices by their wording."""


def wording(item: VirtualService) -> Wording:
    """The wording of one VirtualService."""
    return next(iter(worded([item])))


def worded(items: Iterable[VirtualService]) -> Wordings:
    """All VirtualServices by their wording; those of a wording in the order given.

    Lists of routes that are one object (`istio/sharing.py`) are looked at once.
    """
    routes: dict[tuple[int, int, int], tuple[tuple[Named, ...], bool]] = {}
    found: dict[Wording, list[VirtualService]] = {}
    for item in items:
        spec = item.spec
        same = id(spec.http), id(spec.tls), id(spec.tcp)
        seen = routes.get(same)
        if seen is None:
            seen = routes[same] = _conditions(spec.http, spec.tls, spec.tcp)
        key = Wording(item.metadata.namespace or "default", bool(spec.hosts), spec.gateways, *seen)
        found.setdefault(key, []).append(item)
    return found


def _conditions(http: _Routes, tls: _Routes, tcp: _Routes) -> tuple[tuple[Named, ...], bool]:
    lists = [*_lists("http", http), *_lists("tls", tls), *_lists("tcp", tcp)]
    return tuple(one for one in lists if one.gateways), any(not one.gateways for one in lists)


def _lists(protocol: str, routes: _Routes) -> Iterator[Named]:
    """The list of each condition; an empty one where there is none, and for a route without conditions."""
    for number, route in enumerate(routes or ()):
        if not route.match:
            yield Named("", ())
        for at, match in enumerate(route.match or ()):
            yield Named(f"spec.{protocol}[{number}].match[{at}].gateways", match.gateways or ())
