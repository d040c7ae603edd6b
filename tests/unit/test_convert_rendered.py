"""Printed manifests as exposures: what the operator would make of its own, and what the new chart says itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from istiokit.convert.listeners import Exposure, Listener, ServicePort
from istiokit.convert.rendered import exposures

RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "2000m", "memory": "1024Mi"}}
STATUS, HTTP, HTTPS = (
    ServicePort(port=15021, target_port="15021"),
    ServicePort(port=80, target_port="8080"),
    ServicePort(port=443, target_port="8443"),
)


def operator(*ingress: Mapping[str, Any], egress: Sequence[Any] = (), **spec: Any) -> dict[str, Any]:
    components = {"ingressGateways": list(ingress), "egressGateways": list(egress)}
    spec = {"profile": "minimal", "components": components, **spec}
    metadata = {"name": "istiocontrolplane", "namespace": "istio-system"}
    return {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": metadata,
        "spec": spec,
    }


def ingress(name: str = "public-ingressgateway", **k8s: Any) -> dict[str, Any]:
    return {"name": name, "enabled": True, "label": {"app": name, "istio": "ingressgateway"}, "k8s": k8s}


def gateway(selector: Mapping[str, str], *servers: Any, namespace: str = "istio-system") -> dict[str, Any]:
    metadata = {"name": "public", "namespace": namespace}
    spec = {"selector": selector, "servers": list(servers)}
    return {
        "apiVersion": "networking.istio.io/v1beta1",
        "kind": "Gateway",
        "metadata": metadata,
        "spec": spec,
    }


def server(
    *hosts: str, number: int = 8443, protocol: str = "HTTPS", tls: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    port = {"name": "x", "number": number, "protocol": protocol}
    return {"hosts": list(hosts), "port": port, **({"tls": tls} if tls is not None else {})}


def chart(
    name: str = "public-ingressgateway", namespace: str | None = "istio-gateway", **more: Any
) -> list[Any]:
    """Deployment, Service and autoscaler of the new chart; `more` has specs of these, None for no such object."""
    labels = {"app": name, "istio": "ingressgateway"}
    proxy = {"name": "istio-proxy", "resources": RESOURCES}
    pod = {"metadata": {"labels": {**labels, "more": "yes"}}, "spec": {"containers": [{"name": "x"}, proxy]}}
    target = {"kind": more.get("kind", "Deployment"), "name": name}
    specs: list[tuple[str, str, Any]] = [
        ("apps/v1", more.get("kind", "Deployment"), {"template": pod, **more.get("workload", {})}),
        ("v1", "Service", more.get("service", {"type": "LoadBalancer", "selector": labels})),
        ("autoscaling/v2", "HorizontalPodAutoscaler", more.get("scaler", {"maxReplicas": 4})),
    ]
    place = {"namespace": namespace} if namespace else {}
    return [
        {"apiVersion": api, "kind": kind, "metadata": {"name": name, **place}, "spec": spec}
        for api, kind, spec in specs
        if spec is not None
        for spec in [{"scaleTargetRef": target, **spec} if api == "autoscaling/v2" else spec]
    ]


def only(*manifests: Mapping[str, Any]) -> Exposure:
    (one,) = exposures(manifests)
    return one


def test_an_ingress_gateway_of_which_nothing_is_said() -> None:
    assert only(operator(ingress())) == Exposure(
        name="public-ingressgateway",
        listeners=(),
        service_type="LoadBalancer",
        ports=(HTTP, HTTPS, STATUS),
        min_replicas=1,
        max_replicas=5,
        resources=RESOURCES,
    )


def test_an_egress_gateway_of_which_nothing_is_said() -> None:
    one = only(operator(egress=[{"name": "out", "enabled": True}]))
    assert (one.name, one.service_type, one.ports) == ("out", "ClusterIP", (HTTP, HTTPS))


def test_settings_are_laid_over_what_the_chart_has() -> None:
    one = only(
        operator(
            ingress(
                service={"type": "NodePort", "externalTrafficPolicy": "Local", "loadBalancerIP": "10.0.0.1"},
                serviceAnnotations={"a": "true", "b": None},
                hpaSpec={"minReplicas": 3, "metrics": []},
                resources={"limits": {"memory": "2Gi"}, "requests": {}},
                replicaCount=7,
            )
        )
    )
    assert (one.service_type, one.ports) == ("NodePort", (HTTP, HTTPS, STATUS))
    assert one.service == {"externalTrafficPolicy": "Local", "loadBalancerIP": "10.0.0.1"}
    assert one.annotations == {"a": "true"}
    assert (one.min_replicas, one.max_replicas) == (3, 5)
    assert one.resources == {**RESOURCES, "limits": {"cpu": "2000m", "memory": "2Gi"}}


def test_ports_that_are_named_stand_alone() -> None:
    ports = [
        {"port": 15021, "name": "status-port", "nodePort": 32000},
        {"port": 443, "targetPort": "tls", "name": "https"},
        {"port": 443, "protocol": "UDP", "name": "quic"},
    ]
    assert only(operator(ingress(service={"ports": ports}))).ports == (
        ServicePort(port=443, target_port="tls"),
        ServicePort(port=443, protocol="UDP", target_port="443"),
        ServicePort(port=15021, target_port="15021", node_port=32000),
    )


@pytest.mark.parametrize("empty", [None, {}, {"type": "", "ports": [], "loadBalancerSourceRanges": None}])
def test_what_is_empty_says_nothing(empty: Any) -> None:
    settings = {"service": empty, "hpaSpec": {"minReplicas": 0}, "resources": {}, "serviceAnnotations": None}
    assert only(operator(ingress(**settings))) == only(operator(ingress()))


def test_an_autoscaler_that_aims_at_something_else_does_not_count() -> None:
    elsewhere = {"scaleTargetRef": {"name": "other"}}
    one = only(operator(ingress(hpaSpec=elsewhere, replicaCount=2)))
    assert (one.min_replicas, one.max_replicas) == (2, 2)


def test_gateways_of_the_profile() -> None:
    assert exposures([operator()]) == ()
    assert [one.name for one in exposures([operator(profile="default")])] == ["istio-ingressgateway"]
    assert [one.name for one in exposures([operator(profile="")])] == ["istio-ingressgateway"]
    off = {"name": "istio-ingressgateway", "enabled": False}
    assert exposures([operator(off, profile="default")]) == ()
    silent = {"name": "istio-ingressgateway", "k8s": {"service": {"type": "NodePort"}}}
    assert only(operator(silent, profile="default")).service_type == "NodePort"
    assert exposures([operator(silent)]) == ()


def test_a_gateway_is_off_unless_it_says_otherwise() -> None:
    assert exposures([operator({"name": "a"}, {"name": "b", "enabled": False})]) == ()


def test_an_operator_without_components() -> None:
    bare = operator()
    del bare["spec"]["components"]
    assert exposures([bare]) == ()


@pytest.mark.parametrize(
    "selector",
    [
        {"app": "public-ingressgateway"},
        {"istio": "ingressgateway", "istio.io/rev": "default"},
        {"release": "istio", "service.istio.io/canonical-name": "public-ingressgateway"},
        {},
    ],
)
def test_a_gateway_is_bound_by_any_labels_of_the_pods(selector: dict[str, str]) -> None:
    one = only(operator(ingress()), gateway(selector, server("a.b")))
    assert [listener.hosts for listener in one.listeners] == [("a.b",)]


@pytest.mark.parametrize(
    ("selector", "revision", "namespace"),
    [
        ({"app": "other"}, "", ""),
        ({"istio": "ingressgateway", "x": "y"}, "", ""),
        ({"istio.io/rev": "default"}, "v1", ""),
        ({"release": "istio"}, "", "edge"),
    ],
)
def test_a_gateway_is_not_bound_by_other_labels(selector: Any, revision: str, namespace: str) -> None:
    workload = {**ingress(), "namespace": namespace}
    assert only(operator(workload, revision=revision), gateway(selector, server("a.b"))).listeners == ()


def test_a_gateway_without_labels_of_its_own_has_those_of_the_chart() -> None:
    bare = {"name": "edge", "enabled": True}
    found = [gateway({"app": "istio-ingressgateway", "istio": "ingressgateway"}, server("a.b"))]
    assert only(operator(bare), *found).listeners


def test_listeners() -> None:
    tls = {"mode": "SIMPLE", "credentialName": "cert", "minProtocolVersion": "TLSV1_3"}
    servers = [
        server("*/b.x", "ns/a.x", tls=tls),
        server("*", number=8080, protocol="HTTP", tls={"httpsRedirect": True}),
        server("c.x", protocol="TLS", tls={"minProtocolVersion": "TLS_AUTO"}),
        server("d.x", number=1234, protocol="tcp"),
        {"port": {"number": 8081, "protocol": "HTTP"}, "tls": {}},
    ]
    selector = {"app": "public-ingressgateway"}
    # The same twice, in two Gateways: it is one listener.
    one = only(operator(ingress()), gateway(selector, *servers), gateway(selector, servers[1]))
    assert one.listeners == (
        Listener(port=1234, protocol="TCP", hosts=("d.x",)),
        Listener(port=8080, protocol="HTTP", hosts=("*",), https_redirect=True),
        Listener(port=8081, protocol="HTTP", hosts=()),
        Listener(
            port=8443,
            protocol="HTTPS",
            hosts=("b.x", "ns/a.x"),
            tls_mode="SIMPLE",
            credential="cert",
            min_protocol_version="TLSV1_3",
        ),
        Listener(port=8443, protocol="TLS", hosts=("c.x",), tls_mode="PASSTHROUGH"),
    )


def test_the_new_chart() -> None:
    labels = {"app": "public-ingressgateway", "istio": "ingressgateway"}
    service = {
        "type": "NodePort",
        "selector": labels,
        "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP", "nodePort": 32001}],
        "externalTrafficPolicy": "",
        "externalIPs": [],
        "allocateLoadBalancerNodePorts": False,
    }
    objects = chart(service=service, scaler={"minReplicas": 2, "maxReplicas": 3})
    objects[1]["metadata"]["annotations"] = {"a": True, "b": "text"}
    found = only(
        *objects, gateway({"app": "public-ingressgateway"}, server("a.b"), namespace="istio-gateway")
    )
    assert found == Exposure(
        name="public-ingressgateway",
        listeners=(Listener(port=8443, protocol="HTTPS", hosts=("a.b",)),),
        service_type="NodePort",
        ports=(ServicePort(port=80, target_port="8080", node_port=32001),),
        annotations={"a": "true", "b": "text"},
        service={"allocateLoadBalancerNodePorts": False},
        min_replicas=2,
        max_replicas=3,
        resources=RESOURCES,
    )


def test_replicas_of_the_new_chart() -> None:
    def replicas(**more: Any) -> tuple[int | None, int | None]:
        one = only(*chart(**more))
        return one.min_replicas, one.max_replicas

    assert replicas() == (1, 4)
    assert replicas(scaler=None) == (1, 1)
    assert replicas(scaler=None, workload={"replicas": 0}) == (0, 0)
    assert replicas(kind="DaemonSet", scaler=None) == (None, None)


def test_a_gateway_may_have_no_service() -> None:
    for service in (None, {"type": "ClusterIP"}, {"selector": {"app": "other"}}):
        one = only(*chart(service=service))
        assert (one.service_type, one.ports) == ("-", ())


def test_of_several_services_the_one_of_that_name() -> None:
    other = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "other", "namespace": "istio-gateway"},
    }
    other["spec"] = {"selector": {"istio": "ingressgateway"}}
    assert only(other, *chart()).service_type == "LoadBalancer"
    assert only(other, *chart(service=None)).service_type == "ClusterIP"


def test_other_objects_do_not_count() -> None:
    others = chart("app", "apps")
    others[0]["spec"]["template"]["spec"]["containers"] = [{"name": "app"}]
    kubernetes = {
        **gateway({}, server("a.b")),
        "apiVersion": "gateway.networking.k8s.io/v1",
        "spec": {"listeners": []},
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    assert only(*others, kubernetes, secret, *chart()).listeners == ()


def test_both_generations_in_one_list_keep_apart() -> None:
    """Names and labels are the same; the namespaces tell them apart."""
    selector = {"app": "public-ingressgateway"}
    old, new = exposures(
        [
            gateway(selector, server("old.x")),
            gateway(selector, server("new.x"), namespace="istio-gateway"),
            gateway(selector, server("both.x"), namespace="somewhere"),
            operator(ingress()),
            *chart(),
        ]
    )
    assert [one.hosts for one in old.listeners] == [("both.x",), ("old.x",)]
    assert [one.hosts for one in new.listeners] == [("both.x",), ("new.x",)]
    assert (old.max_replicas, new.max_replicas) == (5, 4)


def test_a_chart_may_leave_the_namespace_to_the_release() -> None:
    """The package's Gateway names its namespace, and the rest does not."""
    found = gateway({"app": "public-ingressgateway"}, server("a.b"), namespace="istio-gateway")
    assert only(found, *chart(namespace=None)).listeners
