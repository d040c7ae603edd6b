"""VirtualServices that share their parts: nothing that is judged may change."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.istio.model import VirtualService
from istiokit.istio.sharing import shared
from istiokit.ownership.find import Finder, owner
from istiokit.ownership.model import Applications, Owners

APPLICATIONS = Applications({"a": (Ref("Application", "a", "argocd"), Ref("Application", "a", "b"))})

TRACKED = "a:networking.istio.io/VirtualService:shop/web"
keys = st.sampled_from(
    [
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
        "kustomize.toolkit.fluxcd.io/reconcile",
        "kustomize.toolkit.fluxcd.io/ssa",
        "helm.toolkit.fluxcd.io/name",
        "helm.toolkit.fluxcd.io/namespace",
        "helm.toolkit.fluxcd.io/driftDetection",
        "argocd.argoproj.io/tracking-id",
        "argocd.argoproj.io/instance",
        "argocd.argoproj.io/installation-id",
        "app.kubernetes.io/instance",
        "install.operator.istio.io/owning-resource",
        "install.operator.istio.io/owning-resource-namespace",
        "meta.helm.sh/release-name",
        "meta.helm.sh/release-namespace",
        "app.kubernetes.io/managed-by",
        "zarf.dev/agent",
        "kubectl.kubernetes.io/last-applied-configuration",
        "team",
    ]
)
words = st.dictionaries(
    keys, st.sampled_from(["", "a", "b_a", "disabled", "Helm", "zarf", "Merge", TRACKED]), max_size=5
)


@given(words, words)
def test_the_owner_is_told_by_what_is_kept(labels: dict[str, str], annotations: dict[str, str]) -> None:
    metadata = Metadata(name="web", namespace="shop", labels=labels, annotations=annotations)
    kept = shared(VirtualService(metadata=metadata)).metadata
    owners = Owners(applications=APPLICATIONS)
    assert owner(kept, "VirtualService", owners) == owner(metadata, "VirtualService", owners)
    assert Finder(owners).of(kept, "VirtualService") == owner(metadata, "VirtualService", owners)


def test_what_is_equal_is_kept_once_and_what_nobody_asks_for_not_at_all() -> None:
    def read(name: str) -> VirtualService:
        return shared(
            msgspec.convert(
                {
                    "metadata": {
                        "name": name,
                        "namespace": "shop",
                        "uid": f"uid-{name}",
                        "creationTimestamp": "2025-01-01T00:00:00Z",
                        "labels": {"app": name, "helm.toolkit.fluxcd.io/name": "shop"},
                        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}" * 100},
                    },
                    "spec": {
                        "hosts": [f"{name}.example.com"],
                        "gateways": ["istio-system/public"],
                        "http": [{"match": [{"uri": {"prefix": "/api"}, "sourceLabels": {"app": "a"}}]}, {}],
                    },
                },
                VirtualService,
            )
        )

    one, other = read("a"), read("b")
    assert one.spec.http is other.spec.http and one.spec.gateways is other.spec.gateways
    assert one.metadata.labels is other.metadata.labels == {"helm.toolkit.fluxcd.io/name": "shop"}
    assert one.metadata.annotations == {"kubectl.kubernetes.io/last-applied-configuration": ""}
    assert (one.metadata.name, one.spec.hosts, one.metadata.creation_timestamp) == (
        "a",
        ("a.example.com",),
        "2025-01-01T00:00:00Z",
    )
