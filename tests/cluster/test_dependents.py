"""`kubectl vs-gateways --audit` on a real API server: real policies, missing kinds, kinds that one may not read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_vs_gateways.main import APP
from tests.run import Result, run
from tests.tools.rig import Rig
from tests.unit.dependents_world import made

Manifest = dict[str, Any]

ROLE = Path(__file__).parents[2] / "docs" / "rbac" / "vs-gateways.yaml"
FOREIGN = {
    "ServiceMonitor": ("monitoring.coreos.com", "servicemonitors"),
    "PodMonitor": ("monitoring.coreos.com", "podmonitors"),
    "Certificate": ("cert-manager.io", "certificates"),
}


@dataclass(frozen=True)
class Pair:
    """An old gateway in one namespace and a new one in another, each with a pod."""

    rig: Rig
    old: str
    new: str

    def audit(self, *words: str, kubeconfig: Path | None = None) -> Result:
        """The audit of the old gateway's namespace."""
        given = ("--audit", "-n", self.old, f"--map={self.old}/public={self.new}/public", *words)
        return run(*given, "--kubeconfig", str(kubeconfig or self.rig.kubeconfig), app=APP, live=True)

    def found(self) -> set[tuple[str, str, str]]:
        """Severity, code and object (without its namespace) of what is said about other things than the Gateways."""
        items = json.loads(self.audit("-o", "json").out)["items"]
        each = [(one["severity"], one["code"], one["object"].split("/")) for one in items]
        return {
            (severity, code, f"{about.split()[0]} {name}")
            for severity, code, (about, name) in each
            if not about.startswith("Gateway")
        }


@pytest.fixture
def pair(rig: Rig, namespace: str) -> Iterator[Pair]:
    new = f"{namespace}-new"
    rig.kubectl("create", "namespace", new)
    rig.apply(
        [one for place in (namespace, new) for one in gateway(place, "old" if place == namespace else "new")]
    )
    yield Pair(rig, namespace, new)
    rig.kubectl("delete", "namespace", new, "--wait=false")


@pytest.fixture
def foreign_kinds(rig: Rig) -> Iterator[None]:
    """Minimal definitions of kinds that Istio does not bring."""
    names = [f"{plural}.{group}" for group, plural in FOREIGN.values()]
    rig.apply([definition(kind, group, plural) for kind, (group, plural) in FOREIGN.items()])
    rig.kubectl("wait", "--for=condition=Established", *(f"crd/{name}" for name in names))
    yield
    rig.kubectl("delete", "crd", *names)


def definition(kind: str, group: str, plural: str) -> Manifest:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def gateway(place: str, side: str) -> list[Manifest]:
    """A Gateway with one https server, its pod, account and Service; labels tell the two sides of one test apart."""
    labels = {"app": f"edge-{place.removesuffix('-new')}", "side": side}
    server = {
        "port": {"number": 8443, "name": "https", "protocol": "HTTPS"},
        "hosts": [f"*.{place}.example.com"],
        "tls": {"mode": "SIMPLE", "credentialName": "edge-cert"},
    }
    container = {"name": "istio-proxy", "image": "istio/proxyv2"}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": side, "namespace": place}}
    port = {"name": "https", "port": 443, "targetPort": 8443}
    return [
        account,
        made("Gateway", f"{place}/public", {"selector": labels, "servers": [server]}),
        made(
            "Pod", f"{place}/{side}", {"serviceAccountName": side, "containers": [container]}, labels=labels
        ),
        made("Service", f"{place}/edge", {"selector": labels, "ports": [port]}, labels=labels),
    ]


def policies(pair: Pair) -> list[Manifest]:
    """One of each kind of Istio and Kubernetes that names the old gateway."""
    old = pair.old
    side = {"selector": {"matchLabels": {"side": "old"}}}
    principal = f"cluster.local/ns/{old}/sa/old"
    patch = {
        "applyTo": "ROUTE_CONFIGURATION",
        "match": {"context": "GATEWAY", "routeConfiguration": {"gateway": f"{old}/public"}},
        "patch": {"operation": "MERGE", "value": {"request_headers_to_remove": ["x"]}},
    }
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": old}},
        "podSelector": {"matchLabels": {"side": "old"}},
    }
    return [
        made(
            "AuthorizationPolicy",
            f"{old}/web",
            {"rules": [{"from": [{"source": {"principals": [principal]}}]}]},
        ),
        made(
            "RequestAuthentication",
            f"{old}/jwt",
            {**side, "jwtRules": [{"issuer": "https://x", "jwks": "{}"}]},
        ),
        made("PeerAuthentication", f"{old}/mtls", {**side, "mtls": {"mode": "STRICT"}}),
        made("WasmPlugin", f"{old}/wasm", {**side, "url": "oci://plugins/x:1"}),
        made("TrafficExtension", f"{old}/lua", {**side, "lua": {"inlineCode": "x"}}),
        made("ProxyConfig", f"{old}/proxy", {**side, "concurrency": 2}),
        made("Telemetry", f"{old}/logs", {**side, "accessLogging": [{"providers": [{"name": "envoy"}]}]}),
        made("EnvoyFilter", f"{old}/headers", {"configPatches": [patch]}),
        made("NetworkPolicy", f"{old}/web", {"podSelector": {}, "ingress": [{"from": [peer]}]}),
        made("Sidecar", f"{old}/web", {"egress": [{"hosts": [f"{old}/edge.{old}.svc.cluster.local"]}]}),
    ]


FOUND = {
    ("error", "VSG018", "AuthorizationPolicy web"),
    ("error", "VSG019", "RequestAuthentication jwt"),
    ("error", "VSG021", "NetworkPolicy web"),
    ("info", "VSG019", "Telemetry logs"),
    ("warning", "VSG019", "EnvoyFilter headers"),
    ("warning", "VSG019", "PeerAuthentication mtls"),
    ("warning", "VSG019", "ProxyConfig proxy"),
    ("warning", "VSG019", "TrafficExtension lua"),
    ("warning", "VSG019", "WasmPlugin wasm"),
    ("warning", "VSG020", "EnvoyFilter headers"),
    ("warning", "VSG022", "Sidecar web"),
}


def test_all_that_names_the_old_gateway_is_found(pair: Pair) -> None:
    pair.rig.apply(policies(pair))
    assert pair.found() >= FOUND
    # The policy for a whole namespace is on the old pods too, and that is all that is said besides.
    assert pair.found() - FOUND == {("error", "VSG019", "AuthorizationPolicy web")}
    told = pair.audit()
    assert told.code == 1
    assert f"add cluster.local/ns/{pair.new}/sa/new beside it" in told.out
    assert "not installed, so there are none: Certificate, PodMonitor, ServiceMonitor" in told.err
    assert "not read:" not in told.err


def test_what_is_mended_is_found_no_more(pair: Pair) -> None:
    found = {one["kind"]: one for one in policies(pair)}
    policy, network = found["AuthorizationPolicy"], found["NetworkPolicy"]
    policy["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    pair.rig.apply([policy, network])
    assert {code for _, code, _ in pair.found()} == {"VSG018", "VSG021"}
    source = policy["spec"]["rules"][0]["from"][0]["source"]
    source["principals"].append(f"cluster.local/ns/{pair.new}/sa/new")
    network["spec"]["ingress"][0]["from"].append(
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": pair.new}}}
    )
    pair.rig.apply([policy, network])
    assert pair.found() == set()


@pytest.mark.usefixtures("foreign_kinds")
def test_monitors_and_certificates_of_others(pair: Pair) -> None:
    where = {"selector": {"matchLabels": {"side": "old"}}}
    pair.rig.apply(
        [
            made("ServiceMonitor", f"{pair.old}/edge", where),
            made("PodMonitor", f"{pair.old}/edge", where),
            made("Certificate", f"{pair.old}/edge", {"secretName": "edge-cert"}),
        ]
    )
    assert pair.found() == {
        ("error", "VSG024", "Certificate edge"),
        ("info", "VSG023", "PodMonitor edge"),
        ("info", "VSG023", "ServiceMonitor edge"),
    }
    assert "not installed" not in pair.audit().err


def test_what_one_may_not_read_is_told_and_the_rest_is_judged(pair: Pair) -> None:
    pair.rig.apply(policies(pair))
    rules = yaml.safe_load(ROLE.read_text())["rules"]
    less = [one for one in rules if not {"security.istio.io", "networking.k8s.io"} & set(one["apiGroups"])]
    less = [one for one in less if one["resources"] not in (["namespaces"], ["configmaps"])]
    few = pair.rig.kubeconfig_for({"metadata": {"name": "audits-less"}, "rules": less})
    told = pair.audit("-o", "json", kubeconfig=few)
    assert "Traceback" not in told.err
    document = json.loads(told.out)
    kinds = {"AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication", "NetworkPolicy"}
    assert {one["object"] for one in document["skipped"]} == {*kinds, "Namespace", "ConfigMap"}
    assert {kind for kind, number in document["summary"]["lookedAt"].items() if number is None} == kinds
    assert {one["code"] for one in document["items"]} >= {"VSG019", "VSG020", "VSG022"}
    for words in ("not read: AuthorizationPolicies: you may not list", "not read: NetworkPolicies"):
        assert words in told.err


def test_the_role_is_enough_and_the_list_needs_none_of_it(pair: Pair) -> None:
    rules = yaml.safe_load(ROLE.read_text())["rules"]
    whole = pair.rig.kubeconfig_for({"metadata": {"name": "audits"}, "rules": rules})
    assert "not read" not in pair.audit(kubeconfig=whole).err
    plain = [one for one in rules if one["apiGroups"][0] in ("networking.istio.io", "")]
    few = pair.rig.kubeconfig_for({"metadata": {"name": "lists"}, "rules": plain})
    listed = run("-n", pair.old, "--kubeconfig", str(few), app=APP, live=True)
    assert (listed.code, "not read" in listed.err) == (0, False)
