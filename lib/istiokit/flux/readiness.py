"""Whether a Flux object is what its spec asks for, and if not, whether waiting can help. Pure.

The rules follow helm-controller's own check of dependencies (observedGeneration equals generation and Ready
is True), its AtomicRelease reconciler (Stalled with RetriesExceeded, Reconciling with ProgressingWithRetry)
and the flux CLI (a request is handled once status.lastHandledReconcileAt equals the annotation).
"""

from dataclasses import dataclass
from enum import StrEnum

from istiokit.cluster.decode import Condition
from istiokit.flux.messages import is_final
from istiokit.flux.model import Reconciled


class State(StrEnum):
    """How an object stands to its spec."""

    READY = "ready"
    PROGRESSING = "progressing"
    FAILED = "failed"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What an object's status says."""

    state: State
    reason: str
    """The controller's word, or ours: Suspended, ReconcileRequested, NewGeneration, Deleting, NoStatus."""
    message: str
    terminal: bool = False
    """Only with FAILED: waiting longer will not help, somebody has to change something."""
    since: str = ""
    """When Ready last changed, as the API server wrote it; empty if it never was set."""


_WAITS_FOR_OTHERS = frozenset({"DependencyNotReady", "SourceNotReady", "HealthCheckCanceled", "Progressing"})
"""Reasons with which Ready is False although nothing has failed: the controller looks again by itself."""

_REMEDIATED = frozenset({"RollbackSucceeded", "UninstallSucceeded"})
"""Reasons with which Ready is False because of a failure that has been cleaned up since."""


def readiness(item: Reconciled) -> Readiness:
    """Judge a HelmRelease, a Kustomization or a source by its status."""
    ready = item.condition("Ready")
    message = ready.message if ready else ""
    since = ready.last_transition_time if ready else ""
    if item.spec.suspend:
        return Readiness(State.SUSPENDED, "Suspended", message, since=since)
    if (pending := _pending(item, ready)) is not None:
        return Readiness(State.PROGRESSING, pending, _activity(item) or message, since=since)
    if ready is None:
        return Readiness(State.UNKNOWN, "NoStatus", "no controller has reported on it yet")
    if ready.status == "True":
        return Readiness(State.READY, ready.reason, message, since=since)
    return _not_ready(item, ready)


def _pending(item: Reconciled, ready: Condition | None) -> str | None:
    """Why the status is not about what is asked for now; None if it is."""
    if item.metadata.deletion_timestamp:
        return "Deleting"
    if item.requested_at and item.requested_at != item.status.last_handled_reconcile_at:
        return "ReconcileRequested"
    if ready is None:
        return None
    seen = item.status.observed_generation if ready.status == "True" else item.metadata.generation
    # Controllers before 2023 leave a condition's observedGeneration out: 0 says nothing.
    if seen != item.metadata.generation or ready.observed_generation not in (0, item.metadata.generation):
        return "NewGeneration"
    return None


def _not_ready(item: Reconciled, ready: Condition) -> Readiness:
    stalled = item.condition("Stalled")
    since = ready.last_transition_time
    if stalled and stalled.status == "True":
        message = _cause(item) or (ready.message if ready.status == "False" else stalled.message)
        return Readiness(State.FAILED, stalled.reason, message, terminal=True, since=since)
    if ready.status != "False":
        return Readiness(State.PROGRESSING, ready.reason, ready.message, since=since)
    message = (_cause(item) if ready.reason in _REMEDIATED else "") or ready.message
    if is_final(message):
        return Readiness(State.FAILED, ready.reason, message, terminal=True, since=since)
    if ready.reason in _WAITS_FOR_OTHERS or _running(item):
        return Readiness(State.PROGRESSING, ready.reason, message, since=since)
    return Readiness(State.FAILED, ready.reason, message, since=since)


def _cause(item: Reconciled) -> str:
    """What failed, where Ready tells only of the remedy or of the number of attempts; empty if nothing says."""
    found = (item.condition(type_) for type_ in ("Released", "TestSuccess"))
    return next((condition.message for condition in found if condition and condition.status == "False"), "")


def _running(item: Reconciled) -> bool:
    """Whether an attempt is under way now (ProgressingWithRetry means that it is over and failed)."""
    reconciling = item.condition("Reconciling")
    return bool(reconciling and reconciling.status == "True" and reconciling.reason == "Progressing")


def _activity(item: Reconciled) -> str:
    reconciling = item.condition("Reconciling")
    return reconciling.message if reconciling and reconciling.status == "True" else ""
