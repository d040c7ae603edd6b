"""Reads what else may name the old gateways: policies, monitors, certificates, and the labels that they go by."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple

from istiokit.cluster import kinds
from istiokit.cluster.decode import Object, Part
from istiokit.cluster.files import FilesCluster
from istiokit.cluster.types import Cluster, Kind, Ref
from istiokit.cluster.unread import Unread
from istiokit.cluster.yamltext import parse
from istiokit.errors import UsageError
from istiokit.istio.bindings import OLD_NAMESPACE
from istiokit.istio.dependents import envoyfilters, model, policies
from istiokit.istio.dependents.facts import NO_DEPENDENTS, Dependents
from istiokit.istio.dependents.identity import LOCAL
from istiokit.istio.model import full_name
from istiokit.istio.unusable import Unusable
from istiokit.survey.reading import Reading
from istiokit.survey.usable import usable

MESH_CONFIG = Ref(kinds.CONFIG_MAP.name, "istio", OLD_NAMESPACE)
"""Where istiod reads the mesh's configuration, unless its revision has one of its own."""


class _Asked(NamedTuple):
    name: str
    """The field of Dependents."""
    kind: Kind
    type: type[Object]


ASKED = (
    _Asked("authorization_policies", kinds.AUTHORIZATION_POLICY, policies.AuthorizationPolicy),
    _Asked("request_authentications", kinds.REQUEST_AUTHENTICATION, policies.RequestAuthentication),
    _Asked("peer_authentications", kinds.PEER_AUTHENTICATION, policies.PeerAuthentication),
    _Asked("envoy_filters", kinds.ENVOY_FILTER, envoyfilters.EnvoyFilter),
    _Asked("wasm_plugins", kinds.WASM_PLUGIN, policies.WasmPlugin),
    _Asked("traffic_extensions", kinds.TRAFFIC_EXTENSION, policies.TrafficExtension),
    _Asked("telemetries", kinds.TELEMETRY, policies.Telemetry),
    _Asked("proxy_configs", kinds.PROXY_CONFIG, policies.ProxyConfig),
    _Asked("network_policies", kinds.NETWORK_POLICY, model.NetworkPolicy),
    _Asked("sidecars", kinds.SIDECAR, model.Sidecar),
    _Asked("service_monitors", kinds.SERVICE_MONITOR, model.ServiceMonitor),
    _Asked("pod_monitors", kinds.POD_MONITOR, model.PodMonitor),
    _Asked("certificates", kinds.CERTIFICATE, model.Certificate),
)


FILE_KINDS = (*(one.kind for one in ASKED), kinds.NAMESPACE)
"""What `dependents_in` asks of files."""


class _MeshData(Part, frozen=True, kw_only=True):
    """data of the ConfigMap; `mesh` is YAML."""

    mesh: str = ""


class _MeshConfigMap(Object, frozen=True, kw_only=True):
    """The ConfigMap with the mesh's configuration."""

    data: _MeshData = _MeshData()


@dataclass(frozen=True, slots=True)
class DependentsRead:
    """One reading, with what could not be read."""

    dependents: Dependents = NO_DEPENDENTS
    counts: Mapping[str, int | None] = field(default_factory=dict)
    """How many there are of each kind; None where it could not be read."""
    unread: tuple[Unread, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each object of files stands, as findings call it: `NetworkPolicy shop/web`."""


class DependentsReading:
    """A context manager around one reading of a cluster: everything is asked for at once, when it is made."""

    def __init__(self, cluster: Cluster) -> None:
        self._reading = Reading(cluster)
        self._lists: dict[str, Future[tuple[Object, ...]]] = {
            one.name: self._reading.list(one.kind, one.type) for one in ASKED
        }
        self._namespaces = self._reading.list(kinds.NAMESPACE, Object)
        self._mesh = self._reading.get(kinds.CONFIG_MAP, MESH_CONFIG, _MeshConfigMap)

    def __enter__(self) -> "DependentsReading":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reading.__exit__(kind, error, trace)

    def result(self) -> DependentsRead:
        """Wait for all of it. Missing kinds and missing permissions are told; any other failure is raised."""
        found: dict[str, Any] = {name: future.result() for name, future in self._lists.items()}
        labels = {one.metadata.name: one.metadata.labels for one in self._namespaces.result()}
        mesh = self._mesh.result()
        unread = self._reading.unread
        dependents = Dependents(**found, namespaces=labels, **(_mesh_words(mesh.data.mesh) if mesh else {}))
        return DependentsRead(
            dependents, _counts(found, {one.kind for one in unread if not one.missing}), unread
        )


def dependents_in(files: FilesCluster) -> DependentsRead:
    """The same from manifests (made `lenient`); objects that are none by the types of their fields are `unusable`."""
    found: dict[str, Any] = {}
    places: dict[str, str] = {}
    unusable: list[Unusable] = []
    for one in ASKED:
        objects, wrong = usable(files, one.kind, one.type, spec=False)
        found[one.name] = tuple(item for item, _ in objects)
        places |= {f"{one.kind} {full_name(item)}": place for item, place in objects}
        places |= {each.object: each.place for each in wrong}
        unusable += wrong
    labels = {one.ref.name: _labels(one.decoded(dict[str, Any])) for one in files.stored(kinds.NAMESPACE)}
    return DependentsRead(
        Dependents(**found, namespaces=labels), _counts(found, set()), (), tuple(unusable), places
    )


def _labels(manifest: Mapping[str, Any]) -> dict[str, str]:
    labels = manifest["metadata"].get("labels") or {}
    return {key: str(word) for key, word in labels.items()} if isinstance(labels, dict) else {}


def _counts(found: Mapping[str, Any], unread: set[str]) -> dict[str, int | None]:
    return {one.kind.name: None if one.kind.name in unread else len(found[one.name]) for one in ASKED}


def _mesh_words(text: str) -> dict[str, Any]:
    """The root namespace and the trust domains of a mesh configuration; nothing where it is no YAML mapping."""
    try:
        values = parse(text, str(MESH_CONFIG)).values
    except UsageError:
        return {}
    if not isinstance(values, dict):
        return {}
    aliases = values.get("trustDomainAliases") or []
    domains = [values.get("trustDomain") or LOCAL, *(aliases if isinstance(aliases, list) else [])]
    return {
        "root_namespace": str(values.get("rootNamespace") or OLD_NAMESPACE),
        "trust_domains": frozenset(map(str, domains)),
    }
