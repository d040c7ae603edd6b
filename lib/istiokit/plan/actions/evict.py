"""Replacing pods one by one, where no field of the owner does it."""

import time
from functools import partial
from typing import Any

import msgspec

from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.istio.rollouts import Progress
from istiokit.plan.actions.following import Pods, patience_of
from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.model import Action, World

_RETRY_SECONDS, _SETTLE_SECONDS = 5.0, 0.5
"""After a budget's no the pod is asked for again when something has happened to its workload, or after this long."""


class EvictPods(Recycle, frozen=True, kw_only=True):
    """Evict pods one after the other; each is replaced, and the replacement Ready, before the next one goes."""

    by_rollout = False
    delete: bool = False
    """Whether to delete them outright: no PodDisruptionBudget is asked."""
    replaced: bool = True
    """Whether somebody makes new ones; bare pods are gone for good."""

    def identity(self) -> Action:
        return msgspec.structs.replace(super().identity(), delete=False, replaced=True)

    def change(self) -> str:
        verb, number = "delete" if self.delete else "evict", len(self.pods)
        words = f"{verb} {number} pod{'' if number == 1 else 's'}"
        if not self.replaced:
            return f"{words}, which nobody replaces"
        return words if number == 1 else f"{words}, one after the other"

    def ask(self, world: World) -> None:
        for name, uid in self.pods.items():
            refused = "" if self.delete else world.cluster.evict(self._pod(name), uid=uid, dry_run=True)
            if refused:
                raise NotDone(f"{self.ref}: pod {name}: {refused}")

    def renew(self, world: World, pods: Pods, until: float) -> None:
        before: int = pods.look(lambda: sum(pod.ready for pod in pods.all()))
        for name, uid in sorted(self.pods.items()):
            if not pods.look(partial(_is_there, pods, uid)):
                continue
            if world.stop.is_set():
                raise NotDone(f"{self.ref}: stopped before pod {name}")
            self._send_away(world, pods, name, uid, until)
            self._await_replacement(world, pods, uid, before, until)
        if self.replaced:
            pods.wait_done(until)

    def _send_away(self, world: World, pods: Pods, name: str, uid: str, until: float) -> None:
        """Evict one pod, as soon as its budget allows it; raises NotDone where that is not in time."""
        patience, ref = patience_of(world), self._pod(name)
        if self.delete:
            patience.for_answer(lambda: world.cluster.delete(ref, uid=uid), until)
            return
        while refused := patience.for_answer(lambda: world.cluster.evict(ref, uid=uid), until):
            world.tell(self, f"pod {name} may not go: {refused}")
            self._await_news(pods, min(until, time.monotonic() + _RETRY_SECONDS))
            if time.monotonic() > until or world.stop.is_set():
                raise NotDone(
                    f"{self.ref}: pod {name} may not be evicted: {refused}",
                    f"see kubectl -n {self.owner.namespace} get poddisruptionbudgets",
                )

    def _await_news(self, pods: Pods, until: float) -> None:
        """Wait until the workload is another than now: a budget counts its pods a moment later."""
        seen = pods.look(pods.all)
        if pods.wait(lambda: True if pods.all() != seen else None, until):
            time.sleep(_SETTLE_SECONDS)

    def _await_replacement(self, world: World, pods: Pods, uid: str, before: int, until: float) -> None:
        """Wait until the pod is gone, and as many are Ready as before, or as there have to be by now."""

        def replaced() -> Progress | None:
            found = pods.progress()
            world.tell(self, found.words)
            if found.wrong:
                return found
            if _is_there(pods, uid):
                return None
            ready = sum(pod.ready and not pod.leaving for pod in pods.all())
            return found if not self.replaced or ready >= min(before, found.count) else None

        found: Any = pods.wait(replaced, until)
        if found is None or found.wrong:
            pods.wait_done(until)  # tells why

    def _pod(self, name: str) -> Ref:
        return Ref("Pod", name, self.owner.namespace)


def _is_there(pods: Pods, uid: str) -> bool:
    return any(pod.metadata.uid == uid for pod in pods.all())
