"""How reconcile and wait behave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReconcileOptions:
    """What `reconcile` does with each release."""

    with_source: bool = False
    """Reconcile the repository and the HelmChart first."""
    reset: bool = False
    """Clear the failure counts, so that exhausted retries begin anew."""
    force: bool = False
    """Install or upgrade once even if nothing has changed or no retry is left."""
    concurrency: int = 20
    """How many releases may be under way at a time; helm-controller itself works on four by default."""
    timeout: float = 300.0
    """Seconds for one release with its sources, from its own start; as with the flux CLI."""
    grace: float = 3.0
    """Seconds that a final failure must stand: controllers repeat an old message until they look anew."""


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """When `wait_ready` ends."""

    timeout: float = 1800.0
    """Seconds for all of it."""
    stop_on_failure: bool = True
    """Give up as soon as one release has failed in a way that waiting cannot help."""
    grace: float = 15.0
    """Seconds that a final failure must stand: what it complains of may be on its way."""


RECONCILE_DEFAULTS = ReconcileOptions()
WAIT_DEFAULTS = WaitOptions()
