"""One driver at a time: a Lease in the cluster, or a lock file beside the files.

The Lease is judged as client-go's leader election does it: not by comparing clocks of two machines, but by
watching whether its holder still renews it.
"""

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import Conflict, NotDone, OperationFailed
from istiokit.plan.journal import now

DURATION = 15.0
"""Seconds that a Lease stays valid without being renewed."""


class LeaseSilent(OperationFailed):
    """It could not be renewed for so long that another driver may have taken it; nobody is known to have."""


class Lock(Protocol):
    """Held from `__enter__` to `__exit__`; entering raises NotDone where somebody else holds it."""

    def __enter__(self) -> Self:
        """Take it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go."""

    def check(self) -> None:
        """Raise OperationFailed if it was lost meanwhile."""


class ClusterLease:
    """A coordination.k8s.io Lease `istio-migrate-<migration>`, renewed by a thread while it is held. Use one once."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        migration: str,
        who: str,
        *,
        say: Callable[[str], None],
        duration: float = DURATION,
    ) -> None:
        """`who` is user@host; the process id and a random word make the holder's name unique.

        `say` takes the line that tells why we wait; `duration` is in seconds, renewed five times in it.
        """
        self._cluster, self._say = cluster, say
        self._ref = Ref("Lease", f"istio-migrate-{migration}", namespace)
        self.holder = f"{who} (pid {os.getpid()}, {secrets.token_hex(2)})"
        self._duration, self._period = duration, duration / 5
        self._released = threading.Event()
        self._renewed = 0.0
        self._taken_by = ""
        self._thread = threading.Thread(target=self._renew_until_released, name="lease", daemon=True)

    def __enter__(self) -> Self:
        """Take the Lease; one that its holder has stopped renewing is waited for and taken over."""
        while not self._try():
            pass
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it up, so that the next driver need not wait; if that fails it runs out by itself."""
        self._released.set()
        self._thread.join()
        with contextlib.suppress(OperationFailed):
            lease = self._read()
            if lease and _holder(lease) == self.holder:
                self._cluster.replace(self._manifest(lease, holder=""))

    def check(self) -> None:
        """Raise OperationFailed if another driver may be at work by now."""
        if self._taken_by:
            raise OperationFailed(
                f"{self._ref} was taken over by {self._taken_by}",
                "see `journal`, and who drives this migration",
            )
        silent = time.monotonic() - self._renewed
        if silent > self._duration - self._period:
            raise LeaseSilent(
                f"{self._ref} could not be renewed for {silent:.0f} s",
                "when the API server answers again, run the same command again",
            )

    def _try(self) -> bool:
        """One attempt; False where somebody was quicker and it is worth looking again."""
        lease = self._read()
        if lease and _holder(lease):
            self._outwait(lease)
        with contextlib.suppress(Conflict):
            manifest = self._manifest(lease, holder=self.holder)
            moment = time.monotonic()
            if lease:
                self._cluster.replace(manifest)
            else:
                self._cluster.create(manifest)
            self._renewed = moment
            return True
        return False

    def _outwait(self, lease: dict[str, Any]) -> None:
        """Return when the holder is silent for long enough; raise NotDone as soon as it renews."""
        silence = self._silence(lease)
        self._say(f"{_holder(lease)} holds {self._ref}: waiting up to {silence:.0f} s for a sign of life")
        until = time.monotonic() + silence
        while time.monotonic() < until:
            time.sleep(self._period / 4)
            latest = self._read()
            if latest is None or not _holder(latest):
                return
            if latest["spec"].get("renewTime") != lease["spec"].get("renewTime"):
                raise NotDone(
                    f"{_holder(latest)} is driving this migration since {latest['spec'].get('acquireTime')}"
                    f" ({self._ref})",
                    "wait until that command has ended, or end it, then run this one again",
                )

    def _silence(self, lease: dict[str, Any]) -> float:
        """How many seconds without a renewal tell that the holder is gone.

        Never less than two of its periods, so that a wrong clock (ours or its own) cannot rob a live one.
        """
        duration = float(lease["spec"].get("leaseDurationSeconds") or self._duration)
        renewed = lease["spec"].get("renewTime")
        age = (datetime.now(UTC) - datetime.fromisoformat(renewed)).total_seconds() if renewed else duration
        return min(max(duration - age, 2 * duration / 5), duration)

    def _renew_until_released(self) -> None:
        while not self._released.wait(self._period) and not self._taken_by:
            with contextlib.suppress(OperationFailed):
                self._renew()

    def _renew(self) -> None:
        moment, lease = time.monotonic(), self._read()
        if lease is None or _holder(lease) != self.holder:
            self._taken_by = (lease and _holder(lease)) or "somebody who removed it"
            return
        self._cluster.replace(self._manifest(lease, holder=self.holder))
        self._renewed = moment

    def _read(self) -> dict[str, Any] | None:
        return self._cluster.get(self._ref, dict[str, Any])

    def _manifest(self, lease: dict[str, Any] | None, *, holder: str) -> dict[str, Any]:
        """The Lease as we want it next; it keeps the resourceVersion of what was read."""
        old = (lease or {}).get("spec") or {}
        mine = old.get("holderIdentity") == holder
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": max(1, round(self._duration)),
            "acquireTime": old.get("acquireTime") if mine else now(),
            "renewTime": now(),
            "leaseTransitions": int(old.get("leaseTransitions") or 0) + (not mine),
        }
        fresh = {"name": self._ref.name, "namespace": self._ref.namespace}
        metadata = lease["metadata"] if lease else fresh
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": spec,
        }


def _holder(lease: dict[str, Any]) -> str:
    return str((lease.get("spec") or {}).get("holderIdentity") or "")
