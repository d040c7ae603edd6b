"""`kubectl vs-gateways --audit` on policies, monitors and certificates: tests/golden/dependents/.

`<case>.txt` holds the exit code, stdout and stderr. DEPENDENTS_UPDATE=1 writes them anew, to be read.
"""

import json
import os
from pathlib import Path

import pytest
import yaml

from kubectl_vs_gateways.main import APP
from tests.fakes import FakeCluster
from tests.run import Result, run

FOLDER = Path(__file__).parent / "dependents"
FILES = ("--audit", "-f", "gateways.yaml", "-f", "policies.yaml")
ERROR = "AuthorizationPolicy podinfo/half-done"


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


def audit(*argv: str, cluster: FakeCluster | None = None) -> Result:
    return run(*argv, app=APP, cluster=cluster)


def cluster(**given: object) -> FakeCluster:
    """Without the object that no API server would take."""
    text = f"{(FOLDER / 'gateways.yaml').read_text()}---\n{(FOLDER / 'policies.yaml').read_text()}"
    found = [one for each in yaml.safe_load_all(text) for one in each.get("items", [each])]
    return FakeCluster([one for one in found if one["metadata"]["name"] != "half-done"], **given)  # type: ignore[arg-type]


def is_golden(name: str, result: Result) -> None:
    said = f"exit code {result.code}\n--- stdout\n{result.out}--- stderr\n{result.err}"
    expected = FOLDER / f"{name}.txt"
    if os.environ.get("DEPENDENTS_UPDATE"):
        expected.write_text(said)
    assert said == expected.read_text()


def test_manifests_tell_what_may_be() -> None:
    is_golden("files", audit(*FILES))


def test_a_cluster_tells_what_is() -> None:
    is_golden("cluster", audit("--audit", "-A", cluster=cluster()))


def test_what_is_not_installed_or_not_allowed_is_told() -> None:
    few = cluster(
        absent={"ServiceMonitor", "PodMonitor", "Certificate", "TrafficExtension"},
        denied={("list", "AuthorizationPolicy"), ("list", "Namespace"), ("get", "ConfigMap")},
    )
    is_golden("few", audit("--audit", "-A", cluster=few))
    document = json.loads(audit("--audit", "-A", "-o", "json", cluster=few).out)
    skipped = {one["object"] for one in document["skipped"]}
    assert skipped == {"AuthorizationPolicy", "ConfigMap", "Namespace"}
    looked = document["summary"]["lookedAt"]
    assert (looked["AuthorizationPolicy"], looked["Certificate"], looked["NetworkPolicy"]) == (None, 0, 2)


def test_a_question_about_one_namespace_is_answered_for_that_one_and_the_gateways() -> None:
    everything, part = (
        {item["object"] for item in json.loads(audit(*words, "-o", "json", cluster=cluster()).out)["items"]}
        for words in (("--audit", "-A"), ("--audit", "-n", "podinfo"))
    )
    assert everything - part == {"ServiceMonitor monitoring/gateways"}
    asked = audit("--audit", "-n", "monitoring", "-o", "json", cluster=cluster())
    assert "ServiceMonitor monitoring/gateways" in {item["object"] for item in json.loads(asked.out)["items"]}
    assert audit("--audit", "podinfo/podinfo", cluster=cluster()).code == 1


def test_without_a_pair_the_silence_is_explained() -> None:
    words = "no old Gateway is known, so none of it could be judged; name it with --map OLD=NEW"
    alone = audit("--audit", "-f", "policies.yaml")
    assert words in alone.err and "VSG018" not in alone.out
    named = audit(
        "--audit", "-f", "policies.yaml", "--map", "istio-system/public=istio-gateway/public-ingressgateway"
    )
    assert words not in named.err and "VSG018" in named.out


def test_code_scanners_get_the_line_of_the_policy() -> None:
    [found] = json.loads(audit(*FILES, "-o", "sarif").out)["runs"]
    places = {
        one["ruleId"]: one["locations"][0]["physicalLocation"]["region"]["startLine"]
        for one in found["results"]
        if "physicalLocation" in one["locations"][0]
    }
    lines = (FOLDER / "policies.yaml").read_text().splitlines()
    assert "kind: NetworkPolicy" in lines[places["VSG021"]]
    assert "kind: Certificate" in lines[places["VSG024"]]


def test_the_list_and_other_commands_read_none_of_it() -> None:
    blind = cluster(denied={("list", "AuthorizationPolicy"), ("list", "NetworkPolicy")})
    for words in (("-A",), ("-A", "--served"), ("why", "podinfo/podinfo")):
        result = audit(*words, cluster=blind)
        assert (result.code, "AuthorizationPolic" in result.err) == (0, False), result
