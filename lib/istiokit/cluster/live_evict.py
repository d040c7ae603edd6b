"""The Eviction API: deleting a pod unless a PodDisruptionBudget stands against it."""

from collections.abc import Callable

import msgspec

from istiokit.cluster.kinds import POD
from istiokit.cluster.live_errors import one_line, status_of
from istiokit.cluster.live_http import Reply, Transport
from istiokit.cluster.types import Kind, Ref
from istiokit.errors import OperationFailed

_TOO_MANY_REQUESTS = 429
"""A budget allows no disruption now."""
_GONE, _ANOTHER = 404, 409
_SEVERAL = "more than one PodDisruptionBudget"
"""What the server answers 500 to, every time."""


def evict(
    transport: Transport,
    path: str,
    ref: Ref,
    uid: str,
    check: Callable[[Reply, str, Kind], Reply],
    *,
    dry_run: bool,
) -> str:
    """One request; return the server's words where a budget stands against it, else nothing.

    `path` is that of the pod, `check` raises for an answer that is an error. No other pod of the name is evicted than
    the one with this `uid`. A 429 is an answer here, not a server that is busy.
    """
    options: dict[str, object] = {"preconditions": {"uid": uid}} if uid else {}
    if dry_run:
        options["dryRun"] = ["All"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "deleteOptions": options,
    }
    body = msgspec.json.encode(eviction)
    reply = transport.send("POST", f"{path}/eviction", body=body, patient=False)
    if reply.status in (_GONE, _ANOTHER):
        return ""
    if reply.status == _TOO_MANY_REQUESTS:
        return one_line(status_of(reply.body).message)
    if _SEVERAL in (said := one_line(status_of(reply.body).message)):
        raise OperationFailed(f"evict {ref}: {said}", "let one PodDisruptionBudget alone select it")
    check(reply, f"evict {ref}", POD)
    return ""
