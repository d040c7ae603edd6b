"""What old gateway values mean: the ingress and egress gateways, and the Gateways on them. Pure.

The umbrella turns its own `istio.ingressGateways` and `istio.gateways` into values of the chart istio-controlplane and
lays `istio.values` over them (chart/templates/istio/values.yaml of Big Bang 2.51.0 to 2.54.0); the chart then renders
an IstioOperator and Gateways (chart/templates/controlplane.yaml and gateway.yaml of istio-controlplane 1.23.6).
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from istiokit.bigbang.merge import merge_maps
from istiokit.convert.model import Path, Problem, Values, at, mapping
from istiokit.convert.node_ports import USUAL, ports_of
from istiokit.convert.old_gateways import OldGateway, gateways_of, rendered
from istiokit.convert.shapes import check_shapes
from istiokit.convert.spelling import filled, without_nulls

DEFAULTS: Values = {
    "domain": "dev.bigbang.mil",
    "imagePullPolicy": "IfNotPresent",
    "networkPolicies": {"enabled": True},
    "istio": {
        "ingressGateways": {"public-ingressgateway": {"type": "LoadBalancer"}},
        "gateways": {
            "public": {"ingressGateway": "public-ingressgateway", "hosts": ["*.{{ .Values.domain }}"]}
        },
    },
}
"""What the umbrella's own values.yaml has of this."""
IDLE = "istio-egressgateway"
"""The gateway of the chart that is switched off unless values say otherwise."""
_CHART: Values = {
    "ingressGateways": {
        "istio-ingressgateway": {"enabled": True, "k8s": {"service": {"type": "LoadBalancer"}}}
    },
    "egressGateways": {IDLE: {"enabled": False, "k8s": {"service": {"type": "LoadBalancer"}}}},
    "gateways": {
        "main": {
            "selector": {"app": "istio-ingressgateway"},
            "servers": [
                {
                    "hosts": ["*.{{ .Values.domain }}"],
                    "port": {"name": "https", "number": 8443, "protocol": "HTTPS"},
                    "tls": {"credentialName": "wildcard-cert", "mode": "SIMPLE"},
                }
            ],
        }
    },
}
"""What the chart istio-controlplane has by itself, where the umbrella names no gateway."""
INGRESS, EGRESS = "ingressgateway", "egressgateway"
_NODE_PORTS = (
    (15021, 15021, "status-port"),
    (80, 8080, "http2"),
    (443, 8443, "https"),
    (15443, 15443, "tls"),
)
"""Port, target and name of the ports that `nodePortBase` numbers, in this order."""


@dataclass(frozen=True, slots=True)
class OldWorkload:
    """One ingress or egress gateway: a Deployment and a Service in istio-system."""

    name: str
    type: str
    """`ingressgateway` or `egressgateway`, the value of its label istio."""
    spec: Values
    """A KubernetesResourcesSpec of the IstioOperator API."""
    extra_labels: Mapping[str, Any]
    homes: tuple[Path, ...]
    """Where the user speaks of it."""
    specs: tuple[Path, ...]
    """Where the user writes parts of its spec."""

    @property
    def usual_type(self) -> str:
        """Of its Service where the spec says nothing (manifests/charts/gateways of Istio 1.23.6)."""
        return "ClusterIP" if self.type == EGRESS else "LoadBalancer"

    @property
    def ports(self) -> list[Values]:
        """Those of its Service. Raises Problem for what is none."""
        usual = USUAL[1:] if self.type == EGRESS else USUAL
        return ports_of(self.spec, next(iter(self.specs), next(iter(self.homes), ("istio",))), usual)

    @property
    def labels(self) -> dict[str, Any]:
        """Those of its pods that a Gateway may select by."""
        return {"app": self.name, "istio": self.type, **self.extra_labels}


@dataclass(frozen=True, slots=True)
class OldMesh:
    """All of them."""

    workloads: tuple[OldWorkload, ...]
    gateways: tuple[OldGateway, ...]

    def on(self, workload: OldWorkload) -> list[OldGateway]:
        """The Gateways whose listeners the workload has."""
        return [one for one in self.gateways if one.selector.items() <= workload.labels.items()]


def effective(user: Values) -> Values:
    """The user's values over the umbrella's own, as Helm does it: null takes a key away."""
    return without_nulls(merge_maps(deepcopy(DEFAULTS), user))


def read_old(user: Values) -> OldMesh:
    """What these umbrella values make. Raises Problem for what Helm, or Istio, would refuse."""
    values = effective(user)
    check_shapes(values)
    chart = _chart_values(values)
    workloads = [
        *_workloads(values, chart, "ingressGateways", INGRESS),
        *_workloads(values, chart, "egressGateways", EGRESS),
    ]
    return OldMesh(tuple(workloads), tuple(_bound(gateways_of(values, chart), workloads)))


def _chart_values(values: Values) -> Values:
    """What the chart is given: its own values, the umbrella's over them, the user's `istio.values` over both."""
    given: Values = {"domain": values.get("hostname") or values.get("domain") or ""}
    if entries := mapping(values, ("istio", "ingressGateways")):
        given["ingressGateways"] = {"istio-ingressgateway": {"enabled": False}}
        for name in entries:
            if (entry := mapping(values, ("istio", "ingressGateways", name))).get("enabled") is not False:
                given["ingressGateways"][name] = {"k8s": _spec(entry), **_labels(entry)}
    if mapping(values, ("istio", "gateways")):
        given["gateways"] = {"main": None, **rendered(values)}
    merged = merge_maps(merge_maps(deepcopy(_CHART), given), mapping(values, ("istio", "values")))
    return without_nulls(merged)


def _spec(entry: Values) -> Values:
    """Its KubernetesResourcesSpec: sprig's merge fills what is empty from the next, first come first served."""
    spec: Values = {}
    for source in (entry.get("kubernetesResourceSpec"), entry.get("k8s"), {"service": _service(entry)}):
        spec = filled(spec, source if isinstance(source, dict) else {})
    return spec


def _service(entry: Values) -> Values:
    base = entry.get("nodePortBase")
    if not base:
        return {"type": entry.get("type")}
    ports = [
        {"port": port, "targetPort": target, "name": name, "nodePort": int(base) + number}
        for number, (port, target, name) in enumerate(_NODE_PORTS)
    ]
    return {"type": entry.get("type"), "ports": ports}


def _labels(entry: Values) -> Values:
    return {"extraLabels": entry["extraLabels"]} if entry.get("extraLabels") else {}


def _workloads(values: Values, chart: Values, key: str, kind: str) -> list[OldWorkload]:
    found = []
    for name in mapping(chart, (key,)):
        entry = mapping(chart, (key, name))
        if entry.get("enabled") is False:
            continue
        homes = tuple(home for home in _homes(key, name) if at(values, home) is not None)
        specs = tuple((*home, part) for home in homes for part in _SPECS if at(values, (*home, part)))
        spec = without_nulls(mapping(entry, ("k8s",)))
        found.append(OldWorkload(name, kind, spec, entry.get("extraLabels") or {}, homes, specs))
    return found


_SPECS = ("kubernetesResourceSpec", "k8s")


def _homes(key: str, name: str) -> tuple[Path, ...]:
    return ("istio", key, name), ("istio", "values", key, name)


def _bound(gateways: list[OldGateway], workloads: list[OldWorkload]) -> list[OldGateway]:
    """Raise Problem for a Gateway that no workload has."""
    for one in gateways:
        if not any(one.selector.items() <= workload.labels.items() for workload in workloads):
            labels = (f"{key}={value}" for key, value in one.selector.items() if value)
            wanted = one.selector.get("app") or ", ".join(labels)
            raise Problem(
                one.home,
                f"Gateway {one.name} is on the ingress gateway {wanted}, which there is not"
                if wanted
                else f"Gateway {one.name} names no ingress gateway",
                f"name one of {', '.join(workload.name for workload in workloads) or 'none'}, "
                "or set enabled: false for the Gateway",
            )
    return gateways
