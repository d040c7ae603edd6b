"""VSG023 to VSG026: monitors, certificates, hosts that istiod panics on, certificates that two servers share."""

from typing import Any

import pytest

from istiokit.findings import Finding
from tests.unit.dependents_world import (
    MESH,
    NAMESPACES,
    NEW_LABELS,
    PODS,
    Manifest,
    gateway,
    in_files,
    live,
    made,
    told,
)
from tests.unit.routing_world import NEW, OLD

APP = {"app": "public-ingressgateway"}


def monitor(kind: str, space: str = "istio-system", labels: Any = APP, names: Any = None) -> Manifest:
    where = {"namespaceSelector": names} if names is not None else {}
    return made(kind, f"{space}/m", {"selector": {"matchLabels": labels}, **where})


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
@pytest.mark.parametrize(
    ("space", "labels", "names", "path"),
    [
        ("istio-system", APP, None, "spec.selector"),
        ("monitoring", APP, {"matchNames": ["istio-system"]}, "spec.namespaceSelector"),
        ("istio-system", {}, None, "spec.selector"),
        (
            "monitoring",
            {"operator.istio.io/component": "IngressGateways"},
            {"any": True},
            "spec.selector",
        ),
    ],
)
def test_a_monitor_of_the_old_gateway_alone(
    kind: str, space: str, labels: Any, names: Any, path: str
) -> None:
    (found,) = live(monitor(kind, space, labels, names))
    assert told([found]) == [("info", f"{space}/m", path)]
    assert found.code == "VSG023" and NEW in found.reason


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
@pytest.mark.parametrize(
    "given",
    [
        {"names": {"any": True}},
        {"names": {"matchNames": ["istio-system", "istio-gateway"]}},
        {"labels": {"app": "istiod"}},
        {"labels": {"istio": "ingressgateway"}, "names": {"any": True}},
        {"space": "istio-gateway"},
        {"space": "monitoring"},
    ],
)
def test_monitors_of_both_or_neither(kind: str, given: Any) -> None:
    assert live(monitor(kind, **given)) == []


def test_a_monitor_for_the_new_pods_is_enough() -> None:
    assert live(monitor("ServiceMonitor"), monitor("PodMonitor", "istio-gateway")) == []


def test_services_have_labels_of_their_own() -> None:
    unlabelled = [one for one in MESH if one["kind"] != "Service"]
    assert live(monitor("ServiceMonitor"), mesh=tuple(unlabelled)) == [], "no Service, nothing to find"
    assert len(live(monitor("PodMonitor"), mesh=tuple(unlabelled))) == 1


def web(name: str, selector: dict[str, str], secret: str = "public-cert") -> Manifest:
    port = {"number": 8443, "name": "https", "protocol": "HTTPS"}
    return gateway(name, selector, port=port, tls={"mode": "SIMPLE", "credentialName": secret})


def certificate(space: str, secret: str = "public-cert", **spec: Any) -> Manifest:
    return made("Certificate", f"{space}/public", {"secretName": secret, **spec})


def secret(space: str) -> Manifest:
    return made("Secret", f"{space}/public-cert", {})


HTTPS = (web(OLD, APP), web(NEW, NEW_LABELS), *PODS, *NAMESPACES)


def renewals(*objects: Manifest, **given: Any) -> list[Finding]:
    return [one for one in live(*objects, **{"mesh": HTTPS, **given}) if one.code == "VSG024"]


def test_a_certificate_where_only_the_old_pods_can_read_it() -> None:
    (found,) = renewals(certificate("istio-system"), secret("istio-system"))
    assert told([found]) == [("error", "istio-system/public", "spec.secretName")]
    assert "https is dead there" in found.reason
    copied = renewals(certificate("istio-system"), secret("istio-system"), secret("istio-gateway"))
    assert [(one.severity, "does not renew" in one.reason) for one in copied] == [("warning", True)]
    blind = renewals(certificate("istio-system"), denied={("list", "Secret")})
    assert [one.severity for one in blind] == ["warning"]
    (unseen,) = in_files(certificate("istio-system"), mesh=HTTPS[:2])
    assert unseen.severity == "warning"


@pytest.mark.parametrize(
    "objects",
    [
        (certificate("istio-system"), certificate("istio-gateway")),
        (certificate("istio-gateway"),),
        (certificate("shop"),),
        (certificate("istio-system", "other"),),
        (
            certificate(
                "istio-system",
                secretTemplate={
                    "annotations": {"reflector.v1.k8s.emberstack.com/reflection-allowed": "true"}
                },
            ),
        ),
    ],
)
def test_other_certificates_are_fine(objects: tuple[Manifest, ...]) -> None:
    assert renewals(*objects, secret("istio-system"), secret("istio-gateway")) == []


def test_a_new_gateway_with_another_certificate_does_not_need_this_one() -> None:
    mesh = (web(OLD, APP), web(NEW, NEW_LABELS, "new-cert"), *PODS, *NAMESPACES)
    assert renewals(certificate("istio-system"), mesh=mesh) == []


@pytest.mark.parametrize(
    ("hosts", "number"),
    [
        (["*/*", "./a.example.com"], 1),
        (["*/*", "*/a.example.com"], 1),
        (["a.example.com", "*/*", "shop/b.example.com", "./a.example.com"], 3),
        (["./a.example.com", "*/*", "./b.example.com"], 2),
        (["*/*"], None),
        (["./a.example.com", "*/*"], None),
        (["*/*", "*/*"], None),
        (["*/*", "shop/a.example.com", "a.example.com", "*"], None),
        (["*", "./a.example.com"], None),
    ],
)
def test_hosts_that_istiod_panics_on(hosts: list[str], number: int | None) -> None:
    found = in_files(mesh=(gateway("edge/web", APP, hosts=hosts),))
    expected = [] if number is None else [("error", "edge/web", f"spec.servers[0].hosts[{number}]")]
    assert told(found) == expected
    assert is_beyond(hosts) is (number is not None)


def is_beyond(hosts: list[str]) -> bool:
    """sanitizeServerHostNamespace, step by step: whether it writes beyond the end of its list."""
    written = list(hosts)
    for at, host in enumerate(hosts):
        place, _, name = host.partition("/")
        if "/" not in host or place not in (".", "*"):
            continue
        if (place, name) == ("*", "*"):
            written = ["*"]
        elif at >= len(written):
            return True
        else:
            written[at] = name
    return False


EDGE = {"app": "edge"}


def server(host: str, credential: str = "wild", number: int = 8443, **tls: Any) -> Manifest:
    port = {"number": number, "name": f"https-{host.strip('*.')}", "protocol": "HTTPS"}
    return {
        "port": port,
        "hosts": [host],
        "tls": {"mode": "SIMPLE", "credentialName": credential, **tls},
    }


def serving(name: str, *servers: Manifest, selector: Any = EDGE, made_in: str = "2024") -> Manifest:
    moment = {"creationTimestamp": f"{made_in}-01-01T00:00:00Z"}
    return made("Gateway", name, {"selector": selector, "servers": list(servers)}, **moment)


def route(name: str, *gateways: str) -> Manifest:
    spec = {"hosts": [f"{name}.example.com"], "gateways": list(gateways), "http": [{"route": []}]}
    return made("VirtualService", f"shop/{name}", spec)


A, B = serving("shop/a", server("a.example.com")), serving("shop/b", server("b.example.com"))


def reused(*objects: Manifest) -> list[str]:
    found = in_files(mesh=objects)
    assert {one.severity for one in found} <= {"info"}
    return [f"{one.object} {one.path}" for one in found if one.code == "VSG026"]


def test_two_gateways_with_one_certificate_and_other_hosts() -> None:
    path = "spec.servers[0].tls.credentialName"
    assert reused(A, B, route("a", "shop/a"), route("b", "shop/b")) == [
        f"Gateway shop/a {path}",
        f"Gateway shop/b {path}",
    ]


def test_two_servers_of_one_gateway_are_as_bad() -> None:
    one = serving("shop/a", server("a.example.com"), server("b.example.com"))
    found = reused(one, route("a", "shop/a"), route("b", "shop/a"))
    assert found == [f"Gateway shop/a spec.servers[{at}].tls.credentialName" for at in (0, 1)]


@pytest.mark.parametrize(
    "objects",
    [
        (A, B),
        (A, B, route("a", "shop/a")),
        (A, serving("shop/b", server("b.example.com", "own")), route("a", "shop/a"), route("b", "shop/b")),
        (
            A,
            serving("shop/b", server("b.example.com", number=9443)),
            route("a", "shop/a"),
            route("b", "shop/b"),
        ),
        (
            A,
            serving("shop/b", server("b.example.com"), selector={"app": "other"}),
            route("a", "shop/a"),
            route("b", "shop/b"),
        ),
        (
            A,
            serving("shop/b", server("b.example.com", mode="PASSTHROUGH", credentialName="")),
            route("a", "shop/a"),
            route("b", "shop/b"),
        ),
        (serving("shop/a", server("*.example.com")), route("a", "shop/a"), route("b", "shop/a")),
        (
            serving("istio-system/public", server("*.example.com")),
            serving(NEW, server("*.example.com"), made_in="2025"),
            route("a", "istio-system/public", NEW),
            route("b", "istio-system/public", NEW),
        ),
    ],
    ids=["nothing", "one-route", "own-cert", "ports", "pods", "passthrough", "one-server", "old-and-new"],
)
def test_ordinary_set_ups_are_fine(objects: tuple[Manifest, ...]) -> None:
    assert reused(*objects) == []


def test_a_wildcard_server_knows_only_what_is_bound_to_it() -> None:
    wild = serving("shop/a", server("*.example.com"))
    assert reused(wild, B, route("a", "shop/a"), route("b", "shop/b")) == [
        "Gateway shop/a spec.servers[0].tls.credentialName",
        "Gateway shop/b spec.servers[0].tls.credentialName",
    ]
    both = reused(wild, B, route("a", "shop/a"), route("b", "shop/a", "shop/b"))
    assert both == ["Gateway shop/a spec.servers[0].tls.credentialName"], "only what b has not"
