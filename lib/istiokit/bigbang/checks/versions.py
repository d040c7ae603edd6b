"""Where Kubernetes, Big Bang and Istio are in time."""

from collections.abc import Iterator

from istiokit.bigbang import versions as big_bang
from istiokit.bigbang.checks.model import EVERY, STEPS, Check, Subject, Target, counted, shortened
from istiokit.bigbang.place import Place, standing
from istiokit.bigbang.versions import Window
from istiokit.findings import Finding, Severity
from istiokit.istio import versions as istio
from istiokit.istio.injection import has_sidecar, proxy_version
from istiokit.istio.versions import RELEASES, Skew, Version

_NEW = Version(1, 25)
"""The Istio of the Helm packages, big_bang.NEW_ISTIO."""


def _kubernetes(subject: Subject) -> Iterator[Finding]:
    text = subject.facts.server_version or ""
    server = istio.parse(text)
    if server is None or istio.supports_kubernetes(_NEW, server) is not False:
        return
    bounds = RELEASES[_NEW.release]
    span = f"1.{bounds.oldest_kubernetes} to 1.{bounds.newest_kubernetes}"
    reason = f"Istio {_NEW.release}, which the new packages install, supports Kubernetes {span}"
    remedy = "bring Kubernetes into that range, or see that your vendor supports the pair"
    yield Finding("IM014", Severity.WARNING, f"Kubernetes {text}", reason, remedy)


def _window(subject: Subject) -> Iterator[Finding]:
    about = f"Big Bang {subject.version}" if subject.version else "version of Big Bang"
    if subject.target is Target.BIG_BANG_3:
        yield from _before_3(subject, about)
        return
    if subject.about is None:
        known = subject.version and "is not a version that this command knows"
        reason = known or "cannot tell which version it is, so the keys of the values have to do"
        remedy = f"known are {big_bang.KNOWN}; give the version with --bigbang-version"
        yield Finding("IM015", Severity.WARNING, about, reason, remedy)
    elif subject.about.window is Window.TOO_LATE:
        remedy = f"migrate on Big Bang {big_bang.TARGET}, then upgrade"
        yield Finding("IM015", Severity.ERROR, about, subject.about.window, remedy)
    elif subject.about.window is not Window.OPEN:
        remedy = f"upgrade to Big Bang {big_bang.TARGET} first, and migrate there"
        yield Finding("IM015", Severity.WARNING, about, subject.about.window, remedy)
    elif not str(subject.about.version).startswith(f"{big_bang.TARGET}."):
        remedy = f"consider going to {big_bang.TARGET} first, the last with both kinds of packages"
        yield Finding("IM015", Severity.INFO, about, subject.about.window, remedy)


def _before_3(subject: Subject, about: str) -> Iterator[Finding]:
    if subject.contradiction or subject.misfit:
        return  # IM003 says so, and nobody can tell where the mesh stands.
    place = standing(subject.facts, subject.version).place
    if place is not Place.STEP2:
        reason = f"the mesh is not on the Helm packages yet ({place}); 3.0 takes the operator away"
        remedy = "run step 1 and step 2 first: kubectl istio-migrate status names the next command"
        yield Finding("IM015", Severity.ERROR, about, reason, remedy)


def _istio(subject: Subject) -> Iterator[Finding]:
    for plane in subject.mesh.control_planes:
        ended = istio.end_of_support(plane.version) if plane.version else None
        if plane.version is None or ended is None:
            continue
        old = istio.has_operator(plane.version)
        jump = f"; no operator exists after 1.23, and the packages jump to {_NEW.release}" if old else ""
        reason = f"Istio {plane.version} is out of support since {ended:%B %Y}{jump}"
        about = f"Deployment {plane.namespace}/{plane.name}"
        yield Finding("IM016", Severity.INFO, about, reason, "migrate, then keep Istio within its support")


def _sidecars(subject: Subject) -> Iterator[Finding]:
    """Step 1 puts the new control plane in; after it, the one that runs is what counts."""
    future = subject.target is Target.STEP1
    plane = max(subject.mesh.newest or _NEW, _NEW) if future else subject.mesh.newest
    if plane is None:
        return
    stragglers: dict[str, int] = {}
    for pod in subject.facts.mesh.pods:
        version = proxy_version(pod) if has_sidecar(pod) else None
        if version is not None and istio.skew(plane, version) is not Skew.SUPPORTED:
            namespace = pod.metadata.namespace or "default"
            stragglers[namespace] = stragglers.get(namespace, 0) + 1
    if stragglers:
        listed = shortened(f"{name} ({count})" for name, count in sorted(stragglers.items()))
        when = "will be" if future else "are"
        reason = f"sidecars that {when} outside the skew that istiod {plane.release} supports: {listed}"
        severity = Severity.INFO if future else Severity.WARNING
        how = "restart them: kubectl recycle-injected, or kubectl -n NAMESPACE rollout restart deployment"
        remedy = f"after step 1, {how}" if future else how
        yield Finding("IM016", severity, counted(sum(stragglers.values()), "pod"), reason, remedy)


def _ages(subject: Subject) -> Iterator[Finding]:
    yield from _istio(subject)
    yield from _sidecars(subject)


CHECKS = (
    Check(
        code="IM014",
        title="Kubernetes outside of what the new Istio supports",
        severity=Severity.WARNING,
        why="Istio tests each release with a few versions of Kubernetes only. Outside of them it mostly works, and "
        "nobody promises it.",
        remedy="Bring Kubernetes into the range of Istio 1.25, or see that your vendor supports the pair.",
        run=_kubernetes,
        steps=EVERY,
        live=True,
    ),
    Check(
        code="IM015",
        title="The wrong Big Bang for this step",
        severity=Severity.ERROR,
        why="The Helm packages are alpha in 2.49 and 2.50 and beta in 2.51; 2.52 to 2.54 have both kinds and are "
        "the time to migrate; from 3.0 on the operator packages are gone.",
        remedy="Go to Big Bang 2.54, migrate there, and go to 3.0 afterwards.",
        run=_window,
        steps=STEPS | {Target.BIG_BANG_3},
    ),
    Check(
        code="IM016",
        title="Istio out of support, or sidecars out of step",
        severity=Severity.WARNING,
        why="Istio 1.23, the last with an operator, went out of support in April 2025. The packages jump to 1.25, "
        "and a control plane may be one minor release ahead of its sidecars, not two: those that are not "
        "restarted end with CERTIFICATE_VERIFY_FAILED.",
        remedy="Restart the workloads after step 1 with `kubectl recycle-injected`.",
        run=_ages,
        steps=EVERY,
        live=True,
        needs=frozenset({"Deployment", "Pod"}),
    ),
)
