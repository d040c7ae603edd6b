"""Who owns an object, and whether a change by hand would last."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.flux.git import GitPlace, git_source
from istiokit.flux.model import HelmRelease, Kustomization, Reconciled
from istiokit.flux.repositories import Bucket, GitRepository, OCIRepository
from istiokit.ownership.find import Finder, owner
from istiokit.ownership.model import Owners
from tests.unit.flux_samples import decoded, manifest
from tests.unit.owner_samples import HEALING, application
from tests.unit.owner_samples import owners as things

VS = "VirtualService"
KUSTOMIZE = {
    "kustomize.toolkit.fluxcd.io/name": "env",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
}
FLUX_HELM = {"helm.toolkit.fluxcd.io/name": "istio", "helm.toolkit.fluxcd.io/namespace": "bigbang"}
HELM = {"app.kubernetes.io/managed-by": "Helm"}
HELM_NOTES = {"meta.helm.sh/release-name": "istio", "meta.helm.sh/release-namespace": "istio-system"}
OPERATOR = {
    "install.operator.istio.io/owning-resource": "istio",
    "install.operator.istio.io/owning-resource-namespace": "istio-system",
}
ENV = Ref("Kustomization", "env", "flux-system")
ISTIO = Ref("HelmRelease", "istio", "bigbang")


def kustomization(**spec: Any) -> Kustomization:
    return decoded(manifest("env", kind="Kustomization", spec={"interval": "10m", **spec}), Kustomization)


def owners(drift: dict[str, Any] | None = None, **spec: Any) -> Owners:
    detection = {"driftDetection": drift} if drift else {}
    release = decoded(manifest("istio", spec={**detection, **spec}), HelmRelease)
    return Owners({ISTIO: release}, {ENV: kustomization(**spec)})


@pytest.mark.parametrize(
    ("labels", "annotations", "known", "kind", "ref", "reverts", "why"),
    [
        (KUSTOMIZE, {}, owners(), "FluxKustomization", ENV, "yes", "every 10m"),
        (KUSTOMIZE, {}, Owners(), "FluxKustomization", ENV, "yes", "interval"),
        (KUSTOMIZE, {}, owners(suspend=True), "FluxKustomization", ENV, "no", "when it is resumed"),
        (
            KUSTOMIZE,
            {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"},
            owners(),
            "FluxKustomization",
            ENV,
            "no",
            "reconcile: disabled",
        ),
        (
            {**KUSTOMIZE, "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"},
            {},
            owners(),
            "FluxKustomization",
            ENV,
            "no",
            "ssa",
        ),
        (
            KUSTOMIZE,
            {"kustomize.toolkit.fluxcd.io/ssa": "Merge"},
            owners(),
            "FluxKustomization",
            ENV,
            "yes",
            "every field that its source sets",
        ),
        (
            {**FLUX_HELM, **HELM},
            HELM_NOTES,
            owners({"mode": "enabled"}),
            "FluxHelmRelease",
            ISTIO,
            "yes",
            "drift",
        ),
        (
            FLUX_HELM,
            {},
            owners({"mode": "enabled", "ignore": [{"paths": ["/spec/gateways"]}]}),
            "FluxHelmRelease",
            ISTIO,
            "yes",
            "except at /spec/gateways",
        ),
        (
            FLUX_HELM,
            {},
            owners({"mode": "warn"}),
            "FluxHelmRelease",
            ISTIO,
            "no",
            "a later upgrade may overwrite it",
        ),
        (FLUX_HELM, {}, owners(), "FluxHelmRelease", ISTIO, "no", "a later upgrade may overwrite it"),
        (FLUX_HELM, {}, owners({"mode": "enabled"}, suspend=True), "FluxHelmRelease", ISTIO, "no", "resumed"),
        (FLUX_HELM, {}, Owners(), "FluxHelmRelease", ISTIO, "unknown", "not found"),
        (
            FLUX_HELM,
            {"helm.toolkit.fluxcd.io/driftDetection": "disabled"},
            owners({"mode": "enabled"}),
            "FluxHelmRelease",
            ISTIO,
            "no",
            "excludes it",
        ),
        (
            {},
            {"argocd.argoproj.io/tracking-id": "mesh:networking.istio.io/VirtualService:web/x"},
            Owners(),
            "ArgoCD",
            Ref("Application", "mesh"),
            "unknown",
            "heals itself",
        ),
        (
            {},
            {"argocd.argoproj.io/tracking-id": "team_mesh:networking.istio.io/VirtualService:web/x"},
            Owners(),
            "ArgoCD",
            Ref("Application", "mesh", "team"),
            "unknown",
            "heals itself",
        ),
        (
            {"argocd.argoproj.io/instance": "mesh"},
            {},
            Owners(),
            "ArgoCD",
            Ref("Application", "mesh"),
            "unknown",
            "mesh",
        ),
        (HELM, HELM_NOTES, Owners(), "Helm", None, "no", "Helm release istio-system/istio"),
        (HELM, {}, Owners(), "None", None, "no", "nothing"),
        (
            OPERATOR,
            {},
            Owners(),
            "Operator",
            Ref("IstioOperator", "istio", "istio-system"),
            "yes",
            "while it runs",
        ),
        ({"app.kubernetes.io/managed-by": "zarf"}, {}, Owners(), "Zarf", None, "no", "next deploy"),
        ({}, {"zarf.dev/package": "bigbang"}, Owners(), "Zarf", None, "no", "next deploy"),
        ({"zarf-agent": "patched"}, {}, Owners(), "None", None, "no", "nothing"),
        (
            {},
            {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
            Owners(),
            "KubectlApply",
            None,
            "no",
            "kubectl apply",
        ),
    ],
)
def test_owners(
    labels: dict[str, str],
    annotations: dict[str, str],
    known: Owners,
    kind: str,
    ref: Ref | None,
    reverts: str,
    why: str,
) -> None:
    found = owner(Metadata(name="x", namespace="web", labels=labels, annotations=annotations), VS, known)
    assert (found.kind, found.ref, found.reverts) == (kind, ref, reverts)
    assert why in found.why


def test_those_with_the_same_marks_are_judged_once_and_alike() -> None:
    known = owners({"mode": "enabled"})
    items = [Metadata(name="a", labels=FLUX_HELM), Metadata(name="b", labels=FLUX_HELM), Metadata(name="c")]
    finder = Finder(known)
    assert [finder.of(one, VS) for one in items] == [owner(one, VS, known) for one in items]
    assert finder.of(items[0], VS) is finder.of(items[1], VS)


TRACKED = "shop:networking.istio.io/VirtualService:web/a"
MARKS = st.dictionaries(
    st.sampled_from(
        [
            *KUSTOMIZE,
            *FLUX_HELM,
            *OPERATOR,
            *HELM,
            *HELM_NOTES,
            "kustomize.toolkit.fluxcd.io/reconcile",
            "kustomize.toolkit.fluxcd.io/ssa",
            "helm.toolkit.fluxcd.io/driftDetection",
            "argocd.argoproj.io/tracking-id",
            "argocd.argoproj.io/instance",
            "argocd.argoproj.io/installation-id",
            "app.kubernetes.io/instance",
            "kubectl.kubernetes.io/last-applied-configuration",
            "helm.sh/chart",
            "zarf.dev/package",
            "app",
        ]
    ),
    st.sampled_from(
        [
            "istio",
            "env",
            "bigbang",
            "disabled",
            "Merge",
            "Helm",
            "zarf",
            "shop",
            "shop:networking.istio.io/VirtualService:web/a",
        ]
    ),
    max_size=5,
)


@given(st.lists(st.tuples(st.sampled_from("ab"), MARKS, MARKS), min_size=1, max_size=4))
def test_a_finder_finds_what_owner_finds(
    marked: list[tuple[str, dict[str, str], dict[str, str]]],
) -> None:
    """Whatever decides is part of what it remembers by."""
    listed = {"group": "networking.istio.io", "kind": VS, "namespace": "web", "name": "a"}
    shop = application("shop", status={"resources": [listed]}, syncPolicy=HEALING)
    known = replace(owners({"mode": "enabled"}), applications=things(shop).applications)
    finder = Finder(known)
    for name, labels, annotations in marked:
        item = Metadata(name=name, namespace="web", labels=labels, annotations=annotations)
        assert finder.of(item, VS) == owner(item, VS, known)


def test_a_chart_is_named_beside_its_helm_release() -> None:
    labels = {**HELM, "helm.sh/chart": "web-1.2.3"}
    found = owner(Metadata(name="x", labels=labels, annotations=HELM_NOTES), VS)
    assert (found.title, found.chart) == ("Helm release istio-system/istio", "web-1.2.3")


class TestGitSource:
    SOURCE = Ref("GitRepository", "env", "bigbang")

    def place(self, path: str = "./prod", kind: str = "GitRepository", **spec: Any) -> GitPlace | None:
        item = kustomization(path=path, sourceRef={"kind": kind, "name": "env"})
        classes: dict[str, type[Reconciled]] = {
            "GitRepository": GitRepository,
            "OCIRepository": OCIRepository,
            "Bucket": Bucket,
        }
        source = decoded(manifest("env", kind=kind, spec=spec), classes[kind])
        return git_source(item, {Ref(kind, "env", "bigbang"): source})

    def test_a_branch(self) -> None:
        found = self.place(url="https://git.example.com/env.git", ref={"branch": "main"})
        assert found == GitPlace(self.SOURCE, "https://git.example.com/env.git", "branch main", "prod")
        assert str(found) == "https://git.example.com/env.git (branch main), folder prod"

    @pytest.mark.parametrize(
        ("ref", "expected"),
        [
            ({"branch": "main", "commit": "abc"}, "commit abc"),
            ({"branch": "main", "tag": "v1"}, "tag v1"),
            ({"tag": "v1", "semver": ">=1"}, "semver >=1"),
            ({"name": "refs/heads/x", "tag": "v1"}, "name refs/heads/x"),
            ({}, "branch master"),
            (None, "branch master"),
        ],
    )
    def test_what_is_checked_out(self, ref: dict[str, str] | None, expected: str) -> None:
        found = self.place(url="u", ref=ref)
        assert found is not None
        assert found.revision == expected

    @pytest.mark.parametrize(
        ("path", "expected"),
        [("", "."), (".", "."), ("./", "."), ("/a/b/", "a/b"), ("a", "a"), ("./.config", ".config")],
    )
    def test_paths(self, path: str, expected: str) -> None:
        found = self.place(path=path, url="u")
        assert found is not None
        assert found.path == expected

    def test_other_sources(self) -> None:
        oci = self.place(kind="OCIRepository", url="oci://r/x")
        bucket = self.place(kind="Bucket", endpoint="s3.example.com", bucketName="env")
        assert oci is not None
        assert oci.revision == "tag latest"
        assert bucket is not None
        assert (bucket.url, bucket.revision) == ("s3.example.com/env", "")

    def test_an_unknown_source(self) -> None:
        item = kustomization(sourceRef={"kind": "GitRepository", "name": "env"})
        assert git_source(item, {}) is None
        assert git_source(kustomization(), {}) is None
