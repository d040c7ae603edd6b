from dataclasses import replace
from typing import Any

import pytest

from istiokit.bigbang.facts import GATEWAY_SECRETS, Facts
from istiokit.bigbang.layers import Layer
from tests.unit.check_case import ERROR, INFO, ONE, THREE, TWO, WARNING, Case, name, of_code, text
from tests.unit.facts_builder import deployment, facts, files, mesh, namespace, secret, service, unread

REGISTRY = "istioGateway: {sourceType: helmRepo%s}"
NAMED = REGISTRY % ", helmRepo: {chartName: gateway}"
SKIP = "{disableSchemaValidation: true}"
BARE = "domain: example.com"
OWNED = {"install.operator.istio.io/owning-resource": "istiocontrolplane"}


def controller(tag: str) -> Any:
    return (deployment("helm-controller", "flux-system", "manager", tag),)


def gateways(yaml: str) -> str:
    """Values with these gateways (flow style), without the default one of passthrough."""
    return f"istioGateway: {{values: {{gateways: {{passthrough: {{}}, {yaml}}}}}}}"


def wants(port: int) -> str:
    return gateways(f"public: {{upstream: {{service: {{ports: [{{port: 443, nodePort: {port}}}]}}}}}}")


def uses(*services: Any, values: str = wants(30443)) -> Facts:
    return facts(values, services=services)


STRICT = {"deployments": controller("v1.4.0")}
FIXED = facts(extra=f"istioGateway: {{flux: {{install: {SKIP}, upgrade: {SKIP}}}}}", **STRICT)
COMMON = facts(extra=f"flux: {{install: {SKIP}, upgrade: {SKIP}}}", **STRICT)
TYPE = "egress: {gateway: {servers: []}, upstream: {labels: {istio: %s}}}"
CUSTOM = "public: {gateway: {servers: [{tls: {credentialName: shop-cert}}]}%s}"
MADE = gateways(CUSTOM % ", gatewayCerts: [{name: shop-cert}]")
PULL = "public: {gatewayCerts: [{name: public-cert}], upstream: {imagePullSecrets: [{name: mine}]}}"

CASES = (
    Case("IM005", TWO, facts(extra=REGISTRY % ""), facts(extra=NAMED), ERROR, "chartName: gateway"),
    Case("IM005", ONE, facts(extra=REGISTRY % ""), facts(), WARNING, "chartName"),
    Case("IM005", TWO, facts(extra=NAMED.replace(": gateway", ": mine")), facts(), WARNING, "mine"),
    Case("IM006", TWO, facts(**STRICT), FIXED, WARNING, "disableSchemaValidation"),
    Case("IM006", ONE, facts(**STRICT), COMMON, WARNING, "1.4.0"),
    Case("IM006", ONE, facts(deployments=controller("latest")), facts(), INFO, "cannot tell"),
    Case(
        "IM007",
        TWO,
        uses(service("other", "shop", node_port=30443)),
        uses(service("other", "shop", node_port=30444)),
        ERROR,
        "shop/other",
    ),
    Case(
        "IM007",
        TWO,
        uses(service("public", "istio-system", node_port=30443, labels=OWNED)),
        uses(service("public-ingressgateway", "istio-gateway", node_port=30443)),
        ERROR,
        "istio-system/public",
    ),
    Case(
        "IM007",
        ONE,
        uses(service("other", "shop", node_port=30443)),
        uses(service("public", "istio-system", node_port=30443, labels=OWNED)),
        WARNING,
        "nodePort 30443",
    ),
    Case("IM008", TWO, facts(BARE), facts(), ERROR, "istio-gateway/public-cert"),
    Case("IM008", ONE, facts(BARE), facts(), WARNING, "gatewayCerts"),
    Case("IM008", TWO, facts(BARE), facts(BARE, gateway_secrets=(secret("public-cert"),)), ERROR, "TLS"),
    Case("IM008", TWO, facts(gateways(CUSTOM % "")), facts(MADE), ERROR, "shop-cert"),
    Case(
        "IM008",
        TWO,
        facts(version="2.53.0"),
        facts("istioGateway: {values: {gateways: {public: {tls: {key: K}}}}}", version="2.53.0"),
        ERROR,
        "public.tls",
    ),
    Case(
        "IM017",
        TWO,
        facts(extra=gateways(TYPE % "out")),
        facts(extra=gateways(TYPE % "egressgateway")),
        ERROR,
        "egress.upstream.labels.istio",
    ),
    Case("IM017", ONE, facts(extra=gateways("own: {gateway: {}}")), facts(), WARNING, "not set"),
    Case(
        "IM018",
        TWO,
        facts(BARE),
        facts(BARE, gateway_secrets=(secret("private-registry"),)),
        WARNING,
        "private-registry",
    ),
    Case("IM018", ONE, facts(BARE), facts(), WARNING, "registryCredentials"),
    Case(
        "IM018",
        TWO,
        facts(gateways(PULL)),
        facts(gateways(PULL), gateway_secrets=(secret("mine"),)),
        WARNING,
        "istio-gateway/mine",
    ),
    Case(
        "IM018",
        TWO,
        facts(BARE),
        facts(BARE, namespaces=(namespace("istio-system"),)),
        WARNING,
        "pulls its image",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_it_speaks_of_what_is_broken_and_is_silent_about_what_is_mended(case: Case) -> None:
    case.prove()


def test_two_new_gateways_cannot_share_a_node_port() -> None:
    ports = "upstream: {labels: {istio: ingressgateway}, service: {ports: [{nodePort: 30443}]}}"
    [found] = of_code("IM007", facts(gateways(f"public: {{{ports}}}, own: {{{ports}}}")), TWO)
    assert "own-ingressgateway" in text(found) and "public-ingressgateway" in text(found)


def test_the_chart_is_called_right_by_default_from_3_0_on() -> None:
    assert of_code("IM005", facts(REGISTRY % "", version="3.0.0"), ONE) == []


def test_2_49_has_the_labels_and_ports_at_the_top() -> None:
    values = gateways("public: {labels: {istio: wrong}, service: {ports: [{nodePort: 30443}]}}")
    early = facts(values, version="2.49.0", services=(service("other", "shop", node_port=30443),))
    assert "gateways.public.labels.istio" in of_code("IM017", early, TWO)[0].object
    right = facts(values.replace("wrong", "ingressgateway"), version="2.49.0", services=early.mesh.services)
    assert of_code("IM007", right, TWO) and of_code("IM017", right, TWO) == []


@pytest.mark.parametrize(
    "doubtful",
    [
        files(BARE),
        facts(BARE, unread=unread(GATEWAY_SECRETS)),
        replace(facts(BARE), layers=(*facts(BARE).layers, Layer(origin="x", encrypted=True, opaque=True))),
    ],
    ids=["files", "not allowed", "encrypted"],
)
def test_a_certificate_that_may_be_there_is_no_error(doubtful: Facts) -> None:
    [found] = of_code("IM008", doubtful, TWO)
    assert found.severity is WARNING and "cannot tell" in found.reason


def test_a_certificate_that_the_values_make_needs_no_look_into_secrets() -> None:
    assert of_code("IM008", facts(unread=unread(GATEWAY_SECRETS)), TWO) == []


def test_what_sops_hides_is_not_judged() -> None:
    hidden = "'ENC[AES256_GCM,data:x]'"
    values = gateways(
        f"public: {{upstream: {{labels: {{istio: {hidden}}}}}, gatewayCerts: [{{name: {hidden}}}]}}"
    )
    for code in ("IM008", "IM017"):
        assert of_code(code, facts(values), TWO) == []


def test_gateways_of_3_0_are_judged_too() -> None:
    broken = facts(gateways("own: {gateway: {}}"), version="2.54.0")
    assert [one.severity for one in of_code("IM017", broken, THREE)] == [ERROR]
    assert mesh().deployments
