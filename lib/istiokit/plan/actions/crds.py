"""Proof that no CustomResourceDefinition was pruned on the way."""

import msgspec

from istiokit.cluster import kinds
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.plan.model import Action, State, World


class ProveCrds(Action, frozen=True, kw_only=True):
    """Compare the CRDs with what they were: one that has gone, or has another UID, has lost all its objects."""

    passive = True

    crds: dict[str, str]
    """The UID of each by its name, as the plan found them."""

    def identity(self) -> Action:
        """The UIDs are evidence: those of a plan that is made after a loss would prove nothing."""
        return msgspec.structs.replace(self, why="", crds={})

    def target(self) -> str:
        return f"CustomResourceDefinition ({len(self.crds)})"

    def change(self) -> str:
        return "see that none was deleted, nor made again"

    def state(self, world: World) -> State:
        return State.TODO  # Looking is the whole action.

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if dry_run:
            return
        lost = [name for name, uid in self.crds.items() if _uid(name, world) != uid]
        if lost:
            raise NotDone(
                f"CustomResourceDefinitions were pruned, and all their objects with them: {', '.join(lost)}",
                "bring their objects back from Git or a backup, then end this run: kubectl istio-migrate rollback",
            )

    def undo(self, world: World) -> None:
        """There is nothing to take back."""


def _uid(name: str, world: World) -> str:
    found = world.cluster.get(Ref(kinds.CRD.name, name), Object)
    return found.metadata.uid if found is not None else ""
