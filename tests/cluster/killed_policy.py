"""The command, to be killed: `python -m tests.cluster.killed_policy N policy apply ...` ends itself at event N."""

import functools
import itertools
import os
import signal
import sys
import threading
from typing import Any
from unittest import mock

from istiokit.plan.lease import ClusterLease
from kubectl_istio_migrate import policy_driving
from kubectl_istio_migrate.main import main

_SECONDS = 1.0
"""Of the Lease, so that nobody waits long for a dead driver's."""


class Killing(policy_driving.Watcher):
    """Counts what the engine tells, and kills the process at one of them."""

    number = 0
    _count, _lock = itertools.count(), threading.Lock()

    def __call__(self, event: Any) -> None:
        with self._lock:
            if next(self._count) == self.number:
                os.kill(os.getpid(), signal.SIGKILL)
        super().__call__(event)


if __name__ == "__main__":
    Killing.number = int(sys.argv[1])
    mock.patch.object(policy_driving, "Watcher", Killing).start()
    mock.patch.object(
        policy_driving, "ClusterLease", functools.partial(ClusterLease, duration=_SECONDS)
    ).start()
    sys.argv = ["kubectl-istio_migrate", *sys.argv[2:]]
    sys.exit(main())
