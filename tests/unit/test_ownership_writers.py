"""Field managers as evidence, where no mark tells the owner."""

from typing import Any

import msgspec
import pytest

from istiokit.cluster.decode import WrittenMetadata
from istiokit.ownership.find import Finder, owner
from istiokit.ownership.model import NO_OWNERS, OwnerKind, Reverts

GATEWAYS: dict[str, Any] = {"f:spec": {"f:gateways": {}}}
REST: dict[str, Any] = {"f:spec": {"f:hosts": {}, "f:http": {}}}
ALL: dict[str, Any] = {"f:spec": {"f:gateways": {}, "f:hosts": {}}}
LABELS: dict[str, Any] = {"f:metadata": {"f:labels": {"f:app": {}}}}


def written(*entries: tuple[str, str, Any], **metadata: Any) -> WrittenMetadata:
    """The metadata as a server sends it: manager, operation and fields of each entry."""
    fields = [{"manager": who, "operation": how, "fieldsV1": what} for who, how, what in entries]
    whole = {"name": "shop", "namespace": "web", "managedFields": fields, **metadata}
    return msgspec.json.decode(msgspec.json.encode(whole), type=WrittenMetadata)


@pytest.mark.parametrize(
    ("entries", "kind", "title"),
    [
        ([("my-operator", "Apply", ALL)], "FieldManager", "field manager my-operator"),
        ([("my-operator", "Apply", {"f:spec": {}})], "FieldManager", "field manager my-operator"),
        ([("my-operator", "Apply", LABELS)], "None", ""),
        ([("my-operator", "Update", ALL)], "None", ""),
        ([("kubectl", "Apply", ALL)], "None", ""),
        ([("kubectl-client-side-apply", "Update", ALL)], "None", ""),
        ([("istio-migrate", "Update", GATEWAYS)], "None", ""),
        (
            [("my-operator", "Apply", REST), ("istio-migrate", "Update", GATEWAYS)],
            "FieldManager",
            "field manager my-operator",
        ),
        (
            [("one", "Apply", REST), ("two", "Apply", GATEWAYS)],
            "FieldManager",
            "field manager two",
        ),
        ([("argocd-controller", "Update", ALL)], "ArgoCD", "an Application of Argo CD"),
        ([("argocd-controller", "Apply", ALL)], "ArgoCD", "an Application of Argo CD"),
        ([("kustomize-controller", "Apply", ALL)], "FluxKustomization", "a Kustomization of Flux"),
        ([("helm-controller", "Update", ALL)], "FluxHelmRelease", "a HelmRelease of Flux"),
        ([("helm", "Update", ALL)], "None", ""),
        ([], "None", ""),
    ],
)
def test_who_applies_may_apply_again(entries: list[tuple[str, str, Any]], kind: str, title: str) -> None:
    found = owner(written(*entries), "VirtualService", NO_OWNERS)
    assert (found.kind, found.title) == (kind, title)
    assert found.reverts is (Reverts.NO if kind == "None" else Reverts.UNKNOWN)


def test_the_field_is_named_that_counts_for_the_kind() -> None:
    both = written(("op", "Apply", {"f:spec": {"f:gateways": {}, "f:selector": {}}}))
    assert "field manager op applies spec.gateways;" in owner(both, "VirtualService").why
    assert "field manager op applies spec.selector;" in owner(both, "Gateway").why
    assert "applies parts of its spec" in owner(written(("op", "Apply", REST)), "VirtualService").why


def test_a_mark_comes_before_the_managers_and_kubectl_after_them() -> None:
    by_operator = ("my-operator", "Apply", ALL)
    labels = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}
    assert owner(written(by_operator, labels=labels), "VirtualService").title == "Kustomization flux/apps"
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    by_argo = written(("argocd-controller", "Update", ALL), annotations=applied)
    assert owner(by_argo, "VirtualService").kind is OwnerKind.ARGO_CD
    assert owner(written(annotations=applied), "VirtualService").kind is OwnerKind.KUBECTL_APPLY


def test_a_finder_tells_them_apart() -> None:
    finder = Finder(NO_OWNERS)
    titles = [finder.of(written((who, "Apply", ALL)), "VirtualService").title for who in ("a", "b")]
    assert titles == ["field manager a", "field manager b"]
