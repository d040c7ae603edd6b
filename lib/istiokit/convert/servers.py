"""The servers of the new Gateways: those of all old Gateways on one workload, in one list. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from istiokit.convert.model import Values
from istiokit.convert.old_gateways import OldGateway
from istiokit.convert.old_servers import OldServer

BY_DEFAULT = ("public", "passthrough")
"""The gateways that the new chart has where the values say nothing of them."""
_PASSTHROUGH = "PASSTHROUGH"


def merged(gateways: Iterable[OldGateway], secrets: dict[str, str], *, alb: bool) -> list[Values]:
    """The servers of all of them; `secrets` have other names now.

    Behind an ALB, which sends no server name, every host is `*`.
    """
    every = [one for gateway in gateways for one in gateway.servers]
    # An ALB ends TLS itself, so what is passed through can only be behind something else.
    passed = any(one.tls.get("mode") == _PASSTHROUGH for one in every)
    return list(_renamed([_server(one, secrets, any_host=alb and not passed) for one in every]))


def contested(gateways: Iterable[OldGateway]) -> Iterator[tuple[OldServer, OldServer, str]]:
    """Pairs of servers that have one port and one host, and say different things about it; each host once."""
    seen: dict[tuple[int, str], OldServer] = {}
    for gateway in gateways:
        for one in gateway.servers:
            for host in one.hosts:
                first = seen.setdefault((one.port["number"], host), one)
                if told(first) != told(one):
                    yield first, one, host


def told(server: OldServer) -> str:
    """What a client gets, in a few words."""
    tls = server.tls
    words = (
        server.port["protocol"],
        tls.get("mode"),
        tls.get("credentialName"),
        tls.get("minProtocolVersion"),
    )
    return " ".join(str(word) for word in words if word) + (" redirect" if tls.get("httpsRedirect") else "")


def credentials(gateways: Iterable[OldGateway]) -> set[str]:
    """The Secrets that their servers name."""
    every = (one.tls.get("credentialName") for gateway in gateways for one in gateway.servers)
    return {str(name) for name in every if name}


def default_servers(name: str, values: Values) -> list[Values] | None:
    """The servers that the umbrella gives to public and passthrough; None for any other."""
    if name not in BY_DEFAULT:
        return None
    hosts = [f"*.{values.get('domain')}"]
    tls: Values = {"mode": _PASSTHROUGH}
    if name == "public":
        tls = {"credentialName": "public-cert", "mode": "SIMPLE"}
    return [
        {
            "hosts": hosts,
            "port": {"name": "http", "number": 8080, "protocol": "HTTP"},
            "tls": {"httpsRedirect": True},
        },
        {"hosts": hosts, "port": {"name": "https", "number": 8443, "protocol": "HTTPS"}, "tls": tls},
    ]


def _server(one: OldServer, secrets: dict[str, str], *, any_host: bool) -> Values:
    """An ALB sends no server name, so behind it every host is `*`."""
    hosts = ["*"] if any_host else list(one.hosts)
    tls = dict(one.tls)
    if tls.get("credentialName") in secrets:
        tls["credentialName"] = secrets[tls["credentialName"]]
    return {"hosts": hosts, "port": dict(one.port), **({"tls": tls} if tls else {})}


def _renamed(servers: Sequence[Values]) -> Iterator[Values]:
    """Each once, with names of ports that no two have: Istio refuses a Gateway with two of one name."""
    taken: set[Any] = set()
    seen: list[Values] = []
    for one in servers:
        if one in seen:
            continue
        seen.append(one)
        name = one["port"]["name"]
        number = 2
        while one["port"]["name"] in taken:
            one = {**one, "port": {**one["port"], "name": f"{name}-{number}"}}
            number += 1
        taken.add(one["port"]["name"])
        yield one
