"""Moving a namespace from one revision to another."""

from istiokit.cluster.decode import Object
from istiokit.cluster.patch import pointed
from istiokit.cluster.types import Ref
from istiokit.errors import Conflict, OperationFailed
from istiokit.istio.injection import NAMESPACE_INJECTION, REVISION
from istiokit.plan.actions.following import patience_of
from istiokit.plan.model import Action, State, World
from istiokit.plan.optimistic import ChangedByOthers

LABELS = (NAMESPACE_INJECTION, REVISION)
"""The labels of a namespace that decide about injection."""
_SETTLE_SECONDS = 1.0
"""API servers choose webhooks by copies of the labels: pods made in the same moment may get the old sidecar."""


class RelabelNamespace(Action, frozen=True, kw_only=True):
    """Change the injection labels of one namespace; its pods follow when they are made anew."""

    vital = True
    namespace: str
    before: dict[str, str]
    """Those of LABELS that it has."""
    after: dict[str, str]
    """Those that it shall have."""

    def lane(self) -> str:
        return self.namespace

    def target(self) -> str:
        return f"Namespace {self.namespace}"

    def change(self) -> str:
        return f"{_told(self.before)} -> {_told(self.after)}"

    def state(self, world: World) -> State:
        found = patience_of(world).for_answer(lambda: world.cluster.get(self._ref, Object))
        if found is None:
            return State.CHANGED
        now = {key: found.metadata.labels[key] for key in LABELS if key in found.metadata.labels}
        if now == self.after:
            return State.DONE
        return State.TODO if now == self.before else State.CHANGED

    def do(self, world: World, *, dry_run: bool = False) -> None:
        self._patch(world, self.before, self.after, dry_run=dry_run)
        if not dry_run:
            world.stop.wait(_SETTLE_SECONDS)

    def undo(self, world: World) -> None:
        if world.cluster.get(self._ref, Object) is None:
            world.say(f"{self.target()} is gone: there is nothing to restore")
            return
        if self.state(world) is not State.TODO:
            self._patch(world, self.after, self.before, dry_run=False)

    @property
    def _ref(self) -> Ref:
        return Ref("Namespace", self.namespace)

    def _patch(self, world: World, before: dict[str, str], after: dict[str, str], *, dry_run: bool) -> None:
        """One JSON patch that tests the labels as they should be; nobody else's are touched."""
        operations = [{"op": "test", "path": label_path(key), "value": before.get(key)} for key in LABELS] + [
            one for key in LABELS if (one := _operation(key, before.get(key), after.get(key)))
        ]
        try:
            patience_of(world).for_answer(
                lambda: world.cluster.json_patch(self._ref, operations, dry_run=dry_run)
            )
        except Conflict:
            found = world.cluster.get(self._ref, Object)
            if found is None:
                raise OperationFailed(f"{self.target()} is not there any more", "leave it out") from None
            now = {key: found.metadata.labels.get(key) for key in LABELS}
            if now != {key: after.get(key) for key in LABELS}:
                raise ChangedByOthers(self.target(), f"its labels should be {_told(before)}") from None


def _operation(key: str, before: str | None, after: str | None) -> dict[str, object] | None:
    if before == after:
        return None
    if after is None:
        return {"op": "remove", "path": label_path(key)}
    return {"op": "add", "path": label_path(key), "value": after}


def label_path(key: str) -> str:
    """The JSON pointer of a label."""
    return pointed("metadata", "labels", key)


def _told(labels: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels.items()) or "no injection label"
