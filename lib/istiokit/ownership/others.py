"""Owners that write once: Helm, Zarf, kubectl; and the Istio operator, which writes again and again. Pure.

The marks are those that the owners document: Helm's annotations, the operator's owning-resource labels, Zarf's agent,
kubectl's last-applied annotation.
"""

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.ownership.model import Owner, OwnerKind, Reverts

_OPERATOR = "install.operator.istio.io/owning-resource"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_CHART = "helm.sh/chart"
_RELEASE, _RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ZARF = "zarf.dev/"

LABELS = (_OPERATOR, f"{_OPERATOR}-namespace", _MANAGED_BY, _CHART)
ANNOTATIONS = (_RELEASE, _RELEASE_NAMESPACE, APPLIED)
"""All that decides here, but for Zarf's prefix."""


def operator_owner(metadata: Metadata) -> Owner | None:
    """The IstioOperator that the object was made for."""
    name = metadata.labels.get(_OPERATOR)
    if not name:
        return None
    ref = Ref("IstioOperator", name, metadata.labels.get(f"{_OPERATOR}-namespace"))
    why = f"the Istio operator keeps it as {ref} says, while it runs"
    return Owner(OwnerKind.OPERATOR, ref, Reverts.YES, why, str(ref))


def helm_owner(metadata: Metadata) -> Owner | None:
    """The release of `helm install`; what Helm itself knows of it is in a Secret, which is not read."""
    release = metadata.annotations.get(_RELEASE)
    if not release or metadata.labels.get(_MANAGED_BY) != "Helm":
        return None
    namespace = metadata.annotations.get(_RELEASE_NAMESPACE, "")
    title = f"Helm release {namespace}/{release}" if namespace else f"Helm release {release}"
    why = f"{title} does not correct drift, but a later `helm upgrade` may overwrite it"
    chart = metadata.labels.get(_CHART, "")
    return Owner(OwnerKind.HELM, None, Reverts.NO, why, title, chart)


def helm_release_of(metadata: Metadata) -> tuple[str, str]:
    """Namespace and name of the release that the object belongs to, as Helm notes it; empty where it does not."""
    name = metadata.annotations.get(_RELEASE, "")
    return metadata.annotations.get(_RELEASE_NAMESPACE, "") or (metadata.namespace or ""), name


def is_zarf(metadata: Metadata) -> bool:
    """The mark `zarf-agent: patched` says that Zarf's agent rewrote an image, not who owns it: no matter."""
    if metadata.labels.get(_MANAGED_BY) == "zarf":
        return True
    return ZARF in "\n".join((*metadata.labels, *metadata.annotations))


def zarf_owner(metadata: Metadata) -> Owner | None:
    """A package of Zarf."""
    if not is_zarf(metadata):
        return None
    why = "Zarf wrote it; the next deploy of its package overwrites it"
    return Owner(OwnerKind.ZARF, None, Reverts.NO, why, "Zarf")


def kubectl_owner(metadata: Metadata) -> Owner | None:
    """Whoever applies a manifest with kubectl."""
    if APPLIED not in metadata.annotations:
        return None
    why = "kubectl apply wrote it; who applies that manifest again puts it back"
    return Owner(OwnerKind.KUBECTL_APPLY, None, Reverts.NO, why, "kubectl apply")
