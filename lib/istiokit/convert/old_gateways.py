"""The old Gateways with their servers, as the umbrella and the old chart render them. Pure.

Sources: chart/templates/istio/values.yaml and secret-tls.yaml of Big Bang 2.54.0, chart/templates/gateway.yaml of
istio-controlplane 1.23.6. Where those templates fail (a server without a port, `ports` of any kind) what is written
there is taken as it is meant.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from istiokit.convert.model import Path, Problem, Values, at, dotted, mapping
from istiokit.convert.spelling import number
from istiokit.gotemplate.expressions import Unknown, evaluate, is_template

HTTPS: Values = {"name": "https", "number": 8443, "protocol": "HTTPS"}
_REDIRECT: Values = {"name": "http", "number": 8080, "protocol": "HTTP"}
_OWN_CERTIFICATE = ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL")
"""The modes in which a server needs a Secret."""
_LAST_PORT = 65535
_HOST = re.compile(r"[A-Za-z0-9*._/~-]+")
"""With a namespace before a slash, too. The umbrella parses what comes of a template as YAML once more: what would be
something else then is no host either."""


@dataclass(frozen=True, slots=True)
class OldServer:
    """One server of a Gateway, in the words of Istio's API."""

    hosts: tuple[str, ...]
    port: Values
    """name, number, protocol."""
    tls: Values
    """mode, credentialName, minProtocolVersion, httpsRedirect: what there is of them."""
    home: Path
    """Where the user says it."""


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
                "servers": [_plain(one) for one in _servers(name, entry, home, values)],
            }
    return found


def gateways_of(values: Values, chart: Values) -> list[OldGateway]:
    """The Gateways that the chart makes of its values. Raises Problem for one that Istio would refuse."""
    found = []
    for name in mapping(chart, ("gateways",)):
        entry = mapping(chart, ("gateways", name))
        home = _home(values, name)
        servers = [
            _server(one, (*home, "servers", index), chart)
            for index, one in enumerate(_listed(entry, "servers", home))
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


def _servers(name: str, entry: Values, home: Path, values: Values) -> list[OldServer]:
    """In one of three ways: `servers`, `ports` with the same hosts, or https on 8443."""
    if entry.get("servers"):
        every = enumerate(_listed(entry, "servers", home))
        return [_own(name, entry, one, index, (*home, "servers", index), values) for index, one in every]
    hosts = _hosts(entry, home, values)
    tls, credential = mapping(values, (*home, "tls")), f"{name}-cert"
    if not entry.get("ports"):
        return [OldServer(hosts, HTTPS, _tls(HTTPS, tls, tls, credential), home)]
    ports = [
        (_port(one, (*home, "ports", index), values), (*home, "ports", index))
        for index, one in enumerate(_listed(entry, "ports", home))
    ]
    return [OldServer(hosts, port, _tls(port, tls, tls, credential), where) for port, where in ports]


def _own(name: str, entry: Values, one: Any, index: int, home: Path, values: Values) -> OldServer:
    """One of `servers`. The version of TLS is that of the Gateway, whatever the server says."""
    if not isinstance(one, dict):
        raise Problem(home, f"{dotted(home)} has to be a mapping", "write hosts, port and tls")
    port = _port(one["port"], (*home, "port"), values) if one.get("port") else HTTPS
    tls = _tls(port, mapping(one, ("tls",)), mapping(entry, ("tls",)), f"{index}-{name}-cert")
    return OldServer(_hosts(one, home, values), port, tls, home)


def _tls(port: Values, tls: Values, of_gateway: Values, usual: str) -> Values:
    protocol = port.get("protocol")
    if protocol == "HTTP":
        return {"httpsRedirect": bool(tls["httpsRedirect"])} if "httpsRedirect" in tls else {}
    if protocol not in ("HTTPS", "TLS"):
        return {}
    mode = tls.get("mode") or "SIMPLE"
    found: Values = {"mode": mode}
    if mode in _OWN_CERTIFICATE:
        found["credentialName"] = str(tls.get("credentialName") or usual)
    version = of_gateway.get("minProtocolVersion")
    return {**found, "minProtocolVersion": version} if version else found


def _server(one: Any, home: Path, chart: Values) -> OldServer:
    """A server of the chart's values: the chart evaluates templates as well, by its own values."""
    if not isinstance(one, dict):
        raise Problem(home, f"{dotted(home)} has to be a mapping", "write hosts, port and tls")
    port = _port(one.get("port") or {}, (*home, "port"), chart)
    return OldServer(_hosts(one, home, chart), port, mapping(one, ("tls",)), _home_of(one, home))


def _hosts(entry: Values, home: Path, values: Values) -> tuple[str, ...]:
    where: Path = (*home, "hosts")
    hosts = entry.get("hosts")
    if not isinstance(hosts, list) or not hosts:
        what = "has to be a list" if hosts else "is empty, and Istio refuses a server without hosts"
        raise Problem(where, f"{dotted(where)} {what}", 'name the hosts, such as "*.example.com"')
    found = tuple(_evaluated(str(host), (*where, index), values) for index, host in enumerate(hosts))
    for index, host in enumerate(found):
        if not _HOST.fullmatch(host):
            place: Path = (*where, index)
            raise Problem(place, f'{dotted(place)} comes to "{host}", which is no host', "correct it")
    return found


def _port(port: Any, home: Path, values: Values) -> Values:
    if not isinstance(port, dict):
        raise Problem(home, f"{dotted(home)} has to be a mapping", "write name, number and protocol")
    found = {
        key: _evaluated(value, (*home, key), values) if isinstance(value, str) else value
        for key, value in port.items()
    }
    wanted = number(found.get("number"))
    if wanted is None or not 0 < wanted <= _LAST_PORT:
        raise Problem(home, f"{dotted(home)} has no number of a port", "number: 8443, for example")
    if not found.get("protocol"):
        raise Problem(home, f"{dotted(home)} has no protocol", "protocol: HTTPS, for example")
    return {**found, "number": wanted, "name": found.get("name") or f"port-{wanted}"}


def _evaluated(text: str, home: Path, values: Values) -> str:
    if not is_template(text):
        return text
    try:
        return evaluate(text, values)
    except Unknown as error:
        what = f"{error.expression} in {dotted(home)} cannot be evaluated: {error.why}"
        raise Problem(home, what, "write what it stands for, the new chart does not evaluate it") from None


def _redirects(entry: Values) -> bool:
    told = at(entry, ("autoHttpRedirect", "enabled"))
    return told is None or (told if isinstance(told, bool) else str(told) == "true")


def _names(servers: list[OldServer]) -> tuple[str, ...]:
    every = (host for one in servers if one.port.get("protocol") == "HTTPS" for host in one.hosts)
    return tuple(every)


def _redirect(servers: list[OldServer], home: Path) -> OldServer:
    return OldServer(_names(servers), _REDIRECT, {"httpsRedirect": True}, (*home, "autoHttpRedirect"))


def _listed(entry: Values, key: str, home: Path) -> list[Any]:
    found = entry.get(key)
    if found is not None and not isinstance(found, list):
        raise Problem((*home, key), f"{dotted((*home, key))} has to be a list", "correct the values")
    return found or []


def _plain(one: OldServer) -> Values:
    """As chart values, with where it is from: an overlay replaces the whole list, and that with it."""
    tls = {"tls": one.tls} if one.tls else {}
    return {"hosts": list(one.hosts), "port": one.port, **tls, _HOME: one.home}


_HOME = "\0home"


def _home_of(one: Values, otherwise: Path) -> Path:
    found: Path = one.get(_HOME) or otherwise
    return found


def _home(values: Values, name: str) -> Path:
    """Where the user speaks of the Gateway: what is laid over the rest has the last word."""
    over: Path = ("istio", "values", "gateways", name)
    if at(values, (*over, "servers")) is not None or at(values, ("istio", "gateways", name)) is None:
        return over
    return "istio", "gateways", name
