"""Owners on a real API server: Applications of Argo CD, field managers, and what a role has to allow."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_vs_gateways.main import APP
from tests.run import Result, run
from tests.tools import build
from tests.tools.fixtures import namespace_name
from tests.tools.rig import Rig

ROLES = Path(__file__).parents[2] / "docs" / "rbac"
OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
URL = "https://me:hunter2@git.example.com/apps.git"
SHOWN = "https://***@git.example.com/apps.git"
OURS = {"group": "networking.istio.io", "kind": "VirtualService"}
TOP = {**OURS, "jsonPointers": ["/spec/gateways"]}

Object = dict[str, Any]


def application_crd() -> Object:
    """The kind as Argo CD has it, with a schema that keeps everything."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything, "operation": anything}}
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {
        "kind": "Application",
        "plural": "applications",
        "singular": "application",
        "shortNames": ["app"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "applications.argoproj.io"},
        "spec": {"group": "argoproj.io", "names": names, "scope": "Namespaced", "versions": [version]},
    }


@pytest.fixture(scope="module")
def owning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A rig of its own with the kinds of Istio, Flux and Argo CD, and no controllers."""
    crd = tmp_path_factory.mktemp("argo") / "application.json"
    crd.write_text(json.dumps(application_crd()))
    with Rig(parts=("istio_crds",)) as rig:
        controllers = ("helm-controller", "source-controller", "kustomize-controller")
        rig.apply_crds(*(build.tool_dir(name) / "crds" for name in controllers), crd)
        names = ("istio-system", "istio-gateway", "argocd")
        rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names])
        rig.apply([gateway(OLD), gateway(NEW)])
        yield rig


@pytest.fixture
def place(owning: Rig, request: pytest.FixtureRequest) -> str:
    """A new namespace."""
    name = namespace_name(request.node.name)
    owning.kubectl("create", "namespace", name)
    return name


def gateway(name: str) -> Object:
    namespace, _, plain = name.partition("/")
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": plain, "namespace": namespace},
        "spec": {"selector": {"app": plain}, "servers": [{"port": port, "hosts": ["*"]}]},
    }


def virtual_service(name: str, namespace: str, **metadata: Any) -> Object:
    http = [{"route": [{"destination": {"host": "web"}}]}]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {"hosts": [f"{name}.{namespace}.example.com"], "gateways": [OLD], "http": http},
    }


def tracked(name: str, namespace: str, instance: str) -> Object:
    """A VirtualService as Argo CD leaves it."""
    identity = f"{instance}:networking.istio.io/VirtualService:{namespace}/{name}"
    return virtual_service(name, namespace, annotations={"argocd.argoproj.io/tracking-id": identity})


def application(name: str, namespace: str = "argocd", **spec: Any) -> Object:
    source = {"repoURL": URL, "path": f"apps/{name}", "targetRevision": "main"}
    destination = {"server": "https://kubernetes.default.svc"}
    whole = {"project": "default", "source": source, "destination": destination, **spec}
    metadata = {"name": name, "namespace": namespace}
    api = "argoproj.io/v1alpha1"
    return {"apiVersion": api, "kind": "Application", "metadata": metadata, "spec": whole}


def healing(*options: str) -> Object:
    return {"automated": {"prune": True, "selfHeal": True}, "syncOptions": list(options)}


def vs_gateways(rig: Rig, *words: str, kubeconfig: Path | None = None) -> Result:
    result = run(*words, "--kubeconfig", str(kubeconfig or rig.kubeconfig), app=APP, live=True)
    assert "Traceback" not in result.err
    assert "hunter2" not in result.out + result.err
    return result


def swap(rig: Rig, place: str, *words: str) -> Result:
    return vs_gateways(rig, "swap", "-n", place, "--yes", "--journal-namespace", place, *words)


def bound(rig: Rig, place: str) -> dict[str, list[str]]:
    items = rig.get("virtualservices.networking.istio.io", f"--namespace={place}")["items"]
    return {item["metadata"]["name"]: item["spec"]["gateways"] for item in items}


def test_self_heal_is_refused_with_the_edit_and_the_others_are_changed(owning: Rig, place: str) -> None:
    """One Application of each kind of sync policy; the way back leaves all as it was."""
    names = ("heals", "syncs", "manual", "paused")
    apps = {name: f"{place}-{name}"[-50:].strip("-") for name in names}
    policies: dict[str, Object] = {
        "heals": healing(),
        "syncs": {"automated": {}},
        "manual": {},
        "paused": {"automated": {"enabled": False, "selfHeal": True}},
    }
    owning.apply([application(apps[name], syncPolicy=policies[name]) for name in names])
    owning.apply([tracked(name, place, apps[name]) for name in names], field_manager="argocd-controller")

    listed = json.loads(vs_gateways(owning, "-n", place, "-o", "json").out)["items"]
    assert {item["name"]: item["owner"] for item in listed} == {
        name: f"Application argocd/{apps[name]}" for name in names
    }
    assert all(item["source"]["url"] == SHOWN for item in listed)

    done = swap(owning, place)
    assert done.code == 1, done.err
    assert (
        f"skipped: VirtualService {place}/heals: Application argocd/{apps['heals']} puts it back: its self-heal is on. "
        f"Change it in {SHOWN}, path apps/{apps['heals']}, revision main, or let its ignoreDifferences name "
        f"/spec/gateways, with the sync option RespectIgnoreDifferences=true: spec.gateways: [{NEW}]"
    ) in done.err
    for name, why in {
        "syncs": "does not heal itself, but its next sync, when its source changes, overwrites it",
        "manual": "is synced by people; its next sync overwrites it",
        "paused": "is synced by people",
    }.items():
        assert f"note: Application argocd/{apps[name]} {why}" in done.err
    assert bound(owning, place) == {name: [OLD] if name == "heals" else [NEW] for name in names}
    back = vs_gateways(owning, "rollback", "--yes", "--journal-namespace", place)
    assert back.code == 0, back.err
    assert bound(owning, place) == {name: [OLD] for name in names}


@pytest.mark.parametrize(
    ("rule", "options", "refused", "note"),
    [
        (TOP, ["RespectIgnoreDifferences=true"], False, "and its syncs leave them alone"),
        (TOP, [], False, "overwrites them: it lacks the sync option RespectIgnoreDifferences=true"),
        ({**OURS, "jqPathExpressions": [".spec.gateways"]}, [], False, "ignores differences there"),
        ({"group": "*", "kind": "*", "managedFieldsManagers": ["istio-migrate"]}, [], False, "ignores"),
        ({**OURS, "jsonPointers": ["/spec/http"]}, [], True, ""),
        ({**TOP, "group": ""}, [], True, ""),
    ],
)
def test_ignored_differences_are_respected(
    owning: Rig, place: str, rule: Object, options: list[str], refused: bool, note: str
) -> None:
    """In a namespace of its own, as Argo CD has it for tenants."""
    owning.apply(
        [application("shop", place, syncPolicy=healing(*options), ignoreDifferences=[rule])],
    )
    owning.apply([tracked("shop", place, f"{place}_shop")], field_manager="argocd-controller")
    done = swap(owning, place)
    assert (done.code, bound(owning, place)) == (int(refused), {"shop": [OLD] if refused else [NEW]}), done
    assert ("its self-heal is on" in done.err) is refused
    assert note in done.err


def test_the_parameter_that_names_the_gateway_is_named(owning: Rig, place: str) -> None:
    parameters = [{"name": "istio.gateways[0]", "value": OLD}, {"name": "password", "value": "hunter2"}]
    chart = {
        "repoURL": "https://charts.example.com",
        "chart": "shop",
        "targetRevision": "1.2.3",
        "helm": {"parameters": parameters},
    }
    owning.apply([application("shop", place, source=chart, syncPolicy=healing())])
    owning.apply([tracked("shop", place, f"{place}_shop")])
    refused = swap(owning, place)
    assert refused.code == 1
    told = f'Change it at helm.parameters "istio.gateways[0]" of Application {place}/shop, or let'
    assert told in refused.err
    why = vs_gateways(owning, "why", f"{place}/shop")
    assert why.out.endswith(
        f'  change it at helm.parameters "istio.gateways[0]" of Application {place}/shop\n'
    )


def test_an_old_argo_cd_marks_by_a_common_label(owning: Rig, place: str) -> None:
    """Before 3.0 the only mark is a label that charts write too; the Application's status tells."""
    labels = {"app.kubernetes.io/instance": f"app-{place[-6:]}"}
    theirs = application(labels["app.kubernetes.io/instance"], syncPolicy=healing())
    theirs["status"] = {"resources": [{**OURS, "version": "v1", "namespace": place, "name": "shop"}]}
    owning.apply([theirs, *(virtual_service(name, place, labels=labels) for name in ("shop", "other"))])
    listed = json.loads(vs_gateways(owning, "-n", place, "-o", "json").out)["items"]
    assert {item["name"]: item["owner"] for item in listed} == {
        "shop": f"Application argocd/{labels['app.kubernetes.io/instance']}",
        "other": "",
    }
    # `rig` applies on the server's side, so nobody knows whether it would apply again.
    assert swap(owning, place, "--allow", "VSG053").code == 1
    assert bound(owning, place) == {"shop": [OLD], "other": [NEW]}


def test_an_isolated_gateway_would_be_healed(owning: Rig, place: str) -> None:
    old = gateway(f"{place}/old")
    identity = f"{place}_shop:networking.istio.io/Gateway:{place}/old"
    old["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": identity}
    new_place = f"{place[-40:]}-new".strip("-")
    label = {"app": "old", "team": place[-6:]}
    old["spec"]["selector"] = {"app": "old"}
    owning.kubectl("create", "namespace", new_place)
    for name in (place, new_place):
        owning.kubectl(
            "wait", "--for=create", f"--namespace={name}", "serviceaccount/default", "--timeout=60s"
        )
    owning.apply([old, pod("old", place, **label), pod("new", new_place, app="old")])
    owning.apply([application("shop", place, syncPolicy=healing())])
    refused = vs_gateways(owning, "isolate", f"{place}/old", "--label", f"team={label['team']}", "--yes")
    assert refused.code == 1
    assert f"error: Gateway {place}/old: Application {place}/shop puts it back" in refused.err
    assert f"Change it in {SHOWN}, path apps/shop, revision main" in refused.err
    assert "ignoreDifferences name /spec/selector, with the sync option" in refused.err
    assert refused.err.strip().endswith(f"spec.selector: add team: {label['team']}")


def pod(name: str, namespace: str, **labels: str) -> Object:
    containers = [{"name": "istio-proxy", "image": "proxyv2"}]
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}


class TestFieldManagers:
    """What no mark tells: who applies the lists."""

    def test_an_unknown_applier_is_left_alone_unless_it_is_allowed(self, owning: Rig, place: str) -> None:
        owning.apply([virtual_service("shop", place)], field_manager="my-operator")
        refused = swap(owning, place)
        assert refused.code == 1
        assert (
            f"VirtualService {place}/shop: field manager my-operator applies spec.gateways; whether it does so again "
            "is not known. Change it at its source"
        ) in refused.err
        assert "to change it here all the same: --allow VSG053" in refused.err
        add = ("add", "-n", place, "--yes", "--journal-namespace", place, "--allow", "VSG053")
        done = vs_gateways(owning, *add)
        assert (done.code, bound(owning, place)) == (0, {"shop": [OLD, NEW]}), done.err
        # Now the list is ours by the last write, and the rest of the spec is still the operator's.
        again = vs_gateways(owning, "remove", "-n", place, "--yes", "--journal-namespace", place)
        assert again.code == 1
        assert "field manager my-operator applies parts of its spec" in again.err

    def test_a_controller_whose_mark_is_gone_is_named(self, owning: Rig, place: str) -> None:
        owning.apply([virtual_service("shop", place)], field_manager="kustomize-controller")
        refused = swap(owning, place)
        assert (refused.code, bound(owning, place)) == (1, {"shop": [OLD]})
        assert "a Kustomization of Flux wrote it (field manager kustomize-controller)" in refused.err
        why = vs_gateways(owning, "why", f"{place}/shop").out
        assert "\nOwner: a Kustomization of Flux\n" in why

    def test_kubectl_is_no_owner_that_puts_things_back(self, owning: Rig, place: str) -> None:
        text = json.dumps(virtual_service("shop", place))
        owning.kubectl("apply", "-f", "-", input=text)
        text = json.dumps(virtual_service("cart", place))
        owning.kubectl("apply", "--server-side", "-f", "-", input=text)
        owning.kubectl("create", "-f", "-", input=json.dumps(virtual_service("wiki", place)))
        done = swap(owning, place)
        assert done.code == 0, done.err
        assert "note: kubectl apply wrote it; who applies that manifest again puts it back" in done.err
        assert bound(owning, place) == {"shop": [NEW], "cart": [NEW], "wiki": [NEW]}


def role(name: str) -> Object:
    found: Object = yaml.safe_load((ROLES / f"{name}.yaml").read_text())
    return found


def flux_owned(place: str) -> list[Object]:
    """A VirtualService of a HelmRelease from Git, with its values in a ConfigMap."""
    flux, sources = "toolkit.fluxcd.io", "source.toolkit.fluxcd.io/v1"
    labels = {f"helm.{flux}/name": "shop", f"helm.{flux}/namespace": place}
    in_git = {f"kustomize.{flux}/name": "apps", f"kustomize.{flux}/namespace": place}
    chart = {"chart": "shop", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    release = {
        "interval": "1m",
        "chart": {"spec": chart},
        "valuesFrom": [{"kind": "ConfigMap", "name": "values"}],
        "driftDetection": {"mode": "enabled"},
    }
    folder = {
        "interval": "1m",
        "path": "./apps",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": "x"},
    }
    bodies: list[tuple[str, str, str, Object]] = [
        (f"helm.{flux}/v2", "HelmRelease", "shop", {"spec": release}),
        (f"kustomize.{flux}/v1", "Kustomization", "apps", {"spec": folder}),
        (sources, "GitRepository", "x", {"spec": {"url": URL, "interval": "1m", "ref": {"branch": "main"}}}),
        (sources, "HelmRepository", "charts", {"spec": {"url": "https://charts.example.com"}}),
        ("v1", "ConfigMap", "values", {"data": {"values.yaml": f"gateways: [{OLD}]\n"}}),
    ]
    made = [
        {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": place}, **body}
        for api, kind, name, body in bodies
    ]
    made[0]["metadata"]["labels"] = made[4]["metadata"]["labels"] = in_git
    return [*made, virtual_service("shop", place, labels=labels)]


def test_the_role_is_enough_and_each_rule_is_used(owning: Rig, place: str) -> None:
    owning.apply([*flux_owned(place), tracked("cart", place, f"{place}_cart")])
    owning.apply([application("cart", place, syncPolicy=healing())])
    whole = role("vs-gateways")
    everything = owning.kubeconfig_for(whole)
    listed = vs_gateways(owning, "-n", place, "-o", "json", kubeconfig=everything)
    assert json.loads(listed.out)["skipped"] == []
    why = vs_gateways(owning, "why", f"{place}/shop", kubeconfig=everything)
    home = f"(it is in {SHOWN} (branch main), folder apps)"
    assert f"  change it at ConfigMap {place}/values key values.yaml: gateways[0] {home}\n" in why.out
    assert "not read" not in why.err

    kinds = {
        "helmreleases": "HelmRelease",
        "kustomizations": "Kustomization",
        "applications": "Application",
        "gitrepositories": "GitRepository",
        "configmaps": "ConfigMap",
    }
    for resource, kind in kinds.items():
        less = copy.deepcopy(whole)
        less["metadata"]["name"] = f"without-{resource}"
        less["rules"] = [rule for rule in whole["rules"] if resource not in rule["resources"]]
        assert len(less["rules"]) < len(whole["rules"])
        told = vs_gateways(owning, "why", f"{place}/shop", kubeconfig=owning.kubeconfig_for(less))
        assert (told.code, f"not read: {kind}: you may not " in told.err) == (1, True), (
            told
        )  # nothing serves it here
