"""Before the upgrade that splits istioCore: what would be uninstalled, and what could not be taken over."""

from dataclasses import replace

import msgspec
import pytest

from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.core import guarded
from istiokit.bigbang.facts import Facts
from tests.unit.check_case import ERROR, THREE, Case, name, of_code, text
from tests.unit.facts_builder import deployment, facts, istiod, mesh, operator
from tests.unit.flux_samples import ready

CORE = Target.CORE
VALUES = "istioCore: {enabled: true}\nistio: {enabled: false}\nistioOperator: {enabled: false}\n"


def on_core(extra: str = "", **changes: object) -> Facts:
    """A cluster of 2.50 that runs istio-core."""
    umbrella, core = ready("bigbang"), ready("istio-core")
    found = facts(VALUES, extra=extra, version="2.50.0", **changes)
    return replace(found, releases=(umbrella, core))


def flux(version: str) -> Facts:
    controller = deployment("helm-controller", "flux-system", "manager", version)
    return on_core(deployments=(operator(), istiod(), controller))


KEPT = tuple(replace(crd, release="istio-system/istio-system-istio-core") for crd in mesh().crds)
PRUNED = tuple(replace(crd, kept=False) for crd in KEPT)
REFUSED = "{install: {disableTakeOwnership: true}}"
ALLOWED = "istiod: {flux: {install: {disableTakeOwnership: false}}}\nistioCRDs: {flux: {}}"
CASES = (
    Case("IM027", CORE, on_core(), guarded(on_core()), ERROR, "carry-core"),
    Case("IM027", THREE, on_core(), facts(), ERROR, "istio-core"),
    Case("IM028", CORE, flux("v1.1.0"), flux("v1.2.0"), ERROR, "1.1.0 cannot take over"),
    Case(
        "IM028",
        CORE,
        on_core(f"flux: {REFUSED}"),
        on_core(ALLOWED),
        ERROR,
        "flux.install.disableTakeOwnership",
    ),
    Case(
        "IM028", CORE, on_core(f"istiod: {{flux: {REFUSED}}}"), on_core(ALLOWED), ERROR, "istiod.flux.install"
    ),
)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_both_sides(case: Case) -> None:
    case.prove()


def test_a_package_that_allows_it_goes_over_a_common_refusal() -> None:
    found = of_code("IM028", on_core(f"flux: {REFUSED}\n{ALLOWED}"), CORE)
    assert [one.object for one in found] == ["flux.install.disableTakeOwnership"]
    assert "istioCRDs" in text(found[0])


def test_crds_of_a_release_without_a_name_of_its_own_are_known_as_its_own() -> None:
    """Helm calls the release istio-system-istio-core, Flux calls it istio-core."""
    spec = msgspec.structs.replace(ready("istio-core").spec, target_namespace="istio-system")
    core = msgspec.structs.replace(ready("istio-core"), spec=spec)
    stays = replace(on_core(crds=PRUNED), releases=(ready("bigbang"), core))
    assert not of_code("IM009", stays, Target.STEP2)
    assert len(of_code("IM009", stays, CORE)) == len(PRUNED)
    assert not of_code("IM009", guarded(stays), CORE)
    assert not of_code("IM009", replace(stays, mesh=replace(stays.mesh, crds=KEPT)), CORE)


def test_a_suspended_istio_core_is_no_obstacle_on_its_own_way() -> None:
    assert not of_code("IM002", guarded(on_core()), CORE)
    assert of_code("IM002", guarded(on_core()), Target.STEP2)


def test_values_that_are_ahead_of_the_version_do_not_stop_the_way() -> None:
    """The commit has arrived, and the umbrella has not been upgraded yet."""
    ahead = replace(on_core(), layers=facts("istioCRDs: {enabled: true}\nistiod: {enabled: true}").layers)
    assert of_code("IM003", ahead, Target.STEP2)
    assert not of_code("IM003", ahead, CORE)
