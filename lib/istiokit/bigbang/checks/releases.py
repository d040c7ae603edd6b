"""The HelmReleases as they are now: Ready, not suspended, and there at all."""

from collections.abc import Iterator

from istiokit.bigbang import core
from istiokit.bigbang.checks.model import EVERY, Check, Subject, Target
from istiokit.bigbang.releases import is_gateway_release
from istiokit.findings import Finding, Severity
from istiokit.flux.model import HelmRelease
from istiokit.flux.order import release_ref
from istiokit.flux.readiness import Readiness, State, readiness
from istiokit.flux.remedy import remedy

_BEGUN = {
    Target.STEP1: frozenset({"istio-crds", "istiod", "istio-core"}),
    Target.CORE: frozenset({"bigbang", "istio-crds", "istiod"}),
}
"""What a command that is run again finds not Ready because it has begun: of an upgrade the umbrella itself."""
_ISTIO = frozenset({"istio-operator", "istio", "istio-core", "istio-crds", "istiod"})


def _not_ready(subject: Subject) -> Iterator[Finding]:
    for release in subject.facts.releases:
        judged = readiness(release)
        if judged.state in (State.READY, State.SUSPENDED):
            continue
        severity = Severity.WARNING if _settles(release, judged, subject) else Severity.ERROR
        reason = f"{judged.state}: {judged.reason}: {judged.message}"
        advice = remedy(judged, release) or "wait for it: kubectl istio-migrate wait"
        yield Finding("IM001", severity, str(release_ref(release)), reason, advice)


def _settles(release: HelmRelease, judged: Readiness, subject: Subject) -> bool:
    """Whether the step itself deals with it: a release at work, or one that the step brings or takes away.

    Otherwise a step that was interrupted could never be run again.
    """
    name = release.metadata.name
    begun = _BEGUN.get(subject.target, frozenset())
    gateway = subject.target is Target.STEP2 and is_gateway_release(name)
    return judged.state is State.PROGRESSING or name in begun or gateway


def _suspended(subject: Subject) -> Iterator[Finding]:
    umbrella = subject.facts.umbrella
    for release in subject.facts.releases:
        name = release.metadata.name
        if not release.spec.suspend or (subject.target is Target.CORE and name == core.RELEASE):
            continue
        vital = (
            (umbrella is not None and name == umbrella.ref.name) or name in _ISTIO or is_gateway_release(name)
        )
        consequence = "so the step would not reach it" if vital else "so the step leaves it as it is"
        severity = Severity.ERROR if vital else Severity.WARNING
        place = release.metadata.namespace or "default"
        resume = f"flux resume helmrelease {name} -n {place}"
        reason, advice = f"is suspended, {consequence}", core.LEAVE if name == core.RELEASE else resume
        yield Finding("IM002", severity, str(release_ref(release)), reason, advice)


def _umbrella(subject: Subject) -> Iterator[Finding]:
    umbrella = subject.facts.umbrella
    severity = Severity.ERROR if subject.target.acts else Severity.INFO
    if umbrella is None:
        reason = "no HelmRelease and no Helm release of Big Bang was found"
        advice = "name its namespace with -n, or look at another cluster with --context"
        yield Finding("IM022", severity, subject.facts.where, reason, advice)
    elif umbrella.release is None:
        reason = "Big Bang was installed with `helm upgrade`, so Flux would not render the packages anew"
        yield Finding(
            "IM022", severity, str(umbrella.ref), reason, _helm_command(subject, umbrella.namespace)
        )


def _helm_command(subject: Subject, namespace: str) -> str:
    if subject.target is Target.CORE:
        suspend = f"flux suspend helmrelease {core.RELEASE} -n {namespace}"
        return f"{suspend}, then helm upgrade bigbang <the chart> -n {namespace} with the new values"
    switches = " ".join(f"--set {path}={str(on).lower()}" for path, on in subject.wanted.items())
    version = f" --version {subject.version}" if subject.version else ""
    return f"helm upgrade bigbang <the chart>{version} -n {namespace} --reuse-values {switches}"


CHECKS = (
    Check(
        code="IM001",
        title="A HelmRelease is not Ready",
        severity=Severity.ERROR,
        why="The step waits until every HelmRelease is Ready. One that has failed before the step began will not "
        "become Ready by it, and may be the reason why the mesh does not come back.",
        remedy="Do what the finding says about the release's own message, then reconcile it.",
        run=_not_ready,
        steps=EVERY,
        live=True,
        needs=frozenset({"HelmRelease"}),
    ),
    Check(
        code="IM002",
        title="A HelmRelease is suspended",
        severity=Severity.ERROR,
        why="Flux leaves a suspended release alone, and what depends on it waits. With the umbrella or an Istio "
        "package suspended the step stops in the middle.",
        remedy="Resume it with `flux resume helmrelease`, or, if it is no Istio package, leave it be.",
        run=_suspended,
        steps=EVERY,
        live=True,
        needs=frozenset({"HelmRelease"}),
    ),
    Check(
        code="IM022",
        title="Flux does not manage Big Bang here",
        severity=Severity.ERROR,
        why="The steps change values and let Flux do the rest. Where Big Bang was installed with `helm upgrade`, "
        "its values live in Helm's own Secret and only another `helm upgrade` changes them.",
        remedy="Run the helm command of the finding with your chart and your values, then `kubectl istio-migrate "
        "wait`. If Big Bang is managed by Flux, name its namespace with -n.",
        run=_umbrella,
        steps=EVERY,
        live=True,
        needs=frozenset({"HelmRelease", "Secret"}),
    ),
)
