"""What is made of the reports that Kyverno 1.10 to 1.19, its command line and others write; shapes/ has one of each.

Each shape says which source of which release decides it. reports.txt has what is said of it, at 2026-01-20T09:10:00Z.
REPORTS_UPDATE=1 writes it anew, to be read.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from istiokit.survey import dependence
from kubectl_policyreport_vs.main import APP
from tests.run import Result, run

FOLDER = Path(__file__).parent / "reports"
EXPECTED = FOLDER / "reports.txt"
SHAPES = sorted((FOLDER / "shapes").glob("*.yaml"))
NOW = datetime(2026, 1, 20, 9, 10, tzinfo=UTC)
WORLD = ("-f", str(FOLDER / "virtualservices.yaml"), "-f", str(FOLDER / "policies.yaml"))


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependence, "present", lambda: NOW)


def policyreport_vs(*words: str) -> Result:
    result = run(*words, app=APP)
    assert "internal error" not in result.err, result.err
    return result


def told(*files: str) -> list[str]:
    """A line for each VirtualService that a report speaks of, and one for each result that counts."""
    done = policyreport_vs(*files, "-o", "json")
    assert done.code == 0, done.err
    lines = []
    for one in json.loads(done.out)["items"]:
        if not one["results"]:
            continue
        lines.append(f"  {one['namespace']}/{one['name']}: {one['verdict']}: {one['why']}")
        for result in one["results"]:
            rule = f" {result['rule']}" if result["rule"] else ""
            age = f"{result['ageSeconds']}s{' stale' if result['stale'] else ''}"
            lines.append(
                f"    {result['source']} {result['policy']}{rule}: {result['result']} ({age}) {result['message']}"
            )
    return lines


def test_what_is_said_of_each() -> None:
    text = ""
    for shape in SHAPES:
        lines = [shape.stem, *(told(*WORLD, "-f", str(shape)) or ["  nothing"]), ""]
        text += "".join(f"{line}\n" for line in lines)
    if os.environ.get("REPORTS_UPDATE"):
        EXPECTED.write_text(text)
    assert text == EXPECTED.read_text()


@pytest.mark.parametrize(
    "shape", [one for one in SHAPES if one.stem.startswith("1.1")], ids=lambda one: one.stem
)
def test_only_rules_about_gateways_count(shape: Path) -> None:
    """Neither those of validation nor mutations of something else, whatever they are called."""
    done = policyreport_vs(*WORLD, "-f", str(shape), "-o", "json")
    results = [result for one in json.loads(done.out)["items"] for result in one["results"]]
    assert all(one["policy"].endswith("add-istio-gateway") for one in results)
    assert all(one["rule"] in ("", "add-gateway") for one in results)


def test_reports_alone_are_judged_by_what_they_name() -> None:
    shape = FOLDER / "shapes/1.13-PolicyReport-ClusterPolicy.yaml"
    assert told("-f", str(shape))[0].startswith("  shop/shop: depends-on-policy: ")
    assert told("-f", str(shape), "--policy", "add-istio-gateway-lookup")[0].startswith(
        "  shop/shop: unknown: "
    )


def test_one_line_for_each_virtual_service() -> None:
    """The guide's one-liner prints one for each report, and a result for each rule."""
    files = [word for shape in SHAPES for word in ("-f", str(shape))]
    rows = policyreport_vs(*WORLD, *files, "--no-headers").out.splitlines()
    names = [tuple(row.split()[:2]) for row in rows]
    assert len(names) == len(set(names)) >= 3
