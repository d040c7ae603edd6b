"""Which ports, and node ports, the Services of the new gateways have. Pure.

The numbers of SmoothGlue's guide "Blue-Green Operator-less Istio Migration": public is on 30021, 30080 and 30443 and
moves to 30022, 30081 and 30444; passthrough on 32021, 32080 and 32443, to 32022, 32081 and 32444.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from istiokit.convert.model import Path, Problem, Values, dotted
from istiokit.convert.spelling import number

FIRST, LAST = 30000, 32767
"""The range of node ports that an API server has by default."""
USUAL: tuple[Values, ...] = (
    {"name": "status-port", "port": 15021, "protocol": "TCP", "targetPort": 15021},
    {"name": "http2", "port": 80, "protocol": "TCP", "targetPort": 8080},
    {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 8443},
)
"""The ports of a gateway whose values name none, before and after."""
_GUIDE: Mapping[str, Mapping[int, int]] = {
    "public": {15021: 30021, 80: 30080, 443: 30443},
    "passthrough": {15021: 32021, 80: 32080, 443: 32443},
}
_GUIDE_PORTS = frozenset(port for ports in _GUIDE.values() for port in ports.values())


class NodePorts(StrEnum):
    """What becomes of node ports; a number is the first of new ones."""

    KEEP = "keep"
    SHIFT = "shift"


class LoadBalancer(StrEnum):
    """What stands in front of the new gateways."""

    NLB = "nlb"
    ALB = "alb"
    SERVICE = "service"


@dataclass(slots=True)
class Ports:
    """Gives out node ports, each once."""

    way: NodePorts | int
    taken: set[int] = field(default_factory=set)
    """Those of the old gateways, unless they are kept, and of any Service in the cluster."""

    def instead_of(self, old: int, home: Path) -> int:
        """The node port that takes the place of an old one. Raises Problem where none is left."""
        if self.way is NodePorts.KEEP:
            return old
        if self.way is NodePorts.SHIFT:
            return self._take(old + 1 if old in _GUIDE_PORTS else max(old + 1, FIRST), home)
        return self._take(int(self.way), home)

    def could_have_given(self, there: Any, old: Sequence[Values]) -> bool:
        """Whether these new ports may be from an earlier run that was asked for the same."""
        if self.way is NodePorts.KEEP or not isinstance(there, list):
            return False
        found = node_ports(one for one in there if isinstance(one, dict))
        first = FIRST if self.way is NodePorts.SHIFT else int(self.way)
        return bool(found) and min(found) >= first and not found & node_ports(old)

    def _take(self, first: int, home: Path) -> int:
        free = (port for port in range(first, LAST + 1) if port not in self.taken)
        found = next(free, 0)
        if not found:
            raise Problem(
                home, f"no node port from {first} to {LAST} is free", "name a lower one: --node-ports 30000"
            )
        self.taken.add(found)
        return found


def ports_of(spec: Values, home: Path, usual: Sequence[Values] = USUAL) -> list[Values]:
    """The ports that the old Service has, each with a target and a protocol; `usual` where it names none.

    Raises Problem for what is no port.
    """
    service = spec.get("service") or {}
    ports = service.get("ports") if isinstance(service, dict) else None
    if not ports:
        return [dict(one) for one in usual]
    if not isinstance(ports, list):
        raise Problem(
            (*home, "service", "ports"), "the ports of a Service have to be a list", "correct the values"
        )
    return [_port(one, (*home, "service", "ports", index)) for index, one in enumerate(ports)]


def _port(one: Any, home: Path) -> Values:
    port = number(one.get("port")) if isinstance(one, dict) else None
    if port is None:
        raise Problem(home, f"{dotted(home)} has no number of a port", "port: 443, for example")
    usual: Values = {"name": f"port-{port}", "port": port, "protocol": "TCP", "targetPort": port}
    return {**usual, **one, "port": port}


def renumbered(
    ports: Sequence[Values], name: str, way: Ports, balancer: LoadBalancer | None, home: Path
) -> list[Values]:
    """The same ports for the new Service; behind an NLB or ALB each has a node port."""
    fixed = balancer in (LoadBalancer.NLB, LoadBalancer.ALB)
    return [_renumbered(unnamed(one), name, way, home, fixed=fixed) for one in ports]


def unnamed(one: Values) -> Values:
    """With a number for a target that is a name: the new chart's schema takes nothing else."""
    if number(one.get("targetPort")) is not None:
        return one
    usual = {port["port"]: port["targetPort"] for port in USUAL}
    return {**one, "targetPort": usual.get(one["port"], one["port"])}


def _renumbered(one: Values, name: str, way: Ports, home: Path, *, fixed: bool) -> Values:
    old = number(one.get("nodePort")) or (_GUIDE.get(name, {}).get(one["port"]) if fixed else None)
    if old:
        return {**one, "nodePort": way.instead_of(old, home)}
    if not fixed:
        return {key: value for key, value in one.items() if key != "nodePort"}
    if isinstance(way.way, NodePorts):
        what = f"port {one['port']} of {name} has no node port, which its load balancer needs"
        raise Problem(home, what, "name the first one: --node-ports 30100")
    return {**one, "nodePort": way.instead_of(int(way.way), home)}


def node_ports(ports: Iterable[Values]) -> set[int]:
    """The node ports among them."""
    return {found for one in ports if (found := number(one.get("nodePort")))}
