"""Istio's CustomResourceDefinitions: there, readable by the new version, and safe from being pruned."""

from collections.abc import Iterator

from istiokit.bigbang.checks.model import EVERY, Check, Subject, Target
from istiokit.bigbang.facts import CustomResource
from istiokit.findings import Finding, Severity

_NETWORKING = ("v1", "v1beta1", "v1alpha3")
_SECURITY = ("v1", "v1beta1")

SERVED_VERSIONS: dict[str, tuple[str, ...]] = {
    "authorizationpolicies.security.istio.io": _SECURITY,
    "destinationrules.networking.istio.io": _NETWORKING,
    "envoyfilters.networking.istio.io": ("v1alpha3",),
    "gateways.networking.istio.io": _NETWORKING,
    "peerauthentications.security.istio.io": _SECURITY,
    "proxyconfigs.networking.istio.io": ("v1beta1",),
    "requestauthentications.security.istio.io": _SECURITY,
    "serviceentries.networking.istio.io": _NETWORKING,
    "sidecars.networking.istio.io": _NETWORKING,
    "telemetries.telemetry.istio.io": ("v1", "v1alpha1"),
    "virtualservices.networking.istio.io": _NETWORKING,
    "wasmplugins.extensions.istio.io": ("v1alpha1",),
    "workloadentries.networking.istio.io": _NETWORKING,
    "workloadgroups.networking.istio.io": _NETWORKING,
}
"""The CRDs of Istio 1.25 with the versions that they serve (istio 1.25, manifests/charts/base/files)."""


def _run(subject: Subject) -> Iterator[Finding]:
    present = {crd.name: crd for crd in subject.facts.mesh.crds}
    absent = [name for name in SERVED_VERSIONS if name not in present]
    if absent and subject.target is not Target.STEP1:
        yield _absent(absent)
    for crd in present.values():
        yield from _stored(crd)
        yield from _pruned(crd, subject)


def _absent(names: list[str]) -> Finding:
    reason = f"Istio's CRDs are not all there; missing: {', '.join(names)}"
    remedy = "make HelmRelease istio-crds (2.49 and 2.50: istio-core) Ready; step 1 brings it"
    return Finding("IM009", Severity.ERROR, "CustomResourceDefinition", reason, remedy)


def _stored(crd: CustomResource) -> Iterator[Finding]:
    old = [version for version in crd.stored_versions if version not in SERVED_VERSIONS.get(crd.name, ())]
    if old:
        reason = f"status.storedVersions has {', '.join(old)}, which Istio 1.25 does not define any more"
        remedy = (
            "rewrite its objects in a version that stays, then take the old one out of status.storedVersions"
        )
        yield Finding("IM009", Severity.ERROR, f"CustomResourceDefinition {crd.name}", reason, remedy)


def _pruned(crd: CustomResource, subject: Subject) -> Iterator[Finding]:
    """A CRD goes with its Helm release unless it is kept, and all objects of its kind go with it.

    A HelmRelease that is suspended when it is deleted is not uninstalled.
    """
    name = crd.release.rpartition("/")[2]
    owner = next((one for one in subject.facts.releases if one.helm_name == name), None)
    stays = owner is not None and (owner.spec.suspend or owner.metadata.name in subject.goal.present)
    if not name or crd.kept or stays or name in subject.goal.present:
        return
    reason = f"it belongs to Helm release {crd.release}, which goes; the CRD and all its objects would go too"
    remedy = (
        "give it the annotation helm.sh/resource-policy: keep with a post-renderer of that package, and let Flux "
        "upgrade it first (on the live object alone it does not count when Helm uninstalls)"
    )
    yield Finding("IM009", Severity.ERROR, f"CustomResourceDefinition {crd.name}", reason, remedy)


CHECKS = (
    Check(
        code="IM009",
        title="Istio's CRDs are absent, too old, or would be deleted",
        severity=Severity.ERROR,
        why="The new gateways are made of Istio's resources, so their CRDs must be there first. The API server "
        "refuses a CRD without a version that status.storedVersions still names. And a CRD that belongs to a "
        "Helm release is deleted with that release, together with every VirtualService or Gateway in it.",
        remedy="Bring the CRDs with istioCRDs, migrate objects off old versions, and annotate CRDs of a "
        "release that goes with helm.sh/resource-policy: keep.",
        run=_run,
        steps=EVERY,
        live=True,
        needs=frozenset({"CustomResourceDefinition"}),
    ),
)
