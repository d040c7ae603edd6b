"""HelmReleases and sources as a server would send them, for the tests of istiokit.flux."""

from typing import Any, TypeVar

import msgspec

from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease

T = TypeVar("T")
NS = "bigbang"


def decoded(manifest: dict[str, Any], as_: type[T]) -> T:
    return msgspec.json.decode(msgspec.json.encode(manifest), type=as_)


def condition(type_: str, status: str, reason: str, message: str = "", generation: int = 1) -> dict[str, Any]:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    }


def manifest(
    name: str,
    *conditions: dict[str, Any],
    kind: str = "HelmRelease",
    generation: int = 1,
    observed: int = 1,
    requested: str = "",
    handled: str = "",
    needs: tuple[str, ...] = (),
    chart: str = "",
    repository: str = "charts",
    spec: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Any object of Flux; `chart` gives a HelmRelease its spec.chart."""
    annotations = {"reconcile.fluxcd.io/requestedAt": requested} if requested else {}
    template = {
        "chart": chart,
        "version": "1.0.0",
        "sourceRef": {"kind": "HelmRepository", "name": repository},
    }
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": NS,
            "generation": generation,
            "annotations": annotations,
            **(metadata or {}),
        },
        "spec": {
            **({"dependsOn": [{"name": need} for need in needs]} if needs else {}),
            **({"chart": {"spec": template}} if chart else {}),
            **(spec or {}),
        },
        "status": {
            "conditions": list(conditions),
            "observedGeneration": observed,
            "lastHandledReconcileAt": handled,
        },
    }


def release(name: str, *conditions: dict[str, Any], **more: Any) -> HelmRelease:
    return decoded(manifest(name, *conditions, **more), HelmRelease)


def ready(name: str, **more: Any) -> HelmRelease:
    return release(name, condition("Ready", "True", "UpgradeSucceeded", "Helm upgrade succeeded"), **more)


def ref(name: str, kind: str = "HelmRelease") -> Ref:
    return Ref(kind, name, NS)
