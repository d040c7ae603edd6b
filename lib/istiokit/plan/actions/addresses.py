"""Waiting for the cloud: a gateway's Service gets its external address."""

from istiokit.cluster import kinds
from istiokit.cluster.types import Where
from istiokit.errors import NotDone
from istiokit.istio.workloads import Service
from istiokit.plan.actions.waiting import Await
from istiokit.plan.model import World


class AwaitAddresses(Await, frozen=True, kw_only=True):
    """Wait until every LoadBalancer Service of the namespace has an external address."""

    namespace: str

    def target(self) -> str:
        return f"Service {self.namespace}/*"

    def change(self) -> str:
        return "wait for external addresses"

    def late(self, pending: list[str]) -> NotDone:
        return NotDone(
            f"Service {self.namespace}/{pending[0]} has no external address yet",
            f"see what the cloud says: kubectl -n {self.namespace} describe service {pending[0]}",
        )

    def pending(self, world: World) -> list[str]:
        services = world.cluster.list(kinds.SERVICE, Service, Where(self.namespace))
        return sorted(
            item.metadata.name for item in services if item.spec.type == "LoadBalancer" and not item.addresses
        )
