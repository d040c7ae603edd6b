"""Which key of Big Bang's values a HelmRelease comes from.

Source: chart/templates/*/helmrelease.yaml of the Big Bang chart, 2.49.0 to 3.x. Its helper commonLabels gives them
`app.kubernetes.io/part-of: bigbang`; users' own packages lie outside of the umbrella's namespace.
"""

import re

from istiokit.bigbang.releases import is_gateway_release
from istiokit.cluster.decode import Metadata

_ADDONS = {
    "anchore", "anchore-enterprise", "argocd", "authservice", "backstage", "external-secrets", "fortify", "gitlab",
    "gitlab-runner", "harbor", "headlamp", "keycloak", "mattermost", "mattermost-operator", "metrics-server", "mimir",
    "minio", "minio-operator", "nexus-repository-manager", "sonarqube", "thanos", "vault", "velero",
}  # fmt: skip
_IRREGULAR = {
    "ek": "elasticsearchKibana",
    "gateway-api": "gatewayAPI",
    "haproxy-sso": "addons.haproxy",
    "istio-cni": "istioCNI",
    "istio-crds": "istioCRDs",
    "prometheus-operator-crds": "prometheusOperatorCRDs",
}
_WRAPPER = "-wrapper"


def is_rendered(metadata: Metadata) -> bool:
    """Whether Big Bang's chart made the object."""
    return metadata.labels.get("app.kubernetes.io/part-of") == "bigbang"


def values_key(name: str, namespace: str | None, umbrella: str | None) -> str:
    """`kiali`, `addons.gitlab`, `packages.shop`: the key of the package.

    `namespace` is that of the HelmRelease, `umbrella` that of Big Bang.
    """
    if namespace != umbrella:
        return f"packages.{name.removesuffix(_WRAPPER)}"
    if name in _IRREGULAR:
        return _IRREGULAR[name]
    if is_gateway_release(name):
        return "istioGateway"
    return f"addons.{_camel(name)}" if name in _ADDONS else _camel(name)


def _camel(name: str) -> str:
    return re.sub(r"-(\w)", lambda found: found[1].upper(), name)
