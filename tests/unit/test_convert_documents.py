"""The examples of the guides and of the charts' comments: what they show is what the conversion comes to.

The guides are "Migrating from Istio Operator to Helm based Istio" (two versions) and SmoothGlue's "Blue-Green
Operator-less Istio Migration"; the charts' comments are those of chart/values.yaml of Big Bang 2.54.0.
"""

from typing import Any

import pytest

from istiokit.bigbang.layers import ENCRYPTED
from istiokit.bigbang.merge import merge_maps
from istiokit.bigbang.versions import parse_version, release
from istiokit.convert.choices import Choices
from istiokit.convert.conversion import convert
from istiokit.convert.listeners import Exposure
from istiokit.convert.model import Converted, Fate, Values, at
from istiokit.convert.new_listeners import new_exposures
from istiokit.convert.node_ports import LoadBalancer, NodePorts, Ports

DOMAIN = {"domain": "example.com"}
USUAL = ("public-ingressgateway", "passthrough-ingressgateway")


def converted(old: Values, version: str = "2.54.0", **more: Any) -> Converted:
    ports = Ports(more.pop("way", NodePorts.KEEP))
    return convert(
        merge_maps(DOMAIN, old), Choices(release=release(parse_version(version)), ports=ports, **more)
    )


def exposures(new: Values) -> dict[str, Exposure]:
    return {one.name: one for one in new_exposures(merge_maps(DOMAIN, new))}


def gateways(**entries: Any) -> Values:
    return {"istioGateway": {"values": {"gateways": entries}}}


def ingress(name: str, **entry: Any) -> Values:
    return {"ingressGateways": {f"{name}-ingressgateway": entry}}


def on(name: str, **entry: Any) -> Values:
    return {"gateways": {name: {"ingressGateway": f"{name}-ingressgateway", **entry}}}


def numbered(status: int, http: int, https: int) -> list[Values]:
    return [
        {"port": 15021, "nodePort": status, "targetPort": 15021, "name": "status-port", "protocol": "TCP"},
        {"port": 80, "nodePort": http, "targetPort": 8080, "name": "http", "protocol": "TCP"},
        {"port": 443, "nodePort": https, "targetPort": 8443, "name": "https", "protocol": "TCP"},
    ]


def smooth_glue(*ports: int) -> Values:
    """What stands below `upstream` in each example of the blue-green guide."""
    return {
        "labels": {"istio": "ingressgateway"},
        "autoscaling": {"minReplicas": 2, "maxReplicas": 5},
        "service": {"type": "NodePort", "ports": numbered(*ports)},
    }


ANY = [
    {
        "hosts": ["*"],
        "port": {"name": "http", "number": 8080, "protocol": "HTTP"},
        "tls": {"httpsRedirect": True},
    },
    {
        "hosts": ["*"],
        "port": {"name": "https", "number": 8443, "protocol": "HTTPS"},
        "tls": {"credentialName": "public-cert", "mode": "SIMPLE"},
    },
]
BLUE = merge_maps(
    ingress("public", type="NodePort", k8s={"service": {"ports": numbered(30021, 30080, 30443)}}),
    merge_maps(
        ingress("passthrough", type="NodePort", k8s={"service": {"ports": numbered(32021, 32080, 32443)}}),
        on("passthrough", hosts=["*.{{ .Values.domain }}"], tls={"mode": "PASSTHROUGH"}),
    ),
)


@pytest.mark.parametrize(
    ("balancer", "public"),
    [
        (LoadBalancer.NLB, {"upstream": smooth_glue(30022, 30081, 30444)}),
        (LoadBalancer.ALB, {"gateway": {"servers": ANY}, "upstream": smooth_glue(30022, 30081, 30444)}),
    ],
)
def test_the_second_set_of_the_blue_green_guide(balancer: LoadBalancer, public: Values) -> None:
    done = converted({"istio": BLUE}, way=NodePorts.SHIFT, balancer=balancer)
    shown = gateways(public=public, passthrough={"upstream": smooth_glue(32022, 32081, 32444)})
    assert exposures(done.values) == exposures(shown)
    assert done.lost == ()


def certificate(**more: str) -> Values:
    return {"key": "<my-key>", "cert": "<my-cert>", **more}


def secure(host: str, secret: str) -> list[Values]:
    return [
        {
            "hosts": [host],
            "port": {"name": "http", "number": 8080, "protocol": "HTTP"},
            "tls": {"httpsRedirect": True},
        },
        {
            "hosts": [host],
            "port": {"name": "https", "number": 8443, "protocol": "HTTPS"},
            "tls": {"credentialName": secret, "mode": "SIMPLE"},
        },
    ]


@pytest.mark.parametrize(
    ("version", "key"), [("2.53.0", "tls"), ("2.54.0", "gatewayCerts"), ("3.0.0", "gatewayCerts")]
)
def test_the_custom_gateway_of_the_guides(version: str, key: str) -> None:
    """Both generations of certificate keys; the image settings of the example are the umbrella's own."""
    own = {"imagePullPolicy": "Always"}
    tls = certificate(ca="<my-ca>")
    old = merge_maps(
        ingress("custom", kubernetesResourceSpec=own), on("custom", hosts=["*.example.com"], tls=tls)
    )
    done = converted({"istio": old}, version)
    entry = at(done.values, ("istioGateway", "values", "gateways", "custom"))
    assert entry["gateway"]["servers"] == secure("*.example.com", "custom-cert")
    assert entry["upstream"]["labels"] == {"istio": "ingressgateway"}
    assert entry["upstream"]["imagePullPolicy"] == "Always"
    assert entry[key] == (tls if key == "tls" else [{"name": "custom-cert", "tls": tls}])


def test_two_gateways_beside_the_usual_ones() -> None:
    old = merge_maps(ingress("custom"), merge_maps(ingress("special"), on("custom", hosts=["a.example.com"])))
    done = converted({"istio": merge_maps(old, on("special", hosts=["b.example.com"]))})
    assert set(exposures(done.values)) == {"custom-ingressgateway", "special-ingressgateway", USUAL[0]}


@pytest.mark.parametrize("operator", [True, False])
@pytest.mark.parametrize(
    "core", [{"istioCore": {"enabled": True}}, {"istioCRDs": {"enabled": True}, "istiod": {"enabled": True}}]
)
def test_the_switches_of_the_steps_are_left_alone(operator: bool, core: Values) -> None:
    switches = {
        "istioOperator": {"enabled": operator},
        "istio": {"enabled": False},
        **core,
        "istioGateway": {"enabled": not operator},
    }
    done = converted(switches)
    assert done.lost == ()
    assert not any(
        "enabled" in (at(done.values, (name,)) or {}) for name in ("istiod", "istioCRDs", "istioGateway")
    )


def test_the_certificate_of_the_existing_public_gateway() -> None:
    """The first comment of istioGateway; its minProtocolVersion stands where no template reads it."""
    done = converted({"istio": on("public", tls=certificate(minProtocolVersion="TLSV1_3"))})
    public = at(done.values, ("istioGateway", "values", "gateways", "public"))
    assert public["gatewayCerts"] == [{"name": "public-cert", "tls": certificate()}]
    assert {one["tls"].get("minProtocolVersion") for one in public["gateway"]["servers"]} == {None, "TLSV1_3"}


def test_the_existing_passthrough_gateway_is_switched_off() -> None:
    assert at(converted({}).values, ("istioGateway", "values", "gateways", "passthrough")) == {}


def test_the_egress_gateway() -> None:
    """The comment's `hosts` and `tls` stand beside `servers`, where the chart does not look; here they are inside."""
    server = {
        "hosts": ["*"],
        "port": {"number": 443, "name": "tls", "protocol": "TLS"},
        "tls": {"mode": "ISTIO_MUTUAL"},
    }
    gateway = {
        "selector": {"app": "outbound-egressgateway"},
        "autoHttpRedirect": {"enabled": False},
        "servers": [server],
    }
    over = {
        "egressGateways": {"outbound-egressgateway": {"enabled": True}},
        "gateways": {"outbound": gateway},
    }
    done = converted({"istio": {"values": over}})
    entry = at(done.values, ("istioGateway", "values", "gateways", "outbound"))
    assert entry["upstream"]["labels"] == {"istio": "egressgateway"}
    assert entry["gateway"]["servers"] == [server]
    assert exposures(done.values)["outbound-egressgateway"].service_type == "ClusterIP"


@pytest.mark.parametrize(
    "egress",
    [
        {"outbound-egressgateway": {"enabled": False, "k8s": {"replicaCount": 2}}},
        {"istio-egressgateway": {"k8s": {"replicaCount": 2}}},  # the chart's own, which is off
    ],
)
def test_an_egress_gateway_that_is_switched_off_needs_nothing(egress: Values) -> None:
    done = converted({"istio": {"values": {"egressGateways": egress}}})
    (one,) = [one for one in done.fates if "egressGateways" in one.key]
    assert (one.fate, one.why) == (Fate.DEFAULT, "it is switched off")


@pytest.mark.parametrize("value", [ENCRYPTED, ["plain", ENCRYPTED]])
def test_what_sops_hides_is_to_be_looked_at(value: object) -> None:
    (one,) = [one for one in converted({"istio": {"unheard": value}}).fates if one.key == "istio.unheard"]
    assert (one.fate, one.why) == (Fate.LOST, "it is encrypted with SOPS")


def test_private_load_balancer() -> None:
    """The first comment of istio.ingressGateways."""
    notes = {
        "service.beta.kubernetes.io/aws-load-balancer-type": "nlb",
        "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    }
    spec = {"serviceAnnotations": notes}
    old = merge_maps(
        ingress("private", type="LoadBalancer", kubernetesResourceSpec=spec), on("private", hosts=["x.y"])
    )
    assert exposures(converted({"istio": old}).values)["private-ingressgateway"].annotations == notes


def test_passthrough_on_a_base_of_node_ports() -> None:
    """The second one: status, http, https and SNI are numbered from the base."""
    old = merge_maps(
        ingress("passthrough", type="NodePort", nodePortBase=32000), on("passthrough", hosts=["x.y"])
    )
    found = exposures(converted({"istio": old}).values)["passthrough-ingressgateway"]
    assert {(one.port, one.node_port) for one in found.ports} == {
        (15021, 32000),
        (80, 32001),
        (443, 32002),
        (15443, 32003),
    }


def test_a_secret_has_another_name_for_the_gateway_that_makes_it_and_for_no_other() -> None:
    """Until 2.53 the umbrella names it after the gateway; who else used it needs it by its old name."""
    server = {
        "hosts": ["b.example.com"],
        "port": {"name": "https", "number": 8443, "protocol": "HTTPS"},
        "tls": {"credentialName": "corporate-cert", **certificate()},
    }
    old = merge_maps(ingress("edge"), on("edge", servers=[server]))
    old = merge_maps(old, on("public", hosts=["a.example.com"], tls={"credentialName": "corporate-cert"}))
    done = converted({"istio": old}, "2.53.0")
    assert done.secret_names["edge-ingressgateway"] == {"corporate-cert": "edge-cert"}
    assert done.secret_names.get("public-ingressgateway", {}) == {}
    found = exposures(done.values)
    named = {name: {one.credential for one in found[name].listeners} - {""} for name in found}
    assert named == {"edge-ingressgateway": {"edge-cert"}, "public-ingressgateway": {"corporate-cert"}}
