"""When a final failure is believed."""

import pytest

from istiokit.flux.doubt import Doubt
from istiokit.flux.readiness import Readiness, State
from tests.unit.test_flux_readiness import NO_CHART_NAME, VALUES

FAILED = Readiness(State.FAILED, "SourceNotReady", NO_CHART_NAME, terminal=True)


def test_a_failure_counts_after_it_has_stood() -> None:
    doubt = Doubt(grace=5)
    assert [doubt.final(FAILED, now) for now in (10, 14, 15)] == [False, False, True]


def test_attempts_in_between_do_not_clear_it() -> None:
    doubt = Doubt(grace=5)
    assert not doubt.final(FAILED, 10)
    assert not doubt.final(Readiness(State.PROGRESSING, "Progressing", "Running"), 14)
    assert doubt.final(FAILED, 15)


@pytest.mark.parametrize(
    "between",
    [
        Readiness(State.READY, "UpgradeSucceeded", ""),
        Readiness(State.PROGRESSING, "NewGeneration", ""),
        Readiness(State.PROGRESSING, "ReconcileRequested", ""),
        Readiness(State.FAILED, "ValuesError", VALUES, terminal=True),
    ],
)
def test_news_clears_it(between: Readiness) -> None:
    doubt = Doubt(grace=5)
    assert not doubt.final(FAILED, 10)
    assert not doubt.final(between, 14)
    assert not doubt.final(FAILED, 15)
