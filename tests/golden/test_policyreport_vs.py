"""`kubectl policyreport-vs` as a whole, on a cluster in memory and on dumps of it."""

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from istiokit.survey import dependence
from tests.fakes import FakeCluster
from tests.golden.policyreport_world import (
    NOW,
    POLICIES,
    applied,
    items,
    objects,
    policyreport_vs,
    report,
    world,
)
from tests.unit.kyverno_cases import NEW_PUBLIC, PUBLIC


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependence, "present", lambda: datetime.fromisoformat(NOW))


def test_the_table_and_what_is_said_beside_it() -> None:
    done = policyreport_vs(world(), "-A")
    assert done.code == 0
    table = [re.split(" {2,}", line) for line in done.out.splitlines()]
    columns = ["NAME", "RESULT", "AGE", "SOURCE", "OWNER", "VERDICT"]
    at = [table[0].index(column) for column in columns]
    none = "<none>"
    assert [[row[place] for place in at] for row in table[1:]] == [
        ["argo", "skip", "1h0m", "last-applied", "Application argocd/argo", "depends-on-policy"],
        ["broken", none, none, "managed-fields", "Helm release shop/broken", "unknown"],
        ["cart", "pass", "2h0m stale", "last-applied", "kubectl apply", "source-migrated"],
        [
            "fluxed",
            "pass",
            "1h0m",
            "helm-manifest",
            "HelmRelease flux-system/fluxed",
            "depends-on-policy",
        ],
        ["halfway", none, none, "managed-fields", "Helm release shop/halfway", "unknown"],
        ["unowned", none, none, "live", none, "source-migrated"],
        ["web", "pass", "1h0m", "helm-manifest", "Helm release shop/web", "source-migrated"],
    ]
    first, *doubts, last = done.err.splitlines()[1:]
    assert done.err.startswith("policies: ClusterPolicy istio-migrate-gateways\n")
    assert first == "pairs: istio-system/public=istio-gateway/public-ingressgateway"
    assert doubts[0] == "2 depend on the policy, 2 unknown, 3 migrated"
    assert [line.partition(":")[0] for line in doubts[1:]] == ["1 unknown", "1 unknown"]
    assert last == "next: kubectl policyreport-vs -A --pending -o wide says what to change where"


def test_neither_delegates_nor_what_is_for_the_mesh_alone_are_shown() -> None:
    assert not {"meshed", "delegate"} & items(world(), "-A").keys()


def test_only_those_that_keep_the_policy() -> None:
    done = policyreport_vs(world(), "-A", "--pending", "-o", "name")
    names = [line.rpartition("/")[2] for line in done.out.splitlines()]
    assert names == ["argo", "broken", "fluxed", "halfway"]


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("namespace", ["shop"]),
        ("rule", ["none", "add-istio-gateway-public-ingressgateway", "add-istio-system-public"]),
    ],
)
def test_groups(by: str, groups: list[str]) -> None:
    document = json.loads(policyreport_vs(world(), "-A", "--by", by, "-o", "json").out)
    assert document["kind"] == "DependentGroupList"
    assert sorted(one["group"] for one in document["items"]) == sorted(groups)
    pending = [one["pending"] for one in document["items"]]
    assert pending == sorted(pending, reverse=True)


def test_groups_by_owner_as_a_table_and_for_a_ticket() -> None:
    table = policyreport_vs(world(), "-A", "--pending", "--by", "owner").out.splitlines()
    assert table[0].split() == ["OWNER", "DEPENDS", "UNKNOWN", "MIGRATED", "PENDING"]
    assert [line.split("   ")[0] for line in table[1:]] == [
        "Application argocd/argo",
        "Helm release shop/broken",
        "Helm release shop/halfway",
        "HelmRelease flux-system/fluxed",
    ]
    ticket = policyreport_vs(world(), "-A", "--pending", "--by", "owner", "-o", "markdown").out
    assert ticket.startswith("### Application argocd/argo (1)\n\n| namespace | name | verdict |")
    assert ticket.count("\n### ") == 3


def test_a_spreadsheet_has_a_row_for_each() -> None:
    rows = list(csv.DictReader(io.StringIO(policyreport_vs(world(), "-A", "-o", "csv").out)))
    assert {row["name"]: row["verdict"] for row in rows} == {
        name: one["verdict"] for name, one in items(world(), "-A").items()
    }


def test_names_namespaces_and_slips() -> None:
    assert list(items(world(), "vs/web", "-n", "shop")) == ["web"]
    assert list(items(world(), "shop/argo")) == ["argo"]
    lost = policyreport_vs(world(), "wbe", "-n", "shop")
    assert (lost.code, lost.err) == (
        1,
        "error: no VirtualService wbe in namespace shop; look with -A, or check the spelling\n",
    )


def test_a_name_leaves_out_what_only_reports_speak_of(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    items_ = [*objects(), report("elsewhere", "pass")]
    dump.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items_}))
    assert "elsewhere" in items(None, "-f", str(dump))
    assert list(items(None, "web", "-f", str(dump))) == ["web"]


def test_the_gate_is_shut() -> None:
    done = policyreport_vs(world(), "safe-to-remove")
    assert done.code == 1
    blocks = done.out.split("\n\n")
    assert [block.split()[1] for block in blocks] == ["PR001", "PR001", "PR002", "PR002", "PR003"]
    assert blocks[1] == (
        "error PR001  VirtualService shop/fluxed\n"
        "  revision 5 of Helm release flux-system/fluxed has no istio-gateway/public-ingressgateway\n"
        "  -> istio-gateway/public-ingressgateway belongs at HelmRelease flux-system/fluxed spec.values.istio.gateway"
    )
    assert done.err.splitlines()[-1] == (
        "not safe to remove: 4 errors, 1 warning; mend PR001, PR002 first "
        "(kubectl policyreport-vs safe-to-remove --explain PR001)"
    )


def test_the_gate_is_open() -> None:
    done_ones = ("web", "cart", "unowned", "delegate", "meshed")
    kept = [
        one
        for one in objects()
        if one["kind"] not in ("VirtualService", "PolicyReport") or one["metadata"]["name"] in done_ones
    ]
    done = policyreport_vs(FakeCluster(kept), "safe-to-remove", "-o", "json")
    document = json.loads(done.out)
    assert (done.code, document["summary"]["safe"], document["summary"]["errors"]) == (0, True, 0)
    assert document["summary"]["evidence"] == {"helm-manifest": 1, "last-applied": 1, "live": 1}
    assert {one["code"] for one in document["items"]} == {"PR003", "PR006"}
    assert done.err.endswith("safe to remove: nobody depends on the policy\n")


@pytest.mark.parametrize("kind", POLICIES)
def test_a_policy_that_may_not_be_read_shuts_the_gate(kind: str) -> None:
    """It may be relied on, even where no VirtualService that was seen relies on anything."""
    done = policyreport_vs(FakeCluster([], denied={("list", kind)}), "safe-to-remove")
    assert done.code == 1
    assert f"PR004  {kind}" in done.out


def test_reports_that_may_not_be_read_are_not_called_missing() -> None:
    done = policyreport_vs(world(denied={("list", "PolicyReport")}), "safe-to-remove")
    (told,) = [block for block in done.out.split("\n\n") if "PR006" in block]
    assert "you may not list policyreports" in told


def test_a_gate_asks_about_everything() -> None:
    assert policyreport_vs(world(), "safe-to-remove", "-n", "shop").code == 2


@pytest.mark.parametrize("kind", ["VirtualService", "Gateway"])
def test_what_may_not_be_read_shuts_the_gate(kind: str) -> None:
    done = policyreport_vs(world(denied={("list", kind)}), "safe-to-remove")
    assert done.code == 1
    assert f"PR004  {kind}" in done.out


def test_the_next_step_is_about_the_same() -> None:
    words = ("-n", "shop", "--map", f"{PUBLIC}={NEW_PUBLIC}")
    done = policyreport_vs(world(), *words)
    assert done.err.splitlines()[-1] == (
        f"next: kubectl policyreport-vs -n shop --map {PUBLIC}={NEW_PUBLIC} --pending -o wide says what to change where"
    )
    assert "next:" not in policyreport_vs(world(), *words, "--pending", "-o", "wide").err


def test_waiting_ends_when_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster([one for one in objects() if one["metadata"]["name"] in ("cart", "argo")])

    def next_look(seconds: float) -> None:
        cluster.put(applied("argo", (PUBLIC, NEW_PUBLIC), [NEW_PUBLIC]))

    monkeypatch.setattr("time.sleep", next_look)
    map_flag = ("--map", f"{PUBLIC}={NEW_PUBLIC}")
    done = policyreport_vs(cluster, "-A", "--wait", *map_flag)
    assert done.code == 0
    assert done.err.splitlines()[0] == "1 would depend on a policy, 0 unknown, 1 migrated"
    assert done.err.endswith(f"next: kubectl policyreport-vs safe-to-remove --map {PUBLIC}={NEW_PUBLIC}\n")


def test_waiting_has_an_end() -> None:
    done = policyreport_vs(world(), "-A", "--wait", "--timeout", "0")
    assert done.code == 1
    assert done.err.endswith("error: the time is over, and 4 still keep the policy; see --pending -o wide\n")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("-A", "-f", "x.yaml"), "-A is about a cluster, and -f reads files"),
        (("--wait", "-f", "x.yaml"), "--wait follows a cluster, and -f reads files"),
        (("-f", "nowhere.yaml"), "nowhere.yaml"),
        (("-A", "--map", "nonsense"), "--map nonsense: this is not OLD=NEW"),
        (("safe-to-remove", "--explain", "PR999"), "there is no finding PR999"),
        (("-A", "--by", "mood"), "--by"),
    ],
)
def test_usage_errors(argv: tuple[str, ...], words: str) -> None:
    done = policyreport_vs(world(), *argv)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_every_code_explains_itself() -> None:
    for number in range(1, 7):
        done = policyreport_vs(None, "safe-to-remove", "--explain", f"pr00{number}")
        assert done.code == 0
        assert done.out.startswith(f"PR00{number}: ")
