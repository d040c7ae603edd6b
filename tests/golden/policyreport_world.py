"""A cluster in the middle of a migration, with six kinds of owners, their sources and reports; and the command."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from istiokit.kyverno.policies import Engine, policy
from kubectl_policyreport_vs.main import APP
from tests.fakes import FakeCluster
from tests.run import Result, run
from tests.unit.helm_samples import secret
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, manifest, mapping

NOW = "2026-11-28T13:00:00Z"
WRITTEN, SECONDS = "2026-11-28T12:00:00Z", 1795867200
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
FORTH = "add-istio-gateway-public-ingressgateway"
HELM = {"app.kubernetes.io/managed-by": "Helm"}

REPORTS = ("PolicyReport", "Report", "ClusterPolicyReport", "ClusterReport")
POLICIES = (
    "ClusterPolicy",
    "Policy",
    "MutatingPolicy",
    "NamespacedMutatingPolicy",
    "MutatingAdmissionPolicy",
)

Manifest = dict[str, Any]


def virtual_service(
    name: str,
    gateways: Iterable[str],
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    writer: str = "kubectl-create",
    operation: str = "Update",
) -> Manifest:
    item = manifest(name=name, gateways=list(gateways))
    fields: Manifest = {"f:spec": {"f:gateways": {}, "f:hosts": {}}}
    entry = {"manager": writer, "operation": operation, "time": WRITTEN, "fieldsV1": fields}
    item["metadata"] |= {"labels": labels or {}, "annotations": annotations or {}, "managedFields": [entry]}
    return item


def released(name: str, *gateways: str, release: str = "", flux: bool = False) -> Manifest:
    """One that Helm has rendered, by itself or for Flux."""
    notes = {"meta.helm.sh/release-name": release or name, "meta.helm.sh/release-namespace": "shop"}
    marks = {"helm.toolkit.fluxcd.io/name": name, "helm.toolkit.fluxcd.io/namespace": "flux-system"}
    labels = {**HELM, **(marks if flux else {})}
    writer = "helm-controller" if flux else "helm"
    return virtual_service(name, gateways, labels=labels, annotations=notes, writer=writer)


def applied(name: str, live: Iterable[str], source: Iterable[str], **marks: Any) -> Manifest:
    """One that kubectl (or Argo CD) applies."""
    text = json.dumps(manifest(name=name, gateways=list(source)))
    notes = {APPLIED: text, **marks.pop("annotations", {})}
    return virtual_service(name, live, annotations=notes, writer="kubectl-client-side-apply", **marks)


def report(name: str, result: str, *, rule: str = FORTH, seconds: int = 0) -> Manifest:
    about = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "namespace": "shop",
        "name": name,
    }
    one = {
        "policy": "istio-migrate-gateways",
        "rule": rule,
        "result": result,
        "source": "kyverno",
        "message": f"mutated VirtualService/{name} in namespace shop"
        if result == "pass"
        else "preconditions not met",
        "timestamp": {"seconds": SECONDS + seconds, "nanos": 0},
    }
    return {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "PolicyReport",
        "metadata": {"name": f"uid-of-{name}", "namespace": "shop"},
        "scope": about,
        "results": [one],
    }


def gateway(name: str) -> Manifest:
    namespace, _, short = name.partition("/")
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": short, "namespace": namespace, "creationTimestamp": "2025-01-01T00:00:00Z"},
        "spec": {"selector": {"istio": "ingressgateway"}},
    }


def release(name: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {"interval": "10m", "targetNamespace": "shop", **spec},
    }


def application() -> Manifest:
    source = {
        "repoURL": "https://git.example.com/charts.git",
        "path": "shop",
        "helm": {"parameters": [{"name": "istio.gateway", "value": PUBLIC}]},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "argo", "namespace": "argocd"},
        "spec": {"source": source},
    }


BOTH = (PUBLIC, NEW_PUBLIC)


def objects() -> list[Manifest]:
    """What there is of each: who depends, who does not, and who cannot be told."""
    tracked = {"argocd.argoproj.io/tracking-id": "argo:networking.istio.io/VirtualService:shop/argo"}
    rendered = [manifest(name="fluxed", gateways=[PUBLIC])]
    return [
        *policy(Engine.KYVERNO, mapping(*ONE)),
        gateway(PUBLIC),
        gateway(NEW_PUBLIC),
        released("web", *BOTH),
        secret("web", 1, [manifest(name="web", gateways=[PUBLIC])], status="superseded"),
        secret("web", 2, [manifest(name="web", gateways=[NEW_PUBLIC])]),
        released("fluxed", *BOTH, flux=True),
        release("fluxed", values={"istio": {"gateway": PUBLIC}}),
        secret("fluxed", 5, rendered, namespace="flux-system"),
        released("broken", *BOTH),
        secret("broken", 1, [], data="bm90aGluZw=="),
        released("halfway", *BOTH),
        secret("halfway", 7, [manifest(name="halfway", gateways=list(BOTH))]),
        secret("halfway", 8, [manifest(name="halfway", gateways=[PUBLIC])], status="failed"),
        applied("argo", BOTH, [PUBLIC], annotations=tracked),
        application(),
        applied("cart", BOTH, BOTH),
        virtual_service("unowned", BOTH, writer="istio-migrate"),
        manifest(name="meshed", gateways=["mesh"]),
        manifest(name="delegate", hosts=None, gateways=None),
        report("fluxed", "pass"),
        report("argo", "skip"),
        report("cart", "pass", seconds=-3600),
        report("web", "pass", rule="add-istio-system-public"),
    ]


def world(
    *more: Manifest, denied: Collection[tuple[str, ...]] = (), absent: Collection[str] = ()
) -> FakeCluster:
    return FakeCluster([*objects(), *more], denied=denied, absent=absent)


def policyreport_vs(cluster: FakeCluster | None, *argv: str) -> Result:
    result = run(*argv, app=APP, cluster=cluster)
    assert "internal error" not in result.err, result.err
    return result


def items(cluster: FakeCluster | None, *argv: str) -> dict[str, dict[str, Any]]:
    done = policyreport_vs(cluster, *argv, "-o", "json")
    assert done.code == 0, done.err
    return {one["name"]: one for one in json.loads(done.out)["items"]}
