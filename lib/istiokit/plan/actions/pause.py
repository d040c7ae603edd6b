"""A pause between two waves."""

from istiokit.plan.model import Action, State, World
from istiokit.ui.duration import show_duration


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
            world.stop.wait(self.seconds)

    def undo(self, world: World) -> None:
        """There is nothing to take back."""
