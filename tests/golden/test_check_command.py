"""`kubectl istio-migrate check` as a whole, on files and on a cluster in memory."""

import json
from pathlib import Path

import pytest

from istiokit.bigbang.checks import CHECKS
from istiokit.bigbang.checks.model import Target
from tests.fakes import FakeCluster
from tests.run import run
from tests.unit.flux_samples import condition, manifest

BAD = """\
domain: example.com
istio:
  enabled: "false"
istioGateway:
  sourceType: helmRepo
"""
GOOD = """\
domain: example.com
istioGateway:
  values:
    gateways:
      public:
        gatewayCerts:
        - {name: public-cert}
"""


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text(BAD)
    return "values.yaml"


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text(GOOD)
    return "values.yaml"


def test_findings_are_blocks_and_the_summary_is_talk(bad: str) -> None:
    done = run("check", "--step", "2", "-f", bad, "--bigbang-version", "2.54.0")
    left_out = sum(one.live and Target.STEP2 in one.steps for one in CHECKS)
    assert done.code == 1
    assert done.out == (
        "error IM003  istio.enabled\n"
        '  istio.enabled in values.yaml: "false" is a string, and every string but "" is on\n'
        "  -> write true or false, without quotes\n"
        "\n"
        "error IM005  istioGateway.helmRepo.chartName\n"
        '  sourceType is helmRepo and the chart is "istio-gateway"; in a registry it is called gateway\n'
        "  -> set istioGateway.helmRepo.chartName: gateway\n"
        "\n"
        "warning IM008  Secret istio-gateway/public-cert\n"
        "  gateway public needs it and istioGateway.values.gateways.public.gatewayCerts does not make it; "
        "cannot tell whether it is there: only files were read\n"
        "  -> set istioGateway.values.gateways.public.gatewayCerts, or create the Secret in namespace "
        "istio-gateway before step 2\n"
        "\n"
        "info IM004  values\n"
        "  top-level keys that Big Bang 3.0 refuses are in values.yaml (istio)\n"
        "  -> keep them for the two steps, and take them out before the upgrade to 3.0\n"
    )
    assert done.err == (
        f"2 errors, 1 warning, 1 fact for step 2; {left_out} checks need a cluster and were left out; "
        "next: mend IM003, IM005 (`kubectl istio-migrate check --explain IM003`), or pass --allow CODE\n"
    )


def test_nothing_to_say_is_nothing_on_stdout(good: str) -> None:
    left_out = sum(one.live and Target.STEP1 in one.steps for one in CHECKS)
    done = run("check", "--step", "1", "-f", good, "--bigbang-version", "2.54.0")
    assert (done.code, done.out) == (0, "")
    assert done.err == (
        f"nothing found for step 1; {left_out} checks need a cluster and were left out; "
        f"next: kubectl istio-migrate step1 -f {good}\n"
    )
    assert run("check", "-f", good, "--bigbang-version", "2.54.0", "-o", "wide").out == ""


def test_wide_is_a_row_each(bad: str) -> None:
    done = run("check", "--step", "2", "-f", bad, "-o", "wide")
    header, first, *_ = done.out.splitlines()
    assert header.split() == ["SEVERITY", "CODE", "OBJECT", "REASON", "REMEDY"]
    assert first.split()[:3] == ["error", "IM003", "istio.enabled"]
    assert run("check", "--step", "2", "-f", bad, "-o", "wide", "--no-headers").out.startswith("error")


def test_json_has_target_counts_and_what_was_allowed(bad: str) -> None:
    done = run("check", "--step", "2", "-f", bad, "-o", "json", "--allow", "IM005", "--allow", "im003")
    document = json.loads(done.out)
    assert done.code == 0
    assert document["kind"] == "FindingList"
    assert document["summary"] == {
        "target": "2",
        "errors": 2,
        "warnings": 2,
        "infos": 1,
        "refused": False,
        "allowed": ["IM003", "IM005"],
    }
    assert set(document["items"][0]) == {"code", "severity", "object", "reason", "remedy", "path"}


def test_names_are_the_codes(bad: str) -> None:
    done = run("check", "--step", "2", "-f", bad, "-o", "name", "--bigbang-version", "2.54.0")
    assert done.out.split() == ["IM003", "IM005", "IM008", "IM004"]


def test_one_allowed_error_of_two_is_not_enough(bad: str) -> None:
    done = run("check", "--step", "2", "-f", bad, "--allow", "IM003")
    assert done.code == 1 and "mend IM005 " in done.err


def test_the_way_to_3_0_names_the_keys_that_are_left(bad: str) -> None:
    done = run("check", "--target", "3.0", "-f", bad)
    assert done.code == 1 and "point of no return" in done.out and "for Big Bang 3.0;" in done.err


def test_values_come_by_stdin_too() -> None:
    done = run("check", "--step", "2", "-f", "-", stdin=BAD)
    assert done.code == 1 and "IM005" in done.out


def test_explain_needs_neither_cluster_nor_files() -> None:
    done = run("check", "--explain", "im008")
    assert done.code == 0 and done.err == ""
    assert done.out.startswith(
        "IM008: No certificate for a new gateway\nat worst: error; checked for: step 1, step 2\n"
    )
    assert "More: docs/checks/IM008.md" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--explain", "IM999"), "no check has the code IM999; they go from IM001 to IM028"),
        (("--allow", "IM0", "-f", "-"), "no check has the code IM0"),
        (("--step", "3"), "invalid choice: '3'"),
        (("--step", "1", "--target", "3.0"), "not allowed with"),
        (("-f", "-", "-n", "bigbang"), "-n names a namespace"),
        (("-f", "nowhere.yaml"), "nowhere.yaml"),
        (("-f", "-"), "not"),
    ],
)
def test_bad_arguments_are_one_line_and_2(arguments: tuple[str, ...], says: str) -> None:
    done = run("check", *arguments, stdin="- a list\n")
    assert (done.code, done.out) == (2, "")
    assert says in done.err and done.err.count("\n") == 1


def test_help_shows_the_flags_and_examples() -> None:
    done = run("check", "--help")
    assert done.code == 0
    for word in ("--step 1|2", "--target 3.0", "--allow CODE", "--explain CODE", "examples:", "exit codes:"):
        assert word in done.out


def test_a_cluster_is_asked_for_what_only_it_can_tell() -> None:
    ready = condition("Ready", "True", "UpgradeSucceeded")
    failed = condition("Ready", "False", "InstallFailed", "quota exceeded")
    reference = {"valuesFrom": [{"kind": "ConfigMap", "name": "common"}]}
    values = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "common", "namespace": "bigbang"}}
    cluster = FakeCluster(
        [
            manifest("bigbang", ready, spec=reference),
            manifest("kiali", failed),
            {**values, "data": {"values.yaml": GOOD}},
        ],
        denied={("patch", "ConfigMap")},
        absent={"IstioOperator", "GitRepository"},
        version="v1.31.4",
    )
    done = run("check", "-o", "json", cluster=cluster)
    document = json.loads(done.out)
    found = {(item["code"], item["object"]) for item in document["items"] if item["severity"] == "error"}
    assert ("IM001", "HelmRelease bigbang/kiali") in found
    assert ("IM012", "patch configmaps in namespace bigbang") in found
    assert document["summary"]["target"] == "1" and done.code == 1
    assert cluster.writes == []


def test_of_a_cluster_without_big_bang_most_has_nothing_to_look_at() -> None:
    done = run("check", "--step", "1", cluster=FakeCluster([]))
    assert " checks need Big Bang and were left out; " in done.err
