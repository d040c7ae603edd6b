"""The pods and the owner of one workload, followed by the mirrors of a run."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from istiokit.cluster.kinds import EVENT, KINDS, POD
from istiokit.cluster.mirror import Mirror, Mirrors
from istiokit.cluster.types import Kind, Where
from istiokit.errors import NotDone, OperationFailed, SuiteError
from istiokit.istio.controllers import Controller, WatchedPod
from istiokit.istio.owners import ROLLED, Owner, owner_of
from istiokit.istio.rollouts import Progress, Wanted, progress, troubles
from istiokit.plan.model import World
from istiokit.plan.patience import Patience

if TYPE_CHECKING:  # the action follows its pods by this
    from istiokit.plan.actions.recycling import Recycle


class Pods:
    """The pods and the owner of one workload, as the mirrors have them."""

    def __init__(self, action: "Recycle", world: World) -> None:
        self._action, self._world, self._owner = action, world, action.owner
        self.mirrors = mirrors_of(world)
        self._pods: Mirror[WatchedPod] = self.mirrors.of(POD, WatchedPod, owner_of, labels=True)
        kind = KINDS[action.ref.kind] if action.ref.kind in ROLLED else None
        self._owners = self.mirrors.of(kind, Controller, _key(kind)) if kind else None

    def look(self, what: Callable[[], Any]) -> Any:
        """What a method of this object finds, while nothing changes."""
        return self.mirrors.look(what)

    def controller(self) -> Controller | None:
        """The owner; None where it is gone, or of a kind that no field restarts. Inside of `look` or `wait` only."""
        return self._owners.group(self._owner).get(self._owner.name) if self._owners else None

    def all(self) -> list[WatchedPod]:
        """All pods. Inside of `look` or `wait` only."""
        return list(self._pods.group(self._owner).values())

    def old(self) -> list[WatchedPod]:
        """Those that have to go, and have not. Inside of `look` or `wait` only."""
        uids = set(self._action.pods.values())
        return [pod for pod in self.all() if pod.metadata.uid in uids]

    def staying(self) -> list[WatchedPod]:
        """Those that have to go, and that nobody has told to. Inside of `look` or `wait` only."""
        return [pod for pod in self.old() if not (pod.leaving or pod.finished)]

    def progress(self) -> Progress:
        """How far it has come. Inside of `look` or `wait` only."""
        action = self._action
        if self.is_gone():
            return Progress(not self.all(), "it was deleted", count=0)
        wanted = Wanted(
            frozenset(action.pods.values()),
            action.injected,
            action.revision,
            action.version,
            action.by_rollout,
        )
        return progress(self.controller(), self.all(), wanted, action.count)

    def is_gone(self) -> bool:
        """Whether the owner was deleted. Inside of `look` or `wait` only."""
        return self._owners is not None and self.controller() is None

    def uid(self) -> str:
        """The UID of the owner, if it is known."""
        found: Controller | None = self.look(self.controller)
        return found.metadata.uid if found else ""

    def wait(self, look: Callable[[], Any], until: float) -> Any:
        """As `Mirrors.wait`, for this workload."""
        return self.mirrors.wait(self._owner, look, until, self._world.stop)

    def wait_done(self, until: float) -> None:
        """Wait until the new pods are well and the old ones gone.

        Raises NotDone with Kubernetes' own reasons where they do not get there in time, and where a new pod came with
        another sidecar than it should, which no waiting mends; OperationFailed where the server has not answered.
        """
        told = ""

        def settled() -> Progress | None:
            nonlocal told
            found = self.progress()
            if found.words != told:
                told = found.words
                self._world.tell(self._action, told)
            return found if found.done or found.wrong else None

        found = self.wait(settled, until)
        if found is None:
            raise self._late(told)
        if found.wrong:
            raise NotDone(
                f"{self._action.ref}: {found.wrong}", "see why its injector did so, then restart it again"
            )
        if self.look(self.is_gone):
            self._world.say(f"{self._action.ref} was deleted meanwhile: nothing of it is left to restart")

    def _late(self, words: str) -> SuiteError:
        if self._world.stop.is_set():
            return NotDone(f"{self._action.ref}: stopped ({words})")
        if self.mirrors.error is not None:
            return self.mirrors.error
        said = [*self.look(lambda: troubles(self.controller(), self.all())), *self._warnings()]
        because = f": {'; '.join(said[:3])}" if said else ""
        return NotDone(
            f"{self._action.ref} is not done after {self._world.timeout:.0f} s ({words}){because}",
            f"kubectl -n {self._owner.namespace} describe {self._action.ref.kind.lower()} {self._owner.name}",
        )

    def _warnings(self) -> list[str]:
        """What the kubelet and others last had to say about a pod that is not Ready: a probe that fails, say."""
        bad: list[WatchedPod] = self.look(lambda: [pod for pod in self.all() if not pod.ready])
        if not bad:
            return []
        name = bad[0].metadata.name
        where = Where(self._owner.namespace, fields=f"involvedObject.name={name},type=Warning")
        try:
            found = self._world.cluster.list(EVENT, dict[str, Any], where)
        except SuiteError:
            return []
        latest = sorted(found, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""))
        return [f"pod {name}: {one.get('reason')}: {one.get('message')}" for one in latest[-1:]]


def mirrors_of(world: World) -> Mirrors:
    """The mirrors of the run."""
    if world.mirrors is None:
        raise OperationFailed("this action waits by mirrors, and the run has none", "report this")
    return world.mirrors


def patience_of(world: World) -> Patience:
    """How long the server may be away meanwhile."""
    return Patience(world.timeout, world.stop)


def _key(kind: Kind) -> Callable[[Controller], Owner]:
    return lambda item: Owner(item.metadata.namespace or "default", kind.name, item.metadata.name)
