"""Old values of any shape: what means nothing is a Problem with a place and a way out, never a crash."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from istiokit.bigbang.versions import parse_version, release
from istiokit.convert.choices import Choices
from istiokit.convert.conversion import convert
from istiokit.convert.model import Problem, Values
from istiokit.convert.node_ports import LoadBalancer, NodePorts, Ports
from istiokit.convert.old import read_old
from istiokit.convert.old_listeners import old_exposures

_TEXT = """
ingressGateways gateways egressGateways values public public-ingressgateway kubernetesResourceSpec k8s service ports
port name number protocol hosts servers tls mode cert key ca credentialName minProtocolVersion autoHttpRedirect enabled
ingressGateway selector app nodePortBase type extraLabels resources requests limits cpu hpaSpec metrics minReplicas env
overlays patches path kind serviceAnnotations podDisruptionBudget strategy nodePort targetPort affinity tolerations
replicaCount loadBalancerIP
"""
WORDS = _TEXT.split()
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(
        ["", "x", "HTTPS", "8443", "{{ .Values.domain }}", "{{ .x", "spec.a.[b", "(encrypted)", "Deployment"]
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(st.sampled_from(WORDS), below, max_size=4)
    ),
    max_leaves=15,
)


@st.composite
def bent(draw: st.DrawFn) -> Values:
    """Sound values with garbage somewhere inside."""
    server = {
        "hosts": ["a.b"],
        "port": {"name": "x", "number": 8443, "protocol": "HTTPS"},
        "tls": {"mode": "SIMPLE"},
    }
    spec = {
        "service": {"ports": [{"port": 80, "nodePort": 30000}], "type": "NodePort"},
        "resources": {"requests": {"cpu": 1}},
        "hpaSpec": {"minReplicas": 1, "metrics": [{"type": "Resource", "resource": {"name": "cpu"}}]},
        "env": [{"name": "A", "value": "b"}],
        "overlays": [
            {
                "kind": "Deployment",
                "name": "public-ingressgateway",
                "patches": [{"path": "spec.a", "value": 1}],
            }
        ],
        "podDisruptionBudget": {"minAvailable": 1},
        "serviceAnnotations": {"a": "b"},
    }
    gateway = {
        "ingressGateway": "public-ingressgateway",
        "servers": [server],
        "tls": {"cert": "c", "key": "k"},
    }
    values: Values = {
        "domain": "example.com",
        "istio": {
            "ingressGateways": {
                "public-ingressgateway": {"type": "NodePort", "kubernetesResourceSpec": spec}
            },
            "gateways": {"public": gateway},
            "values": {"gateways": {}, "ingressGateways": {}},
        },
    }
    for _ in range(draw(st.integers(1, 2))):
        _bend(draw, values["istio"])
    return values


def _bend(draw: st.DrawFn, container: Any) -> None:
    """Put garbage somewhere below."""
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    if not keys:
        return
    key = draw(st.sampled_from(keys))
    if isinstance(container[key], dict | list) and container[key] and draw(st.integers(0, 3)):
        _bend(draw, container[key])
    else:
        container[key] = draw(TREES)


@settings(max_examples=500)
@given(
    st.one_of(
        bent(), st.fixed_dictionaries({"istio": st.dictionaries(st.sampled_from(WORDS), TREES, max_size=4)})
    ),
    st.sampled_from([None, *LoadBalancer]),
    st.sampled_from([*NodePorts, 31000]),
)
def test_garbage_is_refused_with_its_place(
    values: Values, balancer: LoadBalancer | None, way: NodePorts | int
) -> None:
    about = release(parse_version("2.54.0"))
    try:
        convert(values, Choices(release=about, ports=Ports(way), balancer=balancer))
        old_exposures(read_old(values))
    except Problem as problem:
        assert problem.path
        assert problem.what
        assert problem.hint
