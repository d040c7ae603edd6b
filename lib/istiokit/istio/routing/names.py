"""Host names as istiod and Envoy compare them: wildcards, and which of several patterns is the closest."""

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

DOMAIN = "svc.cluster.local"


def within(host: str, pattern: str) -> bool:
    """Whether all that `host` stands for is in `pattern` (`Name.SubsetOf`, pkg/config/host/name.go).

    `*.a.com` is within `*.com` and `*`, not within itself shortened to `a.com`. Case counts, as it does there.
    """
    if not pattern.startswith("*"):
        return host == pattern
    if host.startswith("*"):
        return len(host) >= len(pattern) and host[1:].endswith(pattern[1:])
    return host.endswith(pattern[1:])


def overlap(one: str, other: str) -> bool:
    """Whether some name is in both (`Name.Matches`)."""
    return within(one, other) or within(other, one)


def full_host(host: str, namespace: str) -> str:
    """A host of a VirtualService with a Service's short name spelled out (`ResolveShortnameToFQDN`)."""
    if "." in host or ":" in host or host == "*" or not host:
        return host
    return f"{host}.{namespace}.{DOMAIN}"


class HostTable(Generic[T]):
    """Values by host pattern; finds the closest pattern, as Envoy does for domains and server names."""

    __slots__ = ("_odd", "_values")

    def __init__(self) -> None:
        self._values: dict[str, T] = {}
        self._odd: list[str] = []

    def __contains__(self, pattern: str) -> bool:
        return pattern in self._values

    def __len__(self) -> int:
        return len(self._values)

    def items(self) -> Iterable[tuple[str, T]]:
        """All patterns with their values."""
        return self._values.items()

    def get(self, pattern: str) -> T | None:
        """What was set for exactly this pattern."""
        return self._values.get(pattern)

    def set(self, pattern: str, value: T) -> None:
        """Set the value of a pattern."""
        self._values[pattern] = value
        if pattern.startswith("*") and pattern != "*" and not pattern.startswith("*."):
            self._odd.append(pattern)

    def find(self, host: str) -> T | None:
        """The value of the closest pattern that holds all of `host`; a wildcard stands for a name of its own."""
        found = self._values.get(host)
        return found if found is not None else self._values.get(self.closest(host))

    def closest(self, host: str) -> str:
        """The closest pattern that holds all of `host`; `*` also where there is none."""
        values = self._values
        if host in values:
            return host
        at = host.find(".", 2 if host.startswith("*.") else 0)
        best = ""
        while at >= 0 and not best:
            wider = "*" + host[at:]
            if wider in values:
                best = wider
            at = host.find(".", at + 1)
        for pattern in self._odd:
            if len(pattern) > len(best) and within(host, pattern):
                best = pattern
        return best or "*"


class HostSet:
    """The hosts of one server as one namespace sees them: which of a VirtualService's hosts does it admit?"""

    __slots__ = ("_all", "_table")

    def __init__(self, hosts: Iterable[str]) -> None:
        self._all = tuple(dict.fromkeys(hosts))
        self._table: HostTable[str] = HostTable()
        for host in self._all:
            self._table.set(host, host)

    def common(self, host: str) -> tuple[str, ...]:
        """What it has in common with `host`: the narrower of each pair (`Names.Intersection`)."""
        whole = self._table.find(host) is not None
        if not host.startswith("*"):
            return (host,) if whole else ()
        narrower = tuple(one for one in self._all if one != host and within(one, host))
        return (host, *narrower) if whole else narrower

    def touches(self, host: str) -> bool:
        """Whether they have anything in common (`pickMatchingGatewayHosts`, for TCP and TLS routes)."""
        return bool(self.common(host))
