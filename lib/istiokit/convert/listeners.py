"""What gateway values mean to a client and to the cluster: listeners, Service, replicas. Two sets of them compared.

The old values and the new ones are read by models that know nothing of each other (`old.py`, `new.py`), and the
output of real charts by a third (`rendered.py`); here is what they have in common. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec


class Listener(msgspec.Struct, frozen=True, kw_only=True, order=True, rename="camel"):
    """A server of a Gateway."""

    port: int
    """The container's port, as the Gateway spells it."""
    protocol: str
    hosts: tuple[str, ...]
    """Sorted; without the namespace part of `*/host`."""
    tls_mode: str = ""
    credential: str = ""
    """The Secret with the certificate."""
    min_protocol_version: str = ""
    https_redirect: bool = False


class ServicePort(msgspec.Struct, frozen=True, kw_only=True, order=True, rename="camel"):
    """A port of the gateway's Service. Names do not count: nothing that a client sees depends on them."""

    port: int
    protocol: str = "TCP"
    target_port: str = ""
    """A number or a name; that of the port itself where it is not said."""
    node_port: int = 0
    """0 where the API server chooses it."""


class Exposure(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One gateway workload with all that is bound to it."""

    name: str
    """Of the Deployment and the Service: `public-ingressgateway`."""
    listeners: tuple[Listener, ...]
    """Of all Gateways that select it, sorted."""
    service_type: str
    ports: tuple[ServicePort, ...]
    """Sorted."""
    annotations: Mapping[str, str] = {}
    """Of the Service."""
    service: Mapping[str, Any] = {}
    """What else its spec says, such as externalTrafficPolicy and loadBalancerIP; nothing that is empty."""
    min_replicas: int | None = None
    max_replicas: int | None = None
    """Both of the autoscaler; equal where there is none."""
    secrets: tuple[str, ...] = ()
    """Those with certificates that the values make for it, sorted."""
    resources: Mapping[str, Any] = {}
    """Requests and limits of the proxy, quantities as text."""


class Comparison(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that both sets say something about, as text."""

    gateway: str
    what: str
    old: str
    new: str

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return self.old == self.new


NONE = "-"
"""Where one of the two has no such thing."""


def compare(
    old: Sequence[Exposure],
    new: Sequence[Exposure],
    names: Mapping[str, str],
    secrets: Mapping[str, Mapping[str, str]],
) -> list[Comparison]:
    """Both sets side by side, gateway by gateway, by the names of the new ones.

    `names` tells which new workload takes the place of an old one, `secrets` which Secret does, by the new workload;
    what they do not name keeps its name.
    """
    renamed = ((names.get(one.name, one.name), one) for one in old)
    before = {name: _with_secrets(one, secrets.get(name, {})) for name, one in renamed}
    after = {one.name: one for one in new}
    rows: list[Comparison] = []
    for name in sorted({*before, *after}):
        told = dict(_lines(before.get(name))), dict(_lines(after.get(name)))
        keys = sorted({*told[0], *told[1]}, key=_order)
        rows += [Comparison(name, key, told[0].get(key, NONE), told[1].get(key, NONE)) for key in keys]
    return rows


def _with_secrets(exposure: Exposure, secrets: Mapping[str, str]) -> Exposure:
    """With the names that the Secrets have in the new namespace."""
    listeners = (
        msgspec.structs.replace(one, credential=secrets.get(one.credential, one.credential))
        for one in exposure.listeners
    )
    names = sorted(secrets.get(name, name) for name in exposure.secrets)
    return msgspec.structs.replace(exposure, listeners=tuple(sorted(listeners)), secrets=tuple(names))


def _lines(one: Exposure | None) -> Iterator[tuple[str, str]]:
    """What there is to compare, each thing with what is said of it."""
    if one is None:
        return
    yield from _servers(one.listeners)
    yield "service type", one.service_type
    for port in one.ports:
        node = f" node port {port.node_port}" if port.node_port else ""
        yield f"service port {port.port}/{port.protocol}", f"to {port.target_port or port.port}{node}"
    for key, value in {**one.annotations, **one.service}.items():
        yield f"service {key}", _told(value)
    for name in one.secrets:
        yield f"certificate {name}", "made of these values"
    if one.min_replicas is not None:
        yield "replicas", f"{one.min_replicas} to {one.max_replicas}"
    for kind, amounts in one.resources.items():
        for name, amount in (amounts or {}).items():
            yield f"{kind} {name}", str(amount)


def _servers(listeners: Iterable[Listener]) -> Iterator[tuple[str, str]]:
    """A line for each host: several servers may share a port, and even a host, of which one is served."""
    found: dict[str, list[str]] = {}
    for one in listeners:
        words = [one.protocol, one.tls_mode, one.credential, one.min_protocol_version]
        told = " ".join(filter(None, words)) + (" redirect to https" if one.https_redirect else "")
        for host in one.hosts:
            found.setdefault(f"listener {one.port} {host}", []).append(told)
    for what, every in found.items():
        yield what, " and ".join(dict.fromkeys(every))


def _order(what: str) -> tuple[int, str]:
    kinds = (
        "listener",
        "certificate",
        "service type",
        "service port",
        "service",
        "replicas",
        "requests",
        "limits",
    )
    return next(number for number, kind in enumerate(kinds) if what.startswith(kind)), what


def _told(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()
