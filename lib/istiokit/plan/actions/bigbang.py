"""Waiting for people: an edit, or another version of Big Bang, arrives in the cluster through Flux."""

from istiokit.bigbang.core import is_split
from istiokit.bigbang.layers import merge
from istiokit.bigbang.versions import SPLIT_SINCE
from istiokit.cluster.types import Ref
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import NotDone, OperationFailed
from istiokit.flux.model import HelmRelease
from istiokit.flux.readiness import State as ReleaseState
from istiokit.flux.readiness import readiness
from istiokit.plan.actions.releases import SuspendRelease
from istiokit.plan.actions.waiting import Await
from istiokit.plan.model import State, World
from istiokit.survey.reading import Reading
from istiokit.survey.umbrella import of_release
from istiokit.survey.values import read_layers

_SPLIT = f"{SPLIT_SINCE.major}.{SPLIT_SINCE.minor}"


class AwaitSwitches(Await, frozen=True, kw_only=True):
    """Wait until the effective values of the umbrella have the switches as wanted."""

    umbrella: Ref
    switches: dict[str, bool]
    """By dotted path."""

    def target(self) -> str:
        return f"values of {self.umbrella}"

    def change(self) -> str:
        return "wait until Flux has brought the edit"

    def late(self, pending: list[str]) -> NotDone:
        return NotDone(f"the edit has not arrived: {', '.join(pending)}", "commit and push it")

    def waits(self, pending: list[str], world: World) -> None:
        world.say(f"waiting for Flux to bring {', '.join(pending)}: commit and push the edit now")

    def pending(self, world: World) -> list[str]:
        release = _existing(self.umbrella, world)
        with Reading(world.cluster) as reading:
            values = merge(read_layers(reading, release)[0])
        return [
            f"{dotted}: {str(on).lower()}"
            for dotted, on in self.switches.items()
            if read_at(values, tuple(dotted.split(".")))[1] is not on
        ]


class AwaitUpgrade(Await, frozen=True, kw_only=True):
    """Wait until the umbrella runs a Big Bang that has istioCRDs and istiod in place of istioCore."""

    umbrella: Ref
    guard: Ref
    """Stays suspended meanwhile, whoever resumes it: the upgrade would uninstall it otherwise."""

    def target(self) -> str:
        return str(self.umbrella)

    def change(self) -> str:
        return f"wait until it is Big Bang {_SPLIT} or later"

    def late(self, pending: list[str]) -> NotDone:
        return NotDone(f"the upgrade has not arrived: {pending[0]}", "upgrade Big Bang")

    def tend(self, world: World) -> None:
        keeper = SuspendRelease(why="the upgrade would uninstall it", ref=self.guard)
        if keeper.state(world) is not State.DONE:
            world.say(
                f"{self.guard} was resumed: suspended again, or the upgrade would uninstall istiod and CRDs"
            )
            keeper.do(world)

    def waits(self, pending: list[str], world: World) -> None:
        world.say(f"waiting for Big Bang {_SPLIT} or later; {pending[0]}")

    def pending(self, world: World) -> list[str]:
        release = _existing(self.umbrella, world)
        version = of_release(release, ()).version
        if is_split(version):
            return []
        judged = readiness(release)
        trouble = (
            f" ({judged.reason}: {' '.join(judged.message.split())})"
            if judged.state is ReleaseState.FAILED
            else ""
        )
        return [f"{self.umbrella} runs {version or 'an unknown version'}{trouble}"]


def _existing(umbrella: Ref, world: World) -> HelmRelease:
    release = world.cluster.get(umbrella, HelmRelease)
    if release is None:
        raise OperationFailed(f"{umbrella} is gone")
    return release
