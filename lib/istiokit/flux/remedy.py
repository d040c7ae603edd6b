"""What to do about a HelmRelease that is not Ready: one sentence. Pure."""

import re

from istiokit.flux.messages import Known, known
from istiokit.flux.model import HelmRelease
from istiokit.flux.readiness import Readiness, State

_RESET_REASONS = frozenset({"RetriesExceeded"})
_UNANSWERED = frozenset({"ReconcileRequested", "NoStatus", "NewGeneration"})
"""Failed with these means that the time ran out before the controller said anything."""
_DEPENDENCY = re.compile(r"'([^']+)' (?:dependency|is not ready)|dependency '([^']+)'")


def remedy(judged: Readiness, release: HelmRelease) -> str:
    """The next step for a person, without a full stop; empty where there is nothing to do."""
    name, namespace = release.metadata.name, release.metadata.namespace or "default"
    if judged.state is State.READY:
        return ""
    if judged.state is State.SUSPENDED:
        return f"resume it: flux resume helmrelease {name} -n {namespace}"
    if judged.reason == "MissingRollbackTarget":
        return f"remove the cause, then run: kubectl istio-migrate reconcile {name} --force"
    entry = known(judged.message)
    advice = _sentence(entry, judged, release) if entry else ""
    if judged.reason in _RESET_REASONS or "retries exhausted" in judged.message:
        return f"{advice or 'remove the cause'}, then run: kubectl istio-migrate reconcile {name} --reset"
    return advice or _by_state(judged, release)


def _by_state(judged: Readiness, release: HelmRelease) -> str:
    if judged.state is State.UNKNOWN or (judged.state is State.FAILED and judged.reason in _UNANSWERED):
        return "see whether helm-controller is running: kubectl -n flux-system get pods"
    if judged.state is State.FAILED:
        where = f"{release.metadata.name} -n {release.metadata.namespace or 'default'}"
        return f"read its events: flux events --for HelmRelease/{where}"
    return ""


def _sentence(entry: Known, judged: Readiness, release: HelmRelease) -> str:
    text = entry.remedy
    if entry.gateway_remedy and is_gateway(release):
        text = entry.gateway_remedy
    elif entry.umbrella_remedy and _chart(release) == "bigbang":
        text = entry.umbrella_remedy
    found = _DEPENDENCY.search(judged.message)
    return text.format(
        name=release.metadata.name,
        namespace=release.spec.target_namespace or release.metadata.namespace or "default",
        chart=_chart(release) or "that",
        version=release.spec.chart.spec.version if release.spec.chart else "it",
        dependency=(found.group(1) or found.group(2)) if found else "that it depends on",
    )


def is_gateway(release: HelmRelease) -> bool:
    """Whether the release is one of an Istio gateway, by Big Bang's names or by the chart of its name."""
    name = release.metadata.name
    return name.endswith(("ingressgateway", "egressgateway")) or _chart(release) in (
        "gateway",
        "istio-gateway",
    )


def _chart(release: HelmRelease) -> str:
    """The chart's name; sources that are Git repositories give a path (`./chart`), which names nothing."""
    chart = release.spec.chart.spec.chart if release.spec.chart else ""
    if chart.startswith((".", "/")):
        return release.status.history[0].chart_name if release.status.history else ""
    return chart.rpartition("/")[2]
