"""Restarting a workload by the field of its owner, as `kubectl rollout restart` does."""

import time
from typing import Any

import msgspec

from istiokit.cluster.kinds import POD, ROLLOUT
from istiokit.cluster.patch import pointed
from istiokit.cluster.types import Ref
from istiokit.errors import Conflict, NotDone, OperationFailed
from istiokit.istio.controllers import RESTARTED_AT, Controller, WatchedPod
from istiokit.istio.rollouts import is_settled
from istiokit.plan.actions.following import Pods, patience_of
from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.model import Action, World

_ANNOTATION = pointed("spec", "template", "metadata", "annotations", RESTARTED_AT)
_LAG_SECONDS = 2.0
_ORDERED = ("StatefulSet", "StatefulSet.apps.kruise.io")


class RestartWorkload(Recycle, frozen=True, kw_only=True):
    """Mark the template of the owner, which then replaces all of its pods by its own strategy."""

    uid: str
    """Of the owner: another one of the same name is not touched."""
    mark: str
    """The value of the mark. An owner that has it already was restarted by this run, and is only waited for."""
    before: str | None = None
    """The mark that it had."""
    undo_failed: bool = False
    """Whether to go back to the old template if the new pods do not become well while old ones still live."""

    def identity(self) -> Action:
        return msgspec.structs.replace(super().identity(), uid="", mark="", before=None, undo_failed=False)

    def change(self) -> str:
        words = f"rollout restart, {self.count} pod{'' if self.count == 1 else 's'}"
        return f"{words}, undone if it fails" if self.undo_failed else words

    def ask(self, world: World) -> None:
        world.cluster.merge_patch(self.ref, self._patch(), dry_run=True)

    def renew(self, world: World, pods: Pods, until: float) -> None:
        self._begin(world, pods, until)
        pods.wait_done(until)

    def give_up(self, world: World, pods: Pods, error: NotDone) -> None:
        """With --undo-failed go back to the old template, if the restart was begun at all."""
        owner: Controller | None = pods.look(pods.controller)
        if self.undo_failed and owner is not None and owner.restarted_at == self.mark:
            self._take_back(world, pods, error)

    def _begin(self, world: World, pods: Pods, until: float) -> None:
        """Set the mark, unless it is there; a rollout that is going on comes to its end first."""
        owner: Controller | None = pods.look(pods.controller)
        if owner is None or owner.restarted_at == self.mark or not pods.look(pods.staying):
            return  # it is gone, or begun, or somebody else has done what we would do
        if not is_settled(owner):
            world.tell(self, "a rollout of its own is going on")
            self._outwait(pods, until)
            if self._was_done_for_us(pods):
                return
        try:
            patience_of(world).for_answer(lambda: world.cluster.merge_patch(self.ref, self._patch()), until)
        except Conflict:
            raise NotDone(f"{self.ref} was made anew since the plan was", "run the command again") from None

    def _outwait(self, pods: Pods, until: float) -> None:
        def settled() -> bool | None:
            owner = pods.controller()
            return True if owner is None or is_settled(owner) else None

        if not pods.wait(settled, until):
            raise NotDone(
                f"{self.ref} is in the middle of a rollout that does not end; it was left alone",
                f"kubectl -n {self.ref.namespace} rollout status {self.ref.kind.lower()}/{self.ref.name}",
            )

    def _was_done_for_us(self, pods: Pods) -> bool:
        """Whether the rollout that has come to its end has replaced the stale pods; one by scaling has not.

        The watch of the pods may be behind that of their owner: they get a moment to be told as leaving.
        """
        return bool(pods.wait(lambda: not pods.staying() or None, time.monotonic() + _LAG_SECONDS))

    def _patch(self) -> dict[str, Any]:
        """Refused by the server where the object is another than the plan has seen."""
        if self.ref.kind == ROLLOUT.name:
            spec: dict[str, Any] = {"restartAt": self.mark}
        else:
            spec = {"template": {"metadata": {"annotations": {RESTARTED_AT: self.mark}}}}
        return {"metadata": {"uid": self.uid}, "spec": spec}

    def _take_back(self, world: World, pods: Pods, error: NotDone) -> None:
        """Give the template its old mark, so that it is the old template, and the old pods stay."""
        if not pods.look(pods.staying):
            error.hint = f"no old pod is left, so it was not undone; {error.hint}"
            return
        cluster = world.cluster
        try:
            patience_of(world).for_answer(lambda: cluster.json_patch(self.ref, self._back()))
            for pod in self._hopeless(pods):
                cluster.delete(Ref(POD.name, pod.metadata.name, self.ref.namespace), uid=pod.metadata.uid)
        except OperationFailed as failure:
            error.hint = f"and it could not be undone: {failure.what}; {error.hint}"
            return
        error.hint = f"it was undone, the old pods go on; {error.hint}"

    def _back(self) -> list[dict[str, Any]]:
        path = "/spec/restartAt" if self.ref.kind == ROLLOUT.name else _ANNOTATION
        test = {"op": "test", "path": path, "value": self.mark}
        if self.before is None:
            return [test, {"op": "remove", "path": path}]
        return [test, {"op": "replace", "path": path, "value": self.before}]

    def _hopeless(self, pods: Pods) -> list[WatchedPod]:
        """New pods of a StatefulSet that are not Ready: it waits for them for ever, even on the way back.

        https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
        """
        if self.ref.kind not in _ORDERED:
            return []
        uids = set(self.pods.values())
        found: list[WatchedPod] = pods.look(
            lambda: [pod for pod in pods.all() if not pod.ready and pod.metadata.uid not in uids]
        )
        return found
