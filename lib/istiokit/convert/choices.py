"""What people decide about a conversion, beside the old values."""

from dataclasses import dataclass

from istiokit.bigbang.versions import Release
from istiokit.convert.node_ports import LoadBalancer, Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What people decide."""

    release: Release
    ports: Ports
    balancer: LoadBalancer | None = None
    external_certificates: bool = False
