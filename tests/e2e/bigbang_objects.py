"""The objects of `bigbang`, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.charts.values import DOMAIN, LAYERS

Object = dict[str, Any]

NAMESPACE = "bigbang"
APPLICATIONS = "shop"
"""The namespace of the applications, which belong to nobody's HelmRelease."""

_OLD_PROXY = "registry.example/istio/proxyv2:1.23.6"


def namespace(name: str, labels: Mapping[str, str] | None = None) -> Object:
    """A Namespace."""
    return _object("v1", "Namespace", name, None, labels=labels)


def release(version: str) -> Object:
    """HelmRelease bigbang: the umbrella's chart from the Helm repository, and the values of all layers."""
    values = [{"kind": "Secret", "name": "terraform", "optional": True}]
    values += [{"kind": kind, "name": name} for name, kind in LAYERS.items()]
    chart = {
        "chart": "bigbang",
        "version": version,
        "sourceRef": {"kind": "HelmRepository", "name": "bigbang"},
    }
    spec = {
        "targetNamespace": NAMESPACE,
        "releaseName": "bigbang",
        "interval": "10m",
        "chart": {"spec": chart},
        "install": {"remediation": {"retries": -1}},
        "upgrade": {"remediation": {"retries": 5, "remediateLastFailure": True}, "cleanupOnFail": True},
        "rollback": {"timeout": "10m", "cleanupOnFail": False},
        "valuesFrom": values,
    }
    return _object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "bigbang", NAMESPACE, spec=spec)


def chart_repository(url: str) -> Object:
    """HelmRepository bigbang, which has the umbrella's chart."""
    spec = {"interval": "10m", "url": url}
    return _object("source.toolkit.fluxcd.io/v1", "HelmRepository", "bigbang", NAMESPACE, spec=spec)


def source(layer: str, text: str) -> Object:
    """The ConfigMap or Secret that holds the values TEXT of LAYER."""
    kind = LAYERS[layer]
    key = "data" if kind == "ConfigMap" else "stringData"
    return _object("v1", kind, layer, NAMESPACE, **{key: {"values.yaml": text}})


def generator(files: Mapping[str, str], hashed: bool) -> Object:
    """kustomization.yaml that makes every layer from its file, and HelmRelease bigbang beside them."""

    def entries(kind: str) -> list[Object]:
        layers = [name for name in LAYERS if LAYERS[name] == kind]
        return [{"name": name, "files": [f"values.yaml={files[name]}"]} for name in layers]

    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "configurations": ["namereference.yaml"],
        "generatorOptions": {"disableNameSuffixHash": not hashed},
        "resources": ["bigbang.yaml"],
        "configMapGenerator": entries("ConfigMap"),
        "secretGenerator": entries("Secret"),
    }


def name_reference() -> Object:
    """Tells Kustomize where HelmReleases name ConfigMaps and Secrets, so that the suffix gets there."""
    field = [{"kind": "HelmRelease", "path": "spec/valuesFrom/name"}]
    return {"nameReference": [{"kind": kind, "fieldSpecs": field} for kind in ("ConfigMap", "Secret")]}


def git_sources(url: str, path: str) -> list[Object]:
    """GitRepository and Kustomization `environment`."""
    repository = {"interval": "10s", "url": url, "ref": {"branch": "main"}}
    reference = {"kind": "GitRepository", "name": "environment"}
    kustomization = {"interval": "1m", "prune": True, "path": path, "sourceRef": reference}
    source_group, kustomize_group = "source.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io/v1"
    return [
        _object(source_group, "GitRepository", "environment", NAMESPACE, spec=repository),
        _object(kustomize_group, "Kustomization", "environment", NAMESPACE, spec=kustomization),
    ]


def applications(count: int) -> list[Object]:
    """COUNT VirtualServices on the old gateway, and as many Deployments whose pods run an old sidecar."""
    found = [namespace(APPLICATIONS, {"istio-injection": "enabled"})]
    for number in range(1, count + 1):
        found += [_virtual_service(f"app-{number}"), _deployment(f"app-{number}")]
    return found


def _virtual_service(name: str) -> Object:
    route = [{"route": [{"destination": {"host": name}}]}]
    spec = {"hosts": [f"{name}.{DOMAIN}"], "gateways": ["istio-system/public"], "http": route}
    return _object("networking.istio.io/v1", "VirtualService", name, APPLICATIONS, spec=spec)


def _deployment(name: str) -> Object:
    containers = [
        {"name": "app", "image": "registry.example/app:1.0"},
        {"name": "istio-proxy", "image": _OLD_PROXY},
    ]
    metadata = {"labels": {"app": name}, "annotations": {"sidecar.istio.io/status": '{"revision":"default"}'}}
    pod = {"metadata": metadata, "spec": {"containers": containers, "terminationGracePeriodSeconds": 0}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": pod}
    return _object("apps/v1", "Deployment", name, APPLICATIONS, spec=spec)


def _object(
    version: str,
    kind: str,
    name: str,
    where: str | None,
    labels: Mapping[str, str] | None = None,
    **fields: Any,
) -> Object:
    metadata: Object = {"name": name}
    if where:
        metadata["namespace"] = where
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}
