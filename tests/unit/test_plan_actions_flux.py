"""What the actions that ask Flux do with failures."""

from collections.abc import Sequence

import pytest

from istiokit.errors import NotDone
from istiokit.flux.model import HelmRelease
from istiokit.flux.options import ReconcileOptions
from istiokit.flux.order import release_ref
from istiokit.flux.progress import Outcome, Result
from istiokit.plan.actions import flux
from istiokit.plan.actions.flux import ReconcileReleases
from istiokit.plan.model import World
from tests.fakes import FakeCluster
from tests.unit.flux_samples import NS, manifest

ACTION = ReconcileReleases(why="new values", namespace=NS)


class Flux:
    """Stands in for `reconcile`: what fails without force, and what depends on that, as a campaign tells it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, mended_by_force: bool = True) -> None:
        self.rounds: list[tuple[list[str], bool]] = []
        self._mended = mended_by_force
        monkeypatch.setattr(flux, "reconcile", self.reconcile)

    def reconcile(
        self, _cluster: object, releases: Sequence[HelmRelease], options: ReconcileOptions, _observer: object
    ) -> list[Outcome]:
        names = [release.metadata.name for release in releases]
        self.rounds.append((names, options.force))
        fails = "istiod" in names and not (options.force and self._mended)
        results = {"istiod": Result.FAILED, "gateway": Result.SKIPPED} if fails else {}
        results["suspended"] = Result.SKIPPED
        return [
            Outcome(release_ref(one), results.get(one.metadata.name, Result.READY), "Why", "what", 1.0)
            for one in releases
        ]


@pytest.fixture
def world() -> World:
    names = ("gateway", "istiod", "monitoring", "suspended")
    return World(FakeCluster([manifest(name) for name in names]), lambda line: None)


def test_what_waits_for_a_failed_release_is_asked_once_force_has_mended_that(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    asked = Flux(monkeypatch)
    ACTION.do(world)
    assert asked.rounds == [
        (["gateway", "istiod", "monitoring", "suspended"], False),
        (["istiod"], True),
        (["gateway", "suspended"], False),
    ]


def test_what_waits_for_a_release_that_force_does_not_mend_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    asked = Flux(monkeypatch, mended_by_force=False)
    with pytest.raises(NotDone, match="istiod has failed"):
        ACTION.do(world)
    assert asked.rounds[-1] == (["istiod"], True)
