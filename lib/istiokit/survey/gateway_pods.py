"""Reads the pods that Gateways select, without reading all pods of a cluster."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import POD, SECRET, SERVICE
from istiokit.cluster.types import Cluster, Where
from istiokit.errors import Forbidden, KindNotServed
from istiokit.istio.model import Gateway
from istiokit.istio.routing.facts import Workload, gateway_workloads
from istiokit.istio.workloads import Pod, Service

_THREADS = 8


def read_workloads(cluster: Cluster, gateways: Iterable[Gateway]) -> tuple[Workload, ...] | None:
    """The gateway workloads of the cluster; None where pods may not be read.

    Pods are asked for by each selector that there is, Services in the namespaces of the pods that came. A Gateway
    without a selector, which means every gateway pod, adds none.
    """
    chosen = list(gateways)
    selectors = sorted({_labels(one.spec.selector) for one in chosen if one.spec.selector})
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pods") as pool:
        try:
            lists = list(pool.map(lambda labels: cluster.list(POD, Pod, Where(labels=labels)), selectors))
        except (Forbidden, KindNotServed):
            return None
        pods = {(pod.metadata.namespace, pod.metadata.name): pod for found in lists for pod in found}
        namespaces = sorted({namespace or "default" for namespace, _ in pods})
        services = [
            one for found in pool.map(lambda place: _services(cluster, place), namespaces) for one in found
        ]
    return gateway_workloads(pods.values(), chosen, services)


def read_secrets(cluster: Cluster, workloads: Iterable[Workload]) -> frozenset[str] | None:
    """The names of the Secrets in the workloads' namespaces; None where one of these may not be read.

    Only metadata is asked for: the contents do not leave the server.
    """
    places = sorted({one.namespace for one in workloads})
    try:
        found = [one.metadata for place in places for one in cluster.list(SECRET, Object, Where(place))]
    except (Forbidden, KindNotServed):
        return None
    return frozenset(f"{one.namespace}/{one.name}" for one in found)


def _services(cluster: Cluster, namespace: str) -> Iterable[Service]:
    """Without them every port is taken for itself."""
    try:
        return cluster.list(SERVICE, Service, Where(namespace))
    except (Forbidden, KindNotServed):
        return ()


def _labels(selector: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
