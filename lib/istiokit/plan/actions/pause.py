"""A pause between two waves."""

import time

from istiokit.plan.model import Action, State, World
from istiokit.ui.duration import show_duration

_GLANCE_SECONDS = 0.5


class Pause(Action, frozen=True, kw_only=True):
    """Let what was restarted prove itself before the next wave begins."""

    passive = True
    seconds: float
    wave: int
    """Which one is over, counted from 1: tells one pause from another."""

    def target(self) -> str:
        return f"wave {self.wave}"

    def change(self) -> str:
        return f"wait {show_duration(self.seconds)}"

    def state(self, world: World) -> State:
        return State.TODO

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if not dry_run:
            world.say(f"{self.target()} is over: {self.change()} before the next one")
            until = time.monotonic() + self.seconds
            # In short waits: on Windows Python before 3.14 hears Ctrl-C only between two of them.
            while (left := until - time.monotonic()) > 0 and not world.stop.wait(min(left, _GLANCE_SECONDS)):
                pass

    def undo(self, world: World) -> None:
        """There is nothing to take back."""
