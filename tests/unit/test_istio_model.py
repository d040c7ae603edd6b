"""Typed readings: objects as an API server sends them, with everything that we do not name."""

import json

import msgspec
import pytest

from istiokit.istio.model import Gateway, IstioOperator, VirtualService, full_name
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment, Pod, Service, selects


def test_a_virtual_service_keeps_just_its_bindings() -> None:
    raw = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "shop", "namespace": "web", "managedFields": [{"manager": "helm"}]},
        "spec": {
            "hosts": ["shop.example.com"],
            "gateways": ["istio-system/public"],
            "exportTo": ["."],
            "http": [
                {"match": [{"uri": {"prefix": "/"}, "gateways": ["mesh"]}], "route": [{"destination": {}}]}
            ],
            "tls": [{"match": [{"sniHosts": ["a"], "port": 443}]}],
        },
    }
    read = msgspec.json.decode(json.dumps(raw), type=VirtualService)
    assert full_name(read) == "web/shop"
    assert read.spec.gateways == ("istio-system/public",)
    assert read.spec.export_to == (".",)
    assert read.spec.http is not None and read.spec.http[0].match is not None
    assert read.spec.http[0].match[0].gateways == ("mesh",)
    assert read.spec.tcp is None


@pytest.mark.parametrize("field", ["hosts", "gateways", "exportTo", "http", "tls", "tcp"])
def test_null_lists_of_a_hand_written_manifest_are_absent_lists(field: str) -> None:
    read = msgspec.convert({"metadata": {"name": "x"}, "spec": {field: None}}, VirtualService)
    assert read == msgspec.convert({"metadata": {"name": "x"}, "spec": {}}, VirtualService)


def test_a_gateway_has_servers_with_ports_and_tls() -> None:
    spec = {
        "selector": {"app": "public-ingressgateway"},
        "servers": [
            {
                "hosts": ["*.example.com"],
                "port": {"name": "http", "number": 8080, "protocol": "HTTP"},
                "tls": {"httpsRedirect": True},
            },
            {
                "hosts": ["*.example.com"],
                "port": {"name": "https", "number": 8443, "protocol": "HTTPS"},
                "tls": {"mode": "SIMPLE", "credentialName": "public-cert"},
            },
        ],
    }
    servers = msgspec.convert({"metadata": {"name": "public"}, "spec": spec}, Gateway).spec.servers or ()
    assert [server.port.number for server in servers] == [8080, 8443]
    assert servers[0].tls is not None and servers[0].tls.https_redirect
    assert servers[1].tls is not None and servers[1].tls.credential_name == "public-cert"


def test_an_istio_operator_has_its_revision_and_state() -> None:
    raw = {
        "metadata": {"name": "istiocontrolplane", "namespace": "istio-system", "finalizers": ["a"]},
        "spec": {"revision": "1-23", "components": {}},
        "status": {"status": "HEALTHY", "componentStatus": {}},
    }
    read = msgspec.convert(raw, IstioOperator)
    assert (read.spec.revision, read.status.status, read.metadata.finalizers) == ("1-23", "HEALTHY", ("a",))


def test_a_service_tells_its_node_ports_and_addresses() -> None:
    raw = {
        "metadata": {"name": "public-ingressgateway", "namespace": "istio-gateway"},
        "spec": {"type": "LoadBalancer", "ports": [{"name": "https", "port": 443, "nodePort": 30443}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}, {"hostname": "lb.example.com"}]}},
    }
    read = msgspec.convert(raw, Service)
    assert read.spec.ports[0].node_port == 30443
    assert read.addresses == ("10.0.0.1", "lb.example.com")
    assert msgspec.convert({"status": {"loadBalancer": {}}}, Service).addresses == ()


def test_a_deployment_may_carry_the_null_timestamp_of_older_api_servers() -> None:
    raw = {
        "metadata": {"name": "istiod"},
        "spec": {
            "template": {
                "metadata": {"creationTimestamp": None, "labels": {"app": "istiod"}},
                "spec": {"containers": [{"name": "discovery", "image": "pilot:1.23.6"}]},
            }
        },
        "status": {"readyReplicas": 1},
    }
    read = msgspec.convert(raw, Deployment)
    assert read.ready
    assert read.images == {"discovery": "pilot:1.23.6"}
    assert not msgspec.convert({}, Deployment).ready


def test_a_pod_has_owners_and_both_kinds_of_containers() -> None:
    raw = {
        "metadata": {"name": "a", "ownerReferences": [{"kind": "ReplicaSet", "name": "rs", "uid": "1"}]},
        "spec": {
            "hostNetwork": True,
            "containers": [{"name": "app", "image": "app:1"}],
            "initContainers": [{"name": "istio-proxy", "image": "proxyv2:1.25.3"}],
        },
        "status": {"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "False"}]},
    }
    read = msgspec.convert(raw, Pod)
    assert read.metadata.owner_references[0].kind == "ReplicaSet"
    assert read.spec.init_containers[0].name == "istio-proxy"
    assert read.spec.host_network and read.finished


def test_a_webhook_configuration_says_whom_it_calls() -> None:
    raw = {
        "metadata": {"name": "istio-sidecar-injector"},
        "webhooks": [
            {
                "name": "namespace.sidecar-injector.istio.io",
                "clientConfig": {
                    "service": {"name": "istiod", "namespace": "istio-system", "path": "/inject"}
                },
                "failurePolicy": "Ignore",
                "rules": [{"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]}],
            }
        ],
    }
    webhook = msgspec.convert(raw, WebhookConfiguration).webhooks[0]
    assert webhook.client_config.service is not None
    assert webhook.client_config.service.name == "istiod"
    assert (webhook.failure_policy, webhook.rules[0].resources) == ("Ignore", ("pods",))


def test_a_selector_selects_by_all_its_labels_and_an_empty_one_selects_nothing() -> None:
    assert selects({"app": "a"}, {"app": "a", "x": "y"})
    assert not selects({"app": "a", "x": "y"}, {"app": "a"})
    assert not selects({}, {"app": "a"})
    assert not selects(None, {"app": "a"})
    assert not selects({"app": "a"}, None)
