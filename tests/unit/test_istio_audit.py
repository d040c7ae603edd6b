"""The audit's rules, on the manifests that their own pages show, and on what a cluster knows and files do not."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.files import FilesCluster
from istiokit.cluster.types import EVERYWHERE
from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity
from istiokit.istio.audit import RULES, audit, find_rule
from istiokit.istio.audit.model import Rule
from istiokit.istio.model import VirtualService
from istiokit.istio.routing.facts import RouteFacts
from istiokit.plan.isolate import LOST
from istiokit.plan.rebind import REFUSING
from istiokit.survey.dependents import DependentsReading, dependents_in
from istiokit.survey.routes import read_files, read_routes
from tests.fakes import FakeCluster
from tests.unit.flux_samples import decoded

PAGES = Path(__file__).parents[2] / "docs" / "checks"
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
ABOUT_FILES = "VSG002"
"""What only files can leave unknown: the examples of all other pages are judged as clusters."""
ABOUT_A_FILE = "VSG011"
ABOUT_PODS = "VSG017"
CLUSTERS = frozenset({ABOUT_PODS, "VSG018", "VSG019", "VSG021", "VSG024"})
"""What is certain only where pods were read."""
SUBJECTS = {
    "VSG017": "Gateway istio-system/public",
    "VSG018": "AuthorizationPolicy shop/web",
    "VSG019": "RequestAuthentication istio-system/jwt",
    "VSG020": "EnvoyFilter istio-system/headers",
    "VSG021": "NetworkPolicy shop/web",
    "VSG022": "Sidecar shop/default",
    "VSG023": "ServiceMonitor monitoring/gateways",
    "VSG024": "Certificate istio-system/public",
    "VSG025": "Gateway istio-system/public",
    "VSG026": "Gateway shop/a Gateway shop/b",
}
"""What the pages' examples are about, unless it is the VirtualService shop/web."""


def examples(rule: Rule) -> tuple[str, str]:
    failing, mended = re.findall(r"```yaml\n(.*?)```", (PAGES / f"{rule.code}.md").read_text(), re.DOTALL)
    return failing, mended


def findings(text: str, *, files: bool = False) -> tuple[Finding, ...]:
    """As files have it, or as if all of a cluster were in the text."""
    manifests = FilesCluster(["-"], stdin=text, lenient=True)
    reading, beside = read_files(manifests, EVERYWHERE), dependents_in(manifests)
    unusable = (*reading.unusable, *beside.unusable)
    return audit(replace(reading.facts, all_gateways=not files), unusable, None, beside.dependents)


def on_cluster(text: str, **given: Any) -> tuple[Finding, ...]:
    """As a cluster has it, with the gateways' pods."""
    cluster = FakeCluster(yaml.safe_load_all(text), **given)
    with DependentsReading(cluster) as begun:
        facts = read_routes(cluster, EVERYWHERE, pods=True).facts
        return audit(facts, (), None, begun.result().dependents)


def codes(text: str, *, files: bool = False) -> set[str]:
    return {one.code for one in findings(text, files=files)}


@EACH
def test_the_page_shows_what_fails_and_what_does_not(rule: Rule) -> None:
    failing, mended = (_judged(rule, text) for text in examples(rule))
    found = [one for one in failing if one.code == rule.code]
    assert found and all(one.severity is rule.severity for one in found)
    if rule.code != ABOUT_A_FILE:
        about = " ".join(sorted({one.object for one in found}))
        assert about == SUBJECTS.get(rule.code, "VirtualService shop/web")
        assert all(one.path.startswith("spec.") for one in found)
    assert rule.code not in {one.code for one in mended}
    if rule.code in SUBJECTS:
        assert mended == (), "the rules do not contradict each other"


def _judged(rule: Rule, text: str) -> tuple[Finding, ...]:
    return on_cluster(text) if rule.code in CLUSTERS else findings(text, files=rule.code == ABOUT_FILES)


@EACH
def test_the_page_has_its_title_and_its_row(rule: Rule) -> None:
    assert (PAGES / f"{rule.code}.md").read_text().startswith(f"# {rule.code}: {rule.title}\n")
    row = f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {rule.title} |"
    assert row in (PAGES / "README.md").read_text()


def test_codes_have_no_gaps_and_no_page_is_without_its_rule() -> None:
    assert [rule.code for rule in RULES] == [f"VSG{number:03}" for number in range(1, len(RULES) + 1)]
    commands = {*REFUSING, LOST}
    assert {path.stem for path in PAGES.glob("VSG*.md")} == {rule.code for rule in RULES} | commands
    index = (PAGES / "README.md").read_text()
    assert all(f"[{code}]({code}.md)" in index for code in commands)
    for code in commands:
        assert (PAGES / f"{code}.md").read_text().startswith(f"# {code}: {find_rule(code).title}\n")


def test_a_rule_is_found_by_its_code_in_any_case() -> None:
    assert find_rule("vsg005").code == "VSG005"
    with pytest.raises(UsageError, match="VSG001 to VSG"):
        find_rule("VSG999")


def test_a_condition_of_a_delegate_narrows_what_others_are_bound_to() -> None:
    failing, _ = examples(find_rule("VSG004"))
    delegate = next(one for one in yaml.safe_load_all(failing) if one["kind"] == "VirtualService")
    delegate["spec"] = {"http": delegate["spec"]["http"]}
    assert "VSG004" in codes(failing, files=True)
    assert "VSG004" not in codes(yaml.safe_dump(delegate), files=True)


def test_what_files_do_not_hold_is_unknown_and_not_missing() -> None:
    failing, _ = examples(find_rule("VSG001"))
    assert "VSG001" in codes(failing)
    assert codes(failing, files=True) == {"VSG002"}


def test_without_any_right_to_read_gateways_none_is_missing() -> None:
    failing, _ = examples(find_rule("VSG001"))
    reading = read_routes(FilesCluster(["-"], stdin=failing), EVERYWHERE)
    blind = replace(reading.facts, gateways=None)
    assert {one.code for one in audit(blind)} == {"VSG002"}


NAMES = st.sampled_from(
    ["mesh", "istio-system/public", "istio-gateway/public-ingressgateway", "own", "x.y.svc", "./z", ""]
)
LISTS = st.none() | st.lists(NAMES, max_size=3)
ROUTES = st.none() | st.lists(
    st.fixed_dictionaries({"match": st.lists(st.fixed_dictionaries({"gateways": LISTS}), max_size=2)}),
    max_size=2,
)
SPECS = st.fixed_dictionaries(
    {
        "hosts": st.none() | st.lists(st.sampled_from(["a.example.com", "*", "a"]), max_size=2),
        "gateways": LISTS,
        "exportTo": st.none() | st.lists(st.sampled_from([".", "*", "~", "shop"]), max_size=2),
        "http": ROUTES,
        "tls": ROUTES,
    }
)


@given(SPECS)
def test_every_path_leads_to_what_it_is_about(spec: dict[str, object]) -> None:
    item = decoded({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}, VirtualService)
    for one in audit(RouteFacts("test", (item,), ())):
        assert at(spec, one.path.removeprefix("spec.")) is not None


def at(value: object, path: str) -> object:
    for step in re.findall(r"\w+", path):
        value = value[int(step)] if isinstance(value, list) else value[step]  # type: ignore[index]
    return value


def test_errors_come_first() -> None:
    failing, _ = examples(find_rule("VSG005"))
    severities = [one.severity for one in findings(failing)]
    assert severities == sorted(severities, key=list(Severity).index)


def test_one_object_that_is_none_leaves_the_others() -> None:
    wrong, right = examples(find_rule("VSG010"))
    again = right.replace("name: web,", "name: other,").replace("public-ingressgateway", "NO")
    told = {(one.code, one.object) for one in findings(f"{wrong}---\n{again}---\n{again}", files=True)}
    assert told == {
        ("VSG010", "VirtualService shop/web"),
        ("VSG011", "-:15"),
        ("VSG002", "VirtualService shop/other"),
        ("VSG012", "VirtualService shop/other"),
    }


@pytest.mark.parametrize("name", ["mesh", "web", "shop/web", "./web", "web.shop.svc.cluster.local", "a/b.c"])
def test_what_is_a_reference(name: str) -> None:
    item = decoded(
        {"metadata": {"name": "web"}, "spec": {"hosts": ["a"], "gateways": [name]}}, VirtualService
    )
    assert "VSG012" not in {one.code for one in audit(RouteFacts("test", (item,), ()))}


@pytest.mark.parametrize("name", ["", "a/b/c", "Web", "{{ .Values.gateway }}", "a_b", "-a", "/web", "shop/"])
def test_what_is_none(name: str) -> None:
    item = decoded(
        {"metadata": {"name": "web"}, "spec": {"hosts": ["a"], "gateways": [name]}}, VirtualService
    )
    assert "VSG012" in {one.code for one in audit(RouteFacts("test", (item,), ()))}


def test_a_certificate_has_to_be_beside_the_pods() -> None:
    (found,) = on_cluster(examples(find_rule(ABOUT_PODS))[0])
    assert (found.code, found.path) == (ABOUT_PODS, "spec.servers[0].tls.credentialName")
    assert "no Secret public-cert there" in found.reason


def test_without_the_right_to_list_secrets_none_is_missing() -> None:
    failing, _ = examples(find_rule(ABOUT_PODS))
    assert on_cluster(failing, denied={("list", "Secret")}) == ()
