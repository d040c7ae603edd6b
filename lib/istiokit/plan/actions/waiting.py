"""What the actions have in common that look again and again until others have done their part."""

import time
from typing import ClassVar

from istiokit.errors import NotDone
from istiokit.plan.model import Action, State, World


class Await(Action, frozen=True, kw_only=True):
    """Wait until nothing is pending; says what is late once the world's timeout is over."""

    passive = True
    period: ClassVar[float] = 2.0
    """Seconds between two looks."""

    def pending(self, world: World) -> list[str]:
        """What is still to come, sorted as people are told; empty when the wait is over."""
        raise NotImplementedError

    def late(self, pending: list[str]) -> NotDone:
        """The error for what has not come in time."""
        raise NotImplementedError

    def waits(self, pending: list[str], world: World) -> None:
        """Called when there is something to wait for, and again whenever that has changed."""

    def tend(self, world: World) -> None:
        """Called before every look of the wait, for what must stay as it is meanwhile."""

    def state(self, world: World) -> State:
        return State.TODO if self.pending(world) else State.DONE

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if dry_run or not (pending := self.pending(world)):
            return
        until = time.monotonic() + world.timeout
        told: list[str] = []
        while pending:
            self.tend(world)
            if pending != told:
                self.waits(pending, world)
            told = pending
            if time.monotonic() > until or world.stop.wait(self.period):
                raise self.late(pending)
            pending = self.pending(world)

    def undo(self, world: World) -> None:
        """There is nothing to take back."""
