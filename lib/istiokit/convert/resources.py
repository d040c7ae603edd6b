"""A KubernetesResourcesSpec of the IstioOperator API as values of the upstream gateway chart. Pure.

Sources: operator/pkg/apis of Istio 1.23 (KubernetesResourcesSpec), manifests/charts/gateway of Istio 1.25 (values.yaml,
values.schema.json and templates). What the chart has no value for becomes a patch of what it renders.
"""

from collections.abc import Callable, Iterator
from typing import Any

from istiokit.convert.model import Ledger, Path, Problem, Values, at, dotted, mapping, put
from istiokit.convert.old import OldWorkload
from istiokit.convert.overlays import Patch, overlay_patches, replacing
from istiokit.convert.spelling import quantity

_SAME = (
    "affinity",
    "imagePullPolicy",
    "nodeSelector",
    "podAnnotations",
    "priorityClassName",
    "readinessProbe",
    "securityContext",
    "strategy",
    "tolerations",
    "volumeMounts",
    "volumes",
)
"""Keys that both call alike."""
_SERVICE = (
    "type",
    "externalIPs",
    "externalTrafficPolicy",
    "ipFamilies",
    "ipFamilyPolicy",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "allocateLoadBalancerNodePorts",
)
"""Fields of the Service that the chart has values for."""
_HELD = {
    "loadBalancerIP": "the old Service holds the address as long as it is there",
    "externalIPs": "the old Service answers on these addresses as long as it is there",
}
_UNITS = ("requests", "limits")


class Resources:
    """One workload's spec on its way into `upstream`."""

    def __init__(self, workload: OldWorkload, home: Path, ledger: Ledger) -> None:
        """`home` is the new place: ("istioGateway", "values", "gateways", "public", "upstream")."""
        self._workload, self._home, self._ledger = workload, home, ledger
        self._spec = workload.spec
        self.upstream: Values = {}
        self.patches: list[Patch] = []

    def convert(self) -> None:
        """Go through the spec, key by key; its ports are another's. Overlays come last, as the operator has it."""
        for key in sorted(self._spec, key=lambda one: one == "overlays"):
            if key in _SAME:
                self._carry(key, (key,), self._spec[key])
            elif way := _WAYS.get(key):
                way(self)

    def said(self, *path: str | int) -> Iterator[Path]:
        """The places where the user says this of the spec."""
        for spec in self._workload.specs:
            yield (*spec, *path)

    def _carry(self, key: str, to: tuple[str, ...], value: Any, todo: str = "") -> None:
        put(self.upstream, to, value)
        self._note((key,), to, todo)

    def _note(self, path: tuple[str | int, ...], to: tuple[str, ...], todo: str = "") -> None:
        for place in self.said(*path):
            self._ledger.carried(place, (*self._home, *to), todo=todo)

    def _patched(self, path: tuple[str | int, ...], patch: Patch) -> None:
        self.patches.append(patch)
        for place in self.said(*path):
            self._ledger.carried(place, patch.home(self._home), why=f"as a patch of the {patch.kind}")

    def _lost(self, path: tuple[str | int, ...], why: str, todo: str) -> None:
        for place in self.said(*path):
            self._ledger.lost(place, why, todo)

    def _default(self, path: tuple[str | int, ...], why: str) -> None:
        for place in self.said(*path):
            self._ledger.default(place, why)

    def _annotations(self) -> None:
        self._carry("serviceAnnotations", ("service", "annotations"), self._mapping("serviceAnnotations"))

    def _amounts(self) -> None:
        found = self._mapping("resources")
        told = {
            kind: {name: quantity(amount) for name, amount in (value or {}).items()}
            if kind in _UNITS
            else value
            for kind, value in found.items()
        }
        self._carry("resources", ("resources",), told)

    def _replicas(self) -> None:
        self._carry("replicaCount", ("replicaCount",), self._spec["replicaCount"])

    def _budget(self) -> None:
        found = dict(self._mapping("podDisruptionBudget"))
        if found.pop("selector", None) is not None:
            self._default(("podDisruptionBudget", "selector"), "the chart selects the gateway's pods")
        self._carry("podDisruptionBudget", ("podDisruptionBudget",), found)

    def _env(self) -> None:
        """The chart has a mapping of names to texts."""
        for index, one in enumerate(self._list("env")):
            name = one.get("name") if isinstance(one, dict) else None
            if name and "valueFrom" not in one:
                put(self.upstream, ("env", str(name)), str(one.get("value") or ""))
                self._note(("env", index), ("env", str(name)))
            elif name:
                container = {"containers": [{"name": "istio-proxy", "env": [one]}]}
                patch = Patch("Deployment", replacing(("spec", "template", "spec"), container))
                self._patched(("env", index), patch)

    def _autoscaler(self) -> None:
        spec = self._mapping("hpaSpec")
        for key, value in spec.items():
            if key in ("minReplicas", "maxReplicas"):
                self._scale(key, key, value)
            elif key == "behavior":
                self._scale(key, "autoscaleBehavior", value)
            elif key == "metrics":
                self._metrics(value)
            elif key == "scaleTargetRef":
                self._default(("hpaSpec", key), "the chart names the gateway's own Deployment")
            else:
                self._patched(("hpaSpec", key), Patch("HorizontalPodAutoscaler", {"spec": {key: value}}))

    def _scale(self, key: str, to: str, value: Any) -> None:
        put(self.upstream, ("autoscaling", to), value)
        self._note(("hpaSpec", key), ("autoscaling", to))

    def _metrics(self, metrics: Any) -> None:
        """The chart knows the use of CPU and memory, in percent; all else is a patch of the whole list."""
        found = dict(filter(None, map(_utilization, metrics if isinstance(metrics, list) else [])))
        if len(found) != len(metrics):
            self._patched(
                ("hpaSpec", "metrics"), Patch("HorizontalPodAutoscaler", {"spec": {"metrics": metrics}})
            )
            return
        for name, percent in found.items():
            put(self.upstream, ("autoscaling", f"target{name}UtilizationPercentage"), percent)
        if "CPU" not in found:  # the chart's 80 % would be a second metric
            put(self.upstream, ("autoscaling", "targetCPUUtilizationPercentage"), None)
        self._note(("hpaSpec", "metrics"), ("autoscaling",))

    def _service(self) -> None:
        for key, value in self._mapping("service").items():
            if key == "ports":
                continue  # the node ports of all gateways are given out together
            if key in _SERVICE:
                put(self.upstream, ("service", key), value)
                self._note(("service", key), ("service", key), _HELD.get(key, ""))
            elif key in ("clusterIP", "clusterIPs"):
                self._lost(
                    ("service", key),
                    "two Services cannot have one cluster IP",
                    "have clients use the name, or set it when the old Service is gone",
                )
            elif key == "selector" and value.items() <= self._workload.labels.items():
                self._default(("service", key), "the chart selects the gateway's pods")
            elif key == "selector":
                todo = "have traffic sent to the new Service by other means"
                self._lost(("service", key), "the chart selects its own pods and no others", todo)
            else:
                self._patched(("service", key), Patch("Service", {"spec": {key: value}}))

    def _overlays(self) -> None:
        for index, overlay in enumerate(self._list("overlays")):
            for number, found in enumerate(overlay_patches(overlay, self._workload.name)):
                here = ("overlays", index, "patches", number)
                if isinstance(found, Patch):
                    self._patched(here, found)
                else:
                    self._lost(here, found.why, found.todo)

    def _mapping(self, key: str) -> Values:
        if not isinstance(self._spec.get(key), dict):
            raise self._wrong(key, "a mapping")
        return mapping(self._spec, (key,))

    def _list(self, key: str) -> list[Any]:
        found = self._spec.get(key)
        if not isinstance(found, list):
            raise self._wrong(key, "a list")
        return found

    def _wrong(self, key: str, what: str) -> Problem:
        place = next(iter(self.said(key)), (key,))
        return Problem(place, f"{dotted(place)} has to be {what}", "see the IstioOperator API")


_WAYS: dict[str, Callable[[Resources], None]] = {
    "env": Resources._env,
    "hpaSpec": Resources._autoscaler,
    "overlays": Resources._overlays,
    "podDisruptionBudget": Resources._budget,
    "replicaCount": Resources._replicas,
    "resources": Resources._amounts,
    "service": Resources._service,
    "serviceAnnotations": Resources._annotations,
}


def _utilization(metric: Any) -> tuple[str, int] | None:
    """`CPU` or `Memory` with the percentage that is wanted, in the words of autoscaling/v2 and v2beta1."""
    resource = at(metric, ("resource",)) if at(metric, ("type",)) == "Resource" else None
    if not isinstance(resource, dict) or resource.get("name") not in ("cpu", "memory"):
        return None
    percent = at(resource, ("target", "averageUtilization")) or resource.get("targetAverageUtilization")
    name = {"cpu": "CPU", "memory": "Memory"}[resource["name"]]
    return (name, percent) if isinstance(percent, int) else None
