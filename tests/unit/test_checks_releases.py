from dataclasses import replace

import pytest

from istiokit.bigbang.facts import Umbrella
from istiokit.cluster.types import Ref
from tests.unit.check_case import ERROR, INFO, ONE, THREE, TWO, WARNING, Case, name, of_code
from tests.unit.facts_builder import VALUES, facts, failed, files
from tests.unit.flux_samples import condition, ready, release

BIGBANG = ready("bigbang")
SUSPENDED = {"spec": {"suspend": True}}
HELM = Umbrella(Ref("Secret", "sh.helm.release.v1.bigbang.v3", "bigbang"), "2.54.0", None)

CASES = (
    Case("IM001", ONE, facts(releases=(BIGBANG, failed("kiali"))), facts(), ERROR, "boom"),
    Case("IM001", TWO, facts(releases=(BIGBANG, failed("istiod"))), facts(), ERROR, "bigbang/istiod"),
    Case("IM002", ONE, facts(releases=(ready("bigbang", **SUSPENDED),)), facts(), ERROR, "flux resume"),
    Case("IM002", ONE, facts(releases=(ready("istio", **SUSPENDED),)), facts(), ERROR, "bigbang/istio"),
    Case("IM002", ONE, facts(releases=(ready("kiali", **SUSPENDED),)), facts(), WARNING, "bigbang/kiali"),
    Case("IM022", ONE, facts(umbrella=HELM, releases=()), facts(), ERROR, "--set istio.enabled=false"),
    Case("IM022", ONE, facts(umbrella=None, releases=()), facts(), ERROR, "no HelmRelease"),
    Case("IM022", THREE, facts(umbrella=HELM, releases=()), facts(), INFO, "helm upgrade"),
)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_it_speaks_of_what_is_broken_and_is_silent_about_what_is_mended(case: Case) -> None:
    case.prove()


def test_what_an_interrupted_step_has_begun_does_not_forbid_to_go_on() -> None:
    began = facts(releases=(BIGBANG, failed("istiod"), failed("istio-crds")))
    gateway = facts(releases=(BIGBANG, failed("public-ingressgateway")))
    working = release("kiali", condition("Ready", "Unknown", "Progressing"))
    assert {one.severity for one in of_code("IM001", began, ONE)} == {WARNING}
    assert {one.severity for one in of_code("IM001", gateway, TWO)} == {WARNING}
    assert {one.severity for one in of_code("IM001", facts(releases=(working,)), ONE)} == {WARNING}


def test_a_suspended_release_is_not_told_of_twice() -> None:
    assert of_code("IM001", facts(releases=(ready("istio", **SUSPENDED),)), ONE) == []


def test_a_finding_carries_the_remedy_of_the_message() -> None:
    broken = failed("public-ingressgateway", "failed to get chart version: no chart name found")
    [found] = of_code("IM001", facts(releases=(broken,)), TWO)
    assert "istioGateway.helmRepo.chartName" in found.remedy


def test_the_helm_command_names_version_namespace_and_every_switch() -> None:
    [found] = of_code("IM022", replace(facts(), umbrella=HELM, releases=()), TWO)
    assert "--version 2.54.0 -n bigbang --reuse-values" in found.remedy
    assert "--set istioOperator.enabled=false" in found.remedy
    assert "--set istioGateway.enabled=true" in found.remedy


def test_files_have_no_releases_to_speak_of() -> None:
    for code in ("IM001", "IM002", "IM022"):
        assert of_code(code, files(VALUES), ONE) == []
