"""Values for the umbrella stand-in, as text and by layer, the way Big Bang's customers keep them."""

from __future__ import annotations

from typing import Any

import yaml

from tests.charts.build import PACKAGES

# `spec.valuesFrom` of HelmRelease bigbang, the later over the earlier (Big Bang 2.54 base/helmrelease.yaml).
LAYERS = {
    "common-bb": "Secret",
    "common": "ConfigMap",
    "environment-bb": "Secret",
    "environment": "ConfigMap",
}

DOMAIN = "dev.bigbang.mil"

_STATES = {
    "operator": {"istioOperator", "istio"},
    "step1": {"istioOperator", "istioCRDs", "istiod", "istioCore"},
    "step2": {"istioCRDs", "istiod", "istioCore", "istioGateway"},
}


def default_layers(charts_url: str, version: str = "2.54.0", fillers: int = 0) -> dict[str, str]:
    """The values of a cluster on the Istio operator (from 3.0 on: after step 2), by layer."""
    state = "operator" if "istio" in PACKAGES[version] else "step2"
    # Many releases that are looked at every few seconds keep the controllers, and the machine, busy for ever.
    interval = "10s" if fillers <= 10 else "10m"
    return {
        "common-bb": repositories(charts_url),
        "common": common(version, interval=interval),
        "environment-bb": certificates(version),
        "environment": switches(state, version, fillers),
    }


def repositories(charts_url: str) -> str:
    """The layer `common-bb`: the Helm repository, with the credentials that the schema asks for."""
    registry = {"name": "registry1", "repository": charts_url, "username": "robot", "password": "secret"}
    return yaml.safe_dump({"helmRepositories": [registry]}, sort_keys=False)


def common(
    version: str = "2.54.0", chart_name: str = "gateway", interval: str = "10s", timeout: str = "30s"
) -> str:
    """The layer `common`: charts from the Helm repository, one new gateway, quick controllers.

    CHART_NAME is the gateways' chart; `istio-gateway`, which no repository has, is what 2.x says by itself.
    INTERVAL is how often child HelmReleases and sources are looked at, TIMEOUT how long Helm waits.
    """
    values: dict[str, Any] = {name: {"sourceType": "helmRepo"} for name in (*PACKAGES[version], "fillers")}
    values["istioGateway"]["helmRepo"] = {"chartName": chart_name}
    values["istioGateway"]["values"] = {"gateways": {"passthrough": {}}}
    flux = {"interval": interval, "timeout": timeout, "rollback": {"timeout": timeout}}
    return yaml.safe_dump({"domain": DOMAIN, "flux": flux, **values}, sort_keys=False)


def certificates(version: str = "2.54.0") -> str:
    """The layer `environment-bb`: a certificate for the gateway `public`, where VERSION looks for it."""
    pair = {"key": "not a key", "cert": "not a certificate"}
    new = {"tls": pair} if version < "2.54" else {"gatewayCerts": [{"name": "public-cert", "tls": pair}]}
    values: dict[str, Any] = {"istioGateway": {"values": {"gateways": {"public": new}}}}
    if "istio" in PACKAGES[version]:
        values["istio"] = {"gateways": {"public": {"tls": pair}}}
    return yaml.safe_dump(values, sort_keys=False)


def switches(state: str, version: str = "2.54.0", fillers: int = 0) -> str:
    """The layer `environment` in STATE (operator, step1 or step2), with comments that an edit must keep."""
    lines = ["# The packages of this cluster."]
    for package in PACKAGES[version]:
        lines += [f"{package}:", f"  enabled: {str(package in _STATES[state]).lower()}  # see the change log"]
    return "\n".join([*lines, "fillers:", f"  count: {fillers}", ""])
