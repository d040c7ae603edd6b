"""What restarting a workload by its owner and by its pods have in common: what has to go, what must come, waiting."""

import contextlib
import secrets
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from istiokit.cluster.kinds import KINDS
from istiokit.cluster.types import Ref
from istiokit.errors import NotDone, OperationFailed, SuiteError
from istiokit.istio.owners import Owner
from istiokit.istio.rollouts import Progress
from istiokit.plan.actions.following import Pods
from istiokit.plan.model import Action, State, World

RECYCLED, NOT_RECYCLED = "IstioSidecarRecycled", "IstioSidecarNotRecycled"
"""The reasons of the Events that a run records on its workloads."""
_SAME = {"why": "", "pods": {}, "injected": True, "revision": "", "version": "", "count": 0}


class Recycle(Action, frozen=True, kw_only=True):
    """Replace the pods of one workload, and wait until the new ones are well."""

    irreversible = True
    by_rollout: ClassVar[bool] = True
    """Whether it is over only when the owner's own rollout is."""
    ref: Ref
    """The owner of the pods; a pod that has none is its own."""
    pods: dict[str, str]
    """Name and UID of the stale pods. When none of them is left and all others are well it is done, whoever did it."""
    injected: bool = True
    """Whether the new ones must have a sidecar, or must have none."""
    revision: str = ""
    version: str = ""
    """What the new sidecars must be; empty where that is not known."""
    count: int = 0
    """How many pods there were."""

    @property
    def owner(self) -> Owner:
        """The owner as pods name it."""
        return Owner(self.ref.namespace or "default", self.ref.kind, self.ref.name)

    def lane(self) -> str:
        return self.owner.namespace

    def identity(self) -> Action:
        """The pods, and what they must become, are evidence: on a resume that of the first plan has to last."""
        return msgspec.structs.replace(self, **_SAME)

    def target(self) -> str:
        return str(self.ref)

    def state(self, world: World) -> State:
        """Done when the stale pods are gone and the others well: what is down is not done, whoever took it there."""
        pods = Pods(self, world)
        found: Progress = pods.look(pods.progress)
        return State.DONE if found.done else State.TODO

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if dry_run:
            self.ask(world)
            return
        until, pods = time.monotonic() + world.timeout, Pods(self, world)
        try:
            self.renew(world, pods, until)
        except OperationFailed as error:
            self._failed(world, error)
            raise
        except NotDone as error:
            if not world.stop.is_set():
                self.give_up(world, pods, error)
            self._failed(world, error)
            raise
        self._record(world, RECYCLED, f"new pods for their sidecars: {self.why}")

    def ask(self, world: World) -> None:
        """Send what can be sent with dryRun=All; raises what the server says."""
        raise NotImplementedError

    def renew(self, world: World, pods: Pods, until: float) -> None:
        """Replace the pods and wait for the new ones, `until` time.monotonic() says; raises NotDone if it is late."""
        raise NotImplementedError

    def give_up(self, world: World, pods: Pods, error: NotDone) -> None:
        """It has failed for good: leave it in a good state, and say in the hint of the error what was done."""

    def undo(self, world: World) -> None:
        """A restart cannot be taken back, and there is no need to: rollback skips it with a word."""

    def _failed(self, world: World, error: SuiteError) -> None:
        """A run that is stopped goes on later: nothing has failed then."""
        if not world.stop.is_set():
            self._record(world, NOT_RECYCLED, error.what)

    def _record(self, world: World, reason: str, message: str) -> None:
        """An Event on the owner, which `kubectl describe` shows; without the right to it the run goes on."""
        with contextlib.suppress(SuiteError):
            world.cluster.create(_event(self.ref, Pods(self, world).uid(), reason, message))


def _event(ref: Ref, uid: str, reason: str, message: str) -> dict[str, Any]:
    kind = KINDS.get(ref.kind)
    group = f"{kind.group}/" if kind and kind.group else ""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{ref.name}.{secrets.token_hex(8)}", "namespace": ref.namespace},
        "involvedObject": {
            "apiVersion": f"{group}{kind.versions[0]}" if kind else "",
            "kind": ref.kind.partition(".")[0],
            "namespace": ref.namespace,
            "name": ref.name,
            "uid": uid,
        },
        "reason": reason,
        "message": message,
        "type": "Normal" if reason == RECYCLED else "Warning",
        "source": {"component": "kubectl-recycle-injected"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
