"""Optimistic concurrency: look, decide, write what was decided on; if somebody was quicker, look again."""

from collections.abc import Callable
from typing import Any

from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import Conflict, OperationFailed

_ATTEMPTS = 5


class ChangedByOthers(Conflict):
    """We have looked, and the object is neither as before nor as wanted: looking again would not help."""

    def __init__(self, what: object, expected: str) -> None:
        """`what` is the object or path; `expected` says how it should have been."""
        super().__init__(
            f"{what} was changed by somebody else: {expected}",
            "put it back as described, or finish by hand; nothing was overwritten",
        )


def retried(attempt: Callable[[], None]) -> None:
    """Call `attempt`, which reads and writes, again after a Conflict; the last Conflict is raised."""
    for _ in range(_ATTEMPTS - 1):
        try:
            attempt()
        except ChangedByOthers:
            raise
        except Conflict:
            continue
        return
    attempt()


def existing(cluster: Cluster, ref: Ref) -> dict[str, Any]:
    """The whole object; raises OperationFailed where it is not there."""
    manifest = cluster.get(ref, dict[str, Any])
    if manifest is None:
        raise OperationFailed(f"{ref} is not there", "was it removed, or is this another cluster?")
    return manifest


def unchanged_since(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The JSON patch operation that fails if the object was written since; files have no version."""
    version = manifest["metadata"].get("resourceVersion")
    return [{"op": "test", "path": "/metadata/resourceVersion", "value": version}] if version else []
