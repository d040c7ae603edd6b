"""What the Istio operator makes of an IstioOperator, as far as gateways go. Pure.

After Istio 1.23.6: the defaults of manifests/charts/gateways, and how operator/pkg/translate lays the settings under
`k8s` over what those charts render. Mappings are merged, lists are replaced; the ports of the Service are handed to the
chart as well, so that those which are named stand alone. What is empty counts as not said (proto3 cannot tell).

Of the profiles only those that switch the ingress gateway off are told from `default`; `overlays` and
`values.gateways`, which patch the result in other ways, are not followed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from istiokit.convert.model import Values, at

API = "install.istio.io/v1alpha1"
PROXY = "istio-proxy"
"""The container of a gateway's pod, in both generations."""
_WITHOUT_INGRESS = {"ambient", "empty", "minimal", "openshift-ambient", "remote"}
"""The profiles whose istio-ingressgateway is off unless the IstioOperator says otherwise."""
_RESOURCES: Values = {
    "requests": {"cpu": "100m", "memory": "128Mi"},
    "limits": {"cpu": "2000m", "memory": "1024Mi"},
}
_HTTP: list[Values] = [{"port": 80, "targetPort": 8080}, {"port": 443, "targetPort": 8443}]


@dataclass(frozen=True, slots=True)
class _Chart:
    """One of the operator's two gateway charts."""

    key: str
    """The list in `spec.components`."""
    name: str
    """Of its own gateway, which the profile has; also the label app of all that name no other."""
    label: str
    """The label istio of all that name no other."""
    type: str
    ports: list[Values]

    @property
    def component(self) -> str:
        """What the operator calls it in a label: `IngressGateways`."""
        return self.key[0].upper() + self.key[1:]


_CHARTS = (
    _Chart(
        key="ingressGateways",
        name="istio-ingressgateway",
        label="ingressgateway",
        type="LoadBalancer",
        ports=[{"port": 15021, "targetPort": 15021}, *_HTTP],
    ),
    _Chart(
        key="egressGateways",
        name="istio-egressgateway",
        label="egressgateway",
        type="ClusterIP",
        ports=_HTTP,
    ),
)


def gateway_objects(operator: Mapping[str, Any]) -> Iterator[Values]:
    """Deployment, Service and HorizontalPodAutoscaler of each gateway that the IstioOperator switches on."""
    for chart in _CHARTS:
        for gateway in _gateways(operator, chart):
            if gateway.get("enabled") is True:
                yield from _objects(operator, chart, gateway)


def _gateways(operator: Mapping[str, Any], chart: _Chart) -> Iterator[Values]:
    """Those of the IstioOperator over those of the profile, which are merged by name."""
    profile = at(operator, ("spec", "profile")) or "default"
    on = chart.key == "ingressGateways" and profile not in _WITHOUT_INGRESS
    named: dict[str, Values] = {chart.name: {"name": chart.name, "enabled": on}}
    for one in at(operator, ("spec", "components", chart.key)) or ():
        # `false` is not empty here: the field is a wrapper, which knows whether it was set.
        switch = {"enabled": one["enabled"]} if one.get("enabled") is not None else {}
        named[one["name"]] = {**_laid_over(named.get(one["name"], {}), one), **switch}
    yield from named.values()


def _objects(operator: Mapping[str, Any], chart: _Chart, gateway: Values) -> Iterator[Values]:
    name, k8s = gateway["name"], gateway.get("k8s") or {}
    namespace = gateway.get("namespace") or _istio_namespace(operator)
    labels = {"app": chart.name, "istio": chart.label, **(gateway.get("label") or {})}
    metadata = {"name": name, "namespace": namespace}
    pod = {**labels, **_pod_labels(operator, chart, metadata)}
    proxy = {"name": PROXY, "resources": _laid_over(_RESOURCES, k8s.get("resources"))}
    template = {"metadata": {"labels": pod}, "spec": {"containers": [proxy]}}
    workload = {"replicas": k8s.get("replicaCount") or None, "template": template}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": workload}
    annotated = {**metadata, "annotations": _laid_over({}, k8s.get("serviceAnnotations"))}
    service = {"type": chart.type, "selector": labels, "ports": chart.ports}
    spec = _laid_over(service, k8s.get("service"))
    yield {"apiVersion": "v1", "kind": "Service", "metadata": annotated, "spec": spec}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    scaler = _laid_over({"minReplicas": 1, "maxReplicas": 5, "scaleTargetRef": target}, k8s.get("hpaSpec"))
    kind = "HorizontalPodAutoscaler"
    yield {"apiVersion": "autoscaling/v2", "kind": kind, "metadata": metadata, "spec": scaler}


def _pod_labels(operator: Mapping[str, Any], chart: _Chart, metadata: Mapping[str, str]) -> Values:
    """What the chart puts on pods beside the labels of the gateway; a Gateway may select by these as well."""
    there = metadata["namespace"] == "istio-system"
    return {
        **({"heritage": "Tiller", "release": "istio", "chart": "gateways"} if there else {}),
        "service.istio.io/canonical-name": metadata["name"],
        "istio.io/rev": at(operator, ("spec", "revision")) or "default",
        "operator.istio.io/component": chart.component,
        "sidecar.istio.io/inject": "false",
    }


def _istio_namespace(operator: Mapping[str, Any]) -> str:
    return str(at(operator, ("spec", "values", "global", "istioNamespace")) or "istio-system")


def _laid_over(base: Mapping[str, Any], overlay: Mapping[str, Any] | None) -> Values:
    """As the operator merges: mappings key by key, all else replaced, and what is empty left as it was."""
    merged = dict(base)
    for key, value in (overlay or {}).items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = _laid_over(below, value)
        elif value:
            merged[key] = value
    return merged
