"""Facts of a cluster in which all is well before step 1, and the pieces to spoil them with."""

from dataclasses import replace
from typing import Any

from istiokit.bigbang.checks.crds import SERVED_VERSIONS
from istiokit.bigbang.facts import CustomResource, Facts, MeshFacts, Source, Umbrella
from istiokit.bigbang.layers import Layer, values_layer
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Ref
from istiokit.cluster.unread import Unread
from istiokit.flux.model import HelmRelease
from istiokit.istio.model import Gateway, IstioOperator, VirtualService
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment, Namespace, Pod, Service
from istiokit.ownership.model import Owner, OwnerKind, Reverts
from tests.unit.flux_samples import condition, decoded, ready, release

VALUES = """\
domain: example.com
registryCredentials: {username: robot, password: secret}
istioGateway:
  values:
    gateways:
      public:
        gatewayCerts:
        - name: public-cert
          tls: {key: KEY, cert: CERT}
"""
FREE = Owner(OwnerKind.NONE, None, Reverts.NO, "nobody manages it")
NOT_ALLOWED = "you may not list it"


def layer(text: str, name: str = "common", **more: Any) -> Layer:
    """A layer from a ConfigMap that nobody manages."""
    source = Source(Ref("ConfigMap", name, "bigbang"), "values.yaml", FREE)
    found = values_layer(text, f"{source.ref} key {source.key}", address=source)
    return replace(found, **more)


def facts(values: str = VALUES, *, extra: str = "", version: str = "2.54.0", **changes: Any) -> Facts:
    """The good cluster; `extra` values come in a second layer, `changes` are fields of Facts or MeshFacts."""
    umbrella = ready("bigbang")
    layers = (layer(values), layer(extra, "environment")) if extra else (layer(values),)
    mesh_fields = {name: changes.pop(name) for name in MeshFacts.__dataclass_fields__ if name in changes}
    good = Facts(
        where="test",
        server_version="v1.31.4",
        umbrella=Umbrella(Ref("HelmRelease", "bigbang", "bigbang"), version, umbrella),
        layers=layers,
        releases=(umbrella, ready("istio-operator"), ready("istio")),
        mesh=replace(mesh(), **mesh_fields),
    )
    return replace(good, **changes)


def mesh() -> MeshFacts:
    """Namespaces, the operator, its istiod, Flux, and all CRDs."""
    return MeshFacts(
        namespaces=(namespace("istio-system"), namespace("istio-gateway")),
        deployments=(operator(), istiod(), deployment("helm-controller", "flux-system", "manager", "v1.3.0")),
        services=(service("istiod", "istio-system", selector={"app": "istiod"}),),
        crds=tuple(crd(name) for name in SERVED_VERSIONS),
    )


def files(text: str) -> Facts:
    """What `-f` gives: values and nothing else."""
    return Facts(where="values.yaml", layers=(values_layer(text, "values.yaml"),))


def unread(*names: str) -> tuple[Unread, ...]:
    """What could not be read."""
    return tuple(Unread(name, NOT_ALLOWED) for name in names)


def failed(name: str, message: str = "boom") -> HelmRelease:
    return release(name, condition("Ready", "False", "InstallFailed", message))


def crd(name: str, **changes: Any) -> CustomResource:
    served = SERVED_VERSIONS[name]
    return replace(CustomResource(name, served[:1], served, kept=True, release=""), **changes)


def namespace(name: str) -> Namespace:
    return decoded({"metadata": {"name": name}}, Namespace)


def secret(name: str) -> Object:
    return decoded({"metadata": {"name": name, "namespace": "istio-gateway"}}, Object)


def operator(*, running: bool = True) -> Deployment:
    return deployment("istio-operator", "istio-operator", "operator", "1.23.6", running=running)


def istiod(version: str = "1.23.6", *, running: bool = True) -> Deployment:
    return deployment("istiod", "istio-system", "discovery", version, running=running)


def deployment(name: str, place: str, container: str, tag: str, *, running: bool = True) -> Deployment:
    """A Deployment whose pods carry the label `app`."""
    labels = {"app": name}
    containers = [{"name": container, "image": f"registry.example/{name}:{tag}"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    return decoded(
        {
            "metadata": {"name": name, "namespace": place, "labels": labels},
            "spec": {"template": template},
            "status": {"readyReplicas": int(running)},
        },
        Deployment,
    )


def service(
    name: str,
    place: str,
    *,
    node_port: int = 0,
    labels: dict[str, str] | None = None,
    selector: dict[str, str] | None = None,
    type_: str = "ClusterIP",
) -> Service:
    ports = [{"name": "https", "port": 443, "nodePort": node_port}]
    metadata = {"name": name, "namespace": place, "labels": labels or {}}
    return decoded(
        {"metadata": metadata, "spec": {"type": type_, "ports": ports, "selector": selector}}, Service
    )


def old_load_balancer() -> Service:
    """A gateway Service of the operator, without pods."""
    labels = {
        "operator.istio.io/component": "IngressGateways",
        "install.operator.istio.io/owning-resource": "istiocontrolplane",
    }
    return service("public-ingressgateway", "istio-system", labels=labels, type_="LoadBalancer")


def istio_operator(*, finalizer: bool = True, deleted: bool = False) -> IstioOperator:
    finalizers = ["istio-finalizer.install.istio.io"] if finalizer else []
    metadata = {"name": "istiocontrolplane", "namespace": "istio-system", "finalizers": finalizers}
    gone = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {}
    return decoded({"metadata": {**metadata, **gone}}, IstioOperator)


def injector(policy: str = "Fail") -> WebhookConfiguration:
    client = {"service": {"name": "istiod", "namespace": "istio-system"}}
    hook = {"name": "inject", "failurePolicy": policy, "clientConfig": client}
    return decoded({"metadata": {"name": "istio-sidecar-injector"}, "webhooks": [hook]}, WebhookConfiguration)


def sidecar(version: str, place: str = "shop") -> Pod:
    containers = [{"name": "app", "image": "app"}, {"name": "istio-proxy", "image": f"proxyv2:{version}"}]
    metadata = {"name": "pod", "namespace": place}
    return decoded({"metadata": metadata, "spec": {"containers": containers}}, Pod)


def gateway(name: str, place: str) -> Gateway:
    servers = [{"port": {"number": 443}, "hosts": ["*.example.com"]}]
    return decoded({"metadata": {"name": name, "namespace": place}, "spec": {"servers": servers}}, Gateway)


def virtual_service(name: str, *gateways: str) -> VirtualService:
    spec = {"hosts": [f"{name}.example.com"], "gateways": list(gateways)}
    return decoded({"metadata": {"name": name, "namespace": "shop"}, "spec": spec}, VirtualService)
