"""Random values of the old packages, as people write them: mostly sound, now and then not."""

from typing import Any

from hypothesis import strategies as st

NAMES = ("public", "passthrough", "private", "edge")
HOSTS = (
    "*.{{ .Values.domain }}",
    "a.example.com",
    "*.example.org",
    "*",
    "b.{{ .Values.domain | upper | lower }}",
)
MODES = ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL", "PASSTHROUGH")
PROTOCOLS = ("HTTPS", "HTTP", "TLS", "TCP")

Strategy = st.SearchStrategy[Any]


def some(**parts: Strategy) -> Strategy:
    """A mapping with any of these keys."""
    return st.fixed_dictionaries({}, optional=parts)


def tls() -> Strategy:
    return some(
        mode=st.sampled_from(MODES),
        credentialName=st.sampled_from(["corporate-cert", ""]),
        minProtocolVersion=st.sampled_from(["TLSV1_2", "TLSV1_3", ""]),
        key=st.sampled_from(["", "KEY"]),
        cert=st.sampled_from(["", "CERT"]),
        ca=st.sampled_from(["", "CA"]),
    )


def hosts() -> Strategy:
    return st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3, unique=True)


def port() -> Strategy:
    return st.fixed_dictionaries(
        {
            "name": st.sampled_from(["https", "http", "tls-1", "x"]),
            "number": st.sampled_from([8443, 8080, 1234, 9443]),
            "protocol": st.sampled_from(PROTOCOLS),
        }
    )


def server() -> Strategy:
    return st.fixed_dictionaries(
        {"hosts": hosts(), "port": port()}, optional={"tls": tls(), "autoHttpRedirect": redirect()}
    )


def redirect() -> Strategy:
    return some(enabled=st.booleans())


def gateway(workloads: list[str]) -> Strategy:
    where = {"ingressGateway": st.sampled_from(workloads)}
    usual = {"hosts": hosts()}
    more = {"tls": tls(), "autoHttpRedirect": redirect(), "enabled": st.booleans()}
    return st.one_of(
        st.fixed_dictionaries({**where, **usual}, optional=more),
        st.fixed_dictionaries(
            {**where, **usual, "ports": st.lists(port(), min_size=1, max_size=3)}, optional=more
        ),
        st.fixed_dictionaries(
            {**where, "servers": st.lists(server(), min_size=1, max_size=3)}, optional=more
        ),
    )


def service() -> Strategy:
    one = st.fixed_dictionaries(
        {"port": st.sampled_from([80, 443, 15021, 9000])},
        optional={
            "name": st.sampled_from(["a", "b"]),
            "targetPort": st.sampled_from([8080, 8443, "9443"]),
            "nodePort": st.integers(30000, 32000),
            "protocol": st.sampled_from(["TCP", "UDP"]),
        },
    )
    return some(
        type=st.sampled_from(["LoadBalancer", "NodePort", "ClusterIP", ""]),
        ports=st.lists(
            one, min_size=1, max_size=4, unique_by=lambda port: (port["port"], port.get("protocol"))
        ),
        externalTrafficPolicy=st.sampled_from(["Local", "Cluster"]),
        loadBalancerIP=st.sampled_from(["192.0.2.1", ""]),
        sessionAffinity=st.just("ClientIP"),
        externalIPs=st.just(["192.0.2.9"]),
    )


def spec() -> Strategy:
    amounts = some(cpu=st.sampled_from([1, 0.5, "100m", "2"]), memory=st.sampled_from(["1Gi", "512Mi"]))
    return some(
        service=service(),
        serviceAnnotations=st.dictionaries(st.sampled_from(["a/b", "c"]), st.sampled_from(["x", "true"])),
        resources=some(requests=amounts, limits=amounts),
        hpaSpec=some(
            minReplicas=st.integers(1, 4),
            maxReplicas=st.integers(4, 9),
            metrics=st.just(
                [{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 55}}]
            ),
        ),
        nodeSelector=st.just({"edge": "true"}),
        env=st.lists(st.just({"name": "A", "value": 1}), max_size=1),
        replicaCount=st.integers(1, 3),
        podDisruptionBudget=st.just({"minAvailable": 1, "selector": {}}),
        nonsense=st.just(True),
    )


def workload() -> Strategy:
    return some(
        type=st.sampled_from(["LoadBalancer", "NodePort"]),
        nodePortBase=st.integers(30000, 32000),
        kubernetesResourceSpec=spec(),
        k8s=spec(),
        extraLabels=st.dictionaries(
            st.sampled_from(["team", "istio", "x.y/z", "app.kubernetes.io/part-of"]),
            st.sampled_from(["a", "ingressgateway"]),
        ),
        enabled=st.booleans(),
        nonsense=st.just(1),
    )


@st.composite
def umbrella_values(draw: st.DrawFn) -> dict[str, Any]:
    """Values of the umbrella with what concerns the gateways, and a little of the rest."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    workloads = {f"{name}-ingressgateway": draw(workload()) for name in names}
    known = [*workloads, "public-ingressgateway"]
    gateways = {
        name: draw(gateway(known)) for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    }
    rest = some(
        enabled=st.booleans(),
        mtls=some(mode=st.sampled_from(["STRICT", "PERMISSIVE"])),
        flux=some(timeout=st.just("20m")),
        values=some(
            meshConfig=some(accessLogFile=st.just("/dev/null")),
            ingressGateways=st.fixed_dictionaries({"public-ingressgateway": some(k8s=spec())}),
            unheardOf=st.just({"a": 1}),
        ),
    )
    istio = {"ingressGateways": workloads, "gateways": gateways, **draw(rest)}
    return {"domain": draw(st.sampled_from(["example.com", "dev.bigbang.mil"])), "istio": istio}
