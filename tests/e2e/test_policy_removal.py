"""From the policy's installation to its removal, with the real Kyverno and a real helm-controller."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from istiokit.kyverno.policies import NAME
from kubectl_istio_migrate.main import APP as ISTIO_MIGRATE
from kubectl_policyreport_vs.main import APP as POLICYREPORT_VS
from kubectl_vs_gateways.main import APP as VS_GATEWAYS
from tests.e2e.owned_place import CHART, Object, Place, publish_chart
from tests.run import Result
from tests.tools.rig import Rig
from tests.unit.kyverno_cases import manifest

ENGINES = {
    "kyverno": f"clusterpolicy.kyverno.io/{NAME}",
    "kyverno-mutating": f"mutatingpolicy.policies.kyverno.io/{NAME}",
}
GRACE = 30


class Migration(Place):
    """A place, with the policy's commands and what is said about its VirtualServices."""

    @property
    def pair(self) -> str:
        return f"{self.old}={self.new}"

    def policy(self, *words: str) -> Result:
        place = ("--journal-namespace", self.namespace, "--yes")
        return self.run("policy", *words, *place, app=ISTIO_MIGRATE)

    def install(self, engine: str) -> None:
        done = self.policy("apply", "--engine", engine, "--map", self.pair, "--grant")
        assert done.code == 0, done.err

    def reports(self, *words: str) -> Result:
        return self.run(*words, app=POLICYREPORT_VS)

    def said(self, name: str) -> Object:
        done = self.reports(f"{self.namespace}/{name}", "-o", "json")
        assert done.code == 0, done.err
        (found,) = json.loads(done.out)["items"]
        return dict(found)

    def until_said(self, name: str, timeout: float = 60, **expected: Any) -> Object:
        """Waits until the row has these values: a report takes 20 s."""
        self.rig.until(
            lambda: expected.items() <= self.said(name).items(), f"{name} to be {expected}", timeout
        )
        return self.said(name)

    def apply(self, name: str, *gateways: str, **spec: Any) -> None:
        """As people do, with kubectl."""
        item = manifest(self.namespace, name, **{"gateways": list(gateways) or None, **spec})
        self.rig.kubectl("apply", "--filename=-", input=json.dumps(item))

    def annotate(self, name: str) -> None:
        """An update by others that has nothing to do with gateways."""
        words = ("virtualservices.networking.istio.io", name, f"--namespace={self.namespace}", "--overwrite")
        self.rig.kubectl("annotate", *words, f"touched={time.time()}")

    def drifts(self) -> int:
        """How often helm-controller has found drift."""
        events = self.rig.get("events", f"--namespace={self.namespace}")["items"]
        return sum(one["count"] for one in events if one["reason"] == "DriftDetected")


@pytest.fixture(scope="module")
def chart(kyverno_rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> str:
    publish_chart(kyverno_rig, tmp_path_factory.mktemp("charts") / CHART)
    return CHART


@pytest.fixture
def place(kyverno_rig: Rig, kyverno_namespace: str, chart: str) -> Iterator[Migration]:
    yield Migration(kyverno_rig, kyverno_namespace)
    kyverno_rig.kubectl("delete", "--ignore-not-found", *ENGINES.values())


@pytest.mark.parametrize("engine", ENGINES)
def test_from_apply_to_remove(place: Migration, engine: str) -> None:
    route = [{"route": [{"destination": {"host": "web"}}]}]
    place.release("web")
    place.apply("delegate", hosts=None, http=route)
    place.apply("meshed", http=route)
    place.wait_until_bound("web", place.old)
    place.install(engine)
    touched = place.policy("touch")
    assert touched.code == 0, touched.err
    assert place.bound("web") == [place.old, place.new]
    assert (place.bound("delegate"), place.bound("meshed")) == ([], [])

    found = place.until_said("web", result="pass", stale=False)
    assert (found["verdict"], found["source"]) == ("depends-on-policy", "helm-manifest")
    assert found["declared"] == [place.old]
    assert place.reports("safe-to-remove").code == 1
    refused = place.policy("remove")
    assert refused.code == 1
    assert "PR001" in refused.err

    if engine == "kyverno":  # a request of somebody else turns its report, though the source is as it was
        place.annotate("web")
        assert place.until_said("web", result="skip")["verdict"] == "depends-on-policy"

    place.release("web", "2", (place.old, place.new))
    place.reconcile("web")
    followed = place.reports("-n", place.namespace, "--wait", "--timeout", "90s")
    assert followed.code == 0, followed.err
    found = place.until_said("web", verdict="source-migrated", stale=False)
    assert found["result"] == ("skip" if engine == "kyverno" else "pass")
    assert found["why"].startswith("revision 2 of Helm release")
    opened = place.reports("safe-to-remove")
    assert opened.code == 0, opened.out
    removed = place.policy("remove")
    assert removed.code == 0, removed.err
    assert place.rig.kubectl("get", "--ignore-not-found", ENGINES[engine]) == ""

    generation = place.found("web")["metadata"]["generation"]
    place.annotate("web")
    place.release("web", "3", (place.old, place.new))
    place.reconcile("web")
    assert place.bound("web") == [place.old, place.new]
    assert place.found("web")["metadata"]["generation"] == generation
    back = place.policy("rollback", "--to", "apply")
    assert back.code == 0, back.err
    assert place.rig.kubectl("get", "--ignore-not-found", ENGINES[engine]) != ""


def test_a_report_from_before_the_last_write_is_stale(place: Migration) -> None:
    place.install("kyverno")
    place.apply("web", place.old)
    found = place.until_said("web", result="pass")
    assert (found["stale"], found["verdict"]) == (False, "depends-on-policy")
    place.rig.kyverno.stop("reports")
    try:
        time.sleep(max(0, GRACE + 1 - found["ageSeconds"]))
        place.apply("web", place.old, place.new)
        found = place.said("web")
        assert (found["result"], found["stale"], found["verdict"]) == ("pass", True, "source-migrated")
        assert "is stale: the object was written since" in found["why"]
    finally:
        place.rig.kyverno.start("reports")


@pytest.mark.parametrize("engine", ENGINES)
def test_drift_detection_does_not_fight_the_policy_and_does_revert_a_hand_edit(
    place: Migration, engine: str
) -> None:
    """Big Bang's HelmReleases have it on; here it looks every two seconds instead of every two minutes.

    It may see the policy before anything was touched: what a dry run would make of the object is drift then, and
    putting it right touches the object.
    """
    place.release("web", driftDetection={"mode": "enabled"})
    place.wait_until_bound("web", place.old)
    place.install(engine)
    assert place.policy("touch").code == 0
    place.reconcile("web")
    generation, drifts = place.found("web")["metadata"]["generation"], place.drifts()
    for _ in range(3):
        time.sleep(2)
        place.reconcile("web")
    assert place.bound("web") == [place.old, place.new]
    assert place.found("web")["metadata"]["generation"] == generation
    assert place.drifts() == drifts

    predicted = place.run("why", f"{place.namespace}/web", app=VS_GATEWAYS)
    assert "a change in the cluster is put back" in predicted.out
    hosts = json.dumps({"spec": {"hosts": ["other.example.com"]}})
    words = ("virtualservices.networking.istio.io", "web", f"--namespace={place.namespace}", "--type=merge")
    place.rig.kubectl("patch", *words, f"--patch={hosts}")
    place.rig.until(
        lambda: place.found("web")["spec"]["hosts"] == ["web.example.com"], "the edit to be put back", 60
    )
    assert place.bound("web") == [place.old, place.new]
    place.rig.until(lambda: place.drifts() > drifts, "the event that tells of it")


def test_without_kyverno_every_change_is_refused_and_one_line_says_so(place: Migration) -> None:
    place.apply("web", place.old)
    place.install("kyverno")
    place.rig.kyverno.stop("admission")
    try:
        done = place.policy("touch", "--timeout", "5s")
        assert done.code in (1, 3)
        assert "failed calling webhook" in done.err
        assert "Traceback" not in done.err
        assert place.said("web")["verdict"] == "depends-on-policy"
    finally:
        place.rig.kyverno.start("admission")
