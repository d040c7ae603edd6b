"""Filter chains and virtual hosts, as Envoy holds them, and who has a part in each."""

from dataclasses import dataclass, field

from istiokit.istio.routing.names import HostTable
from istiokit.istio.routing.parts import Outcome, Part
from istiokit.istio.routing.servers import Kind, Placed


@dataclass(slots=True, eq=False)
class VirtualHost:
    """One domain of a route configuration; routes of several VirtualServices follow one another."""

    parts: list[Part]
    shares: dict[int, Outcome] | None = None
    """What each VirtualService is left with, by its `id`; worked out when first asked for."""
    redirect: Placed | None = None
    """The server whose httpsRedirect makes it answer 301."""


@dataclass(slots=True, eq=False)
class Chain:
    """One filter chain: routes by host for HTTP and HTTPS, one VirtualService's own for the others."""

    kind: Kind
    servers: list[Placed]
    hosts: HostTable[VirtualHost] = field(default_factory=HostTable)
    takers: list[Part] = field(default_factory=list)
    """TLS and TCP: all that would have the chain, the one that has it first."""
    protocol: str = field(init=False)

    def __post_init__(self) -> None:
        self.protocol = self.kind.protocol

    @property
    def gateway(self) -> str:
        """The Gateway that it comes from (the first, for HTTP)."""
        return self.servers[0].gateway
