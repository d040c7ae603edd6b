"""Waiting for namespaces that are being deleted: nothing can be installed into them, and Flux does not wait."""

from istiokit.cluster import kinds
from istiokit.errors import NotDone
from istiokit.istio.workloads import Namespace
from istiokit.plan.actions.waiting import Await
from istiokit.plan.model import World


class AwaitNamespaces(Await, frozen=True, kw_only=True):
    """Wait until none of these namespaces is Terminating.

    Measured: a Helm upgrade that lands while a namespace of its chart is going "succeeds" without making it
    again, and every release in that namespace then fails with `namespaces "..." not found`.
    """

    names: tuple[str, ...]
    period = 1.0

    def target(self) -> str:
        return f"Namespace {','.join(self.names)}"

    def change(self) -> str:
        return "wait until none is Terminating"

    def late(self, pending: list[str]) -> NotDone:
        return NotDone(
            f"namespace {pending[0]} is still being deleted",
            f"see what holds it: kubectl get namespace {pending[0]} -o yaml",
        )

    def pending(self, world: World) -> list[str]:
        found = world.cluster.list(kinds.NAMESPACE, Namespace)
        return sorted(
            item.metadata.name
            for item in found
            if item.metadata.name in self.names and item.metadata.deletion_timestamp
        )
