"""VSG020 and VSG022: EnvoyFilters and Sidecars that name the old Gateway or its Service."""

from typing import Any

import pytest

from tests.unit.dependents_world import (
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


def https(name: str, port: str, selector: dict[str, str]) -> Manifest:
    listener = {"number": 8443, "name": port, "protocol": "HTTPS"}
    return gateway(name, selector, port=listener, tls={"mode": "SIMPLE"})


APP = {"app": "public-ingressgateway"}
GATEWAYS = (https(OLD, "https-old", APP), https(NEW, "https", NEW_LABELS))
MESH = (*GATEWAYS, *PODS, *NAMESPACES)
ROUTE = "https.8443.https-old.public.istio-system"
OLD_HOST = "public-ingressgateway.istio-system.svc.cluster.local"
NEW_HOST = "public-ingressgateway.istio-gateway.svc.cluster.local"


def patch(match: Manifest, context: str = "GATEWAY", value: Any = "x", to: str = "VIRTUAL_HOST") -> Manifest:
    return {
        "applyTo": to,
        "match": {"context": context, **match},
        "patch": {"operation": "MERGE", "value": value},
    }


def routes(**match: Any) -> Manifest:
    return {"routeConfiguration": match}


def envoy_filter(*patches: Manifest, name: str = "istio-system/f") -> Manifest:
    return made("EnvoyFilter", name, {"configPatches": list(patches)})


@pytest.mark.parametrize(
    ("match", "field"),
    [
        (routes(gateway=OLD), "routeConfiguration.gateway"),
        (routes(gateway=OLD, portNumber=8443), "routeConfiguration.gateway"),
        (routes(name=ROUTE), "routeConfiguration.name"),
        (routes(portName="https-old"), "routeConfiguration.portName"),
        (routes(vhost={"name": f"{OLD_HOST}:80"}), "routeConfiguration.vhost.name"),
        (routes(vhost={"domainName": OLD_HOST}), "routeConfiguration.vhost.domainName"),
        ({"cluster": {"service": OLD_HOST}}, "cluster.service"),
        ({"cluster": {"name": f"outbound|80||{OLD_HOST}"}}, "cluster.name"),
    ],
)
def test_every_field_that_names_the_old_gateway(match: Manifest, field: str) -> None:
    (found,) = live(envoy_filter(patch({}, value="other"), patch(match)), mesh=MESH)
    assert told([found]) == [("warning", "istio-system/f", f"spec.configPatches[1].match.{field}")]
    assert found.code == "VSG020" and NEW in found.reason


@pytest.mark.parametrize(
    "match",
    [
        {},
        routes(),
        routes(gateway=NEW),
        routes(gateway="istio-system/other"),
        routes(name="http.8080"),
        routes(name="https.8443.https.other.istio-system"),
        routes(portName="https"),
        routes(portNumber=8443),
        routes(vhost={"name": "web.example.com:443"}),
        routes(vhost={"name": f"my-{OLD_HOST}:80"}),
        {"cluster": {"service": NEW_HOST}},
        {"listener": {"portNumber": 8443}},
    ],
)
def test_nothing_is_said_of_what_means_both_or_neither(match: Manifest) -> None:
    assert live(envoy_filter(patch(match)), mesh=MESH) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (routes(gateway=OLD), routes(gateway=NEW)),
        (routes(gateway=OLD), {}),
        (routes(name=ROUTE), routes(name="https.8443.https.public-ingressgateway.istio-gateway")),
        (routes(portName="https-old"), routes(portName="https")),
        ({"cluster": {"service": OLD_HOST}}, {"cluster": {"service": NEW_HOST}}),
    ],
)
def test_the_same_patch_for_the_new_gateway_is_enough(old: Manifest, new: Manifest) -> None:
    assert live(envoy_filter(patch(old), patch(new)), mesh=MESH) == []
    assert live(envoy_filter(patch(old)), envoy_filter(patch(new), name="istio-gateway/f"), mesh=MESH) == []
    (found,) = live(envoy_filter(patch(old)), mesh=MESH)
    words = [word for one in new.values() for word in one.values()] or [NEW]
    assert f"add the same patch for {words[0]}" in found.remedy
    assert len(live(envoy_filter(patch(old), patch(new, value="y")), mesh=MESH)) == 1
    assert len(live(envoy_filter(patch(old), patch(new, to="HTTP_ROUTE")), mesh=MESH)) == 1


def test_sidecars_have_no_gateway_in_their_routes() -> None:
    assert live(envoy_filter(patch(routes(gateway=OLD), "SIDECAR_OUTBOUND")), mesh=MESH) == []


def test_without_pods_the_service_is_likely_called_like_the_deployment() -> None:
    (found,) = in_files(envoy_filter(patch({"cluster": {"service": OLD_HOST}})), mesh=GATEWAYS)
    assert found.remedy == f"add the same patch that is for {NEW}"


def sidecar(*hosts: str, name: str = "shop/default") -> Manifest:
    return made("Sidecar", name, {"egress": [{"hosts": ["./*"]}, {"hosts": list(hosts)}]})


def test_a_sidecar_that_shows_the_old_service_alone() -> None:
    (found,) = live(sidecar("mesh/*", f"istio-system/{OLD_HOST}"), mesh=MESH)
    assert told([found]) == [("warning", "shop/default", "spec.egress[1].hosts[1]")]
    assert (found.code, found.remedy) == ("VSG022", f"add istio-gateway/{NEW_HOST} beside it")


@pytest.mark.parametrize(
    "hosts",
    [
        ("istio-system/*",),
        ("*/*",),
        ("istio-system/istiod.istio-system.svc.cluster.local",),
        (f"istio-system/{OLD_HOST}", "istio-gateway/*"),
        (f"istio-system/{OLD_HOST}", f"*/{NEW_HOST}"),
        (f"~istio-system/{OLD_HOST}",),
        (f"./{OLD_HOST}",),
        ("*.istio-system.svc.cluster.local",),
    ],
)
def test_other_sidecars_are_fine(hosts: tuple[str, ...]) -> None:
    assert live(sidecar(*hosts), mesh=MESH) == []


def test_a_sidecar_without_egress_shows_everything() -> None:
    assert live(made("Sidecar", "shop/default", {}), mesh=MESH) == []


@pytest.mark.parametrize(("host", "entry"), [("istio-system/*", "istio-gateway/*"), ("./*", "")])
def test_the_mesh_calls_egress_gateways(host: str, entry: str) -> None:
    labels = {"app": "out-egressgateway"}
    mesh = (
        gateway("istio-system/out", labels),
        gateway("istio-gateway/out-egressgateway", {**labels, "istio": "egressgateway"}),
    )
    found = [one.remedy for one in in_files(sidecar(host), mesh=mesh)]
    assert found == ([f"add {entry} beside it"] if entry else [])
