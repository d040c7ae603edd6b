"""Waiting for namespaces that are being deleted: nothing can be installed into them, and Flux does not wait."""

import time

from istiokit.cluster import kinds
from istiokit.errors import NotDone
from istiokit.istio.workloads import Namespace
from istiokit.plan.model import Action, State, World

_PERIOD = 1.0


class AwaitNamespaces(Action, frozen=True, kw_only=True):
    """Wait until none of these namespaces is Terminating.

    Measured: a Helm upgrade that lands while a namespace of its chart is going "succeeds" without making it
    again, and every release in that namespace then fails with `namespaces "..." not found`.
    """

    names: tuple[str, ...]
    passive = True

    def target(self) -> str:
        return f"Namespace {','.join(self.names)}"

    def change(self) -> str:
        return "wait until none is Terminating"

    def state(self, world: World) -> State:
        return State.TODO if self._going(world) else State.DONE

    def do(self, world: World, *, dry_run: bool = False) -> None:
        until = time.monotonic() + world.timeout
        while not dry_run and (going := self._going(world)):
            if time.monotonic() > until or world.stop.wait(_PERIOD):
                raise NotDone(
                    f"namespace {going[0]} is still being deleted",
                    f"see what holds it: kubectl get namespace {going[0]} -o yaml",
                )

    def undo(self, world: World) -> None:
        """There is nothing to take back."""

    def _going(self, world: World) -> list[str]:
        found = world.cluster.list(kinds.NAMESPACE, Namespace)
        return sorted(
            item.metadata.name
            for item in found
            if item.metadata.name in self.names and item.metadata.deletion_timestamp
        )
