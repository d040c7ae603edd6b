"""Every `-o json` is what docs/schemas says it is: real commands, on a cluster in memory and on files."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from istiokit.cluster.types import Ref
from istiokit.kyverno.policies import Engine, policy
from kubectl_policyreport_vs.main import APP as POLICYREPORT_VS
from kubectl_recycle_injected.main import APP as RECYCLE
from kubectl_vs_gateways.main import APP as VS_GATEWAYS
from tests.fakes import NOW, FakeCluster
from tests.run import Result, run
from tests.unit import helm_samples, kyverno_cases
from tests.unit.flux_samples import condition, manifest

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
KINDS = sorted(path.stem for path in SCHEMAS.glob("*.json"))
READY = condition("Ready", "True", "UpgradeSucceeded", "Helm upgrade succeeded")
FAILED = condition("Ready", "False", "InstallFailed", "quota exceeded")
VALUES = "istioOperator:\n  enabled: true\nistio:\n  enabled: true\n"
MESH = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: common, namespace: bigbang}
data: {values.yaml: "istioOperator:\\n  enabled: true\\nistio:\\n  enabled: true\\n"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: istio-system, labels: {app: istiod, operator.istio.io/version: 1.23.6}}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod}}
    spec: {containers: [{name: discovery, image: "registry.example.com/istio/pilot:1.23.6"}]}
status: {readyReplicas: 1}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: istio-system}
spec:
  selector: {app: public-ingressgateway}
  servers:
  - {port: {name: https, number: 8443, protocol: HTTPS}, hosts: ["*.example.com"], tls: {mode: SIMPLE}}
---
apiVersion: v1
kind: Service
metadata: {name: public-ingressgateway, namespace: istio-system}
spec: {type: LoadBalancer, selector: {app: public-ingressgateway}}
status: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: shop}
spec: {hosts: [shop.example.com], gateways: [istio-system/public]}
---
apiVersion: v1
kind: Pod
metadata: {name: shop-1, namespace: shop, annotations: {sidecar.istio.io/status: "{}"}}
spec: {containers: [{name: shop, image: shop}, {name: istio-proxy, image: "istio/proxyv2:1.20.1"}]}
status: {phase: Running}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: istiod-default-validator}
webhooks:
- name: validation.istio.io
  failurePolicy: Fail
  clientConfig: {service: {name: istiod-gone, namespace: istio-system}}
"""


@pytest.fixture
def cluster() -> FakeCluster:
    """Big Bang 2.54 with the operator, a release that failed, one that is suspended, and much left behind."""
    umbrella = manifest("bigbang", READY, spec={"valuesFrom": [{"kind": "ConfigMap", "name": "common"}]})
    umbrella["status"]["history"] = [
        {"chartName": "bigbang", "chartVersion": "2.54.0", "status": "deployed", "version": 1}
    ]
    releases = [umbrella, manifest("kiali", FAILED), manifest("loki", READY, spec={"suspend": True})]
    return FakeCluster([*releases, *yaml.safe_load_all(MESH)], absent={"IstioOperator"})


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text(VALUES)
    return "values.yaml"


def valid(result: Result, kind: str) -> Any:
    """The document on stdout, which must be of this kind and as its schema has it."""
    document = json.loads(result.out)
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text())
    problems = [
        f"{one.json_path}: {one.message}" for one in Draft202012Validator(schema).iter_errors(document)
    ]
    assert problems == []
    return document


def begin_step1(cluster: FakeCluster) -> None:
    """Step 1 up to the point where Flux would have to answer: its journal holds what was done and what failed."""
    refusing = [item["code"] for item in json.loads(run("check", "-o", "json", cluster=cluster).out)["items"]]
    allow = [word for code in sorted(set(refusing)) for word in ("--allow", code)]
    begun = run("step1", "--yes", "--timeout", "1s", *allow, cluster=cluster)
    assert begun.code == 1
    assert cluster.writes


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every part of a schema that describes an object of ours, field by field."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    mine = [schema] if schema.get("type") == "object" and "properties" in schema else []
    return mine + [found for item in schema.values() for found in objects(item)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_and_describes_each_field(kind: str) -> None:
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["kind"]["const"] == schema["title"] == kind
    for part in objects(schema):
        assert all(field.get("description") for field in part["properties"].values())


def test_the_status_of_a_cluster(cluster: FakeCluster) -> None:
    document = valid(run("status", "-o", "json", cluster=cluster), "MeshStatus")
    (status,) = document["items"]
    assert status["controlPlanes"] and status["gateways"] and status["notReady"]
    assert status["oldSidecars"] == {"shop": 1}
    assert status["leftovers"] and status["virtualServices"]
    assert {"object", "reason"} == set(document["skipped"][0])


def test_the_status_of_files(values: str) -> None:
    assert valid(run("status", "-f", values, "-o", "json"), "MeshStatus")["items"][0]["switches"]


@pytest.mark.parametrize("target", [("--step", "1"), ("--step", "2"), ("--target", "3.0")])
def test_the_findings_of_a_cluster(cluster: FakeCluster, target: tuple[str, str]) -> None:
    document = valid(run("check", *target, "-o", "json", "--allow", "IM001", cluster=cluster), "FindingList")
    assert document["items"]
    assert document["summary"]["target"] == target[1]


def test_the_findings_of_files(values: str) -> None:
    valid(run("check", "-f", values, "-o", "json"), "FindingList")


@pytest.mark.parametrize("step", ["step1", "step2"])
def test_the_plan_of_a_step(cluster: FakeCluster, values: str, step: str) -> None:
    live = valid(run(step, "--dry-run", "-o", "json", cluster=cluster), "Plan")
    assert live["items"] and live["findings"] and live["summary"]["name"] == step
    assert valid(run(step, "--dry-run", "-f", values, "-o", "json"), "Plan")["items"][0]["diff"]


def test_the_journal_and_the_way_back(cluster: FakeCluster) -> None:
    begin_step1(cluster)
    runs = valid(run("journal", "-o", "json", cluster=cluster), "RunList")
    (one,) = runs["items"]
    whole = valid(run("journal", "show", one["id"], "-o", "json", cluster=cluster), "Run")
    assert {entry["state"] for entry in whole["items"][0]["entries"]} >= {"started", "done", "failed"}
    assert {item["type"] for item in whole["items"][0]["items"]} >= {"EditText", "ReconcileReleases"}
    back = valid(run("rollback", "--dry-run", "-o", "json", cluster=cluster), "RollbackPlan")
    assert [item["type"] for item in back["items"]] == ["EditText"]


def test_the_journal_of_files_through_a_rollback(values: str) -> None:
    assert run("step1", "-f", values, "--yes").code == 0
    valid(run("rollback", "-f", values, "--dry-run", "-o", "json"), "RollbackPlan")
    assert run("rollback", "-f", values, "--yes").code == 0
    (one,) = valid(run("journal", "-f", values, "-o", "json"), "RunList")["items"]
    assert one["state"] == "rolled-back"
    valid(run("journal", "show", one["id"], "-f", values, "-o", "json"), "Run")


@pytest.mark.parametrize("command", ["reconcile", "wait"])
def test_the_outcomes(cluster: FakeCluster, command: str) -> None:
    result = run(command, "--timeout", "1s", "-o", "json", cluster=cluster)
    document = valid(result, "HelmReleaseOutcomeList")
    assert result.code == 1
    assert document["skipped"][0]["object"] == "HelmRelease bigbang/loki"
    assert document["summary"]["skipped"] == 1


@pytest.mark.parametrize("command", [("status",), ("check",), ("step1", "--dry-run")])
def test_yaml_is_the_same_document(values: str, command: tuple[str, ...]) -> None:
    as_json = json.loads(run(*command, "-f", values, "-o", "json").out)
    assert yaml.safe_load(run(*command, "-f", values, "-o", "yaml").out) == as_json


ROUTES = Path(__file__).parent / "routes"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ((), "BindingList"),
        (("--audit",), "BindingFindingList"),
        (("--served",), "ServedHostList"),
        (("can-drop", "istio-system/public"), "GatewayDrop"),
        (("add", "--dry-run"), "Plan"),
        (("swap", "--dry-run"), "Plan"),
    ],
)
def test_what_vs_gateways_says_of_manifests(words: tuple[str, ...], kind: str) -> None:
    document = valid(run(*words, "-f", str(ROUTES), "-o", "json", app=VS_GATEWAYS), kind)
    assert document["items"]


def test_what_was_touched(cluster: FakeCluster) -> None:
    pair = "istio-system/public=istio-gateway/public-ingressgateway"
    words = ("touch", "-A", "--map", pair, "-o", "json")
    waiting = valid(run(*words, "--dry-run", cluster=cluster, app=VS_GATEWAYS), "TouchedList")
    assert [one["result"] for one in waiting["items"]] == ["waiting"]
    touched = valid(run(*words, "--yes", cluster=cluster, app=VS_GATEWAYS), "TouchedList")
    assert [one["result"] for one in touched["items"]] == ["missing"]


INJECTED = """\
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-sidecar-injector-1-31, labels: {app: sidecar-injector, istio.io/rev: 1-31}}
webhooks:
- name: rev.namespace.sidecar-injector.istio.io
  failurePolicy: Fail
  clientConfig: {service: {name: istiod-1-31, namespace: istio-system, path: /inject, port: 443}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  namespaceSelector:
    matchExpressions:
    - {key: istio.io/rev, operator: In, values: [1-31]}
    - {key: istio-injection, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
    - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector-1-31, namespace: istio-system, labels: {istio.io/rev: 1-31}}
data:
  values: '{"global": {"hub": "docker.io/istio", "tag": "1.31.1", "proxy": {"image": "proxyv2"}}}'
  config: "policy: enabled\\nalwaysInjectSelector: []\\nneverInjectSelector: []\\n"
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod-1-31, namespace: istio-system, labels: {app: istiod, istio.io/rev: 1-31}}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod}}
    spec: {containers: [{name: discovery, image: "docker.io/istio/pilot:1.31.1"}]}
status: {readyReplicas: 1}
---
apiVersion: v1
kind: Namespace
metadata: {name: cart, labels: {istio.io/rev: 1-31}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/rev: 1-31}}
---
apiVersion: v1
kind: Namespace
metadata: {name: lost, labels: {istio.io/rev: 1-29, istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: wait, labels: {istio.io/rev: 1-31}}
"""
STANDINGS = {"stale", "current", "pinned", "unknown", "unserved"}


def pod(
    namespace: str, name: str, owner: str = "", version: str = "1.30.4", **annotations: str
) -> dict[str, Any]:
    """A Ready pod with a sidecar; that of a Deployment as its ReplicaSet makes it."""
    revision = "1-30" if version == "1.30.4" else "1-31"
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    metadata["annotations"] = {"sidecar.istio.io/status": json.dumps({"revision": revision}), **annotations}
    if owner:
        replica_set = {"kind": "ReplicaSet", "name": f"{owner}-7d9f", "controller": True}
        metadata |= {"ownerReferences": [replica_set], "labels": {"pod-template-hash": "7d9f"}}
    images = {"web": "web:1", "istio-proxy": f"istio/proxyv2:{version}"}
    spec = {"containers": [{"name": one, "image": image} for one, image in images.items()]}
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def deployment(namespace: str, name: str) -> dict[str, Any]:
    """A Deployment of one pod that has come to rest."""
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    metadata = {"name": name, "namespace": namespace}
    group = "apps/v1"
    return {"apiVersion": group, "kind": "Deployment", "metadata": metadata, "spec": {}, "status": status}


@pytest.fixture
def injected() -> FakeCluster:
    """Sidecars of every standing, and workloads to restart in three namespaces. Whether injectors work is not tried."""
    own_image = {"sidecar.istio.io/proxyImage": "istio/proxyv2:1.29.0", "sidecar.istio.io/status": "{}"}
    pods = [
        pod("cart", "cart-1", "cart"),
        pod("shop", "web-1", "web"),
        pod("shop", "new", version="1.31.1"),
        pod("shop", "own", version="1.29.0", **own_image),
        pod("shop", "untold", version="latest"),
        pod("lost", "lost-1", "lost"),
        pod("wait", "wait-1", "wait"),
    ]
    owners = [deployment(place, place) for place in ("cart", "wait")]
    others = [*yaml.safe_load_all(INJECTED), *owners, deployment("shop", "web"), *pods]
    return FakeCluster(others, denied={("create", "Pod")})


def roll(cluster: FakeCluster, ref: Ref) -> None:
    """What the Deployment controller does with a restart: a new pod, then the old one goes."""
    owner = cluster.raw(ref)
    namespace = str(ref.namespace)
    cluster.put(pod(namespace, f"{ref.name}-2", ref.name, "1.31.1"))
    old = cluster.raw(Ref("Pod", f"{ref.name}-1", namespace))
    cluster.put({**old, "metadata": {**old["metadata"], "deletionTimestamp": NOW}})
    status = {**owner["status"], "observedGeneration": owner["metadata"]["generation"]}
    cluster.put({**owner, "status": status})


def recycled(cluster: FakeCluster, words: str, kind: str) -> Any:
    """What `kubectl recycle-injected` says to these words, as a document of this kind."""
    return valid(run(*words.split(), "-o", "json", app=RECYCLE, cluster=cluster), kind)


def test_the_sidecars_of_workloads(injected: FakeCluster) -> None:
    document = recycled(injected, "list -A", "InjectedWorkloadList")
    assert " ".join(one["name"] for one in document["items"]) == "cart lost web new own untold wait"
    assert [one["code"] for one in document["summary"]["findings"]] == ["RI001", "RI003"]
    assert document["summary"]["staleWorkloads"] == 3
    stale = recycled(injected, "list -A --stale", "InjectedWorkloadList")
    assert [one["name"] for one in stale["items"]] == ["cart", "web", "wait"]


def test_the_sidecars_of_pods(injected: FakeCluster) -> None:
    document = recycled(injected, "list -A --pods", "InjectedPodList")
    assert {one["standing"] for one in document["items"]} == STANDINGS


def test_the_sidecars_that_may_not_be_judged(injected: FakeCluster) -> None:
    injected.denied.add(("list", "MutatingWebhookConfiguration"))
    document = recycled(injected, "list -A", "InjectedWorkloadList")
    assert [one["object"] for one in document["skipped"]] == ["MutatingWebhookConfiguration"]


def test_the_plan_of_a_restart(injected: FakeCluster) -> None:
    waves = recycled(injected, "restart -A --dry-run --wave-by namespace --pause-between 1s", "Plan")
    types = [one["type"] for one in waves["items"]]
    assert types == ["RestartWorkload", "Pause", "RestartWorkload", "Pause", "RestartWorkload"]
    assert waves["findings"] and waves["skipped"]
    moved = recycled(injected, "restart -A --dry-run --strategy evict --relabel istio-injection=1-31", "Plan")
    assert [one["type"] for one in moved["items"]] == ["RelabelNamespace", "EvictPods"]


def test_the_outcomes_of_a_restart_and_the_way_back(injected: FakeCluster) -> None:
    """One workload is restarted, one does not become well, and one is not begun because of that."""

    def watched(method: str, ref: Ref) -> None:
        if (method, ref.name) == ("merge_patch", "cart"):
            injected.later(lambda: roll(injected, ref))

    injected.on_write = watched
    words = "restart -A --yes --timeout 2s --wave-by namespace --max-failures 1"
    document = recycled(injected, words, "RecycledWorkloadList")
    assert [one["result"] for one in document["items"]] == ["recycled", "failed", "left"]
    assert [one["object"] for one in document["skipped"]] == ["Deployment lost/lost"]
    (run_id,) = [ref.name for method, ref in injected.writes if (method, ref.kind) == ("create", "ConfigMap")]
    journal = ("journal", "show", run_id, "--journal-namespace", "istio-system", "-o", "json")
    whole = valid(run(*journal, cluster=injected), "Run")
    assert {one["type"] for one in whole["items"][0]["items"]} == {"RestartWorkload"}
    back = recycled(injected, "rollback --dry-run", "RollbackPlan")
    assert (back["items"], len(back["skipped"])) == ([], 2)


def test_nothing_to_restart(injected: FakeCluster) -> None:
    document = recycled(injected, "restart -n lost --yes", "RecycledWorkloadList")
    assert (document["items"], len(document["skipped"])) == ([], 1)


OLD, NEW = kyverno_cases.PUBLIC, kyverno_cases.NEW_PUBLIC


def virtual_service(name: str, *gateways: str, **metadata: Any) -> dict[str, Any]:
    item = kyverno_cases.manifest("shop", name, gateways=list(gateways))
    return {**item, "metadata": {**item["metadata"], "uid": name, **metadata}}


def of_release(name: str, *gateways: str) -> list[dict[str, Any]]:
    """A VirtualService with both gateways, and Helm's record of the release that names these."""
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    marks = {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": "shop"}
    source = helm_samples.secret(name, 1, [virtual_service(name, *gateways)])
    return [virtual_service(name, OLD, NEW, labels=labels, annotations=marks), source]


REPORT = """\
apiVersion: wgpolicyk8s.io/v1alpha2
kind: PolicyReport
metadata: {name: web, namespace: shop}
scope: {apiVersion: networking.istio.io/v1, kind: VirtualService, namespace: shop, name: web}
results:
- policy: istio-migrate-gateways
  rule: add-istio-gateway-public-ingressgateway
  source: kyverno
  result: pass
  message: mutated VirtualService/web in namespace shop
  timestamp: {seconds: 1764000000, nanos: 0}
"""


@pytest.fixture
def dependents() -> FakeCluster:
    """A VirtualService of each verdict, one of which leaves the old gateway, and a report."""
    applied = [
        {"manager": "kustomize-controller", "operation": "Apply", "fieldsV1": {"f:spec": {"f:gateways": {}}}}
    ]
    flux = {f"kustomize.toolkit.fluxcd.io/{key}": "docs" for key in ("name", "namespace")}
    return FakeCluster(
        [
            *policy(Engine.KYVERNO, kyverno_cases.mapping(*kyverno_cases.ONE)),
            *of_release("web", OLD),
            *of_release("cart", NEW),
            virtual_service("docs", OLD, NEW, labels=flux, managedFields=applied),
            yaml.safe_load(REPORT),
        ]
    )


def dependent(cluster: FakeCluster, words: str, kind: str) -> Any:
    """What `kubectl policyreport-vs` says to these words, as a document of this kind."""
    return valid(run(*words.split(), "-o", "json", app=POLICYREPORT_VS, cluster=cluster), kind)


def test_the_dependents(dependents: FakeCluster) -> None:
    document = dependent(dependents, "-A", "DependentList")
    verdicts = {"depends-on-policy": 1, "unknown": 1, "source-migrated": 1}
    assert document["summary"]["verdicts"] == verdicts
    cart, docs, web = document["items"]
    assert (cart["declared"], cart["leaves"], cart["results"]) == ([NEW], [OLD], [])
    assert (docs["declared"], docs["ageSeconds"]) == (None, None)
    assert (web["missing"], [one["result"] for one in web["results"]]) == ([NEW], ["pass"])
    pending = dependent(dependents, "-A --pending", "DependentList")
    assert [one["name"] for one in pending["items"]] == ["docs", "web"]
    assert pending["summary"]["verdicts"] == verdicts


@pytest.mark.parametrize("by", ["owner", "namespace", "rule"])
def test_the_groups_of_dependents(dependents: FakeCluster, by: str) -> None:
    document = dependent(dependents, f"-A --by {by}", "DependentGroupList")
    assert document["summary"] == {"by": by, "groups": len(document["items"])}
    assert sum(one["pending"] for one in document["items"]) == 2


def test_what_stands_in_the_way_of_the_removal(dependents: FakeCluster) -> None:
    document = dependent(dependents, "safe-to-remove", "RemovalFindingList")
    assert [one["code"] for one in document["items"]] == ["PR001", "PR002", "PR003"]
    summary = document["summary"]
    assert (summary["safe"], summary["errors"], summary["warnings"]) == (False, 2, 1)
    assert summary["evidence"] == {"helm-manifest": 2, "managed-fields": 1}


def test_a_removal_that_could_not_be_judged(dependents: FakeCluster) -> None:
    dependents.denied |= {("list", "Gateway"), ("list", "PolicyReport")}
    document = dependent(dependents, "safe-to-remove", "RemovalFindingList")
    assert document["items"][0]["code"] == "PR004"
    assert [one["object"] for one in document["skipped"]] == ["Gateway", "PolicyReport"]


def test_nothing_in_the_way_of_a_removal() -> None:
    document = dependent(FakeCluster(), "safe-to-remove", "RemovalFindingList")
    assert (document["items"], document["summary"]["safe"]) == ([], True)


OLD_VALUES = """\
domain: example.com
istio:
  typo: 1
  ingressGateways: {public-ingressgateway: {type: NodePort, nodePortBase: 31000, extraLabels: {"a.b/c": d}}}
"""


def test_a_conversion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text(OLD_VALUES)
    document = valid(run("convert", "-f", "values.yaml", "-o", "json"), "Conversion")
    assert {one["fate"] for one in document["items"]} == {"carried", "not carried"}
    assert document["mapping"] == {"istio-system/public": "istio-gateway/public-ingressgateway"}
    written = valid(
        run("convert", "-f", "values.yaml", "-o", "json", "--output-file", "new.yaml"), "Conversion"
    )
    assert (written["values"], written["items"]) == ({}, document["items"])


def test_a_comparison_of_listeners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text(OLD_VALUES)
    words = ("convert", "-f", "values.yaml", "--verify", "--node-ports", "shift", "-o", "json")
    document = valid(run(*words), "ListenerComparison")
    assert document["summary"] == {"same": 8, "as asked": 4, "differs": 0}
