"""What `helm template` printed, of either generation of charts, as exposures: a witness beside the models. Pure.

The old chart prints an IstioOperator, from which the operator makes the workloads (`rendered_operator.py`); the new
one prints them itself. Both print Gateways.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from istiokit.convert.listeners import NONE, Exposure, Listener, ServicePort
from istiokit.convert.model import at
from istiokit.convert.rendered_operator import API, PROXY, gateway_objects

Manifest = Mapping[str, Any]
_TLS = ("HTTPS", "TLS")
"""The protocols for which a server has a mode."""


def exposures(manifests: Iterable[Manifest]) -> tuple[Exposure, ...]:
    """All gateway workloads with what is bound to them, by name; other objects do not count.

    A Gateway is bound to the workloads whose pods have all labels of its selector; where some of these are in its own
    namespace, to them alone. Istio would bind it to the others too, but old and new gateways carry the same labels,
    and side by side each set is to mean what it means by itself.
    """
    objects: list[Manifest] = []
    for one in manifests:
        objects += (
            gateway_objects(one) if (one["apiVersion"], one["kind"]) == (API, "IstioOperator") else [one]
        )
    workloads = [one for one in objects if _proxy(one) is not None]
    bound: list[list[Manifest]] = [[] for _ in workloads]
    for gateway in _of_kind(objects, "Gateway", "networking.istio.io/"):
        for number in _selected(gateway, workloads):
            bound[number].append(gateway)
    found = [_exposure(one, gateways, objects) for one, gateways in zip(workloads, bound, strict=True)]
    return tuple(sorted(found, key=lambda one: one.name))


def _exposure(workload: Manifest, gateways: Iterable[Manifest], objects: Iterable[Manifest]) -> Exposure:
    service, spec = _service(workload, objects), {}
    if service is not None:
        spec = {"type": "ClusterIP", **service["spec"]}
    low, high = _replicas(workload, objects)
    return Exposure(
        name=_name(workload),
        listeners=tuple(sorted({listener for one in gateways for listener in _listeners(one)})),
        service_type=spec.get("type", NONE),
        ports=tuple(sorted(_port(one) for one in spec.get("ports") or ())),
        annotations={k: _text(v) for k, v in (at(service, ("metadata", "annotations")) or {}).items()},
        service={k: v for k, v in spec.items() if k not in ("type", "ports", "selector") and not _empty(v)},
        min_replicas=low,
        max_replicas=high,
        resources=_resources(workload),
    )


def _proxy(workload: Manifest) -> Manifest | None:
    """The proxy among the workload's containers; none where it is no gateway."""
    if workload["kind"] not in ("Deployment", "DaemonSet"):
        return None
    containers = at(workload, ("spec", "template", "spec", "containers")) or ()
    return next((one for one in containers if one.get("name") == PROXY), None)


def _selected(gateway: Manifest, workloads: list[Manifest]) -> list[int]:
    wanted = (at(gateway, ("spec", "selector")) or {}).items()
    found = [number for number, one in enumerate(workloads) if wanted <= _pod_labels(one).items()]
    own = [number for number in found if _namespace(workloads[number]) == _namespace(gateway)]
    return own or found


def _listeners(gateway: Manifest) -> Iterable[Listener]:
    for server in at(gateway, ("spec", "servers")) or ():
        port, tls = server.get("port") or {}, server.get("tls") or {}
        protocol = str(port.get("protocol") or "").upper()
        # The API's default, where there are settings at all.
        mode = tls.get("mode") or ("PASSTHROUGH" if tls and protocol in _TLS else "")
        version = tls.get("minProtocolVersion") or ""
        yield Listener(
            port=int(port.get("number") or 0),
            protocol=protocol,
            hosts=tuple(sorted(host.removeprefix("*/") for host in server.get("hosts") or ())),
            tls_mode=mode,
            credential=tls.get("credentialName") or "",
            min_protocol_version="" if version == "TLS_AUTO" else version,
            https_redirect=tls.get("httpsRedirect") is True,
        )


def _service(workload: Manifest, objects: Iterable[Manifest]) -> Manifest | None:
    """The Service in front of the pods; of several, the one that has their name."""
    labels = _pod_labels(workload).items()
    found = [
        one
        for one in _beside(workload, objects, "Service")
        if at(one, ("spec", "selector")) and one["spec"]["selector"].items() <= labels
    ]
    return next((one for one in found if _name(one) == _name(workload)), found[0] if found else None)


def _port(port: Manifest) -> ServicePort:
    return ServicePort(
        port=int(port["port"]),
        protocol=port.get("protocol") or "TCP",
        target_port=str(port.get("targetPort") or port["port"]),
        node_port=int(port.get("nodePort") or 0),
    )


def _replicas(workload: Manifest, objects: Iterable[Manifest]) -> tuple[int | None, int | None]:
    """Of the autoscaler; without one, what the workload says. A DaemonSet has as many as there are nodes."""
    for scaler in _beside(workload, objects, "HorizontalPodAutoscaler"):
        target = at(scaler, ("spec", "scaleTargetRef")) or {}
        if (target.get("kind"), target.get("name")) == (workload["kind"], _name(workload)):
            low = at(scaler, ("spec", "minReplicas"))
            return 1 if low is None else low, at(scaler, ("spec", "maxReplicas"))
    replicas = at(workload, ("spec", "replicas"))
    fixed = 1 if replicas is None else replicas
    return (None, None) if workload["kind"] == "DaemonSet" else (fixed, fixed)


def _resources(workload: Manifest) -> dict[str, dict[str, str]]:
    given = at(_proxy(workload), ("resources",)) or {}
    told = {kind: given.get(kind) or {} for kind in ("requests", "limits")}
    return {
        kind: {name: _text(amount) for name, amount in amounts.items()}
        for kind, amounts in told.items()
        if amounts
    }


def _of_kind(objects: Iterable[Manifest], kind: str, api: str = "") -> Iterable[Manifest]:
    return (one for one in objects if one["kind"] == kind and one["apiVersion"].startswith(api))


def _beside(workload: Manifest, objects: Iterable[Manifest], kind: str) -> Iterable[Manifest]:
    return (one for one in _of_kind(objects, kind) if _namespace(one) == _namespace(workload))


def _pod_labels(workload: Manifest) -> dict[str, Any]:
    return at(workload, ("spec", "template", "metadata", "labels")) or {}


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _namespace(manifest: Manifest) -> str:
    """Empty where the chart leaves it to the release."""
    return manifest["metadata"].get("namespace") or ""


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _empty(value: Any) -> bool:
    """Whether it says nothing; `false` does say something."""
    return value is None or value in ("", [], {})
