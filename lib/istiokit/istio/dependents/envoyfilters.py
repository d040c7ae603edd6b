"""EnvoyFilters: what their patches are for.

Fields: https://istio.io/latest/docs/reference/config/networking/envoy-filter/
"""

from typing import Any

from istiokit.cluster.decode import Part
from istiokit.istio.dependents.policies import Attached, Policy


class VirtualHostMatch(Part, frozen=True, kw_only=True):
    """A virtual host of Envoy: `host:port`, and one of its domains."""

    name: str = ""
    domain_name: str = ""
    route: Any = None


class RouteConfigurationMatch(Part, frozen=True, kw_only=True):
    """Which of a gateway's routes a patch is for; `gateway` is `namespace/name`."""

    gateway: str = ""
    name: str = ""
    port_name: str = ""
    port_number: int = 0
    vhost: VirtualHostMatch | None = None


class ClusterMatch(Part, frozen=True, kw_only=True):
    """Which destination a patch is for; `service` is a full host name."""

    service: str = ""
    name: str = ""
    port_number: int = 0
    subset: str = ""


class PatchMatch(Part, frozen=True, kw_only=True):
    """What a patch is for; `context` is ANY, GATEWAY, SIDECAR_INBOUND or SIDECAR_OUTBOUND."""

    context: str | int = "ANY"
    proxy: Any = None
    listener: Any = None
    route_configuration: RouteConfigurationMatch | None = None
    cluster: ClusterMatch | None = None


class ConfigPatch(Part, frozen=True, kw_only=True):
    """One patch of an EnvoyFilter."""

    apply_to: str | int = ""
    match: PatchMatch | None = None
    patch: Any = None


class EnvoyFilterSpec(Attached, frozen=True, kw_only=True):
    """spec of an EnvoyFilter."""

    config_patches: tuple[ConfigPatch, ...] | None = None
    priority: int = 0


class EnvoyFilter(Policy, frozen=True, kw_only=True):
    """networking.istio.io EnvoyFilter."""

    spec: EnvoyFilterSpec = EnvoyFilterSpec()
