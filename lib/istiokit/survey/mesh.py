"""Reads Istio and what is around it."""

from concurrent.futures import Future

from istiokit.bigbang.facts import MeshFacts
from istiokit.cluster import kinds
from istiokit.cluster.types import Where
from istiokit.istio.bindings import NEW_NAMESPACE, OLD_NAMESPACE
from istiokit.istio.model import Gateway, IstioOperator, VirtualService
from istiokit.istio.sharing import shared
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment, Namespace, Pod, Service
from istiokit.survey.reading import Reading

_DEPLOYMENTS = (
    Where(labels="app=istiod"),
    Where(labels="app.kubernetes.io/part-of=flux"),
    Where("istio-operator"),
    Where(OLD_NAMESPACE),
    Where(NEW_NAMESPACE),
)
"""Control planes have any name in any namespace; operators and gateways are looked for where Big Bang puts them."""


class MeshReading:
    """The requests for a mesh: begun when made, waited for by `result`."""

    def __init__(self, reading: Reading) -> None:
        self._virtual_services = reading.list(kinds.VIRTUAL_SERVICE, VirtualService, keep=shared)
        self._pods = reading.list(kinds.POD, Pod)
        self._services = reading.list(kinds.SERVICE, Service)
        self._gateways = reading.list(kinds.GATEWAY, Gateway)
        self._namespaces = reading.list(kinds.NAMESPACE, Namespace)
        self._operators = reading.list(kinds.ISTIO_OPERATOR, IstioOperator)
        self._mutating = reading.list(kinds.MUTATING_WEBHOOK, WebhookConfiguration)
        self._validating = reading.list(kinds.VALIDATING_WEBHOOK, WebhookConfiguration)
        self._deployments = [reading.list(kinds.DEPLOYMENT, Deployment, where) for where in _DEPLOYMENTS]

    def result(self) -> MeshFacts:
        """Wait for all of them; raises what ended a request for good."""
        return MeshFacts(
            namespaces=self._namespaces.result(),
            deployments=_distinct(self._deployments),
            pods=self._pods.result(),
            services=self._services.result(),
            gateways=self._gateways.result(),
            virtual_services=self._virtual_services.result(),
            operators=self._operators.result(),
            mutating=self._mutating.result(),
            validating=self._validating.result(),
        )


def _distinct(lists: "list[Future[tuple[Deployment, ...]]]") -> tuple[Deployment, ...]:
    """The lists overlap (an istiod in istio-system is in two of them)."""
    found = (item for future in lists for item in future.result())
    return tuple({(item.metadata.namespace, item.metadata.name): item for item in found}.values())
