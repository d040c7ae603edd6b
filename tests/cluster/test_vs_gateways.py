"""`kubectl vs-gateways` on a real API server."""

import json
from pathlib import Path
from typing import Any

import yaml

from kubectl_vs_gateways.main import APP
from tests.run import Result, run
from tests.tools.rig import Rig

ROLES = Path(__file__).parents[2] / "docs" / "rbac"
OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"


def virtual_service(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
    http = [{"route": [{"destination": {"host": "web"}}]}]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": metadata,
        "spec": {"http": http, **spec},
    }


def states(rig: Rig, *words: str) -> dict[str, str]:
    result = vs_gateways(rig, *words, "-o", "json")
    assert result.code == 0, result
    return {item["name"]: item["state"] for item in json.loads(result.out)["items"]}


def vs_gateways(rig: Rig, *words: str, kubeconfig: Path | None = None) -> Result:
    return run(*words, "--kubeconfig", str(kubeconfig or rig.kubeconfig), app=APP, live=True)


def user(rig: Rig, *roles: str) -> Path:
    """The kubeconfig of somebody with just these ClusterRoles of docs/rbac."""
    rules = [rule for role in roles for rule in yaml.safe_load((ROLES / f"{role}.yaml").read_text())["rules"]]
    return rig.kubeconfig_for({"metadata": {"name": "-".join(roles)}, "rules": rules})


def test_the_list_and_its_fast_form_agree_but_for_conditions(rig: Rig, namespace: str) -> None:
    narrow = [{"match": [{"gateways": [OLD]}], "route": [{"destination": {"host": "web"}}]}]
    rig.apply(
        [
            virtual_service("old", namespace, hosts=["old.example.com"], gateways=[OLD]),
            virtual_service("narrowed", namespace, hosts=["n.example.com"], gateways=[OLD, NEW], http=narrow),
            virtual_service("inside", namespace, hosts=["web"]),
            virtual_service("part", namespace),
        ]
    )
    # No Gateway exists here, so every reference is broken: the states without that are what files know.
    slow = states(rig, "-n", namespace)
    assert slow == {"old": "broken", "narrowed": "broken", "inside": "mesh-only", "part": "delegate"}
    assert states(rig, "-n", namespace, "--fast") == slow
    assert states(rig, "--fast", "-n", namespace, "-l", "app=part") == {"part": "delegate"}
    assert "gateways of route conditions were not read" in vs_gateways(rig, "--fast", "-n", namespace).err

    dump = rig.kubectl(
        "get", "virtualservices.networking.istio.io", "--namespace", namespace, "--output=json"
    )
    told = run("-f", "-", "-o", "json", app=APP, stdin=dump)
    found = {item["name"]: item["state"] for item in json.loads(told.out)["items"]}
    assert found == {"old": "old-only", "narrowed": "old-only", "inside": "mesh-only", "part": "delegate"}


def test_one_of_them_by_name(rig: Rig, namespace: str) -> None:
    rig.apply([virtual_service("web", namespace, hosts=["web.example.com"], gateways=[OLD])])
    assert states(rig, f"{namespace}/web") == {"web": "broken"}
    audit = vs_gateways(rig, "--audit", f"{namespace}/web")
    assert audit.code == 1
    assert f"error VSG001  VirtualService {namespace}/web  spec.gateways[0]" in audit.out


def test_each_role_is_enough_for_its_commands(rig: Rig, namespace: str) -> None:
    item = virtual_service("web", namespace, hosts=["web.example.com"], gateways=[OLD])
    rig.apply([item], field_manager="kubectl")
    pair = (f"--map={OLD}={NEW}", "--allow=VSG050", "--journal-namespace", namespace)
    reader, writer = user(rig, "vs-gateways"), user(rig, "vs-gateways", "vs-gateways-change")

    # Nothing serves anything on this cluster, which is what `why` says by its exit code.
    for words, code in ((("-A",), 0), (("--fast", "-A"), 0), (("why", f"{namespace}/web"), 1)):
        told = vs_gateways(rig, *words, kubeconfig=reader)
        assert told.code == code, told
        assert "not allowed" not in told.err
    assert "not read" not in vs_gateways(rig, "--audit", "-n", namespace, kubeconfig=reader).err
    refused = vs_gateways(rig, "add", "-n", namespace, *pair, "--yes", kubeconfig=reader)
    assert refused.code != 0 and "Traceback" not in refused.err
    assert gateways(rig, namespace) == [OLD]

    added = vs_gateways(rig, "add", "-n", namespace, *pair, "--yes", kubeconfig=writer)
    assert added.code == 0, added
    assert gateways(rig, namespace) == [OLD, NEW]
    back = vs_gateways(rig, "rollback", "--yes", "--journal-namespace", namespace, kubeconfig=writer)
    assert back.code == 0, back
    assert gateways(rig, namespace) == [OLD]


def test_who_may_not_read_gateways_is_told_so_and_not_that_there_are_none(rig: Rig) -> None:
    rules = [
        {"apiGroups": ["networking.istio.io"], "resources": ["virtualservices"], "verbs": ["get", "list"]}
    ]
    blind = rig.kubeconfig_for({"metadata": {"name": "blind"}, "rules": rules})
    for words in (("can-drop", OLD), ("isolate", OLD, "--dry-run"), ("swap", "-A", "--dry-run")):
        told = vs_gateways(rig, *words, kubeconfig=blind)
        assert told.code != 0 and "docs/rbac/" in told.err, told
        assert "there is no Gateway" not in told.err


def gateways(rig: Rig, namespace: str) -> list[str]:
    found = rig.get("virtualservices.networking.istio.io", "web", f"--namespace={namespace}")
    return [str(name) for name in found["spec"]["gateways"]]
