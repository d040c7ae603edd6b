"""Waiting for the cloud: a gateway's Service gets its external address."""

import time

from istiokit.cluster import kinds
from istiokit.cluster.types import Where
from istiokit.errors import NotDone
from istiokit.istio.workloads import Service
from istiokit.plan.model import Action, State, World

_PERIOD = 2.0


class AwaitAddresses(Action, frozen=True, kw_only=True):
    """Wait until every LoadBalancer Service of the namespace has an external address."""

    passive = True

    namespace: str

    def target(self) -> str:
        return f"Service {self.namespace}/*"

    def change(self) -> str:
        return "wait for external addresses"

    def state(self, world: World) -> State:
        return State.TODO if self._pending(world) else State.DONE

    def do(self, world: World, *, dry_run: bool = False) -> None:
        until = time.monotonic() + world.timeout
        while not dry_run and (pending := self._pending(world)):
            if time.monotonic() > until or world.stop.wait(_PERIOD):
                raise NotDone(
                    f"Service {self.namespace}/{pending[0]} has no external address yet",
                    f"see what the cloud says: kubectl -n {self.namespace} describe service {pending[0]}",
                )

    def undo(self, world: World) -> None:
        """There is nothing to take back."""

    def _pending(self, world: World) -> list[str]:
        services = world.cluster.list(kinds.SERVICE, Service, Where(self.namespace))
        return sorted(
            item.metadata.name for item in services if item.spec.type == "LoadBalancer" and not item.addresses
        )
