"""When there is nothing left to wait for."""

from dataclasses import replace

import pytest

from istiokit.bigbang.releases import Expected
from istiokit.flux.model import HelmRelease
from istiokit.plan.bigbang import is_converged
from tests.unit.facts_builder import facts, failed
from tests.unit.flux_samples import ready, release

GOAL = Expected(("istio", "istio-operator"), ("istiod",))


@pytest.mark.parametrize(
    ("other", "converged"),
    [
        (ready("monitoring"), True),
        (failed("monitoring"), False),
        (release("monitoring"), False),
        (ready("istiod"), False),
        # Nothing that a step does brings a suspended one on: asked again, it would be asked for ever.
        (ready("monitoring", spec={"suspend": True}), True),
        (ready("istiod", spec={"suspend": True}), False),
    ],
)
def test_a_cluster_is_there_if_nothing_that_flux_works_on_is_behind(
    other: HelmRelease, converged: bool
) -> None:
    found = facts()
    found = replace(found, releases=(*found.releases, other))
    assert is_converged(found, GOAL) is converged
