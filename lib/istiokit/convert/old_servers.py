"""The servers of an old Gateway, in the three ways in which values can say them. Pure.

Sources as in `old_gateways.py`. Templates are evaluated where the umbrella does so, and once more where the chart does.
"""

import re
from dataclasses import dataclass
from typing import Any

from istiokit.convert.model import Path, Problem, Values, dotted, mapping
from istiokit.convert.spelling import number
from istiokit.gotemplate.expressions import Unknown, evaluate, is_template

HTTPS: Values = {"name": "https", "number": 8443, "protocol": "HTTPS"}
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


def servers_of(name: str, entry: Values, home: Path, values: Values) -> list[OldServer]:
    """In one of three ways: `servers`, `ports` with the same hosts, or https on 8443."""
    if entry.get("servers"):
        every = enumerate(listed(entry, "servers", home))
        return [_own(name, entry, one, index, (*home, "servers", index), values) for index, one in every]
    hosts = _hosts(entry, home, values)
    tls, credential = mapping(values, (*home, "tls")), f"{name}-cert"
    if not entry.get("ports"):
        return [OldServer(hosts, HTTPS, _tls(HTTPS, tls, tls, credential), home)]
    ports = [
        (_port(one, (*home, "ports", index), values), (*home, "ports", index))
        for index, one in enumerate(listed(entry, "ports", home))
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


def server_of(one: Any, home: Path, chart: Values) -> OldServer:
    """A server of the chart's values: the chart evaluates templates as well, by its own values."""
    if not isinstance(one, dict):
        raise Problem(home, f"{dotted(home)} has to be a mapping", "write hosts, port and tls")
    port = _port(one.get("port") or {}, (*home, "port"), chart)
    tls = {
        key: _evaluated(value, (*home, "tls", key), chart) if isinstance(value, str) else value
        for key, value in mapping(one, ("tls",)).items()
    }
    return OldServer(_hosts(one, home, chart), port, tls, _home_of(one, home))


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


def listed(entry: Values, key: str, home: Path) -> list[Any]:
    """The list under the key; none counts as an empty one. Raises Problem for anything else."""
    found = entry.get(key)
    if found is not None and not isinstance(found, list):
        raise Problem((*home, key), f"{dotted((*home, key))} has to be a list", "correct the values")
    return found or []


def plain(one: OldServer) -> Values:
    """As chart values, with where it is from: an overlay replaces the whole list, and that with it."""
    tls = {"tls": one.tls} if one.tls else {}
    return {"hosts": list(one.hosts), "port": one.port, **tls, _HOME: one.home}


_HOME = "\0home"


def _home_of(one: Values, otherwise: Path) -> Path:
    found: Path = one.get(_HOME) or otherwise
    return found
