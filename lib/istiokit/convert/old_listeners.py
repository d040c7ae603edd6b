"""The listeners that the old values mean. Pure.

Defaults of the operator's gateways: manifests/charts/gateways/istio-ingress/values.yaml of Istio 1.23.6.
"""

from istiokit.convert.listeners import Exposure, Listener, ServicePort
from istiokit.convert.model import Values, at
from istiokit.convert.old import OldMesh, OldWorkload
from istiokit.convert.old_servers import OldServer
from istiokit.convert.spelling import number, quantity

_AMOUNTS: Values = {
    "requests": {"cpu": "100m", "memory": "128Mi"},
    "limits": {"cpu": "2000m", "memory": "1024Mi"},
}
_LEAST, _MOST = 1, 5
_NOT_COMPARED = ("type", "ports", "selector", "clusterIP", "clusterIPs")


def old_exposures(mesh: OldMesh) -> tuple[Exposure, ...]:
    """Each workload that a Gateway is on."""
    return tuple(_exposure(one, mesh) for one in mesh.workloads if mesh.on(one))


def _exposure(workload: OldWorkload, mesh: OldMesh) -> Exposure:
    spec = workload.spec
    service = spec.get("service") or {}
    listeners = {_listener(server) for gateway in mesh.on(workload) for server in gateway.servers}
    return Exposure(
        name=workload.name,
        listeners=tuple(sorted(listeners)),
        service_type=service.get("type") or workload.usual_type,
        ports=tuple(sorted(map(_port, workload.ports))),
        annotations=spec.get("serviceAnnotations") or {},
        service={**_plain(service), **_overlaid(spec, workload.name)},
        min_replicas=at(spec, ("hpaSpec", "minReplicas")) or _LEAST,
        max_replicas=at(spec, ("hpaSpec", "maxReplicas")) or _MOST,
        secrets=tuple(sorted({one.name for gateway in mesh.on(workload) for one in gateway.certificates})),
        resources=_amounts(spec),
    )


def _plain(service: Values) -> Values:
    return {key: value for key, value in service.items() if key not in _NOT_COMPARED and value}


def _overlaid(spec: Values, name: str) -> Values:
    """What overlays set in the Service's spec; deeper paths change nothing that is compared."""
    entries = (
        one for one in spec.get("overlays") or () if (one.get("kind"), one.get("name")) == ("Service", name)
    )
    patches = (patch for entry in entries for patch in entry.get("patches") or ())
    found = {str(patch.get("path")).removeprefix("spec."): patch.get("value") for patch in patches}
    return {key: value for key, value in found.items() if "." not in key and value is not None}


def _listener(server: OldServer) -> Listener:
    tls = server.tls
    return Listener(
        port=server.port["number"],
        protocol=server.port["protocol"],
        hosts=tuple(sorted(set(server.hosts))),
        tls_mode=tls.get("mode") or "",
        credential=tls.get("credentialName") or "",
        min_protocol_version=tls.get("minProtocolVersion") or "",
        https_redirect=bool(tls.get("httpsRedirect")),
    )


def _port(one: Values) -> ServicePort:
    return ServicePort(
        port=one["port"],
        protocol=one.get("protocol") or "TCP",
        target_port=str(one.get("targetPort") or one["port"]),
        node_port=number(one.get("nodePort")) or 0,
    )


def _amounts(spec: Values) -> Values:
    told = spec.get("resources") or {}
    found = {}
    for kind, usual in _AMOUNTS.items():
        merged = {**usual, **(told.get(kind) or {})}
        found[kind] = {name: quantity(amount) for name, amount in merged.items()}
    return found
