"""A HelmRelease that is about to be taken away, without what it has installed."""

from typing import Any

from istiokit.cluster.types import Ref
from istiokit.plan.actions.objects import ABSENT, SetField, value_at
from istiokit.plan.model import Action, State, World

_PATH = "/spec/suspend"


class SuspendRelease(Action, frozen=True, kw_only=True):
    """Suspend a HelmRelease, so that nothing is uninstalled when it is deleted.

    Once it is gone there is nothing to do and nothing to undo. Undoing takes the field out, which is what
    `false` means. Source: reconcileDelete of helm-controller.
    """

    ref: Ref

    def target(self) -> str:
        return str(self.ref)

    def change(self) -> str:
        return "spec.suspend: absent -> true"

    def state(self, world: World) -> State:
        field = self._field(world)
        return field.state(world) if field else State.DONE

    def do(self, world: World, *, dry_run: bool = False) -> None:
        field = self._field(world)
        if field:
            field.do(world, dry_run=dry_run)

    def undo(self, world: World) -> None:
        field = self._field(world)
        if field:
            field.undo(world)

    def _field(self, world: World) -> SetField | None:
        """The field as it is now; None where the release has gone."""
        manifest = world.cluster.get(self.ref, dict[str, Any])
        if manifest is None:
            return None
        before = False if value_at(manifest, _PATH) is False else ABSENT
        return SetField(why=self.why, ref=self.ref, path=_PATH, before=before, after=True)
