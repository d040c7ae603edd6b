"""`kubectl policyreport-vs --fast`: what the reports alone say, on a cluster in memory."""

from datetime import datetime

import pytest

from istiokit.survey import dependence
from tests.golden.policyreport_world import FORTH, NOW, POLICIES, items, policyreport_vs, report, world

UNREADABLE = {("list", kind) for kind in ("VirtualService", "HelmRelease", "Application", "Secret")}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependence, "present", lambda: datetime.fromisoformat(NOW))


def test_only_reports_are_read_and_nobody_is_called_migrated() -> None:
    found = items(world(denied=UNREADABLE), "-A", "--fast")
    assert {name: (one["result"], one["verdict"]) for name, one in found.items()} == {
        "argo": ("skip", "unknown"),
        "cart": ("pass", "depends-on-policy"),
        "fluxed": ("pass", "depends-on-policy"),
        "web": ("pass", "unknown"),  # by the rule of the way back
    }
    assert {one["source"] for one in found.values()} == {"unknown"}


def test_what_it_does_not_know_is_said() -> None:
    done = policyreport_vs(world(denied=UNREADABLE), "-A", "--fast")
    assert done.code == 0
    first, *_, last = done.err.splitlines()
    assert (
        first
        == "--fast: a report speaks of the last request, not of the source; without --fast there is a verdict"
    )
    assert last == "next: kubectl policyreport-vs -A --pending -o wide says what to change where"
    assert "not read" not in done.err


def test_a_namespace_and_a_policy_limit_it() -> None:
    other = {**report("far", "pass"), "metadata": {"name": "far", "namespace": "far"}}
    other["scope"] = {**other["scope"], "namespace": "far"}
    assert list(items(world(other), "-n", "far", "--fast")) == ["far"]
    unknown = policyreport_vs(world(other), "-A", "--fast", "--policy", "nope")
    assert (unknown.code, "no policy nope adds to the gateways" in unknown.err) == (1, True)


def test_a_policy_that_may_not_be_read_is_known_by_what_it_has_changed() -> None:
    hidden = world(denied={("list", kind) for kind in POLICIES})
    found = items(hidden, "-A", "--fast")
    assert found["fluxed"]["rule"] == FORTH
    assert found["fluxed"]["verdict"] == "depends-on-policy"


@pytest.mark.parametrize("words", ["web", "-l a=b", "--wait", "--source x.yaml", "-f x.yaml"])
def test_what_means_nothing_beside_it(words: str) -> None:
    done = policyreport_vs(world(), "--fast", *words.split())
    assert done.code == 2
    assert done.err.startswith("error: --fast goes by the reports of a cluster alone; leave out --fast, or ")
