"""What holds for every check: a code, a page, two tested sides, and no verdict without knowledge."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from istiokit.bigbang.checks import CHECKS, applicable, check, find_check, refusing
from istiokit.bigbang.checks.model import Check, Target
from istiokit.bigbang.checks.upcoming import next_target
from istiokit.bigbang.switches import Step, wanted
from istiokit.bigbang.versions import Family
from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity
from tests.unit import (
    test_checks_core,
    test_checks_gateways,
    test_checks_mesh,
    test_checks_releases,
    test_checks_values,
)
from tests.unit.check_case import Case, of_code
from tests.unit.facts_builder import facts, files, unread

PAGES = Path(__file__).parents[2] / "docs" / "checks"
SECTIONS = (
    "## What it means",
    "## Why it matters",
    "## What to do",
    "## Example that fails",
    "## The example mended",
)
MODULES = (test_checks_core, test_checks_gateways, test_checks_mesh, test_checks_releases, test_checks_values)
ALL_CASES: list[Case] = [case for module in MODULES for case in module.CASES]
EACH = pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.code)


def test_codes_are_unique_and_without_gaps() -> None:
    assert [one.code for one in CHECKS] == [f"IM{number:03}" for number in range(1, len(CHECKS) + 1)]


@EACH
def test_every_check_has_both_sides_tested_and_says_nothing_worse_than_it_declares(one: Check) -> None:
    cases = [case for case in ALL_CASES if case.code == one.code]
    order = list(Severity)
    assert cases and one.severity == min((case.severity for case in cases), key=order.index)
    assert {case.target for case in cases} <= one.steps


@EACH
def test_without_knowledge_there_is_a_warning_and_no_verdict(one: Check) -> None:
    for case in (case for case in ALL_CASES if case.code == one.code):
        for kind in one.needs:
            for side in (case.broken, case.mended):
                [found] = of_code(one.code, replace(side, unread=unread(kind)), case.target)
                assert found.severity is Severity.WARNING and "cannot tell" in found.reason


@EACH
def test_every_check_has_its_page(one: Check) -> None:
    page = (PAGES / f"{one.code}.md").read_text()
    assert page.startswith(f"# {one.code}: {one.title}\n")
    positions = [page.index(section) for section in SECTIONS]
    assert positions == sorted(positions)
    index = (PAGES / "README.md").read_text()
    assert f"[{one.code}]({one.code}.md) | {one.severity} | {one.title} |" in index


def test_there_is_no_page_without_a_check() -> None:
    pages = {path.stem for path in PAGES.glob("IM*.md")}
    assert pages == {one.code for one in CHECKS}


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES.glob("*.md"):
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_worst_comes_first() -> None:
    found = check(
        facts("istio: {enabled: 'no'}\nhelmRepositories: [{name: a}]", version="2.51.0"), Target.STEP1
    )
    severities = [one.severity for one in found]
    assert severities == sorted(severities, key=list(Severity).index) and len(set(severities)) == 3
    assert found == tuple(
        sorted(found, key=lambda one: (list(Severity).index(one.severity), one.code, one.object))
    )


def test_only_errors_refuse_and_an_allowed_code_does_not() -> None:
    error = Finding("IM001", Severity.ERROR, "a", "b", "c")
    warning = Finding("IM002", Severity.WARNING, "a", "b", "c")
    assert refusing([error, warning], ()) == [error]
    assert refusing([error, warning], ("IM001",)) == []


def test_files_are_asked_only_what_they_can_answer() -> None:
    assert all(not one.live for one in applicable(files("{}"), Target.STEP1))
    assert len(applicable(facts(), Target.STEP1)) > len(applicable(files("{}"), Target.STEP1))


def test_a_check_is_found_by_its_code_in_any_case() -> None:
    assert find_check("im007").code == "IM007"
    with pytest.raises(UsageError, match="IM001 to IM028"):
        find_check("IM999")


def switched(step: Step) -> str:
    return "".join(
        f"{path.split('.')[0]}: {{enabled: {str(on).lower()}}}\n"
        for path, on in wanted(step, Family.SPLIT).items()
    )


@pytest.mark.parametrize(
    ("values", "target"),
    [
        ("domain: a", Target.STEP1),
        (switched(1), Target.STEP2),
        (switched(2), Target.BIG_BANG_3),
        (
            switched(2).replace("istioOperator: {enabled: false}", "istioOperator: {enabled: true}"),
            Target.STEP2,
        ),
        (switched(1).replace("istiod: {enabled: true}", "istiod: {enabled: false}"), Target.STEP1),
        ("istioCore: {}\nistiod: {}", Target.STEP1),
    ],
)
def test_what_comes_next_follows_from_the_values(values: str, target: Target) -> None:
    assert next_target(files(values)) is target


def test_a_switch_of_the_wrong_kind_takes_nothing_down_with_it() -> None:
    odd = "istioGateway: text\nistio: []\nhelmRepositories: {a: b}\nregistryCredentials: 7\nflux: null\n"
    for target in Target:
        assert check(facts(odd), target)
        assert check(files(odd), target)


KEYS = st.sampled_from(
    [
        *("istio", "istioOperator", "istioCore", "istioCRDs", "istiod", "istioGateway", "enabled", "values"),
        *(
            "gateways",
            "public",
            "upstream",
            "labels",
            "service",
            "ports",
            "nodePort",
            "gateway",
            "servers",
            "tls",
        ),
        *(
            "credentialName",
            "gatewayCerts",
            "name",
            "imagePullSecrets",
            "helmRepositories",
            "sourceType",
            "flux",
        ),
        *("helmRepo", "chartName", "install", "registryCredentials", "username", "disableSchemaValidation"),
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just("helmRepo"))
YAML = st.recursive(
    SCALARS,
    lambda some: st.one_of(st.lists(some, max_size=3), st.dictionaries(KEYS, some, max_size=6)),
    max_leaves=25,
)


@given(
    st.dictionaries(KEYS, YAML),
    st.sampled_from(Target),
    st.sampled_from(["2.49.0", "2.53.0", "2.54.0", "3.0.0", ""]),
)
def test_no_values_are_too_strange(values: dict[str, object], target: Target, version: str) -> None:
    text = yaml.safe_dump(values)
    check(facts(text, version=version), target)
    check(files(text), target, version)
