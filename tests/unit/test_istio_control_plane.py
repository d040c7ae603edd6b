"""Control planes: which there are and what made them."""

from typing import Any

import msgspec
import pytest

from istiokit.istio.control_plane import Installer, MeshKind, mesh, responsible, tags
from istiokit.istio.model import IstioOperator
from istiokit.istio.versions import Version
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment

OWNED = {
    "install.operator.istio.io/owning-resource": "istiocontrolplane",
    "install.operator.istio.io/owning-resource-namespace": "istio-system",
}
FLUX = {"helm.toolkit.fluxcd.io/name": "istiod", "helm.toolkit.fluxcd.io/namespace": "bigbang"}
HELM = {"meta.helm.sh/release-name": "istiod", "meta.helm.sh/release-namespace": "istio-system"}


def deployment(name: str, namespace: str = "istio-system", **parts: Any) -> Deployment:
    containers = [{"name": "discovery", "image": f"istio/pilot:{parts.get('version', '1.23.6')}"}]
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": parts.get("labels", {}),
        "annotations": parts.get("annotations", {}),
    }
    raw = {
        "metadata": metadata,
        "spec": {"template": {"spec": {"containers": containers}}},
        "status": {"readyReplicas": 1},
    }
    return msgspec.convert(raw, Deployment)


def istiod(revision: str = "default", **parts: Any) -> Deployment:
    name = "istiod" if revision == "default" else f"istiod-{revision}"
    labels = {"app": "istiod", "istio.io/rev": revision, **parts.pop("labels", {})}
    return deployment(name, labels=labels, **parts)


OPERATOR = deployment("istio-operator", "istio-operator")


def order(*finalizers: str) -> IstioOperator:
    return msgspec.convert(
        {"metadata": {"name": "istiocontrolplane", "finalizers": finalizers}}, IstioOperator
    )


@pytest.mark.parametrize(
    ("deployments", "kind"),
    [
        ([], MeshKind.NONE),
        ([OPERATOR], MeshKind.NONE),
        ([OPERATOR, istiod(labels=OWNED)], MeshKind.OPERATOR),
        ([OPERATOR, istiod(labels=FLUX)], MeshKind.HELM),
        ([istiod(annotations=HELM)], MeshKind.HELM),
        ([OPERATOR, istiod(labels=OWNED), istiod("1-25", labels=FLUX)], MeshKind.MIXED),
        ([istiod(), istiod("1-25", annotations=HELM)], MeshKind.MIXED),
        ([istiod()], MeshKind.PLAIN),
        ([istiod(labels=OWNED)], MeshKind.PLAIN),
    ],
)
def test_the_kind_of_a_mesh(deployments: list[Deployment], kind: MeshKind) -> None:
    assert mesh(deployments).kind is kind


def test_a_control_plane_says_its_revision_version_and_owner() -> None:
    found = mesh([istiod("1-25", version="1.25.3-bb.1", labels=FLUX), OPERATOR])
    plane = found.control_planes[0]
    assert (plane.name, plane.revision, plane.version) == ("istiod-1-25", "1-25", Version(1, 25, 3))
    assert (plane.installer, plane.owner, plane.ready) == (Installer.FLUX, "bigbang/istiod", True)
    assert found.operators == ("istio-operator/istio-operator",)


def test_a_release_that_adopted_the_operators_istiod_owns_it() -> None:
    plane = mesh([OPERATOR, istiod(labels={**OWNED, **FLUX}, annotations=HELM)]).control_planes[0]
    assert (plane.installer, plane.owner) == (Installer.FLUX, "bigbang/istiod")
    plane = mesh([OPERATOR, istiod(labels=OWNED, annotations=HELM)]).control_planes[0]
    assert (plane.installer, plane.owner) == (Installer.HELM, "istio-system/istiod")


def test_the_operators_istiod_names_its_order() -> None:
    plane = mesh([OPERATOR, istiod(labels=OWNED)]).control_planes[0]
    assert (plane.installer, plane.owner) == (Installer.OPERATOR, "istio-system/istiocontrolplane")


def test_an_operator_that_is_gone_is_told_from_istioctl_by_its_finalizer() -> None:
    assert mesh([istiod(labels=OWNED)], [order("istio-finalizer.install.istio.io")]).kind is MeshKind.OPERATOR
    assert mesh([istiod(labels=OWNED)], [order()]).kind is MeshKind.PLAIN


def test_the_newest_version_is_what_sidecars_should_be_at() -> None:
    versions = ["1.23.6", "1.25.3", "latest"]
    planes = [istiod(f"r{number}", version=version) for number, version in enumerate(versions)]
    assert mesh(planes).newest == Version(1, 25, 3)
    assert mesh([]).newest is None


def test_tags_lead_to_the_control_plane_that_injects() -> None:
    webhooks = [
        {
            "metadata": {
                "name": "istio-revision-tag-prod",
                "labels": {"istio.io/tag": "prod", "istio.io/rev": "1-25"},
            }
        },
        {"metadata": {"name": "istio-sidecar-injector", "labels": {"istio.io/rev": "default"}}},
    ]
    known = tags(msgspec.convert(webhooks, list[WebhookConfiguration]))
    assert known == {"prod": "1-25"}
    found = mesh([istiod(), istiod("1-25")])
    for revision, name in (("prod", "istiod-1-25"), ("1-25", "istiod-1-25"), ("default", "istiod")):
        plane = responsible(revision, found, known)
        assert plane is not None and plane.name == name
    assert responsible("1-22", found, known) is None
