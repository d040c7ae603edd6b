"""What a rig can be made of. A new part is one module here and one line in PARTS."""

from __future__ import annotations

from collections.abc import Iterable

from tests.tools.parts.base import Part
from tests.tools.parts.charts import Charts
from tests.tools.parts.controlplane import ControlPlane
from tests.tools.parts.envoy import Envoy
from tests.tools.parts.flux import Flux, Kustomize
from tests.tools.parts.gitserver import Git
from tests.tools.parts.injector import Injector
from tests.tools.parts.istio_crds import IstioCrds
from tests.tools.parts.istiod import Istiod
from tests.tools.parts.kyverno import Kyverno
from tests.tools.parts.loadbalancer import LoadBalancer
from tests.tools.parts.workload_crds import WorkloadCrds

PARTS: dict[str, type[Part]] = {
    "base": ControlPlane,
    "istio_crds": IstioCrds,
    "istiod": Istiod,
    "envoy": Envoy,
    "injector": Injector,
    "kyverno": Kyverno,
    "flux": Flux,
    "kustomize": Kustomize,
    "loadbalancer": LoadBalancer,
    "git": Git,
    "charts": Charts,
    "workload_crds": WorkloadCrds,
}


def with_needs(names: Iterable[str]) -> list[str]:
    """NAMES and all that they need, each once, in the order to start them; ValueError for an unknown name."""
    ordered: list[str] = []

    def add(name: str) -> None:
        if name not in PARTS:
            raise ValueError(f"unknown part {name}; known are {', '.join(PARTS)}")
        for need in PARTS[name].needs:
            add(need)
        if name not in ordered:
            ordered.append(name)

    for name in ("base", *names):
        add(name)
    return ordered
