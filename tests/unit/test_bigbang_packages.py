"""From a HelmRelease of Big Bang to the key of its values."""

import pytest

from istiokit.bigbang.packages import is_rendered, values_key
from istiokit.cluster.decode import Metadata


@pytest.mark.parametrize(
    ("name", "namespace", "key"),
    [
        ("kiali", "bigbang", "kiali"),
        ("kyverno-policies", "bigbang", "kyvernoPolicies"),
        ("ek", "bigbang", "elasticsearchKibana"),
        ("istio-crds", "bigbang", "istioCRDs"),
        ("public-ingressgateway", "bigbang", "istioGateway"),
        ("gitlab", "bigbang", "addons.gitlab"),
        ("minio-operator", "bigbang", "addons.minioOperator"),
        ("haproxy-sso", "bigbang", "addons.haproxy"),
        ("shop", "shop", "packages.shop"),
        ("shop-wrapper", "shop", "packages.shop"),
    ],
)
def test_keys(name: str, namespace: str, key: str) -> None:
    assert values_key(name, namespace, "bigbang") == key


def test_what_big_bang_renders() -> None:
    assert is_rendered(Metadata(labels={"app.kubernetes.io/part-of": "bigbang"}))
    assert not is_rendered(Metadata(labels={"app.kubernetes.io/part-of": "shop"}))
