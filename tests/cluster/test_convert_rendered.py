"""The gateways of both generations through Helm: what their values mean to a client."""

from __future__ import annotations

from typing import Any

import pytest

from istiokit.convert.listeners import NONE, Exposure, Listener, ServicePort, compare
from istiokit.convert.rendered import exposures
from tests.charts.render import NEW, OLD, RenderError, render

PUBLIC = "public-ingressgateway"
DOMAIN = "*.dev.bigbang.mil"
RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "2000m", "memory": "1024Mi"}}
PORTS = (
    ServicePort(port=80, target_port="8080"),
    ServicePort(port=443, target_port="8443"),
    ServicePort(port=15021, target_port="15021"),
)
REDIRECT = Listener(port=8080, protocol="HTTP", hosts=(DOMAIN,), https_redirect=True)
NODE_PORTS = (
    ServicePort(port=80, target_port="8080", node_port=32001),
    ServicePort(port=443, target_port="8443", node_port=32002),
    ServicePort(port=15021, target_port="15021", node_port=32000),
    ServicePort(port=15443, target_port="15443", node_port=32003),
)


def https(*hosts: str, mode: str = "SIMPLE", credential: str = "public-cert", **more: Any) -> Listener:
    number = more.pop("port", 8443)
    more = {"protocol": "HTTPS", **more}
    return Listener(port=number, hosts=hosts or (DOMAIN,), tls_mode=mode, credential=credential, **more)


def public(*listeners: Listener, **more: Any) -> Exposure:
    told: dict[str, Any] = {"name": PUBLIC, "service_type": "LoadBalancer", "ports": PORTS, **more}
    return Exposure(listeners=listeners, min_replicas=1, max_replicas=5, resources=RESOURCES, **told)


def old(**istio: Any) -> tuple[Exposure, ...]:
    return exposures(render(OLD, {"istio": istio}))


def new(**gateways: Any) -> tuple[Exposure, ...]:
    """Without the passthrough gateway, unless it is given."""
    given = {"passthrough": {}, **gateways}
    return exposures(render(NEW, {"istioGateway": {"values": {"gateways": given}}}))


def test_what_is_there_without_a_word() -> None:
    passthrough = https(mode="PASSTHROUGH", credential="")
    before, after = exposures(render(OLD, {})), exposures(render(NEW, {}))
    assert before == (public(REDIRECT, https()),)
    assert after == (
        public(REDIRECT, passthrough, name="passthrough-ingressgateway"),
        public(REDIRECT, https()),
    )
    rows = compare(before, after, {}, {})
    assert {row.gateway for row in rows if not row.same} == {"passthrough-ingressgateway"}
    assert {row.old for row in rows if not row.same} == {NONE}


def test_both_charts_take_the_whole_of_the_values() -> None:
    values = {
        "domain": "x.test",
        "flux": {"interval": "1m"},
        "kiali": {"enabled": True},
        "istio": {"enabled": False, "gateways": {"public": {"tls": {"key": "k", "cert": "c"}}}},
        "istioGateway": {"enabled": True, "values": {"gateways": {"passthrough": {}}}},
    }
    (before,), (after,) = (exposures(render(chart, values)) for chart in (OLD, NEW))
    assert before == after
    assert {host for one in after.listeners for host in one.hosts} == {"*.x.test"}
    # Side by side each of the two is still what it is alone.
    assert exposures([*render(OLD, values), *render(NEW, values)]) == (before, after)


def test_node_ports() -> None:
    before = old(ingressGateways={PUBLIC: {"type": "NodePort", "nodePortBase": 32000}})
    assert before == (public(REDIRECT, https(), service_type="NodePort", ports=NODE_PORTS),)
    ports = [
        {
            "name": f"p-{one.port}",
            "port": one.port,
            "targetPort": int(one.target_port),
            "nodePort": one.node_port,
        }
        for one in NODE_PORTS
    ]
    assert new(public={"upstream": {"service": {"type": "NodePort", "ports": ports}}}) == before


def test_settings_of_the_workload() -> None:
    ports = [{"name": "https", "port": 443, "targetPort": 8443}]
    spec: dict[str, Any] = {
        "serviceAnnotations": {"a": "b"},
        "service": {"type": "ClusterIP", "externalTrafficPolicy": "Local", "ports": ports},
        "hpaSpec": {"minReplicas": 2, "maxReplicas": 8},
        "resources": {"limits": {"memory": "2Gi"}},
    }
    # The port base counts for nothing beside ports, and the type for nothing beside the other type.
    workload = {"type": "NodePort", "nodePortBase": 30000, "kubernetesResourceSpec": spec}
    (before,) = old(ingressGateways={PUBLIC: workload})
    assert (before.service_type, before.ports) == ("ClusterIP", PORTS[1:2])
    assert before.resources["limits"] == {"cpu": "2000m", "memory": "2Gi"}
    upstream = {
        "service": {**spec["service"], "annotations": {"a": "b"}},
        "autoscaling": {"minReplicas": 2, "maxReplicas": 8},
        "resources": {"limits": {"memory": "2Gi"}},
    }
    assert new(public={"upstream": upstream}) == (before,)


SERVERS = [
    {"hosts": ["a.x"], "port": {"name": "a", "number": 8443, "protocol": "HTTPS"}, "tls": {"mode": "SIMPLE"}},
    {
        "hosts": ["b.x"],
        "port": {"name": "b", "number": 8443, "protocol": "TLS"},
        "tls": {"mode": "PASSTHROUGH"},
    },
    {
        "hosts": ["c.x"],
        "port": {"name": "c", "number": 8081, "protocol": "HTTP"},
        "tls": {"httpsRedirect": True},
    },
    {"hosts": ["d.x"], "port": {"name": "d", "number": 1234, "protocol": "TCP"}},
]


def test_several_servers() -> None:
    """The redirect is for the hosts of HTTPS alone, and the version is that of the Gateway."""
    given = {"servers": SERVERS, "tls": {"minProtocolVersion": "TLSV1_3"}}
    before = old(gateways={"public": given})
    listeners = (
        Listener(port=1234, protocol="TCP", hosts=("d.x",)),
        Listener(port=8080, protocol="HTTP", hosts=("a.x",), https_redirect=True),
        Listener(port=8081, protocol="HTTP", hosts=("c.x",), https_redirect=True),
        https("a.x", credential="0-public-cert", min_protocol_version="TLSV1_3"),
        https("b.x", credential="", mode="PASSTHROUGH", protocol="TLS", min_protocol_version="TLSV1_3"),
    )
    assert before == (public(*listeners),)
    tls = {"minProtocolVersion": "TLSV1_3"}
    redirect = {"port": {"name": "r", "number": 8080, "protocol": "HTTP"}, "tls": {"httpsRedirect": True}}
    after = [
        {**SERVERS[0], "tls": {**tls, "mode": "SIMPLE", "credentialName": "0-public-cert"}},
        {**SERVERS[1], "tls": {**tls, "mode": "PASSTHROUGH"}},
        *SERVERS[2:],
        {**redirect, "hosts": ["a.x"]},
    ]
    assert new(public={"gateway": {"servers": after}}) == before


def test_mutual_tls() -> None:
    before = old(gateways={"public": {"tls": {"mode": "MUTUAL", "cert": "c", "key": "k", "ca": "a"}}})
    assert before == (public(REDIRECT, https(mode="MUTUAL")),)
    port = {"name": "https", "number": 8443, "protocol": "HTTPS"}
    http = {"name": "http", "number": 8080, "protocol": "HTTP"}
    servers = [
        {"hosts": [DOMAIN], "port": http, "tls": {"httpsRedirect": True}},
        {"hosts": [DOMAIN], "port": port, "tls": {"mode": "MUTUAL", "credentialName": "public-cert"}},
    ]
    assert new(public={"gateway": {"servers": servers}}) == before


def test_without_a_redirect_and_with_another_gateway() -> None:
    private = {
        "ingressGateway": "private",
        "hosts": ["p.{{ .Values.domain }}"],
        "autoHttpRedirect": {"enabled": False},
    }
    before = old(
        ingressGateways={"private": {"type": "LoadBalancer"}, PUBLIC: {"enabled": False}},
        gateways={"private": private, "public": {"enabled": False}},
    )
    assert before == (public(https("p.dev.bigbang.mil", credential="private-cert"), name="private"),)


def test_values_of_the_package_go_over_what_the_umbrella_makes() -> None:
    overlay = {
        "ingressGateways": {PUBLIC: {"k8s": {"service": {"loadBalancerIP": "10.0.0.1"}}}},
        "egressGateways": {"istio-egressgateway": {"enabled": True}},
        "gateways": {"public": {"autoHttpRedirect": {"enabled": False}}},
    }
    egress, after = old(values=overlay)
    assert (egress.name, egress.service_type, egress.ports) == (
        "istio-egressgateway",
        "LoadBalancer",
        PORTS[:2],
    )
    assert after == public(https(), service={"loadBalancerIP": "10.0.0.1"})


def test_without_gateways_the_package_has_one_of_its_own() -> None:
    (one,) = old(ingressGateways={PUBLIC: None}, gateways={"public": None})
    assert (one.name, one.listeners) == (
        "istio-ingressgateway",
        (REDIRECT, https(credential="wildcard-cert")),
    )


def test_an_egress_gateway_of_the_new_chart() -> None:
    upstream = {
        "labels": {"istio": "egressgateway"},
        "service": {"type": "None"},
        "autoscaling": {"enabled": False},
    }
    servers = [
        {"hosts": ["*"], "port": {"name": "t", "number": 443, "protocol": "TLS"}, "tls": {"mode": "MUTUAL"}}
    ]
    (one,) = new(public={}, out={"upstream": upstream, "gateway": {"servers": servers}})
    assert (one.name, one.service_type, one.max_replicas) == ("out-egressgateway", NONE, 1)


@pytest.mark.parametrize(
    ("gateway", "message"),
    [
        ({"servers": [{"hosts": ["a"]}]}, "port.protocol"),
        ({"servers": [{"hosts": ["a"], "port": SERVERS[0]["port"]}]}, "tls.credentialName"),
        ({"ports": [{"name": "a", "number": 1, "protocol": "TCP"}]}, "istio.gateways.public.ports"),
    ],
)
def test_what_the_umbrella_cannot_render(gateway: dict[str, Any], message: str) -> None:
    with pytest.raises(RenderError, match=message):
        old(gateways={"public": gateway})


def test_gateways_that_the_new_chart_refuses() -> None:
    with pytest.raises(RenderError, match="null is no mapping"):
        new(passthrough=None)
    with pytest.raises(RenderError, match="neither ingressgateway nor egressgateway"):
        new(edge={"gateway": {}})
