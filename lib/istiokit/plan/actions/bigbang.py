"""Waiting for Git: an edit that people commit and push arrives in the cluster through Flux."""

import time

from istiokit.bigbang.layers import merge
from istiokit.cluster.types import Ref
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import NotDone, OperationFailed
from istiokit.flux.model import HelmRelease
from istiokit.plan.model import Action, State, World
from istiokit.survey.reading import Reading
from istiokit.survey.values import read_layers

_PERIOD = 2.0


class AwaitSwitches(Action, frozen=True, kw_only=True):
    """Wait until the effective values of the umbrella have the switches as wanted."""

    passive = True

    umbrella: Ref
    switches: dict[str, bool]
    """By dotted path."""

    def target(self) -> str:
        return f"values of {self.umbrella}"

    def change(self) -> str:
        return "wait until Flux has brought the edit"

    def state(self, world: World) -> State:
        return State.TODO if self._missing(world) else State.DONE

    def do(self, world: World, *, dry_run: bool = False) -> None:
        until = time.monotonic() + world.timeout
        told = False
        while not dry_run and (missing := self._missing(world)):
            if not told:
                world.say(f"waiting for Flux to bring {', '.join(missing)}: commit and push the edit now")
                told = True
            if time.monotonic() > until or world.stop.wait(_PERIOD):
                raise NotDone(f"the edit has not arrived: {', '.join(missing)}", "commit and push it")

    def undo(self, world: World) -> None:
        """There is nothing to take back: the edit is in Git."""

    def _missing(self, world: World) -> list[str]:
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
