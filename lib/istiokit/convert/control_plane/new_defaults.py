"""What the new packages do where nobody says anything.

Sources: manifests/charts/istio-control/istio-discovery/values.yaml and manifests/charts/base/values.yaml of Istio
1.25.2; chart/values.yaml of the istiod package 1.25.1-bb.0 to 1.25.3-bb.3; chart/templates/istiod/values.yaml and
istio-gateway/values.yaml of Big Bang 2.51.0 to 3.0.0.
"""

from copy import deepcopy
from typing import Any

from istiokit.bigbang.merge import merge_maps
from istiokit.bigbang.versions import Release, Version
from istiokit.convert.model import Values, at

HUB = "registry1.dso.mil/ironbank/opensource/istio"
CIDRS_SINCE = Version(2, 52)
"""The istiod package before it knows no controlPlaneCIDRs and no additionalEnvoyFilters."""
AUTHSERVICE_SINCE = Version(2, 54)
HARDENED_SINCE = Version(3, 0)
_TRACING_SINCE = Version(2, 52)

_UPSTREAM: Values = {
    "autoscaleEnabled": True,
    "autoscaleMin": 1,
    "autoscaleMax": 5,
    "replicaCount": 1,
    "rollingMaxSurge": "100%",
    "rollingMaxUnavailable": "25%",
    "hub": "",
    "variant": "",
    "image": "pilot",
    "traceSampling": 1.0,
    "resources": {"requests": {"cpu": "500m", "memory": "2048Mi"}},
    "cni": {"enabled": False, "provider": "default"},
    "extraContainerArgs": [],
    "env": {"ENABLE_NATIVE_SIDECARS": "true"},
    "tolerations": [],
    "cpu": {"targetAverageUtilization": 80},
    "volumeMounts": [],
    "volumes": [],
    "topologySpreadConstraints": [],
    "jwksResolverExtraRootCA": "",
    "keepaliveMaxServerConnectionAge": "30m",
    "configMap": True,
    "revision": "",
    "revisionTags": [],
    "meshConfig": {
        "enablePrometheusMerge": True,
        "accessLogFile": "/dev/stdout",
        "meshMTLS": {"minProtocolVersion": "TLSV1_2"},
        "extensionProviders": [],
        "enableTracing": False,
    },
    "global": {
        "istioNamespace": "istio-system",
        "hub": HUB,
        "variant": "",
        "defaultPodDisruptionBudget": {"enabled": True},
        "logAsJson": False,
        "logging": {"level": "default:info"},
        "priorityClassName": "",
        "configValidation": True,
        "externalIstiod": False,
        "meshID": "",
        "network": "",
        "multiCluster": {"enabled": False, "clusterName": ""},
        "pilotCertProvider": "istiod",
        "proxy": {
            "image": "proxyv2",
            "autoInject": "enabled",
            "clusterDomain": "cluster.local",
            "componentLogLevel": "misc:error",
            "logLevel": "warning",
            "includeIPRanges": "*",
            "includeInboundPorts": "*",
            "excludeIPRanges": "",
            "excludeInboundPorts": "",
            "excludeOutboundPorts": "",
            "includeOutboundPorts": "",
            "privileged": False,
            "statusPort": 15020,
            "tracer": "none",
            "resources": {
                "requests": {"cpu": "100m", "memory": "128Mi"},
                "limits": {"cpu": "2000m", "memory": "1024Mi"},
            },
        },
        "proxy_init": {"image": "proxyv2"},
    },
}
_JAEGER = "jaeger-collector.jaeger.svc:9411"
_TEMPO = "tempo-tempo.tempo.svc:9411"
_PACKAGES = ("istioCRDs", "istiod", "istioGateway")


def new_defaults(values: Values, release: Release) -> Values:
    """The defaults, in the form of the umbrella's values; `values` are the user's."""
    sources: Values = {
        name: {"sourceType": "git", "git": {"path": "./chart"}, "helmRepo": {"repoName": "registry1"}}
        for name in _PACKAGES
    }
    ours: Values = {
        "istioCRDs": {"values": {"upstream": {"defaultRevision": "default"}}},
        "istiod": {"values": _istiod(values, release)},
        "istioGateway": {"values": {"gateways": {"<name>": _gateway(values)}}},
    }
    return merge_maps(sources, ours)


def is_on(values: Values, *path: str, usual: bool = False) -> bool:
    """Whether a switch of the umbrella is on, as a Helm template sees it."""
    value = at(values, path)
    return usual if value is None else bool(value)


def traced_to(values: Values, release: Release) -> str:
    """The address that proxies send their traces to by default; empty where there is none."""
    if release.version >= Version(3, 0):
        return _TEMPO if is_on(values, "tempo", "enabled", usual=True) else ""
    jaeger = is_on(values, "jaeger", "enabled") and release.version >= _TRACING_SINCE
    return _JAEGER if jaeger else ""


def _istiod(values: Values, release: Release) -> Values:
    package: Values = {
        "networkPolicies": {**_policies(values), "additionalPolicies": []},
        "monitoring": {"enabled": is_on(values, "monitoring", "enabled", usual=True)},
        "mtls": {"mode": "STRICT"},
        "defaultSecurityHeaders": {"enabled": True},
        "additionalEnvoyFilters": [],
        "hardened": {"enabled": False, "customAuthorizationPolicies": []},
        "authservice": {"enabled": is_on(values, "addons", "authservice", "enabled")},
        "upstream": _upstream(values, release),
    }
    if release.version >= CIDRS_SINCE:
        cidr = at(values, ("networkPolicies", "controlPlaneCidr")) or "0.0.0.0/0"
        package["networkPolicies"]["controlPlaneCIDRs"] = [cidr]
    return package


def _upstream(values: Values, release: Release) -> Values:
    upstream = deepcopy(_UPSTREAM)
    upstream["global"] |= {"imagePullPolicy": _pull_policy(values), "imagePullSecrets": ["private-registry"]}
    if release.version < CIDRS_SINCE:
        upstream["global"]["proxy"]["resources"]["limits"]["memory"] = "512Mi"
    address = traced_to(values, release)
    if address:
        tracing = {"sampling": 10, "zipkin": {"address": address}}
        upstream["meshConfig"] |= {"enableTracing": True, "defaultConfig": {"tracing": tracing}}
    return upstream


def _gateway(values: Values) -> Values:
    secrets = [{"name": "private-registry"}]
    return {
        "mtls": {"mode": "STRICT"},
        "networkPolicies": _policies(values),
        "upstream": {"revision": "", "imagePullPolicy": _pull_policy(values), "imagePullSecrets": secrets},
    }


def _policies(values: Values) -> Values:
    return {"enabled": is_on(values, "networkPolicies", "enabled", usual=True)}


def _pull_policy(values: Values) -> Any:
    return at(values, ("imagePullPolicy",)) or "IfNotPresent"
