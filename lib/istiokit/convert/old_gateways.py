"""The old Gateways with their servers, as the umbrella and the old chart render them. Pure.

Sources: chart/templates/istio/values.yaml and secret-tls.yaml of Big Bang 2.54.0, chart/templates/gateway.yaml of
istio-controlplane 1.23.6. Where those templates fail (a server without a port, `ports` of any kind) what is written
there is taken as it is meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from istiokit.convert.model import Path, Problem, Values, at, mapping
from istiokit.convert.old_servers import OldServer, listed, plain, server_of, servers_of

_REDIRECT: Values = {"name": "http", "number": 8080, "protocol": "HTTP"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A Secret that the umbrella made from values."""

    name: str
    home: Path
    """Of the mapping with key, cert and ca."""


@dataclass(frozen=True, slots=True)
class OldGateway:
    """A Gateway in istio-system."""

    name: str
    selector: Mapping[str, Any]
    servers: tuple[OldServer, ...]
    """As they stand in the object; the one that redirects to https is the first."""
    certificates: tuple[Certificate, ...]
    home: Path
    """Where the user speaks of it, or of gateways at all."""
    fails_by: str = ""
    """What the umbrella's own template fails on: such values have never made a Gateway."""


def rendered(values: Values) -> Values:
    """What the umbrella gives to the chart for `istio.gateways`, by name."""
    found: Values = {}
    for name in mapping(values, ("istio", "gateways")):
        home: Path = ("istio", "gateways", name)
        entry = mapping(values, home)
        if entry.get("enabled") is not False:
            found[name] = {
                "selector": {"app": entry.get("ingressGateway") or ""},
                "autoHttpRedirect": {"enabled": _redirects(entry)},
                "servers": [plain(one) for one in servers_of(name, entry, home, values)],
            }
    return found


def gateways_of(values: Values, chart: Values) -> list[OldGateway]:
    """The Gateways that the chart makes of its values. Raises Problem for one that Istio would refuse."""
    found = []
    for name in mapping(chart, ("gateways",)):
        entry = mapping(chart, ("gateways", name))
        home = _home(values, name)
        servers = [
            server_of(one, (*home, "servers", index), chart)
            for index, one in enumerate(listed(entry, "servers", home))
        ]
        if not servers:
            raise Problem(home, f"Gateway {name} has no server", "give it hosts, or set enabled: false")
        redirect = [_redirect(servers, home)] if _redirects(entry) and _names(servers) else []
        selector = mapping(chart, ("gateways", name, "selector"))
        made = tuple(certificates(values, name))
        found.append(OldGateway(name, selector, (*redirect, *servers), made, home, _fails_by(values, name)))
    return found


def _fails_by(values: Values, name: str) -> str:
    """Measured with Helm 3.22 on the template of 2.54.0, whose lines are those of 2.37.0."""
    entry = at(values, ("istio", "gateways", name)) or {}
    servers = entry.get("servers") or ()
    if not servers:
        return "ports" if entry.get("ports") else ""
    for one in servers if isinstance(servers, list) else ():
        if not at(one, ("port",)):
            return "a server without a port"
        if at(one, ("port", "protocol")) in ("HTTPS", "TLS") and at(one, ("tls",)) is None:
            return "a server with TLS and no tls"
    return ""


def certificates(values: Values, name: str) -> Iterator[Certificate]:
    """The Secrets that the umbrella makes for a Gateway; without both key and certificate there is none."""
    home: Path = ("istio", "gateways", name)
    entry = mapping(values, home)
    if entry.get("enabled") is False:
        return
    if servers := entry.get("servers"):
        for index in range(len(servers) if isinstance(servers, list) else 0):
            yield from _certificate((*home, "servers", index, "tls"), f"{index}-{name}-cert", values)
    else:
        yield from _certificate((*home, "tls"), f"{name}-cert", values)


def _certificate(home: Path, usual: str, values: Values) -> Iterator[Certificate]:
    tls = at(values, home)
    if isinstance(tls, dict) and tls.get("cert") and tls.get("key"):
        yield Certificate(str(tls.get("credentialName") or usual), home)


def _redirects(entry: Values) -> bool:
    told = at(entry, ("autoHttpRedirect", "enabled"))
    return told is None or (told if isinstance(told, bool) else str(told) == "true")


def _names(servers: list[OldServer]) -> tuple[str, ...]:
    every = (host for one in servers if one.port.get("protocol") == "HTTPS" for host in one.hosts)
    return tuple(every)


def _redirect(servers: list[OldServer], home: Path) -> OldServer:
    return OldServer(_names(servers), _REDIRECT, {"httpsRedirect": True}, (*home, "autoHttpRedirect"))


def _home(values: Values, name: str) -> Path:
    """Where the user speaks of the Gateway: what is laid over the rest has the last word."""
    over: Path = ("istio", "values", "gateways", name)
    if at(values, (*over, "servers")) is not None or at(values, ("istio", "gateways", name)) is None:
        return over
    return "istio", "gateways", name
