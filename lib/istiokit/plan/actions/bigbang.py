"""Waiting for Git: an edit that people commit and push arrives in the cluster through Flux."""

from istiokit.bigbang.layers import merge
from istiokit.cluster.types import Ref
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import NotDone, OperationFailed
from istiokit.flux.model import HelmRelease
from istiokit.plan.actions.waiting import Await
from istiokit.plan.model import World
from istiokit.survey.reading import Reading
from istiokit.survey.values import read_layers


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

    def begun(self, pending: list[str], world: World) -> None:
        world.say(f"waiting for Flux to bring {', '.join(pending)}: commit and push the edit now")

    def pending(self, world: World) -> list[str]:
        release = world.cluster.get(self.umbrella, HelmRelease)
        if release is None:
            raise OperationFailed(f"{self.umbrella} is gone")
        with Reading(world.cluster) as reading:
            values = merge(read_layers(reading, release)[0])
        return [
            f"{dotted}: {str(on).lower()}"
            for dotted, on in self.switches.items()
            if read_at(values, tuple(dotted.split(".")))[1] is not on
        ]
