"""The audit against the truth: which policies a real istiod puts on real Envoys, and which hosts it panics on."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from istiokit.istio.audit.hostlists import RULES
from istiokit.istio.audit.model import Subject
from istiokit.istio.routing.facts import RouteFacts
from tests.e2e.routing_objects import NEW, NEW_PODS, OLD, OLD_PODS, Object, gateway, vs
from tests.e2e.routing_objects import http as http_server
from tests.tools.parts.envoy import Gateway
from tests.tools.process import RigError
from tests.tools.rig import Rig
from tests.unit.dependents_world import live, made, namespace, pod
from tests.unit.routing_world import gateway as typed_gateway

PORT, HOST = 8080, "web.example.com"
PODS = {"old": ("istio-system", OLD_PODS), "new": ("istio-gateway", NEW_PODS)}
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
"""The public key of RFC 7517, A.1."""
OPERATOR = {"operator.istio.io/component": "IngressGateways"}
APP = {"app": "public-ingressgateway"}
SELECTORS: tuple[dict[str, str] | None, ...] = (
    None,
    APP,
    OPERATOR,
    {"istio": "ingressgateway"},
    {"app": "x"},
)
SPECS: dict[str, Object] = {
    "AuthorizationPolicy": {"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/denied"]}}]}]},
    "RequestAuthentication": {
        "jwtRules": [{"issuer": "https://x.test", "jwks": json.dumps({"keys": [KEY]})}]
    },
    "EnvoyFilter": {
        "configPatches": [
            {
                "applyTo": "ROUTE_CONFIGURATION",
                "match": {"context": "GATEWAY"},
                "patch": {
                    "operation": "MERGE",
                    "value": {"response_headers_to_add": [{"header": {"key": "x-filter", "value": "yes"}}]},
                },
            }
        ]
    },
    "Telemetry": {"accessLogging": [{"providers": [{"name": "envoy"}]}]},
}


class Doors:
    """istiod and the pods of an old and of a new gateway."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.pods = {side: rig.envoy.gateway("public-ingressgateway", *where) for side, where in PODS.items()}
        self.objects = [
            gateway(OLD, http_server(PORT), selector=APP),
            gateway(NEW, http_server(PORT), selector=NEW_PODS),
            vs("shop/web", [HOST], [OLD, NEW]),
        ]
        rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, *self.objects])
        self._round = 0

    def settle(self) -> None:
        """Wait until both have what istiod has read so far: a route that was made after all else."""
        self._round += 1
        host = f"round-{self._round}.example.com"
        self.rig.apply([vs("shop/round", [host], [OLD, NEW])])
        for one in self.pods.values():
            self.rig.until(lambda one=one: ask(one, "/", host).status == 200, f"{host} at {one.namespace}")  # type: ignore[misc]

    def affected(self) -> dict[str, set[str]]:
        """By kind, the sides on whose pods the policy of that kind is."""
        found: dict[str, set[str]] = {kind: set() for kind in SPECS}
        for side, one in self.pods.items():
            if ask(one, "/denied").status == 403:
                found["AuthorizationPolicy"].add(side)
            if ask(one, "/", token="no.such.token").status == 401:
                found["RequestAuthentication"].add(side)
            if ask(one, "/").getheader("x-filter"):
                found["EnvoyFilter"].add(side)
            if b"/dev/stdout" in one.admin("/config_dump"):
                found["Telemetry"].add(side)
        return found


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    with Rig(parts=("envoy",)) as rig:
        yield Doors(rig)


def ask(one: Gateway, path: str, host: str = HOST, token: str = "") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host)
    connection.sock = one.connect(PORT)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def policies(place: str, labels: dict[str, str] | None) -> list[Object]:
    found = []
    for kind, spec in SPECS.items():
        names = ("workloadSelector", "labels") if kind == "EnvoyFilter" else ("selector", "matchLabels")
        selector: Object = {} if labels is None else {names[0]: {names[1]: labels}}
        found.append(made(kind, f"{place}/p", {**selector, **spec}))
    return found


@pytest.mark.parametrize("place", ["istio-system", "istio-gateway", "shop"])
@pytest.mark.parametrize("labels", SELECTORS, ids=str)
def test_a_policy_is_missed_where_the_audit_says_so(
    doors: Doors, place: str, labels: dict[str, str] | None
) -> None:
    objects = policies(place, labels)
    doors.rig.apply(objects)
    doors.settle()
    expected = missed(doors, objects)

    def as_told() -> bool:
        affected = doors.affected()
        return {kind for kind, sides in affected.items() if sides == {"old"}} == expected

    doors.rig.until(as_told, f"missed on the new pods alone: {expected}, not {doors.affected()}")
    doors.settle()
    assert as_told(), doors.affected()
    for one in objects:
        doors.rig.kubectl("delete", one["kind"].lower(), "p", f"--namespace={place}")


def missed(doors: Doors, objects: list[Object]) -> set[str]:
    """The kinds of which the audit says that they do not follow to the new pods."""
    mesh = [namespace("istio-system"), namespace("istio-gateway")]
    mesh += [pod(f"{place}/p", labels, "gateway") for place, labels in PODS.values()]
    found = live(*objects, mesh=(*mesh, *doors.objects))
    return {one.object.split()[0] for one in found if one.code == "VSG019"}


@pytest.mark.parametrize(
    "hosts",
    [
        ["./a.example.com", "*/*"],
        ["*/*", "shop/a.example.com", "a.example.com"],
        ["*/*", "*/*"],
        ["*/*", "./a.example.com"],
    ],
    ids=str,
)
def test_istiod_ends_where_the_audit_says_so(fresh_rig: Callable[..., Rig], hosts: list[str]) -> None:
    rig = fresh_rig("envoy")
    door = rig.envoy.gateway("door", "edge", APP)
    rig.apply([gateway("edge/web", http_server(PORT, *hosts), selector=APP)])
    log = rig.servers.running["pilot-discovery"].log
    if is_told(hosts):
        rig.until(lambda: "index out of range" in log.read_text(), "a panic")
        with pytest.raises(RigError, match="pilot-discovery exited"):
            rig.servers.wait_for("pilot-discovery", lambda: False, "it lives on", 20)
    else:
        rig.apply([gateway("edge/other", http_server(PORT + 1), selector=APP)])
        rig.until(partial(listens, door, PORT + 1), f"a listener on port {PORT + 1}")
        assert "panic" not in log.read_text()


def listens(door: Gateway, port: int) -> bool:
    try:
        door.connect(port).close()
    except OSError:
        return False
    return True


def is_told(hosts: list[str]) -> bool:
    server: Object = {**http_server(PORT), "hosts": hosts}
    facts = RouteFacts("test", gateways=(typed_gateway("edge/web", server),))
    return any(list(rule.run(Subject(facts))) for rule in RULES)
