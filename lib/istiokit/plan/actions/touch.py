"""Touching one VirtualService, so that a mutation policy reaches what was there before it."""

import msgspec

from istiokit.cluster.types import Ref
from istiokit.errors import OperationFailed
from istiokit.istio.model import VirtualService
from istiokit.plan.model import Action, State, World
from istiokit.plan.touching import admit_again


class TouchVirtualService(Action, frozen=True, kw_only=True):
    """Send an empty patch: the server admits the object again, and the policy adds what it lacks.

    There is no way back, nor need of one: what it adds is what it would add at the owner's next write, and the owner's
    write after the policy is gone takes it away. Nothing is looked at first, for touching it twice does no harm and
    costs no more than looking; what it came to is seen by one list of all of them afterwards.
    """

    ref: Ref
    gateways: tuple[str, ...]
    """What it lacked when the plan was made."""
    irreversible = True

    def identity(self) -> Action:
        """What it lacks is evidence of the moment."""
        return msgspec.structs.replace(self, why="", gateways=())

    def target(self) -> str:
        return str(self.ref)

    def change(self) -> str:
        return f"touch: lacks {', '.join(self.gateways)}"

    def state(self, world: World) -> State:
        return State.TODO

    def do(self, world: World, *, dry_run: bool = False) -> None:
        try:
            admit_again(world.cluster, self.ref, dry_run=dry_run)
        except OperationFailed:
            if world.cluster.get(self.ref, VirtualService) is not None:
                raise
            world.say(f"{self.ref} is gone: there is nothing to touch")

    def undo(self, world: World) -> None:
        """There is nothing to take back."""
