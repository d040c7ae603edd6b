"""An istioCore installation before the upgrade that splits it: is it safe from being uninstalled, and taken over?"""

from collections.abc import Iterator

from istiokit.bigbang import core
from istiokit.bigbang.checks.model import Check, Subject, Target
from istiokit.bigbang.versions import SPLIT_SINCE
from istiokit.cluster.yamlvalues import read_at
from istiokit.findings import Finding, Severity
from istiokit.flux.order import release_ref
from istiokit.istio.versions import Version, of_image

_TAKES_OVER = Version(1, 2, 0)
"""The first helm-controller that takes over objects of another release (its CHANGELOG, 1.2.0)."""
_REFUSAL = ("install", "disableTakeOwnership")


def _uninstalled(subject: Subject) -> Iterator[Finding]:
    release = core.release_of(subject.facts)
    if release is None or release.spec.suspend:
        return
    reason = (
        f"Big Bang {SPLIT_SINCE.major}.{SPLIT_SINCE.minor} and later have no package istioCore: their upgrade "
        "uninstalls its release, istiod with it, and every CRD without helm.sh/resource-policy: keep"
    )
    remedy = "kubectl istio-migrate carry-core, before the upgrade: it lets the new releases take istiod and CRDs over"
    yield Finding("IM027", Severity.ERROR, str(release_ref(release)), reason, remedy)


def _not_taken_over(subject: Subject) -> Iterator[Finding]:
    if core.release_of(subject.facts) is None:
        return
    for package in ("istioCRDs", "istiod"):
        own = read_at(subject.values, (package, "flux", *_REFUSAL))
        common = read_at(subject.values, ("flux", *_REFUSAL))
        if own[1] if own[0] else common[1]:
            path = ".".join((*((package,) if own[0] else ()), "flux", *_REFUSAL))
            reason = f"with it the release of {package} fails: istio-core's objects are there already"
            yield Finding("IM028", Severity.ERROR, path, reason, "set it to false for the upgrade")
    for deployment in subject.facts.mesh.deployments:
        version = of_image(next(iter(deployment.images.values()), ""))
        if deployment.metadata.name == "helm-controller" and version is not None and version < _TAKES_OVER:
            about = f"Deployment {deployment.metadata.namespace}/helm-controller"
            reason = f"{version} cannot take over objects of another release; from {_TAKES_OVER} on it does"
            yield Finding(
                "IM028", Severity.ERROR, about, reason, "upgrade Flux first (Big Bang 2.50 has 1.2.0)"
            )


CHECKS = (
    Check(
        code="IM027",
        title="The upgrade would uninstall istio-core",
        severity=Severity.ERROR,
        why="From 2.51 on Big Bang has istioCRDs and istiod in place of istioCore. Helm uninstalls by the record of "
        "the old release and asks nobody who owns an object by then, so what the new releases have just installed "
        "or taken over goes as well: istiod, and without a keep annotation the CRDs with every VirtualService.",
        remedy="Run `kubectl istio-migrate carry-core` before the upgrade: it suspends the HelmRelease, and a "
        "suspended one is not uninstalled when the umbrella takes it away.",
        run=_uninstalled,
        steps=frozenset({Target.CORE, Target.BIG_BANG_3}),
        live=True,
        needs=frozenset({"HelmRelease"}),
    ),
    Check(
        code="IM028",
        title="The new releases could not take over what istio-core has installed",
        severity=Severity.ERROR,
        why="istiod and the CRDs stay while istio-core goes, so the releases istio-crds and istiod find them there. "
        "Helm refuses objects of another release unless it is told to take them over; helm-controller does that "
        "from 1.2.0 on, if the values do not forbid it.",
        remedy="Upgrade Flux, and leave flux.install.disableTakeOwnership at false.",
        run=_not_taken_over,
        steps=frozenset({Target.CORE}),
        live=True,
        needs=frozenset({"HelmRelease", "Deployment"}),
    ),
)
