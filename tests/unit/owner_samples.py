"""Applications and other owners as a server would send them, for the tests of istiokit.ownership."""

from collections.abc import Iterable
from typing import Any

import msgspec

from istiokit.argocd.model import Application
from istiokit.cluster.decode import Metadata, Object
from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease, Kustomization
from istiokit.flux.repositories import Bucket, GitRepository, HelmChart, HelmRepository, OCIRepository
from istiokit.flux.values import DataObject
from istiokit.ownership.model import Applications, Owners

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
VS = "VirtualService"
SHOP = Ref("Application", "shop", "argocd")
TRACKED = {"argocd.argoproj.io/tracking-id": "shop:networking.istio.io/VirtualService:web/shop"}
LISTED = {"group": "networking.istio.io", "kind": VS, "namespace": "web", "name": "shop"}
GIT = {"repoURL": "https://git.example.com/apps.git", "path": "apps/shop", "targetRevision": "main"}
HEALING = {"automated": {"selfHeal": True}}

_CLASSES: dict[str, type[Object]] = {
    "Application": Application,
    "HelmRelease": HelmRelease,
    "Kustomization": Kustomization,
    "GitRepository": GitRepository,
    "OCIRepository": OCIRepository,
    "HelmRepository": HelmRepository,
    "HelmChart": HelmChart,
    "Bucket": Bucket,
    "ConfigMap": DataObject,
}
_FLUX = {"HelmRelease": "helm.toolkit.fluxcd.io", "Kustomization": "kustomize.toolkit.fluxcd.io"}

Thing = tuple[Ref, Object]


def thing(kind: str, name: str, namespace: str, metadata: dict[str, Any] | None = None, **body: Any) -> Thing:
    """One object that was read, with its address."""
    whole = {"metadata": {"name": name, "namespace": namespace, **(metadata or {})}, **body}
    found = msgspec.json.decode(msgspec.json.encode(whole), type=_CLASSES[kind])
    return Ref(kind, name, namespace), found


def application(
    name: str = "shop", namespace: str = "argocd", *, status: Any = None, **spec: Any
) -> tuple[Ref, Application]:
    """An Application; its metadata in `metadata`."""
    metadata = spec.pop("metadata", None)
    ref, found = thing("Application", name, namespace, metadata, spec=spec, status=status or {})
    assert isinstance(found, Application)
    return ref, found


def owners(*things: Thing, unread: Iterable[Ref] = (), hidden: Iterable[str] = ()) -> Owners:
    """What was read; `unread` are Applications of which just the name is known."""
    read: dict[str, dict[Ref, Any]] = {kind: {} for kind in _CLASSES}
    for ref, item in things:
        read[ref.kind][ref] = item
    named: dict[str, tuple[Ref, ...]] = {}
    for ref in (*read["Application"], *unread):
        named[ref.name] = (*named.get(ref.name, ()), ref)
    sources = {ref: item for ref, item in things if ref.kind.endswith(("Repository", "Chart", "Bucket"))}
    return Owners(
        read["HelmRelease"],
        read["Kustomization"],
        Applications(named, read["Application"], "Application" not in hidden),
        sources,  # type: ignore[arg-type]  # all of them are sources
        read["ConfigMap"],
        frozenset(hidden),
    )


def flux_labels(kind: str, name: str, namespace: str) -> dict[str, str]:
    """What a controller of Flux writes on its objects."""
    return {f"{_FLUX[kind]}/name": name, f"{_FLUX[kind]}/namespace": namespace}


def metadata(**fields: Any) -> Metadata:
    """That of VirtualService web/shop."""
    return Metadata(**{"name": "shop", "namespace": "web", **fields})
