"""Everything that was read beside VirtualServices and Gateways."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from istiokit.istio.dependents.envoyfilters import EnvoyFilter
from istiokit.istio.dependents.labels import Labels
from istiokit.istio.dependents.model import Certificate, NetworkPolicy, PodMonitor, ServiceMonitor, Sidecar
from istiokit.istio.dependents.policies import (
    AuthorizationPolicy,
    PeerAuthentication,
    ProxyConfig,
    RequestAuthentication,
    Telemetry,
    TrafficExtension,
    WasmPlugin,
)

NAME_LABEL = "kubernetes.io/metadata.name"
"""Every Namespace carries it, with its name (Kubernetes 1.22 and later)."""


@dataclass(frozen=True, slots=True)
class Dependents:
    """One reading of a cluster or of manifests. What could not be read is empty here, and told by who read it."""

    authorization_policies: tuple[AuthorizationPolicy, ...] = ()
    request_authentications: tuple[RequestAuthentication, ...] = ()
    peer_authentications: tuple[PeerAuthentication, ...] = ()
    envoy_filters: tuple[EnvoyFilter, ...] = ()
    wasm_plugins: tuple[WasmPlugin, ...] = ()
    traffic_extensions: tuple[TrafficExtension, ...] = ()
    telemetries: tuple[Telemetry, ...] = ()
    proxy_configs: tuple[ProxyConfig, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    sidecars: tuple[Sidecar, ...] = ()
    service_monitors: tuple[ServiceMonitor, ...] = ()
    pod_monitors: tuple[PodMonitor, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """The labels of each Namespace that was read."""
    root_namespace: str | None = None
    """The mesh's own word (`rootNamespace`); None where its configuration was not read."""
    trust_domains: frozenset[str] | None = None
    """The mesh's trust domain and its aliases; None where its configuration was not read."""

    def labels_of(self, namespace: str) -> Labels:
        """The labels of a Namespace: all of them, or just the one that every Namespace has."""
        found = self.namespaces.get(namespace)
        return Labels({NAME_LABEL: namespace, **(found or {})}, complete=found is not None)


NO_DEPENDENTS = Dependents()
